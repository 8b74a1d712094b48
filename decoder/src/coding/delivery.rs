//! What frame synchronisation gives out: frames, changes of its state, and the count of both and of what it drops.

use super::frame::{CodedFrame, SyncState};
use std::collections::VecDeque;

/// A change of the state of synchronisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncChange {
    /// Index, since the first soft bit ever fed, of the soft bit from which on the state holds.
    pub soft_index: u64,
    /// Frames given out before the change: with it changes and frames have one order, whichever way the input was
    /// cut.
    pub frames: u64,
    /// State of frame synchronisation.
    pub state: SyncState,
    /// What node synchronisation found, for people; empty where unknown.
    pub node: String,
}

/// Counters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) blocks: u64,
    pub(crate) uncorrectable: u64,
    pub(crate) slips: u64,
    pub(crate) unconfirmed: u64,
}

/// A finding of node synchronisation on its way to the place where it takes effect.
#[derive(Debug)]
struct Node {
    bit: u64,
    soft_index: u64,
    text: String,
}

#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// Units without marker and without success, kept until a marker shows that the lock held.
    unconfirmed: Vec<CodedFrame>,
    counts: Counts,
    changes: Vec<SyncChange>,
    state: SyncState,
    node: String,
    /// Findings that decisions have not reached.
    nodes: VecDeque<Node>,
}

impl Delivery {
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Changes since they were taken last.
    pub(crate) fn changes(&mut self) -> std::vec::Drain<'_, SyncChange> {
        self.changes.drain(..)
    }

    pub(crate) fn give(&mut self, frame: CodedFrame, out: &mut Vec<CodedFrame>) {
        self.counts.blocks += 1;
        self.counts.uncorrectable += u64::from(!frame.good());
        self.counts.slips += u64::from(frame.quality.slip_bits != 0);
        out.push(frame);
    }

    /// Keeps a unit until it is known whether the lock held.
    pub(crate) fn hold(&mut self, frame: CodedFrame) {
        self.unconfirmed.push(frame);
    }

    /// The lock held: gives out what was kept.
    pub(crate) fn release(&mut self, out: &mut Vec<CodedFrame>) {
        for frame in std::mem::take(&mut self.unconfirmed) {
            self.give(frame, out);
        }
    }

    /// The lock did not hold: drops, and counts, what was kept and `more` units beside it.
    pub(crate) fn drop_held(&mut self, more: u64) {
        self.counts.unconfirmed += self.unconfirmed.len() as u64 + more;
        self.unconfirmed.clear();
    }

    /// Frame synchronisation is in `state` from `soft_index` on.
    pub(crate) fn change(&mut self, soft_index: u64, state: SyncState) {
        if self.state != state {
            self.state = state;
            self.record(soft_index);
        }
    }

    /// Node synchronisation has found `text` for the bits from `bit` on.
    pub(crate) fn node(&mut self, bit: u64, soft_index: u64, text: String) {
        self.nodes.push_back(Node {
            bit,
            soft_index,
            text,
        });
    }

    /// Decisions have reached `bit`: findings up to it take their place in the order.
    pub(crate) fn reach(&mut self, bit: u64) {
        while self.nodes.front().is_some_and(|node| node.bit <= bit) {
            let Some(node) = self.nodes.pop_front() else {
                return;
            };
            if node.text != self.node {
                self.node = node.text;
                self.record(node.soft_index);
            }
        }
    }

    /// The stream is interrupted: synchronisation begins anew at `soft_index`.
    pub(crate) fn interrupt(&mut self, soft_index: u64) {
        self.node.clear();
        self.change(soft_index, SyncState::Search);
    }

    fn record(&mut self, soft_index: u64) {
        self.changes.push(SyncChange {
            soft_index,
            frames: self.counts.blocks,
            state: self.state,
            node: self.node.clone(),
        });
    }
}
