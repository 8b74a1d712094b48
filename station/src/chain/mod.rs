//! The running chain: input to outputs, for each kind of input.
//!
//! Samples go through three threads (reading, demodulating, decoding) with bounded circles of buffers
//! between them; the other inputs are decoded in the calling thread. What comes out depends on the input
//! alone: threads and block sizes only decide when.

mod carrier;
mod doppler;
mod downlink;
mod downlinks;
mod end;
mod eyes;
mod frames;
mod live;
mod losses;
mod metrics;
mod patience;
mod place;
mod plots;
mod pool;
mod publisher;
mod samples;
mod soft;
mod split;
mod unsampled;

pub use downlinks::{Kept, StationRun, open_source, run_station, run_station_kept, run_station_samples};

use crate::StationError;
use crate::doppler::DopplerConfig;
use crate::input::{self, OpenOptions, SampleSource, SoftFormat};
use crate::monitor::{Monitor, Phase};
use crate::output::report::{InputReport, Report, Stopped};
use crate::output::{OutputConfig, Sink};
use crate::profile::Profile;
use crate::recording::{self, RecordConfig, Recording};
use crate::time::SampleClock;
use doppler::Tuning;
use end::End;
use groundlink_dsp::{Modulation, SignalConfig, SoftBatch};
use plots::Plotter;
use publisher::IndexUnit;
use samples::{FromReceiver, ReceiverStages, circle, start_source};
use soft::SoftOrigin;
use std::num::NonZero;
use std::thread;

pub use live::{RING_BYTES, RING_SECONDS};

/// Samples read at a time unless told otherwise.
pub const DEFAULT_BLOCK: usize = 1 << 16;

/// What the input is: where it enters the chain, in the order of the chain.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// Samples.
    #[default]
    Iq,
    /// Soft symbols.
    Soft,
    /// Hard bits.
    Bits,
    /// CADUs, or any bytes in which markers are to be found.
    Cadus,
    /// Frames, back to back.
    Frames,
    /// Packets, back to back.
    Packets,
}

impl From {
    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iq => "iq",
            Self::Soft => "soft",
            Self::Bits => "bits",
            Self::Cadus => "cadus",
            Self::Frames => "frames",
            Self::Packets => "packets",
        }
    }
}

/// A run: what to read, how, and where to.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// Path, or `-` for stdin.
    pub input: String,
    /// Where the input enters the chain.
    pub from: From,
    /// What the user states of the samples.
    pub open: OpenOptions,
    /// What the user states of soft symbols or bits.
    pub soft: Option<SoftFormat>,
    /// Link profile.
    pub profile: Profile,
    /// Outputs.
    pub outputs: OutputConfig,
    /// Samples (or bytes) read at a time.
    pub block: usize,
    /// Threads that decode turbo or LDPC codewords; `None` for as many as the machine runs at once.
    pub threads: Option<NonZero<usize>>,
    /// Doppler to take off before the receiver.
    pub doppler: DopplerConfig,
    /// What is recorded of the samples.
    pub record: Option<RecordConfig>,
}

/// Runs the chain to the end of its input, or until the monitor asks it to stop.
///
/// The report is made, written and returned also when the run ends early by a failing input or output; its
/// `error` then says why.
///
/// # Errors
/// When the run cannot begin: the input cannot be opened, the profile does not fit, an output cannot be
/// created, or the report cannot be written.
pub fn run(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    config.outputs.check()?;
    config.outputs.check_input(&config.input)?;
    let outcome = match config.from {
        From::Iq => open_and_run(config, monitor),
        _ => unsampled::run(config, monitor),
    };
    if let Err(error) = &outcome {
        monitor.update(|status| status.phase = Phase::Failed(error.to_string()));
        report_failure(config, error);
    }
    outcome
}

fn open_and_run(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    let (path, options) = (config.input.clone(), config.open.clone());
    let source = patience::open(&config.input, monitor, move || {
        input::open_samples(&path, &options)
    })?;
    run_samples(config, source, monitor)
}

/// The report of a run that could not begin, lest the report of an earlier run be taken for this one's.
fn report_failure(config: &RunConfig, error: &StationError) {
    let (Some(target), false) = (
        &config.outputs.report,
        matches!(error, StationError::Output { .. }),
    ) else {
        return;
    };
    let asked = matches!(error, StationError::Stopped { .. });
    let report = Report {
        error: (!asked).then(|| error.to_string()),
        stopped: asked.then_some(Stopped::Request),
        input: InputReport {
            name: config.input.clone(),
            format: config.from.name().to_owned(),
            from: config.from.name(),
            ..InputReport::default()
        },
        ..Report::of(&config.profile.name)
    };
    // The run has failed already, and for a better reason.
    let _ = Sink::open(target).and_then(|mut sink| report.write(&mut sink));
}

/// As [`run`], with samples from a source that is already open.
///
/// # Errors
/// As [`run`].
pub fn run_samples(
    config: &RunConfig,
    source: Box<dyn SampleSource>,
    monitor: &Monitor,
) -> Result<Report, StationError> {
    let info = source.info().clone();
    let rate = info.sample_rate_hz.ok_or_else(|| StationError::NoSampleRate {
        input: config.input.clone(),
    })?;
    let tuning = Tuning {
        config: config.clone(),
        info: info.clone(),
        rate_hz: rate,
        live: source.live(),
    };
    let tuned = tuning.tune(&config.profile)?;
    let coding = config.profile.coding_config()?;
    let measured = tuning.measured(&tuned)?;
    let mut end = End::open(config, &coding, SoftOrigin::Receiver, IndexUnit::Sample, monitor)?;
    end.to.clock = SampleClock::new(&info.captures, rate);
    end.keep_metrics(config);
    end.follow_doppler(tuned.doppler, measured);
    end.announce(config, Some(&info), &signal_text(&tuned.signal))?;
    monitor.update(|status| status.begins_at = source.begins_at());
    let (source, recording) = record(config.record.as_ref(), &config.profile.name, source)?;
    end.to.recorder = recording.as_ref().map(Recording::recorder);
    end.recording = recording;
    let plotter = Plotter::new(monitor.clone(), &tuned.signal);
    let from = start_source(source, rate, config.block, monitor);
    let (soft_in, soft_out, used_in, used_out) = circle::<FromReceiver, SoftBatch>();
    let stages = ReceiverStages {
        receiver: tuned.receiver,
        doppler: tuned.stage,
        plotter,
        monitor: monitor.clone(),
        tuning,
    };
    thread::spawn(move || stages.run(&from.blocks, &from.spent, &soft_in, &used_out));
    let read = end.follow_receiver(&soft_out, &used_in, rate);
    end.close(config, Some(&info), read)
}

/// Records what the source reads, where that is wanted.
fn record(
    config: Option<&RecordConfig>,
    name: &str,
    source: Box<dyn SampleSource>,
) -> Result<(Box<dyn SampleSource>, Option<Recording>), StationError> {
    let Some(config) = config else {
        return Ok((source, None));
    };
    let (source, recording) = recording::start(config, name, source)?;
    Ok((source, Some(recording)))
}

fn signal_text(signal: &SignalConfig) -> String {
    let name = match signal.modulation {
        Modulation::Pm(pm) => match pm.subcarrier {
            None => "PCM/PM".into(),
            Some(_) => "PCM/PSK/PM".into(),
        },
        Modulation::Fsk4 => "4FSK".into(),
        other => format!("{other:?}").to_uppercase(),
    };
    format!("{name} {} Bd", signal.symbol_rate_hz)
}
