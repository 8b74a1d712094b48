//! The source thread of live inputs: it never waits for the chain. What the chain has no time for is discarded and
//! counted.

use super::samples::{FromSource, last_words, lost_before};
use crate::StationError;
use crate::input::{Capture, Loss, LossCause, Read, SampleBlock, SampleSource, note};
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver as Queue, Sender, TrySendError};
use num_complex::Complex32;

/// Signal that the ring holds at most, seconds.
pub const RING_SECONDS: f64 = 4.0;
/// Memory that the ring takes at most, bytes.
pub const RING_BYTES: usize = 256 << 20;
/// Length of a block at most, seconds: what a sample waits for before it goes on its way.
const BLOCK_SECONDS: f64 = 0.02;

/// How the ring is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingSize {
    /// Samples of a block at most.
    pub block: usize,
    /// Blocks in the ring at most.
    pub blocks: usize,
}

impl RingSize {
    /// The ring at this sample rate, with blocks of at most so many samples.
    pub fn of(sample_rate_hz: f64, block_samples: usize) -> Self {
        let longest = (sample_rate_hz * BLOCK_SECONDS).max(1.0) as usize;
        let block = block_samples.clamp(1, longest);
        let by_time = (RING_SECONDS * sample_rate_hz / block as f64) as usize;
        let by_memory = RING_BYTES / (block * size_of::<Complex32>());
        Self {
            block,
            blocks: by_time.min(by_memory).max(4),
        }
    }
}

/// Samples on their way into the ring.
struct Ring<'a> {
    full: &'a Sender<FromSource>,
    spent: &'a Queue<SampleBlock>,
    /// Index behind the last sample that the source gave.
    position: u64,
    /// Lost since the last block that went in.
    losses: Vec<Loss>,
    /// Became known with a block that was discarded.
    capture: Option<Capture>,
    /// Blocks are discarded until half the ring is free: stretches that are long enough to be worth something.
    overrun: bool,
}

/// Nobody listens any more.
struct Deaf;

impl Ring<'_> {
    /// Puts a block in or discards it; returns one to be filled.
    fn take(&mut self, mut block: SampleBlock) -> Result<SampleBlock, Deaf> {
        note(&mut self.losses, lost_before(&block, self.position));
        self.position = block.first + block.samples.len() as u64;
        block.capture = block.capture.or_else(|| self.capture.take());
        let room = self.full.capacity().unwrap_or(usize::MAX);
        self.overrun &= self.full.len() > room / 2;
        if self.overrun {
            self.discard(&mut block);
            return Ok(block);
        }
        let losses = std::mem::take(&mut self.losses);
        match self.full.try_send(FromSource::Samples { block, losses }) {
            Ok(()) => Ok(self.spent.try_recv().unwrap_or_default()),
            Err(TrySendError::Full(FromSource::Samples { mut block, losses })) => {
                self.losses = losses;
                self.overrun = true;
                self.discard(&mut block);
                Ok(block)
            }
            Err(_) => Err(Deaf),
        }
    }

    fn discard(&mut self, block: &mut SampleBlock) {
        self.capture = block.capture.take();
        let loss = Loss {
            first: block.first,
            samples: block.samples.len() as u64,
            cause: LossCause::Overrun,
        };
        note(&mut self.losses, loss);
    }

    /// Tells of what was discarded last.
    fn close(&mut self) {
        if self.losses.is_empty() {
            return;
        }
        let block = SampleBlock {
            first: self.position,
            ..SampleBlock::default()
        };
        let losses = std::mem::take(&mut self.losses);
        // Nobody listens any more when the run was ended by a failing output.
        let _ = self.full.send(FromSource::Samples { block, losses });
    }
}

