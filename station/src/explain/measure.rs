//! What the samples say without being demodulated: level, signals in the band, symbol clocks.

use groundlink_dsp::Complex32;
use groundlink_dsp::design::low_pass;
use groundlink_dsp::fir::Fir;
use groundlink_dsp::measure::{ClockCandidate, ClockFinder, LevelReport, Levels};
use groundlink_dsp::nco::Nco;
use groundlink_dsp::spectrum::{NOISE_BANDWIDTH_BINS, Spectrum, bin_frequency_hz};

/// Magnitude from which on a part of a sample counts as clipped: full scale of the coarsest format.
const FULL_SCALE: f32 = 127.0 / 128.0;
/// Bins of the spectrum, at most.
const BINS: usize = 4096;
/// A signal stands so many standard deviations, and at least so much (as a ratio), over the floor.
const DEVIATIONS: f64 = 8.0;
const LEAST_EXCESS: f64 = 0.25;
/// Signals told.
const SIGNALS: usize = 4;
/// Level below which there is nothing but silence, dBFS.
const SILENCE_DBFS: f64 = -110.0;

/// A signal in the band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InBand {
    /// Centre of its power, Hz.
    pub centre_hz: f64,
    /// Width, Hz.
    pub width_hz: f64,
    /// Power over noise density, dB-Hz.
    pub c_n0_db_hz: f64,
    /// Power, dBFS.
    pub power_dbfs: f64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Samples per second.
    pub rate_hz: f64,
    /// Level and faults.
    pub level: LevelReport,
    /// Signals, the strongest first.
    pub signals: Vec<InBand>,
    /// Density of the floor, dBFS per Hz.
    pub floor_dbfs_hz: f64,
}

impl Measured {
    /// Measures; `symbol_rate_hz` is the rate of the signal that is looked for.
    pub fn of(samples: &[Complex32], rate_hz: f64, complex: bool, symbol_rate_hz: f64) -> Self {
        let mut levels = Levels::new(FULL_SCALE);
        levels.process(samples);
        let size = BINS.min((samples.len() / 8).next_power_of_two()).max(64);
        let mut spectrum = Spectrum::new(size);
        spectrum.process(samples);
        let bins = Bins::of(&spectrum, rate_hz, complex, symbol_rate_hz);
        Self {
            rate_hz,
            level: levels.report(),
            signals: bins.signals(),
            floor_dbfs_hz: 10.0 * (bins.floor / (rate_hz / size as f64) / NOISE_BANDWIDTH_BINS).log10(),
        }
    }

    /// Whether there is nothing in the samples.
    pub fn silent(&self) -> bool {
        !self.level.mean_dbfs.is_finite() || self.level.mean_dbfs < SILENCE_DBFS
    }

    /// Power of the mean over the rest, dB.
    pub fn dc_over_rest_db(&self) -> f64 {
        let power = |db: f64| 10f64.powf(db / 10.0);
        let (all, dc) = (power(self.level.mean_dbfs), power(self.level.dc_dbfs));
        10.0 * (dc / (all - dc).max(all * 1e-6)).log10()
    }
}

/// A smoothed spectrum.
struct Bins {
    powers: Vec<f64>,
    floor: f64,
    /// Relative standard deviation of a bin.
    deviation: f64,
    bin_hz: f64,
    size: usize,
    /// First bin that says something.
    from: usize,
}

impl Bins {
    fn of(spectrum: &Spectrum, rate_hz: f64, complex: bool, symbol_rate_hz: f64) -> Self {
        let size = spectrum.size();
        let bin_hz = rate_hz / size as f64;
        let mut powers: Vec<f64> = spectrum
            .power_db()
            .iter()
            .map(|&db| 10f64.powf(f64::from(db) / 10.0))
            .collect();
        without_dc(&mut powers);
        let reach = ((symbol_rate_hz / 8.0 / bin_hz) as usize).clamp(1, size / 64);
        let smooth = smoothed(&powers, reach);
        let from = if complex { 0 } else { size / 2 };
        let mut sorted = smooth[from..].to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let averaged = spectrum.windows() as f64 * (2 * reach + 1) as f64 / NOISE_BANDWIDTH_BINS;
        Self {
            floor: sorted[sorted.len() / 4],
            powers: smooth,
            deviation: 1.0 / averaged.max(1.0).sqrt(),
            bin_hz,
            size,
            from,
        }
    }

