//! Node synchronisation: which hypothesis of pairing holds where.
//!
//! While synchronised the decoder itself is the monitor: the correlation its best path gains in a window,
//! relative to the sum of all magnitudes, falls when the pairing breaks. As soon as it does (and from the
//! beginning) every hypothesis is probed by a decoder without memory of decisions, and an outer Viterbi
//! algorithm over blocks of [`CHUNK`] steps finds the sequence of hypotheses that explains the soft bits best,
//! a change costing [`PENALTY`] mean magnitudes. At Eb/N0 = 2 dB the right pairing gains 0.93 of the magnitudes,
//! a wrong one 0.84 (0.86 of noise alone), so that a change is earned in some 440 soft bits, and random fluctuations
//! do not earn it. Decisions reach back to where the change happened.

use super::hypothesis::Hypothesis;
use super::viterbi::{CHUNK, Metrics};

/// Soft bits of one block of the outer algorithm.
pub(crate) const BLOCK_SOFT: usize = 2 * CHUNK;
/// What a change of hypothesis costs, in mean magnitudes of soft bits.
const PENALTY: f64 = 40.0;

/// Scores of all hypotheses over a stretch of soft bits that is not decided yet.
#[derive(Debug)]
pub(crate) struct Episode {
    probes: Vec<Metrics>,
    scores: Vec<f64>,
    /// For each block and hypothesis the hypothesis before it.
    origins: Vec<u8>,
    /// Relative gain of each hypothesis over the newest window.
    quality: Vec<f64>,
    /// Blocks already decided and dropped from the front of `origins`.
    pub(crate) blocks: usize,
    scratch: Vec<f64>,
}

/// Relative gain: what the best path gained of the sum of all magnitudes (1 for a path without contradiction).
pub(crate) fn quality(gain: i64, magnitudes: i64) -> f64 {
    if magnitudes == 0 {
        0.0
    } else {
        gain as f64 / magnitudes as f64
    }
}

/// Sum of magnitudes.
pub(crate) fn magnitudes(soft: &[i8]) -> i64 {
    soft.iter().map(|s| i64::from(s.unsigned_abs())).sum()
}

impl Episode {
    /// Begins with `current` ahead of the others by the price of a change, or with all equal.
    pub(crate) fn new(hypotheses: usize, current: Option<usize>) -> Self {
        let handicap = if current.is_some() { -PENALTY } else { 0.0 };
        let scores = (0..hypotheses)
            .map(|h| if current == Some(h) { 0.0 } else { handicap })
            .collect();
        Self {
            probes: vec![Metrics::new(); hypotheses],
            scores,
            origins: Vec::new(),
            quality: vec![0.0; hypotheses],
            blocks: 0,
            scratch: Vec::new(),
        }
    }

    /// Takes one window: the soft bits from `soft[first]` to `soft[end]` (the beginning on an even position),
    /// with two more behind.
    pub(crate) fn window(&mut self, hypotheses: &[Hypothesis], soft: &[i8], first: usize, end: usize) {
        let blocks = (end - first).div_ceil(BLOCK_SOFT);
        let total = magnitudes(&soft[first..end]);
        let scale = (end - first) as f64 / (total.max(1)) as f64;
        self.scratch.clear();
        self.scratch.resize(blocks * hypotheses.len(), 0.0);
        let (mut g1, mut g2) = ([0; CHUNK], [0; CHUNK]);
        for (h, hypothesis) in hypotheses.iter().enumerate() {
            let probe = &mut self.probes[h];
            let start_gain = probe.gain;
            for block in 0..blocks {
                let from = first + block * BLOCK_SOFT + usize::from(hypothesis.offset);
                let to = (first + (block + 1) * BLOCK_SOFT).min(end);
                let steps = to.saturating_sub(from).div_ceil(2);
                if steps > 0 {
                    let before = probe.gain;
                    hypothesis.gather(soft, from, &mut g1[..steps], &mut g2[..steps]);
                    probe.probe(&g1[..steps], &g2[..steps]);
                    self.scratch[block * hypotheses.len() + h] = (probe.gain - before) as f64 * scale;
                }
            }
            self.quality[h] = quality(probe.gain - start_gain, total);
        }
        for block in 0..blocks {
            self.advance(block);
        }
    }

