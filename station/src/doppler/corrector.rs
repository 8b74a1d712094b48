//! Doppler taken off a stream of samples.

use super::{Curve, DopplerError};
use crate::input::Capture;
use crate::orbit::{Catalogue, Choice, Satellite, Site};
use crate::time::SampleClock;
use groundlink_dsp::doppler::DopplerMixer;
use num_complex::Complex32;
use std::sync::Arc;

/// Seconds between two corners of the polygon that stands for the Doppler. Low orbits bend it by 5 Hz/s² at 437 MHz:
/// it is nowhere farther off than 2 mHz there.
const CORNER_S: f64 = 0.05;

/// Range rate of what stays in an orbit around the Earth, over the speed of light, at most.
const FASTEST: f64 = 3.7e-5;

/// What the Doppler is known by.
#[derive(Debug, Clone)]
pub enum Motion {
    /// An orbit over a site.
    Orbit {
        /// Elements of the satellite, and perhaps of others.
        catalogue: Arc<Catalogue>,
        /// Which satellite.
        choice: Choice,
        /// Where the receiver stands.
        site: Site,
    },
    /// Frequencies that were measured.
    Measured(Arc<Curve>),
}

/// What is said of the Doppler of a downlink.
#[derive(Debug, Clone, Default)]
pub struct DopplerConfig {
    /// What it is known by, where it is to be taken off.
    pub motion: Option<Motion>,
    /// Frequency of the carrier as sent, Hz; `None` for that of the samples' centre and what the profile adds to it.
    pub carrier_hz: Option<f64>,
}

impl DopplerConfig {
    /// The largest offset that can come, Hz, of a carrier that is sent with this frequency where this does not
    /// say it.
    pub fn most_hz(&self, carrier_hz: Option<f64>) -> f64 {
        let carrier_hz = self.carrier_hz.or(carrier_hz).unwrap_or(0.0);
        match &self.motion {
            None => 0.0,
            Some(Motion::Orbit { .. }) => carrier_hz * FASTEST,
            Some(Motion::Measured(curve)) => curve.most_hz(carrier_hz),
        }
    }
}

/// The motion, ready to be asked.
#[derive(Debug, Clone)]
enum Source {
    Orbit(Arc<Satellite>, Site),
    Measured(Arc<Curve>),
}

/// The Doppler of a carrier at the samples of an input.
#[derive(Debug, Clone)]
pub struct DopplerAt {
    input: String,
    source: Source,
    /// The carrier as sent, Hz.
    carrier_hz: f64,
    clock: SampleClock,
}

/// Takes Doppler off the samples of a stretch, and knows why where it cannot.
///
/// It counts samples of the input for times, and its own samples, of which one is `step` of the input, for corners.
#[derive(Debug)]
pub struct Corrector {
    doppler: DopplerAt,
    rate_hz: f64,
    mixer: DopplerMixer,
    failed: Option<DopplerError>,
}

impl DopplerAt {
    /// The Doppler at samples of an input with this clock. `carrier_hz` is the carrier's frequency
    /// as sent.
    ///
    /// # Errors
    /// When the satellite is not there or its elements are those of no orbit; when the carrier's frequency is needed and
    /// nobody says it.
    pub fn new(
        motion: &Motion,
        input: &str,
        clock: SampleClock,
        carrier_hz: Option<f64>,
    ) -> Result<Self, DopplerError> {
        let source = match motion {
            Motion::Orbit {
                catalogue,
                choice,
                site,
            } => {
                let elements = catalogue.choose(choice, clock.utc(0.0))?;
                Source::Orbit(Arc::new(Satellite::new(elements)?), *site)
            }
            Motion::Measured(curve) => Source::Measured(Arc::clone(curve)),
        };
        let what = match &source {
            Source::Orbit(..) => Some("an orbit's Doppler"),
            Source::Measured(curve) => curve.is_absolute().then_some("a file of frequencies"),
        };
        let carrier_hz = match (carrier_hz, what) {
            (Some(hz), _) => hz,
            (None, None) => 0.0,
            (None, Some(what)) => {
                return Err(DopplerError::NoFrequency {
                    input: input.to_owned(),
                    what,
                });
            }
        };
        Ok(Self {
            input: input.to_owned(),
            source,
            carrier_hz,
            clock,
        })
    }

