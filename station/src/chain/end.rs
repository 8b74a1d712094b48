//! The decoding end of every chain: soft bits to outputs, the status that watchers see, the report.

use super::carrier::CarrierStage;
use super::frames::FrameStage;
use super::losses::Losses;
use super::metrics::Metrics;
use super::pool::pool;
use super::publisher::{IndexUnit, Publisher};
use super::samples::{Changed, FromReceiver};
use super::soft::{SoftOrigin, SoftStage};
use super::{From, RunConfig};
use crate::StationError;
use crate::doppler::{DopplerAt, MeasuredWriter};
use crate::input::{Capture, InputInfo, Loss};
use crate::monitor::{CodingParts, EventKind, Level, Monitor, Phase};
use crate::output::record::{Place, Record};
use crate::output::report::{InputReport, ProfileChange, Report, SignalReport, Stopped, VcReport};
use crate::output::{Outputs, Shared, sidecar};
use crate::profile::Profile;
use crate::recording::Recording;
use crate::time::{SampleClock, utc_text};
use groundlink_decoder::coding::{CodingConfig, FrameDecoder, Spread};
use groundlink_decoder::link::{LinkConfig, LinkDecoder};
use groundlink_dsp::SoftBatch;
use groundlink_dsp::receiver::ReceiverStatus;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two updates of the status that watchers see.
const STATUS_EVERY: Duration = Duration::from_millis(40);

/// Soft bits gathered for a pool of threads, while the input brings them faster than they are decoded.
const GATHER: usize = 1 << 20;

/// What was read, and how it ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Samples, soft bits or bytes.
    pub read: u64,
    /// Samples that were not numbers.
    pub bad_samples: u64,
    /// The receiver as it was last.
    pub receiver: Option<ReceiverStatus>,
    /// Why it ended early, if something failed.
    pub error: Option<StationError>,
}

/// What the end of a chain has around it.
#[derive(Debug)]
pub struct Around {
    /// Where turbo and LDPC codewords are decoded.
    pub threads: Threads,
    /// What its outputs share with others.
    pub shared: Shared,
}

/// Where turbo and LDPC codewords are decoded.
#[derive(Debug)]
pub enum Threads {
    /// In a pool of the run's own, for which soft bits are gathered.
    Own,
    /// In one that serves more than this run.
    Shared(Arc<dyn Spread>),
}

/// The decoding end of every chain: soft bits in, outputs written.
pub struct End {
    /// Soft bits to frames.
    pub soft: SoftStage,
    /// Frames to outputs.
    pub frames: FrameStage,
    /// Outputs, watchers, totals.
    pub to: Publisher,
    /// The recording that goes on, where it is this run's alone.
    pub recording: Option<Recording>,
    started: Instant,
    shown: Option<Instant>,
    shown_counters: Option<Instant>,
    /// Counters of the packets, where they are the input and belong to no virtual channel.
    pub packet_channel: Option<VcReport>,
    /// Frames as the link layer has them.
    link: LinkConfig,
    /// Threads of a pool of the run's own.
    threads: Option<NonZero<usize>>,
    profile_changes: Vec<ProfileChange>,
}

impl End {
    pub fn open(
        config: &RunConfig,
        coding: &CodingConfig,
        origin: SoftOrigin,
        unit: IndexUnit,
        monitor: &Monitor,
    ) -> Result<Self, StationError> {
        let around = Around {
            threads: Threads::Own,
            shared: Shared {
                stop: monitor.clone(),
                fan: None,
                own: None,
            },
        };
        Self::open_with(config, coding, origin, unit, monitor, around)
    }