    /// One block of the outer algorithm. Staying wins a tie, so that a change is dated as early as it can be.
    fn advance(&mut self, block: usize) {
        let count = self.scores.len();
        let best = self.best();
        let arriving = self.scores[best] - PENALTY;
        for h in 0..count {
            let stay = self.scores[h] >= arriving;
            self.origins.push(if stay { h } else { best } as u8);
            self.scores[h] = self.scores[h].max(arriving) + self.scratch[block * count + h];
        }
    }

    /// The hypothesis that explains the stretch up to now best.
    pub(crate) fn best(&self) -> usize {
        let mut best = 0;
        for (h, score) in self.scores.iter().enumerate() {
            if *score > self.scores[best] {
                best = h;
            }
        }
        best
    }

    /// Relative gain of the best hypothesis over the newest window.
    pub(crate) fn best_quality(&self) -> f64 {
        self.quality[self.best()]
    }

    /// Whether the best leads all others by more than a change costs.
    pub(crate) fn decided(&self) -> bool {
        let best = self.best();
        self.scores
            .iter()
            .enumerate()
            .all(|(h, s)| h == best || self.scores[best] - s >= PENALTY)
    }

    /// The best sequence of hypotheses, one for each undecided block.
    pub(crate) fn path(&self, path: &mut Vec<u8>) {
        let count = self.scores.len();
        let mut h = self.best() as u8;
        path.clear();
        for origins in self.origins.chunks(count).rev() {
            // The origin says which hypothesis held before the block; the block itself is explained by `h`.
            path.push(h);
            h = origins[h as usize];
        }
        path.reverse();
    }

    /// Drops the oldest blocks, which are decided.
    pub(crate) fn drop_blocks(&mut self, blocks: usize) {
        self.origins.drain(..blocks * self.scores.len());
        self.blocks += blocks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::config::{ConvolutionalConfig, SymbolBits};
    use crate::coding::convolutional::ConvolutionalEncoder;

    /// Coded random bits (G1 first, G2 inverted) at an Eb/N0, or noise alone.
    fn soft(eb_n0_db: Option<f64>, windows: usize) -> Vec<i8> {
        let config = ConvolutionalConfig::default();
        let (mut encoder, mut coded) = (ConvolutionalEncoder::new(config), Vec::new());
        let mut state = 12345u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for _ in 0..windows * 512 {
            encoder.encode(u8::from(uniform() < 0.5), &mut coded);
        }
        let (level, sigma) = eb_n0_db.map_or((0.0, 1.0), |db| (1.0, (1.0 / 10f64.powf(db / 10.0)).sqrt()));
        let noisy = coded.iter().map(|&bit| {
            // Twelve uniform values make a Gaussian that is good enough here.
            let gauss = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            (40.0 * (level * (f64::from(bit) * 2.0 - 1.0) + sigma * gauss)).clamp(-127.0, 127.0) as i8
        });
        noisy.chain([0; 2]).collect()
    }

    #[test]
    fn right_and_wrong_pairings_gain_what_the_thresholds_assume() {
        let config = ConvolutionalConfig::default();
        let hypotheses = Hypothesis::all(config, SymbolBits::One);
        let right = hypotheses
            .iter()
            .position(|h| h.offset == 0 && !h.swapped && h.inverted);
        for (eb_n0_db, of_right, of_wrong) in [
            (Some(2.0), 0.929, 0.838),
            (Some(4.0), 0.972, 0.824),
            (None, 0.857, 0.857),
        ] {
            let soft = soft(eb_n0_db, 200);
            let mut episode = Episode::new(hypotheses.len(), None);
            episode.window(&hypotheses, &soft, 0, soft.len() - 2);
            for (h, &quality) in episode.quality.iter().enumerate() {
                let expected = if Some(h) == right { of_right } else { of_wrong };
                assert!(
                    (quality - expected).abs() < 0.004,
                    "{eb_n0_db:?} {}: {quality}",
                    hypotheses[h]
                );
            }
            if eb_n0_db.is_some() {
                assert!(episode.decided() && Some(episode.best()) == right);
            }
        }
    }
}
