//! One downlink of several: from its samples to its outputs.

use super::doppler::Carrier;
use super::end::{Around, End, Ended};
use super::plots::Plotter;
use super::publisher::IndexUnit;
use super::soft::SoftOrigin;
use super::split::{Ending, Slab};
use super::{RunConfig, signal_text};
use crate::StationError;
use crate::doppler::{Corrector, DopplerAt};
use crate::input::InputInfo;
use crate::monitor::Monitor;
use crate::output::report::Report;
use crate::recording::Recorder;
use crate::time::SampleClock;
use groundlink_decoder::coding::CodingConfig;
use groundlink_dsp::downlink::{Lane, Plan};
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{Mark, SignalConfig, SoftBatch};
use num_complex::Complex32;

/// A downlink's lane, receiver and decoder. What comes out depends on the input alone, whichever thread runs it.
pub struct Worker {
    config: RunConfig,
    /// Its channel among those of the slabs; `None` takes the wide stream.
    channel: Option<usize>,
    lane: Lane,
    receiver: Receiver,
    doppler: Option<Corrector>,
    plotter: Plotter,
    end: End,
    ended: Ended,
    /// Nobody wants its outputs any more.
    over: bool,
    /// Samples that the receiver had been given when the stretch began.
    begun: u64,
    given: u64,
    wide_rate_hz: f64,
    tuned: Vec<Complex32>,
    batch: SoftBatch,
}

/// A downlink that can be received and decoded, its outputs not yet open.
pub struct Tuned {
    config: RunConfig,
    signal: SignalConfig,
    coding: CodingConfig,
    channel: Option<usize>,
    lane: Lane,
    receiver: Receiver,
    wide_rate_hz: f64,
    doppler: Option<DopplerAt>,
    /// Frequency of its carrier as sent, Hz.
    carrier_hz: Option<f64>,
}

impl Tuned {
    /// The downlink of this number in the plan; `signal` is what it is in the wide stream. `carrier_hz` is
    /// the frequency of its carrier as sent where that is known; `live` says that the input tells its time while it runs.
    ///
    /// # Errors
    /// When it cannot be received or decoded.
    pub fn new(
        config: RunConfig,
        plan: &Plan,
        number: usize,
        signal: &SignalConfig,
        info: &InputInfo,
        carrier_hz: Option<f64>,
        live: bool,
    ) -> Result<Self, StationError> {
        let lane = Lane::new(plan, number);
        let signal = SignalConfig {
            sample_rate_hz: lane.rate_hz(),
            carrier_hz: 0.0,
            ..signal.clone()
        };
        let receiver = Receiver::new(&signal).map_err(|source| StationError::Signal {
            profile: config.profile.name.clone(),
            source,
        })?;
        let carrier = Carrier {
            config: &config,
            info,
            hz: carrier_hz,
            live,
        };
        Ok(Self {
            doppler: carrier.doppler()?,
            carrier_hz,
            coding: config.profile.coding_config()?,
            config,
            signal,
            channel: plan.source(number).channel,
            lane,
            receiver,
            wide_rate_hz: plan.rate_hz(),
        })
    }

    /// Opens its outputs; `monitor` shows it to those who watch.
    ///
    /// # Errors
    /// When the coding or the frames cannot be, or an output cannot be created.
    pub fn open(self, info: &InputInfo, around: Around, monitor: &Monitor) -> Result<Worker, StationError> {
        let (origin, unit) = (SoftOrigin::Receiver, IndexUnit::Sample);
        let carrier = Carrier {
            config: &self.config,
            info,
            hz: self.carrier_hz,
            live: false,
        };
        let measured = carrier.measured(self.doppler.as_ref())?;
        let mut end = End::open_with(&self.config, &self.coding, origin, unit, monitor, around)?;
        end.to.clock = SampleClock::new(&info.captures, self.wide_rate_hz);
        end.keep_metrics(&self.config);
        end.follow_doppler(self.doppler.clone(), measured);
        end.announce(&self.config, Some(info), &signal_text(&self.signal))?;
        Ok(Worker {
            plotter: Plotter::new(monitor.clone(), &self.signal),
            config: self.config,
            channel: self.channel,
            doppler: self
                .doppler
                .map(|doppler| Corrector::new(doppler, self.lane.rate_hz())),
            lane: self.lane,
            receiver: self.receiver,
            end,
            ended: Ended::default(),
            over: false,
            begun: 0,
            given: 0,
            wide_rate_hz: self.wide_rate_hz,
            tuned: Vec::new(),
            batch: SoftBatch::default(),
        })
    }
}