    /// As [`Self::open`], among others.
    pub fn open_with(
        config: &RunConfig,
        coding: &CodingConfig,
        origin: SoftOrigin,
        unit: IndexUnit,
        monitor: &Monitor,
        around: Around,
    ) -> Result<Self, StationError> {
        let name = || config.profile.name.clone();
        let mut decoder = FrameDecoder::new(coding).map_err(|source| StationError::Coding {
            profile: name(),
            source,
        })?;
        let iterative = coding.iterative.is_some();
        let gather = iterative && matches!(around.threads, Threads::Own);
        if iterative {
            decoder.spread_over(match around.threads {
                Threads::Own => pool(config.threads)?,
                Threads::Shared(pool) => pool,
            });
        }
        let link_config = config.profile.link_config()?;
        let link = LinkDecoder::new(&link_config).map_err(|source| StationError::Link {
            profile: name(),
            source,
        })?;
        let (profile, input) = (&config.profile.name, &config.input);
        let outputs = Outputs::open(&config.outputs, profile, input, &around.shared)?;
        outputs.show(monitor);
        if !matches!(config.from, From::Frames | From::Packets) {
            monitor.set_coding(CodingParts::of(coding));
        }
        if let Some(soft) = &config.outputs.soft {
            sidecar::write(soft, &config.profile, config.from == From::Iq)?;
        }
        let bits = config.profile.bits_per_symbol();
        let eb_n0_offset_db = config.profile.eb_n0_offset_db();
        let mut soft = SoftStage::new(decoder, origin, bits, eb_n0_offset_db);
        if gather {
            soft.gather(GATHER);
        }
        soft.judge_by_fecf(config.profile.frame.fecf);
        Ok(Self {
            soft,
            frames: FrameStage::new(link, config.outputs.bad_frames),
            to: Publisher {
                outputs,
                monitor: monitor.clone(),
                clock: SampleClock::default(),
                packet_time: config.profile.packet_time,
                unit,
                totals: crate::monitor::Totals::default(),
                warnings: Vec::new(),
                losses: Losses::default(),
                recorder: None,
                metrics: None,
                held: [false; 2],
            },
            recording: None,
            started: Instant::now(),
            shown: None,
            shown_counters: None,
            packet_channel: None,
            link: link_config,
            threads: config.threads,
            profile_changes: Vec::new(),
        })
    }

    /// Tells frequencies as they were received before Doppler was taken off, and writes what the receiver measures.
    pub fn follow_doppler(&mut self, doppler: Option<DopplerAt>, measured: Option<MeasuredWriter>) {
        self.to
            .warnings
            .extend(doppler.as_ref().and_then(DopplerAt::warning));
        self.soft.carrier = CarrierStage::new(doppler, measured);
    }

    /// Takes what the input tells of its time while it runs.
    pub fn learn(&mut self, capture: &Capture) {
        self.to.clock.learn(capture);
        self.soft.carrier.learn(capture);
    }

    /// Keeps metrics, where anybody wants them; to be called once the sample rate is known.
    pub fn keep_metrics(&mut self, config: &RunConfig) {
        if self.to.outputs.metrics_wanted() {
            let (rate_hz, stated_hz) = (self.to.clock.sample_rate_hz(), config.profile.symbol_rate_hz());
            self.to.metrics = Some(Metrics::new(rate_hz, self.soft.eb_n0_offset_db(), stated_hz));
        }
    }

    /// First record and first status.
    pub fn announce(
        &mut self,
        config: &RunConfig,
        info: Option<&InputInfo>,
        signal: &str,
    ) -> Result<(), StationError> {
        let (sync, outputs) = (self.soft.status().clone(), self.to.outputs.stream_reports());
        self.to.monitor.update(|status| {
            status.outputs = outputs;
            status.input = info.cloned().map(Arc::new);
            status.profile.clone_from(&config.profile.name);
            signal.clone_into(&mut status.signal);
            status.eb_n0_db = f32::NAN;
            status.sync = sync;
        });
        let time = Place::at(self.to.clock.at(0.0));
        self.to.record(&Record::Start {
            profile: config.profile.name.clone(),
            groundlink: env!("CARGO_PKG_VERSION"),
            from: config.from.name(),
            sample_rate_hz: info.and_then(|info| info.sample_rate_hz),
            time,
        })
    }

