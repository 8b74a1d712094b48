//! Correction of I/Q imbalance: of the images that a receiver with unequal arms makes on the other side of zero.

use crate::{Complex32, Modulation};
use num_complex::Complex64;

/// Samples between two looks.
const BLOCK: u64 = 4096;
/// Of these, samples that are looked at, in a row that begins elsewhere in each block.
const LOOKED_AT: u64 = 1024;
const ELSEWHERE: u64 = 389;
/// Blocks before anything is corrected.
const LEAST_BLOCKS: f64 = 8.0;
/// Standard deviations by which the imbalance has to stand out.
const CERTAIN: f64 = 5.0;
/// Larger than any receiver's (5 dB, 30°): the samples are real, or hold a line near zero.
const ABSURD: f64 = 0.5;

/// Finds and takes off the imbalance that all signals and noise in the band share.
///
/// An unequal pair of arms makes `y = x + ε x*` of `x`. What is received has no preferred phase at zero frequency,
/// `E[x²] = 0`, and then `E[y²] / E[|y|²] = 2 ε / (1 + |ε|²)` (L. Anttila, M. Valkama and M. Renfors, Circularity-based
/// I/Q imbalance compensation, IEEE Trans. Veh. Technol. 57, 2008). That is not so of a BPSK signal, nor of a
/// carrier, at zero frequency. So nothing is done where such a signal is wanted ([`IqCorrector::suits`]), the mean of each block
/// is left out, and the blocks have to agree: a line at any other frequency turns from block to block.
#[derive(Debug, Clone)]
pub(crate) struct IqCorrector {
    count: u64,
    /// Samples of this block that are looked at.
    looked_at: Vec<Complex32>,
    blocks: f64,
    mean: Complex64,
    /// Sum of squared distances of the blocks' values from their mean.
    scatter: f64,
    image: Option<Complex32>,
}

/// Over the samples looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sample: Complex64,
    square: Complex64,
    power: f64,
}

impl IqCorrector {
    pub fn new() -> Self {
        Self {
            count: 0,
            looked_at: Vec::with_capacity(LOOKED_AT as usize),
            blocks: 0.0,
            mean: Complex64::ZERO,
            scatter: 0.0,
            image: None,
        }
    }

    /// Whether a signal of this modulation has no preferred phase wherever its carrier is.
    pub fn suits(modulation: Modulation) -> bool {
        matches!(
            modulation,
            Modulation::Qpsk
                | Modulation::Oqpsk
                | Modulation::Dqpsk
                | Modulation::Pi4Dqpsk
                | Modulation::Psk8
        )
    }

    /// Takes the image found so far off the samples.
    pub fn process(&mut self, samples: &mut [Complex32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let place = self.count % BLOCK;
            let room = (BLOCK - place) as usize;
            let (now, later) = rest.split_at_mut(room.min(rest.len()));
            self.look(now, place);
            if let Some(image) = self.image {
                correct(now, image);
            }
            self.count += now.len() as u64;
            if self.count.is_multiple_of(BLOCK) {
                self.decide();
            }
            rest = later;
        }
    }

    /// Keeps the samples of this block that are looked at; the first given lies at `place` in it.
    fn look(&mut self, samples: &[Complex32], place: u64) {
        let from = (self.count / BLOCK * ELSEWHERE) % (BLOCK - LOOKED_AT);
        let inside = |at: u64| (at.saturating_sub(place) as usize).min(samples.len());
        self.looked_at
            .extend_from_slice(&samples[inside(from)..inside(from + LOOKED_AT)]);
    }

    fn decide(&mut self) {
        let sums = sums(&self.looked_at);
        self.looked_at.clear();
        let mean = sums.sample / LOOKED_AT as f64;
        let power = sums.power / LOOKED_AT as f64 - mean.norm_sqr();
        let value = (sums.square / LOOKED_AT as f64 - mean * mean) / power;
        if !(value.re.is_finite() && value.im.is_finite()) {
            return;
        }
        self.blocks += 1.0;
        let off = value - self.mean;
        self.mean += off / self.blocks;
        self.scatter += (off * (value - self.mean).conj()).re;
        let size = self.mean.norm();
        let deviation = (self.scatter / (self.blocks * (self.blocks - 1.0).max(1.0))).sqrt();
        let found = self.blocks >= LEAST_BLOCKS && size > CERTAIN * deviation && size < ABSURD;
        self.image = found.then(|| {
            let image = self.mean / (1.0 + (1.0 - size * size).sqrt());
            Complex32::new(image.re as f32, image.im as f32)
        });
    }
}

