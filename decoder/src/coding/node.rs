//! Node synchronisation: which hypothesis of pairing holds where.
//!
//! While synchronised the decoder itself is the monitor: the correlation its best path gains in a window,
//! relative to the sum of all magnitudes, falls when the grouping breaks. As soon as it does (and from the
//! beginning) every hypothesis is probed by a decoder without memory of decisions, and an outer Viterbi
//! algorithm over blocks of soft bits finds the sequence of hypotheses that explains them best, a change costing
//! a number of mean magnitudes. Decisions reach back to where the change happened. How much the right grouping
//! gains, a wrong one, and noise, depends on the rate; [`Tuning`] has the figures.

use super::hypothesis::Hypothesis;
use super::puncture::{PunctureRate, SymbolMap};
use super::viterbi::Metrics;
use multiversion::multiversion;

/// The rate's measures, in soft bits of whole cycles of the pattern.
///
/// At the Eb/N0 where the code with Reed-Solomon behind it begins to work (2.4, 3.1, 3.6, 4.2 and 4.7 dB), and in
/// brackets the deviation over 1024 soft bits, the best path gains of the magnitudes:
///
/// | rate | right | wrong | noise alone |
/// |---|---|---|---|
/// | 1/2 | 0.920 (0.0095) | 0.837 | 0.856 (0.0046) |
/// | 2/3 | 0.966 (0.0056) | 0.916 | 0.936 (0.0034) |
/// | 3/4 | 0.981 (0.0035) | 0.945 | 0.964 (0.0023) |
/// | 5/6 | 0.991 (0.0024) | 0.969 | 0.984 (0.0015) |
/// | 7/8 | 0.995 (0.0016) | 0.978 | 0.990 (0.0010) |
///
/// The threshold lies between right and noise, at least three deviations of a window from both; a change costs so
/// much that the right grouping loses against a wrong one by chance with a probability of about exp(-57), and is
/// earned in some 500 to 600 soft bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// Soft bits of one block of the outer algorithm, and its steps (at most a chunk of the decoder's).
    pub(crate) block: usize,
    block_steps: usize,
    /// Soft bits judged at a time: whole chunks of steps.
    pub(crate) window: usize,
    /// Relative gain of a window below which other hypotheses are tried.
    pub(crate) good: f64,
    /// What a change of hypothesis costs, in mean magnitudes of soft bits.
    pub(crate) penalty: f64,
    /// Soft bits, of whole chunks of steps, after which survivors have merged.
    pub(crate) convergence: usize,
    pub(crate) map: SymbolMap,
}

impl Tuning {
    pub(crate) fn new(rate: PunctureRate) -> Self {
        let (block, window, convergence, good, penalty) = match rate {
            PunctureRate::R12 => (32, 512, 128, 0.9, 40.0),
            PunctureRate::R23 => (16, 1024, 96, 0.951, 25.0),
            PunctureRate::R34 => (8, 1024, 64, 0.972, 18.0),
            PunctureRate::R56 => (4, 1024, 64, 0.987, 14.0),
            PunctureRate::R78 => (4, 1024, 64, 0.9925, 8.5),
        };
        Self {
            block: block * rate.symbols(),
            block_steps: block * rate.steps(),
            window: window * rate.symbols(),
            good,
            penalty,
            convergence: convergence * rate.symbols(),
            map: SymbolMap::new(rate),
        }
    }
}

/// Scores of all hypotheses over a stretch of soft bits that is not decided yet.
#[derive(Debug)]
pub(crate) struct Episode {
    probes: Vec<Metrics>,
    scores: Vec<f64>,
    /// For each block and hypothesis the hypothesis before it.
    origins: Vec<u8>,
    /// Relative gain of each hypothesis over the newest window.
    quality: Vec<f64>,
    tuning: Tuning,
    gains: Vec<f64>,
    arranged: Vec<i8>,
    g1: Vec<i8>,
    g2: Vec<i8>,
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
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(crate) fn magnitudes(soft: &[i8]) -> i64 {
    // Sums that fit into 16 bits, and so into many lanes.
    soft.chunks(256)
        .map(|part| i64::from(part.iter().fold(0u16, |sum, s| sum + u16::from(s.unsigned_abs()))))
        .sum()
}

impl Episode {
    /// Begins with `current` ahead of the others by the price of a change, or with all equal.
    pub(crate) fn new(tuning: Tuning, hypotheses: usize, current: Option<usize>) -> Self {
        let handicap = if current.is_some() { -tuning.penalty } else { 0.0 };
        let scores = (0..hypotheses)
            .map(|h| if current == Some(h) { 0.0 } else { handicap })
            .collect();
        Self {
            probes: vec![Metrics::new(); hypotheses],
            scores,
            origins: Vec::new(),
            quality: vec![0.0; hypotheses],
            tuning,
            gains: Vec::new(),
            arranged: Vec::new(),
            g1: Vec::new(),
            g2: Vec::new(),
        }
    }