    fn signals(&self) -> Vec<InBand> {
        let threshold = self.floor * (1.0 + LEAST_EXCESS.max(DEVIATIONS * self.deviation));
        let mut found = Vec::new();
        let mut begin = None;
        for bin in self.from..=self.size {
            let above = bin < self.size && self.powers[bin] > threshold;
            match (begin, above) {
                (None, true) => begin = Some(bin),
                (Some(first), false) => {
                    found.push(self.signal(first, bin));
                    begin = None;
                }
                _ => {}
            }
        }
        found.sort_by(|a: &InBand, b| b.power_dbfs.total_cmp(&a.power_dbfs));
        found.truncate(SIGNALS);
        found
    }

    fn signal(&self, first: usize, end: usize) -> InBand {
        let (mut power, mut weighted, mut squares) = (0.0, 0.0, 0.0);
        for bin in first..end {
            let over = (self.powers[bin] - self.floor).max(0.0);
            power += over;
            squares += over * over;
            weighted += over * bin_frequency_hz(bin, self.size, self.bin_hz * self.size as f64);
        }
        let power_in_band = power / NOISE_BANDWIDTH_BINS;
        let density = self.floor / NOISE_BANDWIDTH_BINS / self.bin_hz;
        InBand {
            centre_hz: weighted / power,
            width_hz: self.bin_hz * power * power / squares,
            c_n0_db_hz: 10.0 * (power_in_band / density).log10(),
            power_dbfs: 10.0 * power_in_band.log10(),
        }
    }
}

/// Fills what a constant takes of the spectrum with what is beside it.
fn without_dc(powers: &mut [f64]) {
    const REACH: usize = 4;
    let middle = powers.len() / 2;
    let beside = f64::midpoint(powers[middle - REACH - 1], powers[middle + REACH + 1]);
    for power in &mut powers[middle - REACH..=middle + REACH] {
        *power = power.min(beside);
    }
}

fn smoothed(powers: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for power in powers {
        sums.push(sums[sums.len() - 1] + power);
    }
    (0..powers.len())
        .map(|bin| {
            let (from, to) = (bin.saturating_sub(reach), (bin + reach + 1).min(powers.len()));
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}

/// Symbol clocks of the signal around a frequency, the rest of the band filtered away. `bandwidth_hz` is the whole
/// width that is kept.
pub fn clocks(samples: &[Complex32], rate_hz: f64, centre_hz: f64, bandwidth_hz: f64) -> Vec<ClockCandidate> {
    let decimation = ((rate_hz / (3.0 * bandwidth_hz)) as usize).max(1);
    let cutoff = (bandwidth_hz / 2.0 / rate_hz).min(0.45);
    let mut nco = Nco::new(-centre_hz / rate_hz);
    let mut fir = Fir::new(low_pass(cutoff, (0.5 * cutoff).min(0.04), 50.0), decimation);
    let mut finder = ClockFinder::new(rate_hz / decimation as f64, false);
    let (mut mixed, mut kept) = (Vec::new(), Vec::new());
    for block in samples.chunks(1 << 14) {
        mixed.clear();
        mixed.extend(block.iter().map(|s| {
            if s.re.is_finite() && s.im.is_finite() {
                *s
            } else {
                Complex32::ZERO
            }
        }));
        nco.mix(&mut mixed);
        kept.clear();
        fir.process(&mixed, &mut kept);
        finder.process(&kept);
    }
    finder.candidates()
}

/// Symbol clocks of FM audio.
pub fn audio_clocks(samples: &[Complex32], rate_hz: f64) -> Vec<ClockCandidate> {
    let mut finder = ClockFinder::new(rate_hz, true);
    finder.process(samples);
    finder.candidates()
}

/// The roundest number within this relative distance.
pub fn roundest(value: f64, within: f64) -> f64 {
    let mut step = 10f64.powf(value.abs().max(1e-3).log10().ceil());
    for _ in 0..12 {
        for part in [1.0, 0.5, 0.25, 0.2] {
            let near = (value / (step * part)).round() * step * part;
            if (near - value).abs() <= within * value.abs() {
                return near;
            }
        }
        step /= 10.0;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_no_further_than_allowed() {
        for (value, within, expected) in [
            (9600.31, 1e-3, 9600.0),
            (72_004.0, 3e-4, 72_000.0),
            (9765.6, 3e-4, 9765.0),
            (-1234.0, 0.05, -1250.0),
        ] {
            assert_eq!(roundest(value, within), expected);
        }
    }
}
