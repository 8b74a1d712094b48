//! A frame as it leaves the coding layer, with all that is known of how well it was received.

/// What Reed-Solomon did to a codeblock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RsOutcome {
    /// Per codeword the number of corrected symbols, `None` where the codeword is uncorrectable (its bytes
    /// are as received).
    pub corrections: Vec<Option<u8>>,
    /// Per codeword the number of symbols that were erased, as the least sure, before it could be corrected;
    /// `corrections` counts those outside of them. Empty where no codeword needed any. With erasures, or in a later pass, a word without any relation
    /// to what was sent is accepted with a probability of at most 1e-6.
    pub erasures: Vec<u8>,
}

impl RsOutcome {
    /// Whether every codeword was good or corrected.
    pub fn good(&self) -> bool {
        self.corrections.iter().all(Option::is_some)
    }
}

/// What an iterative decoder (turbo, LDPC) did to a codeblock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IterativeOutcome {
    /// Iterations run.
    pub iterations: u32,
    /// Whether the decoder's own criterion of success held (LDPC: a zero syndrome; turbo: early stopping).
    pub converged: bool,
    /// Parity checks that the result leaves unsatisfied, where the code has them.
    pub syndrome_weight: Option<u32>,
    /// Hard decisions of the channel that the decoded codeword contradicts.
    pub channel_errors: u32,
}

/// How well a frame was received, filled by the stages that know.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameQuality {
    /// Marker bits that differ from the pattern (after the polarity was resolved).
    pub asm_errors: u32,
    /// Cosine between the marker's soft bits and its pattern: 1 for a perfect fit of equal magnitudes, 0 for none.
    pub asm_correlation: f32,
    /// Whether the marker arrived inverted.
    pub inverted: bool,
    /// Whether the marker was expected here but not found within the tolerance (flywheel).
    pub flywheel: bool,
    /// Bits by which the frame began earlier (negative) or later than the one before predicts.
    pub slip_bits: i32,
    /// Channel symbols that the inner decoder's re-encoded output contradicts, half of those that are zero among them,
    /// of how many.
    pub channel_symbols: Option<(u32, u32)>,
    /// Es/N0 in decibels over the unit's channel symbols, from their distance to the re-encoded decoded bits
    /// (which flatters where the decoder failed); `None` without an inner code or where all symbols are saturated.
    pub es_n0_db: Option<f32>,
    /// Passes of the inner decoder over the unit; more than one where Reed-Solomon failed at first. 0 without an
    /// inner code.
    pub passes: u32,
    /// Outcome of Reed-Solomon, if the link has it.
    pub reed_solomon: Option<RsOutcome>,
    /// Outcome of the turbo or LDPC decoder for each codeword; empty where the link has none.
    pub iterative: Vec<IterativeOutcome>,
}

/// A frame from the coding layer.
#[derive(Debug, Clone, PartialEq)]
pub struct CodedFrame {
    /// Index, since the first soft bit ever fed, of the soft bit in which the marker began.
    pub soft_index: u64,
    /// Index of the soft bit just after the block's last.
    pub soft_end: u64,
    /// The frame: information bytes after all decoding; as received where a codeword was uncorrectable.
    pub bytes: Vec<u8>,
    /// Marker and whole block as the spacecraft sent it: corrected where correction succeeded, randomised if
    /// the link is.
    pub cadu: Vec<u8>,
    /// Quality.
    pub quality: FrameQuality,
}

impl CodedFrame {
    /// Whether a frame that is not good may still be right: a turbo decoder that ran out of iterations has mostly
    /// failed, but not always, and a check inside the frame (FECF) can tell.
    pub fn undecided(&self) -> bool {
        !self.good()
            && self
                .quality
                .iterative
                .iter()
                .any(|word| word.syndrome_weight.is_none())
    }

    /// Whether every check of the coding layer passed (true where there is none).
    pub fn good(&self) -> bool {
        let quality = &self.quality;
        quality.reed_solomon.as_ref().is_none_or(RsOutcome::good)
            && quality.iterative.iter().all(|outcome| outcome.converged)
    }
}

/// State of frame synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncState {
    /// No marker.
    #[default]
    Search,
    /// A marker that neither the code nor another marker has confirmed yet, or one that is missing.
    Verify,
    /// Markers where they are expected.
    Lock,
}

/// Snapshot of the coding layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncStatus {
    /// Frame synchronisation.
    pub state: SyncState,
    /// Whether the inner decoder's node synchronisation holds (true where there is none).
    pub node_locked: bool,
    /// Inner decoder's channel symbol error rate over the newest window; NaN where unknown.
    pub channel_ber: f32,
    /// What node synchronisation found, for people: "G1 first, G2 inverted, offset 1"; empty where unknown.
    pub node: String,
    /// Probability that a random stretch of one frame's length is taken for a frame, at most, from the
    /// configuration: candidates that the marker lets pass times the share that the code accepts.
    pub false_alarm_per_frame: f64,
    /// Blocks begun, good or not.
    pub blocks: u64,
    /// Blocks with an uncorrectable codeword.
    pub uncorrectable: u64,
    /// Slips found.
    pub slips: u64,
    /// Units without marker that did not decode, in a lock that was lost behind them: not given out.
    pub unconfirmed: u64,
}
