//! What the codes of a link do, block by block and in sums.

use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode};
use groundlink_decoder::coding::turbo::TurboRate;
use groundlink_decoder::coding::{
    CodingConfig, FrameQuality, IterativeCode, ReedSolomonConfig, SyncChange, SyncState,
};
use std::collections::{BTreeMap, VecDeque};

/// Newest blocks over which sums are kept apart.
pub const RECENT_BLOCKS: usize = 256;

/// Reed-Solomon code of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RsParts {
    /// Interleaving depth I.
    pub interleave: usize,
    /// Symbols that a codeword can be corrected in, E.
    pub correctable: usize,
    /// Symbols of a codeword, virtual fill not counted.
    pub codeword: usize,
    /// Information symbols among them.
    pub information: usize,
}

impl RsParts {
    fn of(config: &ReedSolomonConfig) -> Self {
        let interleave = config.interleave.max(1);
        let information = config.data_bytes / interleave;
        Self {
            interleave,
            correctable: config.parity / 2,
            codeword: information + config.parity,
            information,
        }
    }
}

/// The codes that a link has, as its profile states them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct CodingParts {
    /// Inner code, for people: "convolutional K=7, r=1/2".
    pub inner: Option<String>,
    /// Reed-Solomon code.
    pub reed_solomon: Option<RsParts>,
    /// Turbo or LDPC code, for people: "turbo r=1/2, k=8920".
    pub iterative: Option<String>,
    /// Telecommand coding, which has a start sequence in place of a marker.
    pub telecommand: bool,
    /// Bits of the marker.
    pub marker_bits: u32,
}

impl CodingParts {
    /// The codes of this configuration.
    pub fn of(config: &CodingConfig) -> Self {
        let rate = |code: &groundlink_decoder::coding::ConvolutionalConfig| {
            let (bits, symbols) = (code.rate.steps(), code.rate.symbols());
            format!("convolutional K=7, r={bits}/{symbols}")
        };
        let marker = match &config.iterative {
            Some(iterative) => iterative
                .sliced
                .as_ref()
                .map_or(config.asm.bits, |sliced| sliced.csm.bits),
            None => config.asm.bits,
        };
        Self {
            inner: config.convolutional.as_ref().map(rate),
            reed_solomon: config.reed_solomon.as_ref().map(RsParts::of),
            iterative: config.iterative.as_ref().map(|code| code_name(code.code)),
            telecommand: config.cltu.is_some(),
            marker_bits: marker,
        }
    }
}

fn code_name(code: IterativeCode) -> String {
    match code {
        IterativeCode::Turbo(turbo) => {
            let rate = match turbo.rate {
                TurboRate::R12 => "1/2",
                TurboRate::R13 => "1/3",
                TurboRate::R14 => "1/4",
                TurboRate::R16 => "1/6",
            };
            format!("turbo r={rate}, k={}", turbo.k)
        }
        IterativeCode::Ldpc(LdpcCode::Ar4ja { rate, k }) => {
            let rate = match rate {
                Ar4jaRate::R12 => "1/2",
                Ar4jaRate::R23 => "2/3",
                Ar4jaRate::R45 => "4/5",
            };
            format!("LDPC AR4JA r={rate}, k={k}")
        }
        IterativeCode::Ldpc(LdpcCode::C2) => "LDPC C2 (8160,7136)".into(),
        IterativeCode::Ldpc(LdpcCode::Tc128) => "LDPC (128,64)".into(),
        IterativeCode::Ldpc(LdpcCode::Tc512) => "LDPC (512,256)".into(),
    }
}

/// A block as the codes saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockView {
    /// Where it begins: sample, or what else the input counts.
    pub index: Option<u64>,
    /// Where it ends, where samples are the input.
    pub end: Option<u64>,
    /// Whether every check of the coding layer passed.
    pub good: bool,
    /// Eb/N0, dB; NaN where unknown.
    pub eb_n0_db: f32,
    /// How well it was received.
    pub quality: FrameQuality,
}