impl Worker {
    /// Notes its locks and frames in the recording.
    pub fn record(&mut self, recorder: Recorder) {
        self.end.to.recorder = Some(recorder);
    }

    /// Samples per second that its receiver is given.
    pub fn rate_hz(&self) -> f64 {
        self.lane.rate_hz()
    }

    /// Whether it takes nothing more: an output failed, or its readers have all gone.
    pub fn over(&self) -> bool {
        self.over
    }

    /// Good frames so far.
    pub fn frames(&self) -> u64 {
        self.end.to.totals.frames_good
    }

    /// Takes its part of the samples all the way.
    pub fn take(&mut self, slab: &Slab) {
        if self.over {
            return;
        }
        self.tuned.clear();
        self.batch.clear();
        let input = self.channel.map_or(&slab.wide, |k| &slab.channels[k]);
        match slab.ending {
            None => self.lane.process(input, &mut self.tuned),
            Some(Ending { length, .. }) => self.lane.finish(input, length, &mut self.tuned),
        }
        let removed = self.remove_doppler(slab);
        self.receiver.process(&self.tuned, &mut self.batch);
        self.plotter
            .look((self.given, &self.tuned), &self.batch, &self.receiver);
        self.given += self.tuned.len() as u64;
        match slab.ending {
            None => {}
            Some(Ending { missing: None, .. }) => self.receiver.finish(&mut self.batch),
            Some(Ending { missing: Some(_), .. }) => self.receiver.gap(0, &mut self.batch),
        }
        for mark in &mut self.batch.marks {
            place(mark, self.begun, &self.lane, slab.origin);
        }
        if slab.ending.is_some() {
            self.begun = self.given;
        }
        let outcome = removed.and_then(|()| self.decode(slab));
        self.over = outcome.is_err() || self.end.to.outputs.abandoned();
        self.ended.error = outcome.err();
    }

    /// Takes the Doppler off what the lane gave.
    fn remove_doppler(&mut self, slab: &Slab) -> Result<(), StationError> {
        let Some(doppler) = &mut self.doppler else {
            return Ok(());
        };
        if let Some(capture) = &slab.capture {
            doppler.learn(capture);
        }
        let origin = (slab.origin + self.lane.first_at()) as f64;
        let outcome = doppler.remove(&mut self.tuned, origin, self.lane.step() as f64);
        if slab.ending.is_some() {
            doppler.restart();
        }
        Ok(outcome?)
    }

    fn decode(&mut self, slab: &Slab) -> Result<(), StationError> {
        if let Some(capture) = &slab.capture {
            self.end.learn(capture);
        }
        self.end.take_batch(&self.batch, &[])?;
        self.ended.read = slab.position;
        let mut status = self.receiver.status();
        if let Some(doppler) = &self.doppler {
            status.offset_hz += doppler.doppler().offset_hz(slab.position as f64).unwrap_or(0.0);
        }
        self.ended.receiver = Some(status);
        if !slab.losses.is_empty() {
            self.batch.clear();
            self.end.take_batch(&self.batch, &slab.losses)?;
        }
        self.end.show(slab.position, Some((status, self.wide_rate_hz)))
    }

    /// Finishes: last records and the report. `stopped` says that somebody asked for the end.
    ///
    /// # Errors
    /// When the report cannot be written.
    pub fn close(
        mut self,
        info: &InputInfo,
        bad_samples: u64,
        warnings: &[String],
        error: Option<StationError>,
        stopped: bool,
    ) -> Result<Report, StationError> {
        if stopped {
            self.end.to.monitor.stop();
        }
        self.end.to.warnings.extend_from_slice(warnings);
        self.ended.bad_samples = bad_samples;
        self.ended.error = self.ended.error.or(error);
        self.end.close(&self.config, Some(info), self.ended)
    }
}

/// Makes a mark that counts the receiver's samples one that counts those of the input.
fn place(mark: &mut Mark, begun: u64, lane: &Lane, origin: u64) {
    mark.at -= begun as f64;
    lane.to_source(mark, origin);
}