    /// Decodes what the receiver thread sends until the input has ended.
    pub fn follow_receiver(
        &mut self,
        soft: &crossbeam_channel::Receiver<FromReceiver>,
        used: &crossbeam_channel::Sender<SoftBatch>,
        rate: f64,
    ) -> Ended {
        let mut ended = Ended::default();
        for message in soft {
            match message {
                FromReceiver::Soft {
                    batch,
                    position,
                    capture,
                    losses,
                    status,
                } => {
                    ended.read = position;
                    ended.receiver = Some(status);
                    if let Some(capture) = &capture {
                        self.learn(capture);
                    }
                    let outcome = self
                        .take_batch(&batch, &losses)
                        .and_then(|()| self.flush_if(soft.is_empty()))
                        .and_then(|()| self.show(position, Some((status, rate))));
                    // The receiver thread has ended when it sent its last batch.
                    let _ = used.send(batch);
                    if outcome.is_err() || self.to.outputs.abandoned() {
                        ended.error = outcome.err();
                        self.to.monitor.stop();
                        return ended;
                    }
                }
                FromReceiver::Changed(changed) => {
                    if let Err(error) = self.change(&changed) {
                        ended.error = Some(error);
                        self.to.monitor.stop();
                        return ended;
                    }
                }
                FromReceiver::Ended {
                    bad_samples,
                    warnings,
                    error,
                } => {
                    ended.bad_samples = bad_samples;
                    ended.error = error;
                    self.to.warnings.extend(warnings);
                    return ended;
                }
            }
        }
        ended.error = Some(StationError::Thread { stage: "receiver" });
        ended
    }

    /// Goes on with another profile, as the receiver does.
    ///
    /// # Errors
    /// When an output cannot be written, or the profile describes no possible link.
    pub fn change(&mut self, changed: &Changed) -> Result<(), StationError> {
        let profile = &changed.change.profile;
        let coding = profile.coding_config()?;
        let anew = self.adopt(profile, &coding)?;
        if self.to.monitor.watched() {
            self.to.monitor.set_coding(CodingParts::of(&coding));
        }
        self.soft.carrier.replace(changed.doppler.clone());
        let place = self.to.place(Some(changed.position));
        let text = changed.change.text.clone();
        self.to.event_of(EventKind::Asked, Level::Info, &place, || {
            let counters = if anew {
                "; counters of channels begin anew"
            } else {
                ""
            };
            format!("from here: {text}{counters}")
        });
        self.to.record(&Record::ProfileChanged {
            place,
            set: text.clone(),
            counters_anew: anew,
        })?;
        self.profile_changes.push(ProfileChange {
            from: changed.position,
            set: text,
        });
        let sync = self.soft.status().clone();
        self.to.monitor.update(|status| {
            status.profile.clone_from(&profile.name);
            status.signal.clone_from(&changed.signal);
            status.sync = sync;
        });
        Ok(())
    }

    /// Replaces coding and link layer; whether the counters of channels begin anew.
    fn adopt(&mut self, profile: &Profile, coding: &CodingConfig) -> Result<bool, StationError> {
        let name = || profile.name.clone();
        let mut decoder = FrameDecoder::new(coding).map_err(|source| StationError::Coding {
            profile: name(),
            source,
        })?;
        let iterative = coding.iterative.is_some();
        if iterative {
            decoder.spread_over(pool(self.threads)?);
        }
        let link_config = profile.link_config()?;
        let link = LinkDecoder::new(&link_config).map_err(|source| StationError::Link {
            profile: name(),
            source,
        })?;
        let (bits, offset_db) = (profile.bits_per_symbol(), profile.eb_n0_offset_db());
        self.soft
            .replace(decoder, bits, offset_db, &mut self.frames, &mut self.to)?;
        self.soft.gather(if iterative { GATHER } else { 0 });
        self.soft.judge_by_fecf(profile.frame.fecf);
        if let Some(metrics) = &mut self.to.metrics {
            metrics.restate(offset_db, profile.symbol_rate_hz());
        }
        self.to.packet_time = profile.packet_time;
        let anew = link_config != self.link;
        if anew {
            self.frames.replace(link, &mut self.to)?;
            self.link = link_config;
        }
        Ok(anew)
    }

