//! Power spectra: averaged for measurement, single for display, and the lines that stand out of them.
//!
//! Windowed with the four-term Blackman–Harris window (F. J. Harris, Proc. IEEE 66, 1978): side lobes below
//! −92 dB, so that a strong line does not hide a weak one. Levels are dBFS: a complex tone of magnitude 1 in
//! the middle of a bin reads 0 dB.

use crate::Complex32;
use crate::usable::usable;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Smallest and largest transform.
const SIZES: std::ops::RangeInclusive<usize> = 8..=1 << 22;
/// Level written for a bin without any power.
const SILENCE_DB: f32 = -200.0;

/// Noise bandwidth of a bin, in bins: noise of density N shows with N times this times the width of a bin.
pub const NOISE_BANDWIDTH_BINS: f64 = 2.004_4;

/// One transform: window, plan and scratch.
pub(crate) struct Transform {
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
    work: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transform")
            .field("size", &self.window.len())
            .finish_non_exhaustive()
    }
}

impl Transform {
    pub(crate) fn new(size: usize) -> Self {
        let size = size.clamp(*SIZES.start(), *SIZES.end());
        let angle = |n: usize| std::f64::consts::TAU * n as f64 / size as f64;
        let window: Vec<f64> = (0..size)
            .map(|n| {
                let a = angle(n);
                0.35875 - 0.48829 * a.cos() + 0.14128 * (2.0 * a).cos() - 0.01168 * (3.0 * a).cos()
            })
            .collect();
        let sum: f64 = window.iter().sum();
        let fft = FftPlanner::new().plan_fft_forward(size);
        Self {
            window: window.iter().map(|w| (w / sum) as f32).collect(),
            work: vec![Complex32::new(0.0, 0.0); size],
            scratch: vec![Complex32::new(0.0, 0.0); fft.get_inplace_scratch_len()],
            fft,
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.window.len()
    }

    /// Spectrum of exactly one window's samples, lowest frequency first.
    pub(crate) fn power(&mut self, samples: &[Complex32]) -> impl Iterator<Item = f32> + '_ {
        for ((work, &sample), &weight) in self.work.iter_mut().zip(samples).zip(&self.window) {
            *work = usable(sample) * weight;
        }
        self.fft.process_with_scratch(&mut self.work, &mut self.scratch);
        let (positive, negative) = self.work.split_at(self.work.len().div_ceil(2));
        negative.iter().chain(positive).map(Complex32::norm_sqr)
    }
}

fn db(power: f64) -> f32 {
    if power > 1e-20 {
        (10.0 * power.log10()) as f32
    } else {
        SILENCE_DB
    }
}

/// Frequency of a bin of a spectrum of this size, Hz.
pub fn bin_frequency_hz(bin: usize, size: usize, sample_rate_hz: f64) -> f64 {
    (bin as f64 - (size / 2) as f64) * sample_rate_hz / size as f64
}

/// Averaged power spectrum (P. D. Welch, 1967): windows that overlap by half, their powers averaged.
#[derive(Debug)]
pub struct Spectrum {
    transform: Transform,
    pending: Vec<Complex32>,
    sum: Vec<f64>,
    count: u64,
}

impl Spectrum {
    /// A spectrum of this many bins (8 to 4 194 304; powers of two are fastest).
    pub fn new(size: usize) -> Self {
        let transform = Transform::new(size);
        let size = transform.size();
        Self {
            transform,
            pending: Vec::with_capacity(size),
            sum: vec![0.0; size],
            count: 0,
        }
    }

    /// Takes the next samples. Samples that are not finite count as zero.
    pub fn process(&mut self, samples: &[Complex32]) {
        let size = self.transform.size();
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(size - self.pending.len()));
            self.pending.extend_from_slice(now);
            rest = later;
            if self.pending.len() == size {
                for (sum, power) in self.sum.iter_mut().zip(self.transform.power(&self.pending)) {
                    *sum += f64::from(power);
                }
                self.count += 1;
                self.pending.drain(..size / 2);
            }
        }
    }

    /// Number of bins.
    pub fn size(&self) -> usize {
        self.transform.size()
    }

    /// Number of windows averaged so far.
    pub fn windows(&self) -> u64 {
        self.count
    }

    /// Mean power per bin, dBFS, lowest frequency first; zero frequency is bin `size / 2`. All −200 dB
    /// before the first window is complete.
    pub fn power_db(&self) -> Vec<f32> {
        self.sum
            .iter()
            .map(|&sum| db(sum / self.count.max(1) as f64))
            .collect()
    }

    /// Forgets the samples so far.
    pub fn reset(&mut self) {
        self.pending.clear();
        self.sum.fill(0.0);
        self.count = 0;
    }
}

