//! FSK and GFSK receiver, from IQ or from FM-demodulated audio (of which GMSK is GFSK of index 0.5).
//!
//! Every stretch of 64 symbols is demodulated with a clock, baseline and noise level estimated on windows around it,
//! before a bit of it is decided. So the first frame of a burst is received as well as the last, and the baseline is
//! the middle of the two levels rather than what a slow high-pass makes of it (long runs of equal bits survive).
//!
//! From IQ of FSK and GFSK that is where it begins: rows of symbols are detected by the phase that runs on through them
//! ([`sequence`]), which is nearly as good as with a known phase. Carrier, deviation and clock are put right by the
//! decisions, handed on to the next stretch, and back to those before a signal was found.
//!
//! A stretch is locked when the windows around it show a signal and its own symbols do; with rows of symbols when these
//! fit the samples better than any do noise, and are not a bare carrier. On white noise, and on a bare carrier
//! of any level in it, none of 15 000 stretches was. On a lasting signal so many of 100 are missed:
//!
//! | Es/N0, dB | 1 | 2 | 3 | 5 and more |
//! |---|---|---|---|---|
//! | FSK of index 1 from IQ | 5 | 0.6 | 0.3 | 0 |
//! | GFSK from audio in white noise | 92 | 48 | 3.3 | 0 |
//!
//! Soft bits of stretches that are not locked keep their sign, but little of their magnitude.

mod clock;
mod discriminator;
mod eye;
mod front;
mod search;
mod sequence;
mod stages;
mod stream;
#[cfg(test)]
mod tests;
mod tones;
mod track;
mod window;

use super::ReceiverStatus;
use crate::modulator::{Modulator, check_rates, deviation_hz, within};
use crate::usable::usable;
use crate::{Complex32, ConfigError, FskInput, Mark, Modulation, Pulse, SignalConfig, SoftBatch};
use eye::Eye;
pub(super) use search::FskSearch;
use sequence::Place;
use stages::Stages;
use track::Emitted;

/// Points kept for display.
const POINTS: usize = 256;
/// Bits from which the interference between symbols is measured.
const CLEAN_BITS: usize = 1600;
/// Part of an eye's noise that is always taken for noise of the channel.
const LEAST_NOISE: f64 = 0.1;
/// Seconds over which the level is averaged.
const LEVEL_SECONDS: f64 = 0.05;

/// Receiver of binary FSK with any pulse.
#[derive(Debug)]
pub struct FskReceiver {
    config: SignalConfig,
    oversampling: usize,
    /// Power of the interference between symbols relative to theirs, as the discriminator sees a clean signal.
    interference: f64,
    /// The eye of a clean signal.
    eye: Eye,
    stages: Stages,
    /// Source position at which the stages began, and source samples taken since.
    origin: u64,
    taken: u64,
    status: ReceiverStatus,
    power: f64,
    points: Vec<Complex32>,
    clean: Vec<Complex32>,
}