    /// Lets nothing wait in the coding layer while the receiver has nothing more to give.
    pub fn flush_if(&mut self, idle: bool) -> Result<(), StationError> {
        if idle {
            self.soft.flush(&mut self.frames, &mut self.to)?;
        }
        Ok(())
    }

    /// Takes the soft bits of a batch, before which samples may have been lost.
    pub fn take_batch(&mut self, batch: &SoftBatch, losses: &[Loss]) -> Result<(), StationError> {
        if !losses.is_empty() {
            self.soft.flush(&mut self.frames, &mut self.to)?;
        }
        losses.iter().try_for_each(|loss| self.to.lose(loss))?;
        self.soft
            .take(&batch.llrs, &batch.marks, &mut self.frames, &mut self.to)
    }

    /// Hands on what came out, and now and then shows watchers where the run stands.
    pub fn show(
        &mut self,
        position: u64,
        receiver: Option<(ReceiverStatus, f64)>,
    ) -> Result<(), StationError> {
        if self.to.monitor.paused() {
            // Nothing may follow for long: what is shown is to be all of it.
            (self.shown, self.shown_counters) = (None, None);
        }
        if self.shown.is_none_or(|at| at.elapsed() >= STATUS_EVERY) {
            self.shown = Some(Instant::now());
            self.show_now(position, receiver);
        }
        // Always: a live input may be silent for long after this, and its frames are wanted now.
        self.to.outputs.flush()
    }

    fn show_now(&mut self, position: u64, receiver: Option<(ReceiverStatus, f64)>) {
        // The counters of a link with many APIDs are the dear part; five times a second will do.
        let due = self
            .shown_counters
            .is_none_or(|at| at.elapsed() >= 5 * STATUS_EVERY);
        let counters = (due && self.to.monitor.counted()).then(|| Arc::new(self.frames.counters().clone()));
        if due {
            self.shown_counters = Some(Instant::now());
        }
        self.soft.show(&self.to.monitor);
        let utc = self.to.clock.utc_text(position as f64);
        let lost_samples = self.to.losses.samples();
        let eb_n0_offset_db = self.soft.eb_n0_offset_db() as f32;
        let outputs = self.to.outputs.stream_reports();
        let (totals, sync, elapsed) = (self.to.totals, self.soft.status().clone(), self.started.elapsed());
        self.to.monitor.update(|status| {
            status.position = position;
            status.lost_samples = lost_samples;
            status.utc = utc;
            status.elapsed = elapsed;
            status.totals = totals;
            status.sync = sync;
            status.outputs = outputs;
            if let Some((receiver, rate)) = receiver {
                status.signal_seconds = position as f64 / rate;
                status.eb_n0_db = receiver.es_n0_db + eb_n0_offset_db;
                status.receiver = Some(receiver);
            }
            if let Some(counters) = counters {
                status.link = counters;
            }
        });
    }

    /// Finishes all stages, writes the last records and the report, shows the final state.
    pub fn close(
        mut self,
        config: &RunConfig,
        info: Option<&InputInfo>,
        mut ended: Ended,
    ) -> Result<Report, StationError> {
        let finished = self.finish(config, &mut ended);
        ended.error = ended.error.or(finished.err());
        // Streams may take their time to come to an end: meanwhile the status is that of the end.
        self.shown_counters = None;
        self.show_now(ended.read, None);
        let outputs = self.to.outputs.close_streams();
        let report = Report {
            outputs,
            recording: self.recording.take().map(Recording::finish),
            ..self.report(config, info, &ended)
        };
        self.to.outputs.report(&report)?;
        self.shown_counters = None;
        self.show_now(ended.read, None);
        let rate = info.and_then(|info| info.sample_rate_hz);
        let interrupted = self.to.monitor.interrupted();
        self.to.monitor.update(|status| {
            status.signal_seconds = rate.map_or(0.0, |rate| ended.read as f64 / rate);
            status.phase = match &ended.error {
                None if interrupted => Phase::Running,
                None => Phase::Finished,
                Some(error) => Phase::Failed(error.to_string()),
            };
        });
        Ok(report)
    }