/// Spectrum of the newest samples only, for display.
#[derive(Debug)]
pub struct Snapshot {
    transform: Transform,
    power: Vec<f32>,
}

impl Snapshot {
    /// A snapshot of this many bins (8 to 4 194 304).
    pub fn new(size: usize) -> Self {
        let transform = Transform::new(size);
        Self {
            power: Vec::with_capacity(transform.size()),
            transform,
        }
    }

    /// Power per bin of the last samples, dBFS, lowest frequency first; `None` when there are fewer samples
    /// than bins.
    pub fn power_db(&mut self, samples: &[Complex32]) -> Option<&[f32]> {
        let newest = &samples[samples.len().checked_sub(self.transform.size())?..];
        self.power.clear();
        self.power
            .extend(self.transform.power(newest).map(|power| db(f64::from(power))));
        Some(&self.power)
    }
}

/// A line or narrow signal that stands out of its surroundings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralLine {
    /// Centre (of power, over the width), Hz.
    pub frequency_hz: f64,
    /// Level of the strongest bin, dBFS.
    pub level_db: f32,
    /// Width in which it is within 6 dB of its strongest bin, Hz.
    pub width_hz: f64,
    /// Height over the local floor, dB.
    pub above_floor_db: f32,
}

/// The strongest lines of a spectrum as [`Spectrum::power_db`] gives it, strongest first, at most `most`.
///
/// A line is a maximum at least `threshold_db` above the local floor: the level that 30 % of the bins within
/// an eighth of the band on either side stay below. Bins belong to one line only.
pub fn strongest_lines(
    power_db: &[f32],
    sample_rate_hz: f64,
    threshold_db: f32,
    most: usize,
) -> Vec<SpectralLine> {
    let floor = local_floor(power_db);
    let mut order: Vec<usize> = (0..power_db.len())
        .filter(|&b| power_db[b] - floor[b] >= threshold_db)
        .collect();
    order.sort_by(|&a, &b| power_db[b].total_cmp(&power_db[a]));
    let mut taken = vec![false; power_db.len()];
    let mut lines = Vec::new();
    for peak in order {
        if lines.len() == most {
            break;
        }
        if taken[peak] {
            continue;
        }
        let skirt = extent(power_db, peak, |bin| {
            power_db[bin] - floor[bin] >= threshold_db / 2.0
        });
        let fresh = !taken[skirt.0..=skirt.1].iter().any(|&t| t);
        taken[skirt.0..=skirt.1].fill(true);
        if fresh {
            let core = extent(power_db, peak, |bin| power_db[bin] >= power_db[peak] - 6.0);
            lines.push(SpectralLine {
                frequency_hz: centre_hz(power_db, core, sample_rate_hz),
                level_db: power_db[peak],
                width_hz: (core.1 - core.0 + 1) as f64 * sample_rate_hz / power_db.len() as f64,
                above_floor_db: power_db[peak] - floor[peak],
            });
        }
    }
    lines
}

/// First and last bin of the stretch around `peak` in which the condition holds, across single gaps.
fn extent(power_db: &[f32], peak: usize, holds: impl Fn(usize) -> bool) -> (usize, usize) {
    let (mut low, mut high) = (peak, peak);
    while let Some(next) = (1..=2).find_map(|d| low.checked_sub(d).filter(|&bin| holds(bin))) {
        low = next;
    }
    while let Some(next) = (1..=2)
        .map(|d| high + d)
        .find(|&bin| bin < power_db.len() && holds(bin))
    {
        high = next;
    }
    (low, high)
}

fn centre_hz(power_db: &[f32], (low, high): (usize, usize), sample_rate_hz: f64) -> f64 {
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (offset, &level) in power_db[low..=high].iter().enumerate() {
        let power = 10f64.powf(f64::from(level) / 10.0);
        sum += power;
        weighted += power * offset as f64;
    }
    let bin = low as f64 + weighted / sum;
    (bin - (power_db.len() / 2) as f64) * sample_rate_hz / power_db.len() as f64
}