/// Reads the source to its end (or until asked to stop), so many samples at a time. Neither the monitor's pace nor
/// its pause hold a live source back.
pub fn read_live(
    mut source: Box<dyn SampleSource>,
    block_samples: usize,
    monitor: &Monitor,
    full: &Sender<FromSource>,
    spent: &Queue<SampleBlock>,
) {
    let mut ring = Ring {
        full,
        spent,
        position: 0,
        losses: Vec::new(),
        capture: None,
        overrun: false,
    };
    let mut error: Option<StationError> = None;
    let mut block = SampleBlock::default();
    while !monitor.stopping() {
        match source.read(&mut block, block_samples) {
            Ok(Read::Filled) => match ring.take(block) {
                Ok(next) => block = next,
                Err(Deaf) => return,
            },
            Ok(Read::Waiting) => {}
            Ok(Read::Ended) => break,
            Err(cause) => {
                error = Some(cause.into());
                break;
            }
        }
    }
    let ended = last_words(&*source, error);
    // Devices are let go before the run ends.
    drop(source);
    ring.close();
    let _ = full.send(ended);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{InputError, InputInfo};
    use crossbeam_channel::{bounded, unbounded};
    use hifitime::Epoch;

    /// Gives blocks of 10 samples as fast as they are asked for.
    struct Flood {
        info: InputInfo,
        given: u64,
        blocks: u64,
    }

    impl Flood {
        fn of(blocks: u64) -> Box<Self> {
            let info = InputInfo {
                name: "flood".into(),
                format: "flood".into(),
                complex: true,
                sample_rate_hz: Some(1e6),
                length: None,
                captures: Vec::new(),
                hardware: None,
            };
            Box::new(Self {
                info,
                given: 0,
                blocks,
            })
        }
    }

    impl SampleSource for Flood {
        fn info(&self) -> &InputInfo {
            &self.info
        }

        fn read(&mut self, block: &mut SampleBlock, _: usize) -> Result<Read, InputError> {
            block.begin(10 * self.given);
            if self.given == self.blocks {
                return Ok(Read::Ended);
            }
            block.samples.resize(10, Complex32::default());
            // A time becomes known with a block that finds no room.
            block.capture = (self.given == 50).then(|| Capture {
                sample_start: block.first,
                time: Some(Epoch::from_gregorian_utc_at_midnight(2026, 3, 1)),
                ..Capture::default()
            });
            self.given += 1;
            Ok(Read::Filled)
        }

        fn live(&self) -> bool {
            true
        }

        fn warnings(&self) -> &[String] {
            &[]
        }

        fn bad_samples(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_chain_that_takes_nothing_does_not_hold_the_source() {
        let (full, blocks) = bounded(8);
        let (spent_in, spent) = unbounded();
        let reader = std::thread::spawn(move || {
            read_live(Flood::of(1000), 10, &Monitor::new(), &full, &spent);
        });
        // The ring fills, and all else is discarded; only then is anything taken.
        while blocks.len() < 8 {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        let (mut received, mut lost) = (0, Vec::new());
        for message in &blocks {
            let FromSource::Samples { block, losses } = message else {
                break;
            };
            let missing: u64 = losses.iter().map(|loss| loss.samples).sum();
            assert_eq!(block.first, received + missing, "losses account for every jump");
            received = block.first + block.samples.len() as u64;
            lost.extend(losses);
            let _ = spent_in.send(block);
        }
        reader.join().unwrap();
        assert_eq!(received, 10_000);
        assert!(lost.iter().all(|loss| loss.cause == LossCause::Overrun));
        let first = lost[0];
        assert_eq!(first.first, 80, "the ring holds eight blocks");
    }

    #[test]
    fn what_a_discarded_block_knew_comes_with_the_next_one() {
        let (full, blocks) = bounded(4);
        let (_, spent) = unbounded();
        let mut ring = Ring {
            full: &full,
            spent: &spent,
            position: 0,
            losses: Vec::new(),
            capture: None,
            overrun: false,
        };
        let mut source = Flood::of(100);
        let mut block = SampleBlock::default();
        for _ in 0..60 {
            source.read(&mut block, 10).unwrap();
            block = ring.take(block).unwrap_or_default();
        }
        assert_eq!(blocks.try_iter().count(), 4);
        source.read(&mut block, 10).unwrap();
        let _ = ring.take(block);
        let Ok(FromSource::Samples { block, losses }) = blocks.try_recv() else {
            panic!("no block");
        };
        assert_eq!(block.capture.map(|capture| capture.sample_start), Some(500));
        let overrun = Loss {
            first: 40,
            samples: 560,
            cause: LossCause::Overrun,
        };
        assert_eq!((block.first, losses), (600, vec![overrun]));
    }

    #[test]
    fn the_ring_is_bounded_in_time_and_memory() {
        let ring = RingSize::of(48_000.0, 1 << 16);
        assert_eq!((ring.block, ring.blocks), (960, 200));
        for rate in [1.0, 20e3, 2.4e6, 61.44e6, 1e11] {
            let ring = RingSize::of(rate, 1 << 16);
            let bytes = ring.block * ring.blocks * size_of::<Complex32>();
            assert!(bytes <= RING_BYTES.max(4 * 8 * ring.block), "{rate}: {bytes}");
            assert!(
                ring.blocks == 4 || (ring.block * ring.blocks) as f64 <= RING_SECONDS * rate,
                "{rate}"
            );
        }
    }
}
