//! Where Doppler meets the chain: what is known of the carrier, and the stage before a receiver of the whole stream.

use super::RunConfig;
use crate::StationError;
use crate::doppler::{Corrector, DopplerAt, DopplerConfig, DopplerError, MeasuredWriter};
use crate::input::{Capture, InputInfo, SampleBlock};
use crate::profile::Profile;
use crate::time::SampleClock;
use groundlink_dsp::SignalConfig;
use groundlink_dsp::downlink::{Band, Plan, Splitter};
use groundlink_dsp::receiver::{Receiver, ReceiverStatus};

/// What a receiver is made with, beside its profile.
#[derive(Debug)]
pub struct Tuning {
    /// The run.
    pub config: RunConfig,
    /// The input.
    pub info: InputInfo,
    /// Samples per second.
    pub rate_hz: f64,
    /// The input tells its time while it runs.
    pub live: bool,
}

/// A receiver with what goes before it.
#[derive(Debug)]
pub struct Tuned {
    /// Demodulator.
    pub receiver: Receiver,
    /// Takes Doppler off before it.
    pub stage: Option<DopplerStage>,
    /// That Doppler.
    pub doppler: Option<DopplerAt>,
    /// The signal.
    pub signal: SignalConfig,
}

impl Tuning {
    /// What receives the signal of this profile.
    ///
    /// # Errors
    /// When it cannot be received at this rate, or its Doppler is not known.
    pub fn tune(&self, profile: &Profile) -> Result<Tuned, StationError> {
        let signal = profile.signal_config(self.rate_hz, self.info.complex)?;
        let receiver = Receiver::new(&signal).map_err(|source| StationError::Signal {
            profile: profile.name.clone(),
            source,
        })?;
        let carrier = Carrier {
            config: &self.config,
            info: &self.info,
            hz: carrier_hz(&self.config, &self.info, &signal),
            live: self.live,
        };
        let doppler = carrier.doppler()?;
        let stage = doppler.clone().map(|doppler| {
            let wanders = with_doppler(&signal, &self.config.doppler, carrier.hz);
            DopplerStage::new(Corrector::new(doppler, self.rate_hz), &wanders)
        });
        Ok(Tuned {
            receiver,
            stage,
            doppler,
            signal,
        })
    }

    /// Takes what the input tells of its time while it runs: of a receiver to come only the newest counts.
    pub fn learn(&mut self, capture: &Capture) {
        if self.live {
            self.info.captures = vec![capture.clone()];
        }
    }

    /// The file of what is measured of this signal, where one is asked for; it is created.
    ///
    /// # Errors
    /// As [`Carrier::measured`].
    pub fn measured(&self, tuned: &Tuned) -> Result<Option<MeasuredWriter>, StationError> {
        let signal = self
            .config
            .profile
            .signal_config(self.rate_hz, self.info.complex)?;
        let carrier = Carrier {
            config: &self.config,
            info: &self.info,
            hz: carrier_hz(&self.config, &self.info, &signal),
            live: self.live,
        };
        carrier.measured(tuned.doppler.as_ref())
    }
}

/// What is known of the carrier of a downlink.
pub struct Carrier<'a> {
    /// The run.
    pub config: &'a RunConfig,
    /// The input.
    pub info: &'a InputInfo,
    /// Frequency as sent, Hz, as far as anybody says.
    pub hz: Option<f64>,
    /// The input tells its time while it runs.
    pub live: bool,
}

impl Carrier<'_> {
    /// The Doppler, where it is to be taken off.
    ///
    /// # Errors
    /// When something that it needs is not known.
    pub fn doppler(&self) -> Result<Option<DopplerAt>, DopplerError> {
        let Some(motion) = &self.config.doppler.motion else {
            return Ok(None);
        };
        if !self.info.complex {
            return Err(DopplerError::Real {
                input: self.config.input.clone(),
            });
        }
        let wide_rate_hz = self.info.sample_rate_hz.unwrap_or(1.0);
        let clock = SampleClock::new(&self.info.captures, wide_rate_hz);
        let doppler = DopplerAt::new(motion, &self.config.input, clock, self.hz)?;
        if !self.live {
            doppler.offset_hz(0.0)?;
        }
        Ok(Some(doppler))
    }

    /// The file of what is measured, where one is asked for; it is created.
    ///
    /// # Errors
    /// When it cannot be, or the frequency that it needs is not known.
    pub fn measured(&self, doppler: Option<&DopplerAt>) -> Result<Option<MeasuredWriter>, StationError> {
        let Some(target) = &self.config.outputs.doppler else {
            return Ok(None);
        };
        let sender = doppler
            .and_then(DopplerAt::satellite)
            .unwrap_or_else(|| self.config.profile.name.clone());
        MeasuredWriter::create(target, &self.config.input, &sender, self.hz).map(Some)
    }
}

/// Frequency of the carrier as sent, Hz, with that of the input's centre where nobody says otherwise.
pub fn carrier_hz(config: &RunConfig, info: &InputInfo, signal: &SignalConfig) -> Option<f64> {
    let centre = info.captures.iter().find_map(|capture| capture.frequency_hz);
    let stated = config.doppler.carrier_hz;
    stated.or(centre.map(|centre| centre + signal.carrier_hz))
}

/// The signal with all the band that it wanders through before its Doppler is taken off.
pub fn with_doppler(signal: &SignalConfig, doppler: &DopplerConfig, carrier_hz: Option<f64>) -> SignalConfig {
    SignalConfig {
        search_hz: signal.search_hz + doppler.most_hz(carrier_hz),
        ..signal.clone()
    }
}

/// Takes Doppler off blocks of the whole stream.
#[derive(Debug)]
pub struct DopplerStage {
    corrector: Corrector,
    /// What is constant in the samples must go before it is moved.
    cleaner: Option<Splitter>,
    /// Sample of the input at which the stretch begins.
    origin: u64,
}

impl DopplerStage {
    /// The stage of a signal as it is before its Doppler is taken off.
    pub fn new(corrector: Corrector, signal: &SignalConfig) -> Self {
        let plan = Plan::new(signal.sample_rate_hz, &[Band::of(signal)]);
        Self {
            corrector,
            cleaner: plan.and_then(|plan| Splitter::new(&plan)).ok(),
            origin: 0,
        }
    }

    /// Takes it off a block, before which so many samples are missing.
    ///
    /// # Errors
    /// When it is not known.
    pub fn remove(&mut self, block: &mut SampleBlock, missing: u64) -> Result<(), DopplerError> {
        if let Some(capture) = &block.capture {
            self.corrector.learn(capture);
        }
        if missing > 0 {
            self.corrector.restart();
            self.origin = block.first;
        }
        if let Some(cleaner) = &mut self.cleaner {
            if missing > 0 {
                cleaner.finish(&mut []);
            }
            cleaner.process(&mut block.samples, &mut []);
        }
        self.corrector.remove(&mut block.samples, self.origin as f64, 1.0)
    }

    /// Puts it back onto the status of the receiver after this sample.
    pub fn restore(&self, status: &mut ReceiverStatus, position: u64) {
        status.offset_hz += self.corrector.doppler().offset_hz(position as f64).unwrap_or(0.0);
    }
}