impl BlockView {
    /// Channel symbol error rate by re-encoding; NaN without an inner code.
    pub fn channel_ber(&self) -> f32 {
        match self.quality.channel_symbols {
            Some((errors, of)) if of > 0 => errors as f32 / of as f32,
            _ => f32::NAN,
        }
    }
}

/// Codewords of one place in the interleaving, by what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections {
    /// Codewords by number of corrected symbols, from none on.
    pub by_symbols: Vec<u64>,
    /// Uncorrectable codewords.
    pub failed: u64,
}

/// Sums over blocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodingSums {
    /// Blocks.
    pub blocks: u64,
    /// Blocks in which a check of the coding layer failed.
    pub failed: u64,
    /// Channel symbols in error, by re-encoding, of how many.
    pub channel_symbols: (u64, u64),
    /// Marker bits in error.
    pub marker_errors: u64,
    /// Blocks whose marker was not found where it was expected.
    pub flywheel: u64,
    /// Blocks whose marker arrived inverted.
    pub inverted: u64,
    /// Blocks that began earlier or later than the one before predicts.
    pub slips: u64,
    /// Reed-Solomon, per codeword of the interleaving.
    pub reed_solomon: Vec<Corrections>,
    /// Codewords that needed erasures.
    pub erased_codewords: u64,
    /// Symbols that were erased in them.
    pub erased_symbols: u64,
    /// Blocks that the inner decoder went over more than once.
    pub repeated: u64,
    /// Turbo or LDPC codewords that were decoded, by number of iterations.
    pub iterations: BTreeMap<u32, u64>,
    /// Turbo or LDPC codewords that were not, by number of iterations.
    pub not_converged: BTreeMap<u32, u64>,
}

fn step(count: &mut u64, by: u64, up: bool) {
    *count = if up {
        count.saturating_add(by)
    } else {
        count.saturating_sub(by)
    };
}

impl CodingSums {
    /// Takes a block in, or out again.
    fn count(&mut self, block: &BlockView, up: bool) {
        let quality = &block.quality;
        let (errors, of) = quality.channel_symbols.unwrap_or_default();
        step(&mut self.blocks, 1, up);
        step(&mut self.failed, u64::from(!block.good), up);
        step(&mut self.channel_symbols.0, errors.into(), up);
        step(&mut self.channel_symbols.1, of.into(), up);
        step(&mut self.marker_errors, quality.asm_errors.into(), up);
        step(&mut self.flywheel, quality.flywheel.into(), up);
        step(&mut self.inverted, quality.inverted.into(), up);
        step(&mut self.slips, u64::from(quality.slip_bits != 0), up);
        step(&mut self.repeated, u64::from(quality.passes > 1), up);
        self.count_reed_solomon(quality, up);
        for word in &quality.iterative {
            let words = if word.converged {
                &mut self.iterations
            } else {
                &mut self.not_converged
            };
            step(words.entry(word.iterations).or_default(), 1, up);
            words.retain(|_, count| *count > 0);
        }
    }

    fn count_reed_solomon(&mut self, quality: &FrameQuality, up: bool) {
        let Some(outcome) = &quality.reed_solomon else {
            return;
        };
        let words = outcome.corrections.len();
        if self.reed_solomon.len() < words {
            self.reed_solomon.resize_with(words, Corrections::default);
        }
        for (word, corrected) in self.reed_solomon.iter_mut().zip(&outcome.corrections) {
            let Some(symbols) = corrected.map(usize::from) else {
                step(&mut word.failed, 1, up);
                continue;
            };
            if word.by_symbols.len() <= symbols {
                word.by_symbols.resize(symbols + 1, 0);
            }
            step(&mut word.by_symbols[symbols], 1, up);
        }
        let erased = outcome.erasures.iter().filter(|&&n| n > 0);
        step(&mut self.erased_codewords, erased.count() as u64, up);
        let symbols = outcome.erasures.iter().map(|&n| u64::from(n)).sum();
        step(&mut self.erased_symbols, symbols, up);
    }
}