impl FskReceiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When the modulation is not FSK or the pulse does not go with it, or a number is out of range:
    /// at least 2 samples a symbol, carrier, search range and deviation within half the sample rate, and
    /// search range plus deviation within 25 symbol rates.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        check(config)?;
        let oversampling = oversampling(config);
        let mut stages = Stages::new(config, oversampling);
        let mut eye = Eye::default();
        if config.fsk_input == FskInput::Iq {
            eye = clean_eye(config, oversampling);
        }
        stages.follow(config, oversampling, &eye);
        Ok(Self {
            eye,
            config: config.clone(),
            oversampling,
            interference: match config.fsk_input {
                FskInput::Iq => 1.0 / eye.ratio().max(1.0),
                FskInput::FmAudio => 0.0,
            },
            stages,
            origin: 0,
            taken: 0,
            status: ReceiverStatus {
                level_dbfs: f32::NEG_INFINITY,
                es_n0_db: f32::NAN,
                symbol_rate_hz: config.symbol_rate_hz,
                ..ReceiverStatus::default()
            },
            power: 0.0,
            points: Vec::with_capacity(2 * POINTS),
            clean: Vec::new(),
        })
    }

    /// Takes the next samples, appends the soft bits that are final. Samples that are not finite count as
    /// zero.
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        let forgetting = 1.0 / (LEVEL_SECONDS * self.config.sample_rate_hz).max(1.0);
        self.clean.clear();
        for &sample in samples {
            let sample = usable(sample);
            self.power += forgetting * (f64::from(sample.norm_sqr()) - self.power);
            self.clean.push(sample);
        }
        self.status.level_dbfs = 10.0 * (self.power as f32).log10();
        self.taken += samples.len() as u64;
        let clean = std::mem::take(&mut self.clean);
        self.stages.samples(&clean);
        self.clean = clean;
        self.advance(false, out);
    }

    /// Tells that this many samples are missing here: what was begun is flushed, the next output restarts.
    pub fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        self.finish(out);
        self.origin += self.taken + missing;
        self.taken = 0;
        self.stages = Stages::new(&self.config, self.oversampling);
        self.stages.follow(&self.config, self.oversampling, &self.eye);
    }

    /// The input has ended: appends the symbols up to its last sample.
    pub fn finish(&mut self, out: &mut SoftBatch) {
        if self.taken == 0 {
            return;
        }
        let silence = vec![Complex32::new(0.0, 0.0); self.stages.latency()];
        self.stages.samples(&silence);
        let end = self.stages.position((self.taken - 1) as f64);
        self.stages.x.truncate(end.max(0.0) as usize + 1);
        self.advance(true, out);
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        self.status
    }

    /// The newest symbols' values (real part), normalised to unit mean power.
    pub fn constellation(&self) -> &[Complex32] {
        &self.points[self.points.len().saturating_sub(POINTS)..]
    }

    fn advance(&mut self, ended: bool, out: &mut SoftBatch) {
        self.stages.estimate(self.oversampling, ended);
        while let Some((stretch, found)) = self.stages.emit(self.oversampling, ended, &mut out.llrs) {
            self.deliver(stretch, found, out);
        }
        self.stages.forget(self.oversampling);
    }

    /// Adds the mark of a stretch whose soft bits are out already, and takes over its estimates. `found`: where its
    /// symbols were found in the end, and their Es/N0, if in other ways than the window says.
    fn deliver(&mut self, stretch: Emitted, found: Option<(Place, f64)>, out: &mut SoftBatch) {
        let rate = self.config.symbol_rate_hz;
        self.status.carrier_locked = stretch.locked;
        self.status.timing_locked = stretch.locked;
        self.status.es_n0_db = match found {
            Some((_, ratio)) => 10.0 * ratio.max(1e-3).log10(),
            None => self.es_n0_db(&stretch),
        } as f32;
        self.status.symbol_rate_hz = rate * stretch.speed;
        self.status.offset_hz = match (self.config.fsk_input, found) {
            (FskInput::FmAudio, _) => 0.0,
            (_, Some((place, _))) => place.frequency * place.speed * rate,
            _ => stretch.eye.middle * rate,
        };
        let middle = if found.is_some() { 0.0 } else { stretch.eye.middle };
        let values = &self.stages.track.values;
        let power = values
            .iter()
            .map(|&v| (f64::from(v) - middle).powi(2))
            .sum::<f64>();
        let spread = (power / values.len().max(1) as f64).sqrt().max(1e-30);
        for &value in values {
            let point = (f64::from(value) - middle) / spread;
            if self.points.len() == 2 * POINTS {
                self.points.drain(..POINTS);
            }
            self.points.push(Complex32::new(point as f32, 0.0));
        }
        if stretch.count == 0 {
            return;
        }
        let step = self.stages.front.step() * self.oversampling as f64;
        let found = found.filter(|_| stretch.locked);
        let first = found.map_or(stretch.first, |(place, _)| place.first);
        out.marks.push(Mark {
            bit: out.llrs.len() - stretch.count * self.config.modulation.bits_per_symbol(),
            // Of a symbol at the very beginning the clock may say that it came before.
            at: self.origin as f64 + self.stages.source(first * self.oversampling as f64).max(0.0),
            samples_per_symbol: step / stretch.speed,
            restart: stretch.restart,
            locked: stretch.locked,
            es_n0_db: self.status.es_n0_db,
            offset_hz: self.status.offset_hz,
            symbol_rate_hz: self.status.symbol_rate_hz,
            quality: None,
        });
    }

    /// Audio: white noise through a matched filter. IQ: the phase noise of the channel filter's output on
    /// both ends of the symbol, which holds above the discriminator's threshold.
    fn es_n0_db(&self, stretch: &Emitted) -> f64 {
        // What is left when the interference is taken off may be anything, where the signal is not quite as assumed.
        let together = 1.0 / stretch.eye.ratio().max(1e-6);
        let ratio = 1.0 / (together - self.interference).max(LEAST_NOISE * together);
        let factor = match self.config.fsk_input {
            FskInput::FmAudio => 0.5,
            FskInput::Iq => {
                let swing = std::f64::consts::TAU * stretch.eye.amplitude;
                2.0 * channel_half_width(&self.config) / (swing * swing).max(1e-6)
            }
        };
        10.0 * (ratio * factor).max(1e-3).log10()
    }
}

