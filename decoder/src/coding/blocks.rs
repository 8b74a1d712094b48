//! The units that frame synchronisation asks for, one after the other; in lock decoded ahead, side by side.

use super::block::{Decoded, Worker};
use super::config::CodingError;
use super::frame::{CodedFrame, FrameQuality};
use super::layout::Layout;
use super::spread::{Spread, UnitJob};
use std::sync::Arc;

/// Units decoded ahead for each piece that the pool runs at once.
const AHEAD: usize = 2;

/// Which bits a unit was decoded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnitKey {
    /// Number of its first bit.
    pub(crate) bit: u64,
    /// Stream that the bits belong to.
    pub(crate) stream: usize,
    /// Polarity.
    pub(crate) inverted: bool,
}

/// Room for a unit decoded ahead.
#[derive(Debug)]
struct Slot {
    key: Option<UnitKey>,
    worker: Worker,
    decoded: Decoded,
}

/// Decodes units and keeps the newest.
#[derive(Debug)]
pub(crate) struct BlockDecoder {
    layout: Layout,
    worker: Worker,
    /// Decoded by `worker`.
    own: Decoded,
    /// The slot that holds the newest unit, unless `own` does.
    newest: Option<usize>,
    spread: Option<Arc<dyn Spread>>,
    slots: Vec<Slot>,
}

impl BlockDecoder {
    pub(crate) fn new(layout: Layout) -> Result<Self, CodingError> {
        Ok(Self {
            worker: Worker::new(&layout)?,
            layout,
            own: Decoded::default(),
            newest: None,
            spread: None,
            slots: Vec::new(),
        })
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Lets units that are worth it be decoded by a pool; whether they are.
    pub(crate) fn spread_over(&mut self, pool: Arc<dyn Spread>) -> bool {
        let worth = self.layout.iterative.is_some() && pool.width() > 1;
        let count = if worth { AHEAD * pool.width() } else { 0 };
        self.slots = (0..count)
            .map(|_| Slot {
                key: None,
                worker: self.worker.clone(),
                decoded: Decoded::default(),
            })
            .collect();
        self.spread = worth.then_some(pool);
        worth
    }

    /// How many units from `first` on are worth decoding ahead: none where that was done already.
    pub(crate) fn room_ahead(&self, first: UnitKey) -> usize {
        if self.slots.iter().any(|slot| slot.key == Some(first)) {
            0
        } else {
            self.slots.len()
        }
    }

    /// Decodes these units at once and keeps them until they are asked for, or others are decoded ahead.
    pub(crate) fn decode_ahead<'a>(&mut self, units: impl Iterator<Item = (UnitKey, &'a [i8])>) {
        let Some(pool) = &self.spread else { return };
        let layout = &self.layout;
        for slot in &mut self.slots {
            slot.key = None;
        }
        let mut jobs: Vec<UnitJob<'_>> = units
            .zip(&mut self.slots)
            .map(|((key, soft), slot)| {
                slot.key = Some(key);
                UnitJob {
                    layout,
                    worker: &mut slot.worker,
                    soft,
                    inverted: key.inverted,
                    decoded: &mut slot.decoded,
                }
            })
            .collect();
        pool.run(&mut jobs);
    }

    /// Decodes a unit from its soft bits (marker first), unless that was done ahead; whether the outer code found
    /// it good, `None` where there is no outer code.
    pub(crate) fn decode(&mut self, key: UnitKey, soft: &[i8]) -> Option<bool> {
        self.newest = self.slots.iter().position(|slot| slot.key == Some(key));
        if self.newest.is_none() {
            self.worker
                .decode(&self.layout, soft, key.inverted, &mut self.own);
        }
        self.newest().good
    }

    fn newest(&self) -> &Decoded {
        self.newest.map_or(&self.own, |slot| &self.slots[slot].decoded)
    }

    /// The layout, and the unit decoded last.
    pub(crate) fn layout_and_newest(&mut self) -> (&Layout, &mut Decoded) {
        let decoded = match self.newest {
            Some(slot) => &mut self.slots[slot].decoded,
            None => &mut self.own,
        };
        (&self.layout, decoded)
    }

    /// Most Reed-Solomon corrections in a codeword of the unit decoded last.
    pub(crate) fn most_corrected(&self) -> u8 {
        self.newest().most_corrected()
    }

    /// The unit decoded last as a frame, with `quality` completed.
    pub(crate) fn frame(&self, soft_index: u64, soft_end: u64, quality: FrameQuality) -> CodedFrame {
        self.newest().frame(&self.layout, soft_index, soft_end, quality)
    }
}
