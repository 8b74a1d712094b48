//! Other signals in the band.

use crate::modulator::{Modulator, within};
use crate::{Complex32, ConfigError, Modulation, Pulse, SignalConfig};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// Roll-off of a modulated interferer.
const ROLL_OFF: f64 = 0.35;
/// Bits modulated at a time.
const BITS: usize = 128;

/// Another signal, received with the one of interest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interferer {
    /// Its carrier within the samples, Hz.
    pub frequency_hz: f64,
    /// Its power over that of the signal, dB.
    pub level_db: f64,
    /// Width that it occupies, Hz: 0 for a bare carrier, otherwise QPSK with random bits and root-raised cosine
    /// pulses of roll-off 0.35, of `width / 1.35` symbols per second.
    pub width_hz: f64,
}

/// Makes the samples of one.
#[derive(Debug)]
pub(super) struct Interference {
    amplitude: f32,
    rng: ChaCha8Rng,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Carrier {
        cycles_per_sample: f64,
        phase: f64,
        sample: u64,
    },
    Modulated {
        modulator: Box<Modulator>,
        samples: Vec<Complex32>,
        used: usize,
    },
}

impl Interference {
    /// `amplitude` is that of the signal.
    pub fn new(
        config: &Interferer,
        sample_rate_hz: f64,
        amplitude: f64,
        mut rng: ChaCha8Rng,
    ) -> Result<Self, ConfigError> {
        let half = sample_rate_hz / 2.0;
        within("interferer.frequency_hz", config.frequency_hz, -half, half)?;
        within("interferer.level_db", config.level_db, -200.0, 200.0)?;
        within("interferer.width_hz", config.width_hz, 0.0, half)?;
        let source = if config.width_hz > 0.0 {
            let symbol_rate = config.width_hz / (1.0 + ROLL_OFF);
            let pulse = Pulse::Srrc { roll_off: ROLL_OFF };
            Source::Modulated {
                modulator: Box::new(Modulator::new(&SignalConfig {
                    carrier_hz: config.frequency_hz,
                    ..SignalConfig::new(Modulation::Qpsk, pulse, symbol_rate, sample_rate_hz)
                })?),
                samples: Vec::new(),
                used: 0,
            }
        } else {
            Source::Carrier {
                cycles_per_sample: config.frequency_hz / sample_rate_hz,
                phase: rng.random_range(0.0..TAU),
                sample: 0,
            }
        };
        Ok(Self {
            amplitude: (amplitude * 10f64.powf(config.level_db / 20.0)) as f32,
            rng,
            source,
        })
    }

    /// The next sample.
    pub fn next(&mut self) -> Complex32 {
        let value = match &mut self.source {
            Source::Carrier {
                cycles_per_sample,
                phase,
                sample,
            } => {
                let cycles = *cycles_per_sample * *sample as f64;
                *sample += 1;
                let (sin, cos) = ((cycles - cycles.floor()) * TAU + *phase).sin_cos();
                Complex32::new(cos as f32, sin as f32)
            }
            Source::Modulated {
                modulator,
                samples,
                used,
            } => {
                while *used == samples.len() {
                    let bits: [u8; BITS] = std::array::from_fn(|_| self.rng.random_range(0..2));
                    samples.clear();
                    *used = 0;
                    modulator.process(&bits, samples);
                }
                *used += 1;
                samples[*used - 1]
            }
        };
        value * self.amplitude
    }
}