/// Level below which 30 % of the surrounding bins lie, evaluated in 64 places and held between.
fn local_floor(power_db: &[f32]) -> Vec<f32> {
    let size = power_db.len();
    let (stride, reach) = (size.div_ceil(64).max(1), (size / 8).max(1));
    let mut sorted = Vec::new();
    let mut floor = Vec::with_capacity(size);
    for start in (0..size).step_by(stride) {
        let centre = start + stride / 2;
        sorted.clear();
        sorted.extend_from_slice(&power_db[centre.saturating_sub(reach)..(centre + reach).min(size)]);
        sorted.sort_unstable_by(f32::total_cmp);
        let level = sorted[sorted.len() * 3 / 10];
        floor.extend(std::iter::repeat_n(level, stride.min(size - start)));
    }
    floor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, ChannelConfig};
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn tone(cycles: f64, level: f32, count: usize) -> Vec<Complex32> {
        (0..count)
            .map(|n| Complex32::cis((TAU * (cycles * n as f64).fract()) as f32) * level)
            .collect()
    }

    fn noise(sigma: f64, count: u64) -> Vec<Complex32> {
        let config = ChannelConfig {
            noise_sigma: sigma,
            trailing: count,
            ..ChannelConfig::ideal(1.0)
        };
        let mut out = Vec::new();
        Channel::new(&config).unwrap().finish(&mut out);
        out
    }

    #[test]
    fn a_full_scale_tone_reads_zero_in_its_bin_and_nothing_elsewhere() {
        let mut spectrum = Spectrum::new(256);
        spectrum.process(&tone(-40.0 / 256.0, 1.0, 1024));
        let power = spectrum.power_db();
        assert_eq!(spectrum.windows(), 7);
        assert!(power[128 - 40].abs() < 0.01);
        assert_eq!(bin_frequency_hz(128 - 40, 256, 256.0), -40.0);
        for (bin, &level) in power.iter().enumerate() {
            assert!(bin.abs_diff(88) < 4 || level < -90.0, "bin {bin}: {level}");
        }
    }

    #[test]
    fn white_noise_is_flat_at_its_power_per_bin() {
        let mut spectrum = Spectrum::new(64);
        spectrum.process(&noise(1.0, 200_000));
        // Noise passes the window with its noise bandwidth, 2.004 bins for this window.
        let expected = 10.0 * (2.004f32 / 64.0).log10();
        for level in spectrum.power_db() {
            assert!((level - expected).abs() < 0.4, "{level} {expected}");
        }
    }

    #[test]
    fn odd_sizes_have_zero_frequency_in_the_middle() {
        let mut spectrum = Spectrum::new(9);
        spectrum.process(&[Complex32::new(0.5, 0.0); 9]);
        let power = spectrum.power_db();
        assert!((power[4] + 6.02).abs() < 0.01);
    }

    #[test]
    fn a_snapshot_looks_at_the_newest_samples() {
        let mut snapshot = Snapshot::new(64);
        let mut samples = tone(0.25, 1.0, 100);
        samples.extend(tone(-0.25, 1.0, 64));
        let power = snapshot.power_db(&samples).unwrap();
        assert!(power[16].abs() < 0.01 && power[48] < -80.0);
        assert!(snapshot.power_db(&samples[..63]).is_none());
    }

    #[test]
    fn lines_are_found_strongest_first_with_frequency_and_width() {
        let mut samples = noise(0.03, 65_536);
        let parts = [tone(0.1003, 0.5, 65_536), tone(-0.3, 0.05, 65_536)];
        for part in &parts {
            samples
                .iter_mut()
                .zip(part)
                .for_each(|(sample, tone)| *sample += tone);
        }
        let mut spectrum = Spectrum::new(1024);
        spectrum.process(&samples);
        let lines = strongest_lines(&spectrum.power_db(), 1000.0, 10.0, 5);
        assert_eq!(lines.len(), 2);
        assert!((lines[0].frequency_hz - 100.3).abs() < 0.2, "{:?}", lines[0]);
        assert!((lines[1].frequency_hz + 300.0).abs() < 0.2);
        assert!((lines[0].level_db + 6.0).abs() < 1.0);
        assert!(lines[1].above_floor_db > 20.0 && lines[1].width_hz < 6.0);
    }

    #[test]
    fn what_is_not_finite_does_no_harm() {
        let mut spectrum = Spectrum::new(16);
        spectrum.process(&[Complex32::new(f32::NAN, f32::INFINITY); 40]);
        assert!(spectrum.power_db().iter().all(|&level| level == SILENCE_DB));
        assert_eq!(strongest_lines(&spectrum.power_db(), 1.0, 10.0, 3), []);
        assert_eq!(strongest_lines(&[], 1.0, 10.0, 3), []);
    }

    proptest! {
        #[test]
        fn chunking_is_invisible(cuts in prop::collection::vec(0usize..90, 1..10)) {
            let samples = tone(0.0717, 0.7, cuts.iter().sum());
            let (mut whole, mut cut) = (Spectrum::new(32), Spectrum::new(32));
            whole.process(&samples);
            let mut rest = &samples[..];
            for count in cuts {
                let (now, later) = rest.split_at(count);
                cut.process(now);
                rest = later;
            }
            prop_assert_eq!(whole.power_db(), cut.power_db());
        }
    }
}