    /// Takes one window: the soft bits from `soft[first]` to `soft[end]` (the beginning where a cycle begins),
    /// with a period before and two more behind.
    pub(crate) fn window(&mut self, hypotheses: &[Hypothesis], soft: &[i8], first: usize, end: usize) {
        let blocks = (end - first).div_ceil(self.tuning.block);
        let total = magnitudes(&soft[first..end]);
        let scale = (end - first) as f64 / (total.max(1)) as f64;
        let count = hypotheses.len();
        self.gains.clear();
        self.gains.resize(blocks * count, 0.0);
        let steps = self.tuning.map.bits_begun(end - first);
        self.g1.resize(steps, 0);
        self.g2.resize(steps, 0);
        for (h, hypothesis) in hypotheses.iter().enumerate() {
            let from = first - hypothesis.ahead();
            hypothesis.gather(soft, from, &mut self.arranged, &mut self.g1, &mut self.g2);
            let probe = &mut self.probes[h];
            let start_gain = probe.gain;
            let parts = self.g1.chunks(self.tuning.block_steps);
            for (block, (g1, g2)) in parts.zip(self.g2.chunks(self.tuning.block_steps)).enumerate() {
                let before = probe.gain;
                probe.probe(g1, g2);
                self.gains[block * count + h] = (probe.gain - before) as f64 * scale;
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
        let arriving = self.scores[best] - self.tuning.penalty;
        for h in 0..count {
            let stay = self.scores[h] >= arriving;
            self.origins.push(if stay { h } else { best } as u8);
            self.scores[h] = self.scores[h].max(arriving) + self.gains[block * count + h];
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

    /// Whether the best leads all others clearly: by half of what a change costs, as no lead can be longer than a
    /// change for long.
    pub(crate) fn decided(&self) -> bool {
        let best = self.best();
        let enough = self.scores[best] - self.tuning.penalty / 2.0;
        self.scores
            .iter()
            .enumerate()
            .all(|(h, &score)| h == best || score <= enough)
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::config::{ConvolutionalConfig, SymbolBits};
    use crate::coding::convolutional::ConvolutionalEncoder;

    /// Coded random bits (order and inversion as CCSDS has them) at an Es/N0, or noise alone.
    fn soft(rate: PunctureRate, es_n0_db: Option<f64>, windows: usize) -> Vec<i8> {
        let config = ConvolutionalConfig {
            rate,
            ..ConvolutionalConfig::default()
        };
        let (mut encoder, mut coded) = (ConvolutionalEncoder::new(config), Vec::new());
        let mut state = 12345u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for _ in 0..windows * 512 * rate.steps() {
            encoder.encode(u8::from(uniform() < 0.5), &mut coded);
        }
        let (level, sigma) = es_n0_db.map_or((0.0, 1.0), |db| (1.0, (0.5 / 10f64.powf(db / 10.0)).sqrt()));
        let noisy = coded.iter().map(|&bit| {
            // Twelve uniform values make a Gaussian that is good enough here.
            let gauss = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            (40.0 * (level * (f64::from(bit) * 2.0 - 1.0) + sigma * gauss)).clamp(-127.0, 127.0) as i8
        });
        [0; 16].into_iter().chain(noisy).chain([0; 2]).collect()
    }

    /// Es/N0 less Eb/N0 of the concatenated code of depth 4.
    fn rate_db(rate: PunctureRate) -> f64 {
        10.0 * (rate.steps() as f64 / rate.symbols() as f64 * 892.0 / 1024.0).log10()
    }

    #[test]
    fn right_and_wrong_groupings_gain_what_the_thresholds_assume() {
        use PunctureRate::{R12, R23, R34, R56, R78};
        for (rate, eb_n0_db, of_right, of_wrong, of_noise) in [
            (R12, 2.38, 0.920, 0.837, 0.857),
            (R12, 4.0, 0.960, 0.826, 0.857),
            (R23, 3.08, 0.966, 0.914, 0.937),
            (R34, 3.58, 0.981, 0.942, 0.964),
            (R56, 4.18, 0.991, 0.968, 0.984),
            (R78, 4.68, 0.995, 0.978, 0.990),
        ] {
            let config = ConvolutionalConfig {
                rate,
                ..ConvolutionalConfig::default()
            };
            let hypotheses = Hypothesis::all(config, SymbolBits::One);
            // What was sent is the first of all with the inversion that it has.
            let right = hypotheses.iter().position(|h| {
                h.ahead() == 0
                    && h.to_string().starts_with(if rate == R12 {
                        "G1 first, G2 inverted"
                    } else {
                        "G1 first"
                    })
            });
            let tuning = Tuning::new(rate);
            for (es_n0_db, of_right, of_wrong) in [
                (Some(eb_n0_db + rate_db(rate)), of_right, of_wrong),
                (None, of_noise, of_noise),
            ] {
                let soft = soft(rate, es_n0_db, 100);
                let mut episode = Episode::new(tuning, hypotheses.len(), None);
                episode.window(&hypotheses, &soft, 16, soft.len() - 2);
                for (h, &quality) in episode.quality.iter().enumerate() {
                    let expected = if Some(h) == right { of_right } else { of_wrong };
                    assert!(
                        (quality - expected).abs() < 0.005,
                        "{rate:?} {es_n0_db:?} {}: {quality}",
                        hypotheses[h]
                    );
                }
                if es_n0_db.is_some() {
                    assert_eq!(Some(episode.best()), right, "{rate:?}");
                    assert!(episode.decided(), "{rate:?} {:?}", episode.scores);
                    assert!(episode.best_quality() > tuning.good);
                } else {
                    assert!(episode.best_quality() < tuning.good);
                }
            }
        }
    }
}