    fn finish(&mut self, config: &RunConfig, ended: &mut Ended) -> Result<(), StationError> {
        self.soft.finish(&mut self.frames, &mut self.to)?;
        self.frames.finish(&mut self.to)?;
        self.to
            .warnings
            .extend(self.signal_report(config).rate_contradiction());
        for text in std::mem::take(&mut self.to.warnings) {
            self.to.warn(&text)?;
        }
        if ended.bad_samples > 0 {
            let text = format!(
                "{} samples were not finite numbers, taken as zero",
                ended.bad_samples
            );
            self.to.warn(&text)?;
        }
        if let Some(error) = &ended.error {
            let text = error.to_string();
            self.to.event(Level::Error, &Place::default(), || text.clone());
            self.to.record(&Record::Error { text })?;
        }
        let totals = self.to.totals;
        self.to.record(&Record::End {
            frames: totals.frames_good,
            bad_frames: totals.frames_uncorrectable + totals.frames_rejected,
            lost_frames: totals.frames_lost,
            packets: totals.packets,
        })?;
        self.to.outputs.flush()
    }

    fn signal_report(&self, config: &RunConfig) -> SignalReport {
        let measured = self.frames.signal_report();
        let stated = config.profile.symbol_rate_hz();
        let mean = measured.symbol_rate_hz.map(|rate| rate.mean);
        SignalReport {
            stated_symbol_rate_hz: stated,
            symbol_rate_error_ppm: mean.zip(stated).map(|(mean, stated)| (mean / stated - 1.0) * 1e6),
            restarts: self.soft.restarts(),
            ..measured
        }
    }

    /// Why the run ended before its input did.
    fn stopped(&mut self, ended: &Ended) -> Option<Stopped> {
        if ended.error.is_some() {
            None
        } else if self.to.outputs.abandoned() {
            Some(Stopped::ReadersGone)
        } else {
            self.to.monitor.stopping().then_some(Stopped::Request)
        }
    }

    fn report(&mut self, config: &RunConfig, info: Option<&InputInfo>, ended: &Ended) -> Report {
        let rate = info.and_then(|info| info.sample_rate_hz);
        let start = self.to.clock.at(0.0);
        let mut report = Report {
            downlink: config.outputs.downlink.clone(),
            decoded: self.to.totals.frames_good > 0
                || (config.from == From::Packets && self.to.totals.packets > 0),
            error: ended.error.as_ref().map(ToString::to_string),
            stopped: self.stopped(ended),
            input: InputReport {
                name: config.input.clone(),
                format: info.map_or_else(|| config.from.name().to_owned(), |info| info.format.clone()),
                from: config.from.name(),
                read: ended.read,
                sample_rate_hz: rate,
                seconds: rate.map(|rate| ended.read as f64 / rate),
                start: start.map(|time| utc_text(time.utc)),
                end: self.to.clock.utc_text(ended.read as f64),
                utc_uncertainty_s: start.and_then(|time| time.uncertainty_s),
                time_source: start.map(|time| time.source),
                lost_samples: self.to.losses.samples(),
                lost_by: self.to.losses.by_cause.clone(),
                bad_samples: ended.bad_samples,
            },
            signal: SignalReport {
                noise_dbfs_hz: ended.receiver.and_then(|receiver| receiver.noise_dbfs_hz),
                false_lock: ended.receiver.and_then(|receiver| receiver.false_lock),
                residual_carrier: ended.receiver.and_then(|r| r.residual_carrier).map(Into::into),
                ..self.signal_report(config)
            },
            coding: self.frames.coding_report().clone(),
            profile_changes: std::mem::take(&mut self.profile_changes),
            warnings: self.to.warnings.clone(),
            ..Report::of(&config.profile.name)
        };
        report.coding.take_status(self.soft.status());
        report.take_counters(&self.to.totals, self.frames.counters());
        report.virtual_channels.extend(self.packet_channel.take());
        report
    }
}
