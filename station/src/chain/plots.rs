//! Taps for watchers: spectrum, level, constellation and eye, taken now and then, never waited for.

use super::eyes::EyeTap;
use crate::monitor::{LevelStep, Monitor};
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::spectrum::Snapshot;
use groundlink_dsp::{FskInput, Modulation, Pulse, SignalConfig, SoftBatch};
use num_complex::Complex32;
use std::time::{Duration, Instant};

/// Time between two pictures.
const EVERY: Duration = Duration::from_millis(50);
/// Time between two eyes, which cost more.
const EYE_EVERY: Duration = Duration::from_millis(200);
/// Bins of the spectrum.
const BINS: usize = 1024;
/// Level from which on a sample counts as clipped.
const FULL_SCALE: f32 = 0.999;
/// Symbols in a picture.
const POINTS: usize = 1024;

/// Magnitudes of samples, squared.
#[derive(Debug, Clone, Copy)]
struct Magnitudes {
    least: f32,
    most: f32,
    sum: f64,
    clipped: u64,
    seen: u64,
}

impl Magnitudes {
    const NONE: Self = Self {
        least: f32::INFINITY,
        most: 0.0,
        sum: 0.0,
        clipped: 0,
        seen: 0,
    };

    fn take(&mut self, samples: &[Complex32]) {
        for part in samples.chunks(256) {
            let mut sum = 0.0;
            for sample in part {
                let power = sample.norm_sqr();
                self.least = self.least.min(power);
                self.most = self.most.max(power);
                sum += power;
                let clipped = sample.re.abs() >= FULL_SCALE || sample.im.abs() >= FULL_SCALE;
                self.clipped += u64::from(clipped);
            }
            self.sum += f64::from(sum);
        }
        self.seen += samples.len() as u64;
    }

    fn level(&self) -> LevelStep {
        let seen = self.seen.max(1) as f64;
        LevelStep {
            least: self.least.min(self.most).sqrt(),
            rms: (self.sum / seen).sqrt() as f32,
            most: self.most.sqrt(),
            clipped: (self.clipped as f64 / seen) as f32,
        }
    }
}

/// Width of the band that a signal takes, Hz: the whole of a root-raised cosine, the main lobe of other pulses, of
/// frequency modulation by Carson's rule; 0 of audio, which has no carrier.
fn band_hz(signal: &SignalConfig) -> f64 {
    let pulses_hz = signal.symbol_rate_hz * if signal.bi_phase { 2.0 } else { 1.0 };
    match (signal.modulation, signal.pulse) {
        _ if signal.fsk_input == FskInput::FmAudio => 0.0,
        (Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk, _) => {
            let deviation_hz = signal.deviation_hz.unwrap_or(pulses_hz / 4.0);
            2.0 * deviation_hz + pulses_hz
        }
        (Modulation::Pm(pm), _) => {
            let subcarrier_hz = pm.subcarrier.map_or(0.0, |subcarrier| subcarrier.frequency_hz);
            2.0 * (subcarrier_hz + pulses_hz)
        }
        (_, Pulse::Srrc { roll_off }) => pulses_hz * (1.0 + roll_off),
        _ => 2.0 * pulses_hz,
    }
}

/// Takes pictures for watchers.
pub struct Plotter {
    monitor: Monitor,
    sample_rate_hz: f64,
    carrier_hz: f64,
    band_hz: f64,
    snapshot: Snapshot,
    taken: Option<Instant>,
    eye: EyeTap,
    eye_taken: Option<Instant>,
    clipped: u64,
    seen: u64,
    newest: Magnitudes,
}