/// A change of the state of frame synchronisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncView {
    /// From where on the state holds: sample, or what else the input counts.
    pub index: Option<u64>,
    /// The state.
    pub state: SyncState,
    /// What node synchronisation found; empty where unknown.
    pub node: String,
}

impl SyncView {
    /// The change, at this place of the input.
    pub fn of(change: &SyncChange, index: Option<u64>) -> Self {
        Self {
            index,
            state: change.state,
            node: change.node.clone(),
        }
    }
}

/// What the codes did since somebody watches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CodingView {
    /// The codes of the link; `None` where the input is decoded already.
    pub parts: Option<CodingParts>,
    /// Sums over all blocks.
    pub total: CodingSums,
    /// Sums over the newest blocks, [`RECENT_BLOCKS`] at most.
    pub recent: CodingSums,
}

/// What the chain publishes to.
#[derive(Debug, Default)]
pub(super) struct CodingTally {
    pub(super) view: CodingView,
    newest: VecDeque<BlockView>,
}

impl CodingTally {
    pub(super) fn follow(&mut self, parts: CodingParts) {
        if self.view.parts.as_ref() != Some(&parts) {
            *self = Self::default();
        }
        self.view.parts = Some(parts);
    }

    pub(super) fn count(&mut self, block: BlockView) {
        self.view.total.count(&block, true);
        self.view.recent.count(&block, true);
        if self.newest.len() == RECENT_BLOCKS
            && let Some(oldest) = self.newest.pop_front()
        {
            self.view.recent.count(&oldest, false);
        }
        self.newest.push_back(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_decoder::coding::{IterativeOutcome, RsOutcome};

    fn block(n: usize) -> BlockView {
        BlockView {
            index: Some(n as u64),
            end: None,
            good: n % 10 != 9,
            eb_n0_db: 5.0,
            quality: FrameQuality {
                channel_symbols: Some((n as u32 % 7, 1000)),
                asm_errors: 1,
                slip_bits: i32::from(n % 50 == 3),
                reed_solomon: Some(RsOutcome {
                    corrections: vec![Some((n % 5) as u8), (n % 10 != 9).then_some(16)],
                    erasures: if n.is_multiple_of(20) {
                        vec![0, 4]
                    } else {
                        Vec::new()
                    },
                }),
                iterative: vec![IterativeOutcome {
                    iterations: n as u32 % 3 + 1,
                    converged: n % 10 != 9,
                    ..IterativeOutcome::default()
                }],
                ..FrameQuality::default()
            },
        }
    }

    /// What the newest sums say must be what a count of just these blocks says.
    #[test]
    fn recent_sums_are_those_of_the_newest_blocks() {
        let mut tally = CodingTally::default();
        let blocks = RECENT_BLOCKS + 77;
        (0..blocks).for_each(|n| tally.count(block(n)));
        let (mut newest, mut all) = (CodingSums::default(), CodingSums::default());
        (77..blocks).for_each(|n| newest.count(&block(n), true));
        (0..blocks).for_each(|n| all.count(&block(n), true));
        assert_eq!(tally.view.recent, newest);
        assert_eq!(tally.view.total, all);
        assert_eq!(newest.blocks, RECENT_BLOCKS as u64);
        assert_eq!(
            newest.reed_solomon[1].by_symbols[16] + newest.reed_solomon[1].failed,
            256
        );
        assert_eq!(all.reed_solomon[1].failed, 33);
        assert_eq!((all.erased_codewords, all.erased_symbols), (17, 68));
    }

    #[test]
    fn sums_are_of_one_code() {
        let mut tally = CodingTally::default();
        tally.follow(CodingParts::default());
        tally.count(block(0));
        tally.follow(CodingParts::default());
        assert_eq!(tally.view.total.blocks, 1);
        let other = CodingParts {
            marker_bits: 64,
            ..CodingParts::default()
        };
        tally.follow(other.clone());
        assert_eq!((tally.view.total.blocks, tally.newest.len()), (0, 0));
        assert_eq!(tally.view.parts, Some(other));
    }
}