/// The eye of a clean signal.
fn clean_eye(config: &SignalConfig, oversampling: usize) -> Eye {
    let Ok(mut modulator) = Modulator::new(config) else {
        return Eye::default();
    };
    // Every row of seven bits occurs in the maximum-length sequence of x^7 + x^6 + 1.
    let mut register = 1_u8;
    let bits: Vec<u8> = (0..CLEAN_BITS)
        .map(|_| {
            let bit = (register >> 6 ^ register >> 5) & 1;
            register = register << 1 & 0x7F | bit;
            bit
        })
        .collect();
    let mut samples = Vec::new();
    modulator.process(&bits, &mut samples);
    let mut stages = Stages::new(config, oversampling);
    stages.samples(&samples);
    stages.estimate(oversampling, false);
    let windows = stages.windows.range(0, stages.windows.end());
    windows.iter().fold(Eye::default(), |best, window| {
        if window.eye.ratio() > best.ratio() {
            window.eye
        } else {
            best
        }
    })
}

/// Half width of the channel filter in symbol rates: about the frequency swing plus what the transitions
/// add; wider lets in noise, narrower smears the symbols.
fn channel_half_width(config: &SignalConfig) -> f64 {
    deviation_hz(config) / config.symbol_rate_hz + 0.4
}

/// Samples per symbol at which the frequency is measured: enough for the bandwidth.
fn oversampling(config: &SignalConfig) -> usize {
    let width = match config.fsk_input {
        FskInput::FmAudio => 1.0,
        FskInput::Iq => channel_half_width(config) + config.search_hz / config.symbol_rate_hz,
    };
    ((2.5 * width).ceil() as usize).next_power_of_two().max(8)
}

fn check(config: &SignalConfig) -> Result<(), ConfigError> {
    check_rates(config, 1e-4)?;
    within("search_hz", config.search_hz, 0.0, config.sample_rate_hz / 2.0)?;
    let spread = (config.search_hz + deviation_hz(config)) / config.symbol_rate_hz;
    within("search_hz + deviation_hz, in symbol rates,", spread, 0.0, 25.0)?;
    let fits = matches!(
        (config.modulation, config.pulse),
        (
            Modulation::Fsk | Modulation::Fsk4,
            Pulse::Rect | Pulse::Gaussian { .. }
        )
    );
    if let Pulse::Gaussian { bt } = config.pulse {
        within("pulse.bt", bt, 0.1, 10.0)?;
    }
    if config.modulation == Modulation::Fsk4 && config.fsk_input == FskInput::FmAudio {
        return Err(ConfigError::Mismatch {
            field: "fsk_input",
            modulation: config.modulation,
        });
    }
    if fits {
        return Ok(());
    }
    Err(ConfigError::PulseMismatch {
        pulse: config.pulse,
        modulation: config.modulation,
    })
}
