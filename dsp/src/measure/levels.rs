//! Level, clipping, offset and I/Q imbalance.

use crate::Complex32;

/// Sums over samples, from which [`Levels::report`] computes.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    extreme: f32,
    count: u64,
    not_finite: u64,
    clipped: u64,
    clipped_from_to: Option<[u64; 2]>,
    peak: f32,
    sum: [f64; 2],
    /// Of I², Q² and IQ.
    products: [f64; 3],
}

/// Gain and phase fault between the I and Q paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Imbalance {
    /// Gain of I over Q, dB.
    pub gain_db: f64,
    /// Deviation from 90°, degrees: positive when Q contains I with positive sign.
    pub phase_deg: f64,
}

/// Levels of all samples so far. Full scale is a magnitude of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelReport {
    /// Samples taken.
    pub samples: u64,
    /// Of these, not finite; they count as nothing in everything else.
    pub not_finite: u64,
    /// Mean power, dBFS.
    pub mean_dbfs: f64,
    /// Largest magnitude, dBFS.
    pub peak_dbfs: f64,
    /// Peak over mean, dB.
    pub crest_db: f64,
    /// Share of the samples that have a part at the format's extreme.
    pub clipped_share: f64,
    /// Samples that have a part at the format's extreme.
    pub clipped: u64,
    /// Index of the first and of the last of them.
    pub clipped_from_to: Option<[u64; 2]>,
    /// Mean sample.
    pub dc: [f64; 2],
    /// Power of the mean sample, dBFS.
    pub dc_dbfs: f64,
    /// Of complex samples; `None` when one part has no power. A signal that is not rotationally symmetric
    /// (few samples of an unmodulated carrier) shows as imbalance, too.
    pub imbalance: Option<Imbalance>,
}

impl Levels {
    /// `extreme` is the magnitude from which on a part of a sample counts as clipped: the smaller of the
    /// format's largest positive and negative values, for example 127/128 for signed bytes.
    pub fn new(extreme: f32) -> Self {
        Self {
            extreme,
            ..Self::default()
        }
    }

    /// Takes the next samples.
    pub fn process(&mut self, samples: &[Complex32]) {
        for sample in samples {
            self.count += 1;
            if !(sample.re.is_finite() && sample.im.is_finite()) {
                self.not_finite += 1;
                continue;
            }
            if sample.re.abs() >= self.extreme || sample.im.abs() >= self.extreme {
                let here = self.count - 1;
                self.clipped += 1;
                self.clipped_from_to = Some([self.clipped_from_to.map_or(here, |[first, _]| first), here]);
            }
            let (re, im) = (f64::from(sample.re), f64::from(sample.im));
            self.peak = self.peak.max(re.hypot(im) as f32);
            self.sum[0] += re;
            self.sum[1] += im;
            self.products[0] += re * re;
            self.products[1] += im * im;
            self.products[2] += re * im;
        }
    }

    /// What the samples so far amount to. Levels of nothing are minus infinity.
    pub fn report(&self) -> LevelReport {
        let good = (self.count - self.not_finite).max(1) as f64;
        let dc = self.sum.map(|sum| sum / good);
        let [ii, qq, iq] = self.products.map(|sum| sum / good);
        let mean = ii + qq;
        let peak = f64::from(self.peak);
        let mean_dbfs = 10.0 * mean.log10();
        let peak_dbfs = 20.0 * peak.log10();
        LevelReport {
            samples: self.count,
            not_finite: self.not_finite,
            mean_dbfs,
            peak_dbfs,
            crest_db: if mean > 0.0 { peak_dbfs - mean_dbfs } else { 0.0 },
            clipped_share: self.clipped as f64 / self.count.max(1) as f64,
            clipped: self.clipped,
            clipped_from_to: self.clipped_from_to,
            dc,
            dc_dbfs: 10.0 * (dc[0] * dc[0] + dc[1] * dc[1]).log10(),
            imbalance: imbalance(ii - dc[0] * dc[0], qq - dc[1] * dc[1], iq - dc[0] * dc[1]),
        }
    }
}

fn imbalance(ii: f64, qq: f64, iq: f64) -> Option<Imbalance> {
    let (least, most) = (ii.min(qq), ii.max(qq));
    (least > 1e-12 * most && most > 0.0).then(|| Imbalance {
        gain_db: 10.0 * (ii / qq).log10(),
        phase_deg: (iq / (ii * qq).sqrt()).clamp(-1.0, 1.0).asin().to_degrees(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, ChannelConfig};

    fn impaired_noise() -> Vec<Complex32> {
        let config = ChannelConfig {
            noise_sigma: 0.2,
            trailing: 100_000,
            dc: Complex32::new(0.1, -0.05),
            iq_gain_db: 1.5,
            iq_phase_deg: 4.0,
            ..ChannelConfig::ideal(1.0)
        };
        let mut out = Vec::new();
        Channel::new(&config).unwrap().finish(&mut out);
        out
    }

    #[test]
    fn offset_and_imbalance_are_measured() {
        let mut levels = Levels::new(1.0);
        levels.process(&impaired_noise());
        let report = levels.report();
        let imbalance = report.imbalance.unwrap();
        assert!((report.dc[0] - 0.1).abs() < 2e-3 && (report.dc[1] + 0.05).abs() < 2e-3);
        assert!((imbalance.gain_db - 1.5).abs() < 0.06, "{imbalance:?}");
        // Q is I times sin + Q times cos; I itself is stronger by the gain, which the sine is not.
        assert!((imbalance.phase_deg - 4.0).abs() < 0.4, "{imbalance:?}");
        assert!((report.dc_dbfs - 10.0 * 0.0125f64.log10()).abs() < 0.2);
    }

    #[test]
    fn a_tone_has_its_level_and_no_crest() {
        let samples: Vec<_> = (0..1000)
            .map(|n| Complex32::cis(0.1 * n as f32 * std::f32::consts::TAU) * 0.5)
            .collect();
        let mut levels = Levels::new(1.0);
        levels.process(&samples);
        let report = levels.report();
        assert!((report.mean_dbfs + 6.0206).abs() < 1e-3 && report.crest_db.abs() < 1e-3);
        assert_eq!(report.clipped_share, 0.0);
    }

    #[test]
    fn clipped_and_bad_samples_are_counted() {
        let mut levels = Levels::new(127.0 / 128.0);
        let low = Complex32::new(0.1, 0.1);
        levels.process(&[
            low,
            Complex32::new(-1.0, 0.0),
            Complex32::new(0.0, 127.0 / 128.0),
            low,
        ]);
        levels.process(&[
            Complex32::new(f32::NAN, 0.0),
            Complex32::new(0.0, f32::INFINITY),
            low,
            low,
        ]);
        let report = levels.report();
        assert_eq!(
            (report.samples, report.not_finite, report.clipped_share),
            (8, 2, 0.25)
        );
        assert_eq!((report.clipped, report.clipped_from_to), (2, Some([1, 2])));
        assert!(report.mean_dbfs.is_finite());
    }

    #[test]
    fn nothing_and_real_samples_have_no_imbalance() {
        let mut levels = Levels::new(1.0);
        assert_eq!(levels.report().imbalance, None);
        assert_eq!(levels.report().mean_dbfs, f64::NEG_INFINITY);
        levels.process(&[Complex32::new(0.5, 0.0), Complex32::new(-0.5, 0.0)]);
        assert_eq!(levels.report().imbalance, None);
        assert!((levels.report().peak_dbfs + 6.0206).abs() < 1e-3);
    }
}
