//! Symbol rates of unknown signals, from the spectral lines that a nonlinearity brings out.

use super::line_spectrum::LineSpectrum;
use crate::Complex32;
use crate::design::low_pass;
use crate::fir::Fir;
use crate::nco::Nco;
use crate::spectrum::Spectrum;
use crate::usable::usable;

/// Where a symbol-clock line was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// Squared magnitude: pulse-shaped PSK.
    Envelope,
    /// Transitions of the instantaneous frequency (of IQ) or of the value (of real samples, FM audio): FSK.
    Frequency,
}

/// A rate at which something in the samples is periodic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockCandidate {
    /// Symbol rate, per second.
    pub rate_hz: f64,
    /// Height of the line over its surroundings, dB.
    pub strength_db: f32,
    /// What made the line.
    pub source: ClockSource,
}

/// Bins of the envelope's spectrum.
const ENVELOPE_SIZE: usize = 16_384;
/// Bins of the transitions' spectra per sample of averaging length: some 500 symbols, a short burst.
const SIZE_PER_LENGTH: usize = 1024;
/// Averaging lengths of the transition detector, in samples; each finds rates in its octave.
const LENGTHS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// Highest rate found by transitions, in cycles per sample.
const FASTEST: f64 = 0.42;
/// Bins on either side of a line from which its surroundings are measured.
const SURROUNDINGS: usize = 64;
/// Height over the surroundings from which on a line counts: in the average of many windows, in the
/// strongest group, and in the average of fewer windows than a group's.
const AVERAGE_DB: f32 = 8.0;
const GROUP_DB: f32 = 11.0;
const FEW_DB: f32 = 14.0;
/// A multiple of another candidate is dropped unless it is this much stronger: an evenly clocked signal
/// has lines at all multiples of its rate, and a repeated bit pattern weaker ones at fractions.
const HARMONIC_DB: f32 = 6.0;
/// Real samples whose spectrum has this little at its lower end are not FM audio but a passband, and then
/// the envelope is to be believed before the transitions.
const PASSBAND_DB: f32 = -12.0;
const PASSBAND_BONUS_DB: f32 = 15.0;

/// Collects samples and proposes symbol rates.
#[derive(Debug)]
pub struct ClockFinder {
    sample_rate_hz: f64,
    real: bool,
    analytic: (Nco, Fir),
    previous: Complex32,
    envelope: LineSpectrum,
    band: Spectrum,
    /// Sums of the instantaneous frequency, and one detector per averaging length.
    integral: Vec<f64>,
    transitions: Vec<LineSpectrum>,
    mixed: Vec<Complex32>,
    work: Vec<Complex32>,
}

impl ClockFinder {
    /// A finder for samples of this rate; `real` says that the imaginary parts are all zero.
    pub fn new(sample_rate_hz: f64, real: bool) -> Self {
        Self {
            sample_rate_hz,
            real,
            analytic: (Nco::new(-0.25), Fir::new(low_pass(0.23, 0.04, 60.0), 1)),
            previous: Complex32::new(0.0, 0.0),
            envelope: LineSpectrum::new(ENVELOPE_SIZE),
            band: Spectrum::new(1024),
            integral: vec![0.0; 2 * LENGTHS[LENGTHS.len() - 1] + 1],
            transitions: LENGTHS
                .iter()
                .map(|length| LineSpectrum::new(SIZE_PER_LENGTH * length))
                .collect(),
            mixed: Vec::new(),
            work: Vec::new(),
        }
    }

    /// Takes the next samples. Samples that are not finite count as zero.
    pub fn process(&mut self, samples: &[Complex32]) {
        self.mixed.clear();
        self.mixed.extend(samples.iter().map(|&sample| usable(sample)));
        self.process_frequency();
        self.band.process(&self.mixed);
        if self.real {
            // The positive frequencies alone: squaring real samples would double the carrier.
            let (nco, fir) = &mut self.analytic;
            nco.mix(&mut self.mixed);
            self.work.clear();
            fir.process(&self.mixed, &mut self.work);
            std::mem::swap(&mut self.mixed, &mut self.work);
        }
        self.envelope.process(self.mixed.iter().map(Complex32::norm_sqr));
    }