    /// What is odd about the elements at the time of the input's first sample.
    pub fn warning(&self) -> Option<String> {
        match &self.source {
            Source::Orbit(satellite, _) => satellite.warning(self.clock.utc(0.0)?),
            Source::Measured(_) => None,
        }
    }

    /// Which satellite it is, where there is an orbit.
    pub fn satellite(&self) -> Option<String> {
        match &self.source {
            Source::Orbit(satellite, _) => Some(satellite.title()),
            Source::Measured(_) => None,
        }
    }

    /// Takes what the input tells of its time while it runs.
    pub fn learn(&mut self, capture: &Capture) {
        self.clock.learn(capture);
    }

    /// The Doppler at a sample of the input, Hz.
    ///
    /// # Errors
    /// When the time is not known, or there is no Doppler for it.
    pub fn offset_hz(&self, sample: f64) -> Result<f64, DopplerError> {
        let utc = self.clock.utc(sample);
        let no_time = |what| DopplerError::NoTime {
            input: self.input.clone(),
            what,
        };
        match &self.source {
            Source::Orbit(satellite, site) => {
                let utc = utc.ok_or_else(|| no_time("an orbit's Doppler"))?;
                Ok(satellite.look(site, utc)?.doppler_hz(self.carrier_hz))
            }
            Source::Measured(curve) => {
                let hz = curve
                    .at(sample / self.clock.sample_rate_hz(), utc)
                    .ok_or_else(|| no_time("a Doppler file with UTC times"))?;
                Ok(if curve.is_absolute() {
                    hz - self.carrier_hz
                } else {
                    hz
                })
            }
        }
    }
}

impl Corrector {
    /// A corrector for samples of `rate_hz`.
    pub fn new(doppler: DopplerAt, rate_hz: f64) -> Self {
        Self {
            doppler,
            rate_hz,
            mixer: DopplerMixer::new((CORNER_S * rate_hz) as usize),
            failed: None,
        }
    }

    /// What it takes off.
    pub fn doppler(&self) -> &DopplerAt {
        &self.doppler
    }

    /// Takes what the input tells of its time while it runs.
    pub fn learn(&mut self, capture: &Capture) {
        self.doppler.learn(capture);
    }

    /// The next sample begins a new stretch.
    pub fn restart(&mut self) {
        self.mixer = DopplerMixer::new(self.mixer.span());
    }

    /// Takes the Doppler off the next samples of a stretch, of which sample 0 is at sample `origin` of the input.
    ///
    /// # Errors
    /// When the time is not known, or there is no Doppler for it. The samples are then left as they are from there on.
    pub fn remove(&mut self, samples: &mut [Complex32], origin: f64, step: f64) -> Result<(), DopplerError> {
        let (mut mixer, mut failed) = (self.mixer.clone(), self.failed.take());
        mixer.remove(samples, |corner| {
            self.doppler
                .offset_hz(origin + corner as f64 * step)
                .and_then(|hz| self.fitting(hz))
                .unwrap_or_else(|error| {
                    failed.get_or_insert(error);
                    0.0
                })
                / self.rate_hz
        });
        (self.mixer, self.failed) = (mixer, failed);
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn fitting(&self, hz: f64) -> Result<f64, DopplerError> {
        if hz.abs() <= self.rate_hz {
            return Ok(hz);
        }
        Err(DopplerError::TooLarge {
            hz: format!("{hz:.0}"),
            rate_hz: self.rate_hz.to_string(),
        })
    }
}