/// Sums over a block's samples.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn sums(samples: &[Complex32]) -> Sums {
    const LANES: usize = 8;
    let mut sums = Sums::default();
    for part in samples.chunks(32 * LANES) {
        let mut lanes = [[0.0_f32; LANES]; 5];
        for samples in part.chunks(LANES) {
            for (lane, &Complex32 { re, im }) in samples.iter().enumerate() {
                lanes[0][lane] += re;
                lanes[1][lane] += im;
                lanes[2][lane] += re * re;
                lanes[3][lane] += im * im;
                lanes[4][lane] += re * im;
            }
        }
        let [re, im, re_re, im_im, re_im] = lanes.map(|lanes| f64::from(lanes.iter().sum::<f32>()));
        sums.sample += Complex64::new(re, im);
        sums.square += Complex64::new(re_re - im_im, 2.0 * re_im);
        sums.power += re_re + im_im;
    }
    sums
}

/// Takes `image` times the conjugate off each sample.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn correct(samples: &mut [Complex32], image: Complex32) {
    for sample in samples {
        let Complex32 { re, im } = *sample;
        sample.re = re - (image.re * re + image.im * im);
        sample.im = im - (image.im * re - image.re * im);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, ChannelConfig, Interferer};
    use proptest::prelude::*;

    /// Noise, a strong carrier (where one is wanted) and DC with this imbalance.
    fn received(gain_db: f64, phase_deg: f64, line: Option<f64>) -> Vec<Complex32> {
        let line = line.map(|frequency_hz| Interferer {
            frequency_hz,
            level_db: 10.0,
            width_hz: 0.0,
        });
        let mut channel = Channel::new(&ChannelConfig {
            noise_sigma: 0.5,
            interferers: line.into_iter().collect(),
            dc: Complex32::new(0.3, 0.2),
            iq_gain_db: gain_db,
            iq_phase_deg: phase_deg,
            trailing: 400_000,
            ..ChannelConfig::ideal(1000.0)
        })
        .unwrap();
        let mut out = Vec::new();
        channel.finish(&mut out);
        out
    }

    fn corrected(samples: &[Complex32]) -> Vec<Complex32> {
        let mut out = samples.to_vec();
        IqCorrector::new().process(&mut out);
        out
    }

    /// Power of the line at `hz` of the last samples, dB.
    fn line_db(samples: &[Complex32], hz: f64) -> f64 {
        let last = &samples[samples.len() - 200_000..];
        let sum: Complex64 = last
            .iter()
            .enumerate()
            .map(|(n, s)| {
                let turn = Complex64::cis(-std::f64::consts::TAU * (hz / 1000.0 * n as f64).fract());
                Complex64::new(s.re.into(), s.im.into()) * turn
            })
            .sum();
        10.0 * (sum / last.len() as f64).norm_sqr().log10()
    }

    #[test]
    fn the_image_of_a_carrier_goes() {
        let samples = received(1.0, 4.0, Some(123.4));
        let out = corrected(&samples);
        let (before, after) = (line_db(&samples, -123.4), line_db(&out, -123.4));
        assert!((before + 13.0).abs() < 1.5, "{before}");
        assert!(after < before - 25.0, "{before} {after}");
        assert!((line_db(&out, 123.4) - 10.0).abs() < 0.6);
    }

    #[test]
    fn what_is_no_imbalance_is_left_alone() {
        let real: Vec<Complex32> = received(0.0, 0.0, Some(123.4))
            .iter()
            .map(|s| Complex32::new(s.re, 0.0))
            .collect();
        for samples in [
            received(0.0, 0.0, Some(123.4)),
            received(0.0, 0.0, None),
            // A line that turns little in a block.
            received(0.0, 0.0, Some(0.11)),
            received(0.0, 0.0, Some(1000.0 / 8192.0)),
            real,
            vec![Complex32::ZERO; 50_000],
            vec![Complex32::new(f32::NAN, 1.0); 50_000],
        ] {
            let bits = |samples: &[Complex32]| -> Vec<[u32; 2]> {
                samples.iter().map(|s| [s.re.to_bits(), s.im.to_bits()]).collect()
            };
            assert!(bits(&corrected(&samples)) == bits(&samples));
        }
    }

    proptest! {
        #[test]
        fn cutting_does_not_change_a_bit(cuts in prop::collection::vec(1usize..9000, 1..12)) {
            let samples = &received(1.0, 4.0, Some(50.0))[..120_000];
            let whole = corrected(samples);
            let (mut cut, mut corrector) = (samples.to_vec(), IqCorrector::new());
            let mut rest = &mut cut[..];
            for size in cuts {
                let (now, later) = rest.split_at_mut(size.min(rest.len()));
                corrector.process(now);
                rest = later;
            }
            corrector.process(rest);
            prop_assert_eq!(whole, cut);
        }
    }
}