    fn process_frequency(&mut self) {
        for &sample in &self.mixed {
            let frequency = if self.real {
                sample.re
            } else {
                let turn = sample * self.previous.conj();
                self.previous = sample;
                turn.im.atan2(turn.re)
            };
            let last = self.integral[self.integral.len() - 1];
            self.integral.push(last + f64::from(frequency));
        }
        let keep = 2 * LENGTHS[LENGTHS.len() - 1] + 1;
        for (&length, spectrum) in LENGTHS.iter().zip(&mut self.transitions) {
            let sums = self.integral[keep - 2 * length - 1..]
                .windows(2 * length + 1)
                .skip(1);
            spectrum.process(sums.map(|sums| {
                let step = (sums[2 * length] - 2.0 * sums[length] + sums[0]) / length as f64;
                (step * step) as f32
            }));
        }
        let old = self.integral.len() - keep;
        self.integral.drain(..old);
    }

    /// Rates found, the most believable first, multiples of a rate left out. Empty before some 500 symbols
    /// have been seen (for PSK 16 384 samples).
    pub fn candidates(&self) -> Vec<ClockCandidate> {
        let mut found = Vec::new();
        self.lines(&self.envelope, 0.0, 0.5, ClockSource::Envelope, &mut found);
        for (&length, spectrum) in LENGTHS.iter().zip(&self.transitions) {
            let octave = 1.0 / (1.4 * length as f64);
            self.lines(
                spectrum,
                octave / 2.0,
                octave.min(FASTEST),
                ClockSource::Frequency,
                &mut found,
            );
        }
        let bonus = if self.passband() { PASSBAND_BONUS_DB } else { 0.0 };
        let rank = |candidate: &ClockCandidate| match candidate.source {
            ClockSource::Envelope => candidate.strength_db + bonus,
            ClockSource::Frequency => candidate.strength_db,
        };
        found.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        without_multiples(&found)
    }

    /// Whether real samples hold a signal away from zero frequency.
    fn passband(&self) -> bool {
        let power = self.band.power_db();
        let positive = &power[power.len() / 2 + 1..];
        let low = positive[..8].iter().copied().fold(f32::MIN, f32::max);
        let high = positive.iter().copied().fold(f32::MIN, f32::max);
        self.real && low - high < PASSBAND_DB
    }

    /// Lines of one spectrum between two frequencies, in cycles per sample.
    fn lines(
        &self,
        spectrum: &LineSpectrum,
        low: f64,
        high: f64,
        source: ClockSource,
        found: &mut Vec<ClockCandidate>,
    ) {
        let size = spectrum.size() as f64;
        let average = match spectrum.windows() {
            0..4 => FEW_DB,
            4..16 => GROUP_DB,
            _ => AVERAGE_DB,
        };
        for (power, threshold) in spectrum.levels().iter().zip([average, GROUP_DB]) {
            let bins = (low * size) as usize..((high * size) as usize).min(power.len() - 1);
            for bin in bins.start.max(6)..bins.end {
                let strength_db = power[bin] - surroundings(power, bin);
                let top = power[bin] >= power[bin - 1] && power[bin] > power[bin + 1];
                if top && strength_db >= threshold {
                    let shift = vertex(power[bin - 1], power[bin], power[bin + 1]);
                    let rate_hz = (bin as f64 + shift) * self.sample_rate_hz / size;
                    found.push(ClockCandidate {
                        rate_hz,
                        strength_db,
                        source,
                    });
                }
            }
        }
    }
}

/// Median of the bins around.
fn surroundings(power: &[f32], bin: usize) -> f32 {
    let mut sorted = [0.0; 2 * SURROUNDINGS];
    let from = bin.saturating_sub(SURROUNDINGS).max(4);
    let around = &power[from..(bin + SURROUNDINGS).min(power.len())];
    let sorted = &mut sorted[..around.len()];
    sorted.copy_from_slice(around);
    sorted.sort_unstable_by(f32::total_cmp);
    sorted[sorted.len() / 2]
}

/// Place of a parabola's top between −0.5 and 0.5.
fn vertex(left: f32, middle: f32, right: f32) -> f64 {
    let curvature = left - 2.0 * middle + right;
    if curvature < 0.0 {
        f64::from(0.5 * (left - right) / curvature).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

fn without_multiples(found: &[ClockCandidate]) -> Vec<ClockCandidate> {
    let is_multiple = |candidate: &ClockCandidate, of: &ClockCandidate| {
        let ratio = candidate.rate_hz / of.rate_hz;
        (1.5..6.5).contains(&ratio)
            && (ratio - ratio.round()).abs() < 0.002 * ratio
            && candidate.strength_db < of.strength_db + HARMONIC_DB
    };
    let mut kept: Vec<ClockCandidate> = Vec::new();
    for candidate in found {
        let same = |other: &ClockCandidate| (candidate.rate_hz / other.rate_hz - 1.0).abs() < 2e-3;
        if !found.iter().any(|other| is_multiple(candidate, other)) && !kept.iter().any(same) {
            kept.push(*candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