impl std::fmt::Debug for Plotter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plotter")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Plotter {
    /// A plotter for the stream of this signal.
    pub fn new(monitor: Monitor, signal: &SignalConfig) -> Self {
        Self {
            monitor,
            sample_rate_hz: signal.sample_rate_hz,
            carrier_hz: signal.carrier_hz,
            band_hz: band_hz(signal),
            snapshot: Snapshot::new(BINS),
            taken: None,
            eye: EyeTap::new(signal.clone()),
            eye_taken: None,
            clipped: 0,
            seen: 0,
            newest: Magnitudes::NONE,
        }
    }

    /// The receiver is one of this signal from now on.
    pub fn follow(&mut self, signal: &SignalConfig) {
        self.carrier_hz = signal.carrier_hz;
        self.band_hz = band_hz(signal);
        self.eye = EyeTap::new(signal.clone());
    }

    /// Takes a picture of this block, which begins with that sample, and of what the receiver gave for it, when
    /// somebody watches and it is time.
    pub fn look(&mut self, (first, samples): (u64, &[Complex32]), batch: &SoftBatch, receiver: &Receiver) {
        if !self.monitor.watched() {
            return self.eye.forget();
        }
        self.newest.take(samples);
        self.eye.take(first, samples, batch);
        if self.monitor.samples_wanted() {
            self.monitor.give_samples(self.eye.samples());
        }
        if self.monitor.paused() || self.eye_taken.is_none_or(|at| at.elapsed() >= EYE_EVERY) {
            self.eye_taken = Some(Instant::now());
            self.look_at_eye();
        }
        // Of a held replay every step is shown.
        if self.monitor.paused() || self.taken.is_none_or(|at| at.elapsed() >= EVERY) {
            self.taken = Some(Instant::now());
            self.picture(samples, receiver);
        }
    }

    fn look_at_eye(&mut self) {
        if let Some((eye, locked)) = self.eye.look() {
            self.monitor.update_plots(|plots| {
                plots.eye_serial += 1;
                plots.eye = eye;
                plots.eye_locked = locked;
            });
        }
    }

    fn picture(&mut self, samples: &[Complex32], receiver: &Receiver) {
        let newest = std::mem::replace(&mut self.newest, Magnitudes::NONE);
        self.clipped += newest.clipped;
        self.seen += newest.seen;
        let share = self.clipped as f32 / self.seen.max(1) as f32;
        self.monitor.update(|status| status.clipping = share);
        let Some(power) = self.snapshot.power_db(samples) else {
            return;
        };
        let points = receiver.constellation();
        let points = &points[points.len().saturating_sub(POINTS)..];
        self.monitor.update_plots(|plots| {
            plots.spectrum_serial += 1;
            plots.spectrum.clear();
            plots.spectrum.extend_from_slice(power);
            plots.span_hz = self.sample_rate_hz;
            plots.carrier_hz = self.carrier_hz;
            plots.band_hz = self.band_hz;
            plots.level = newest.level();
            plots.constellation_serial += 1;
            plots.constellation.clear();
            plots.constellation.extend_from_slice(points);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_as_wide_as_the_signal() {
        let signal = |modulation, pulse| SignalConfig::new(modulation, pulse, 10_000.0, 96_000.0);
        let srrc = Pulse::Srrc { roll_off: 0.5 };
        assert_eq!(band_hz(&signal(Modulation::Qpsk, srrc)), 15_000.0);
        assert_eq!(band_hz(&signal(Modulation::Bpsk, Pulse::Rect)), 20_000.0);
        assert_eq!(
            band_hz(&signal(Modulation::Gmsk, Pulse::Gaussian { bt: 0.5 })),
            15_000.0
        );
        let audio = SignalConfig {
            fsk_input: FskInput::FmAudio,
            ..signal(Modulation::Fsk, Pulse::Rect)
        };
        assert_eq!(band_hz(&audio), 0.0);
    }

    #[test]
    fn levels_are_those_of_the_samples() {
        let mut magnitudes = Magnitudes::NONE;
        assert_eq!(magnitudes.level(), LevelStep::default());
        magnitudes.take(&[Complex32::new(0.6, 0.8), Complex32::new(0.0, 0.1)]);
        magnitudes.take(&[Complex32::new(-1.0, 0.0), Complex32::ZERO]);
        let level = magnitudes.level();
        assert!((level.rms - (2.01_f32 / 4.0).sqrt()).abs() < 1e-6, "{level:?}");
        assert_eq!((level.least, level.most, level.clipped), (0.0, 1.0, 0.25));
    }
}
