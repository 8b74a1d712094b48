//! Several downlinks out of one stream of samples: source thread, splitter thread, and the downlinks side by side in a
//! pool of threads, slab by slab.

use super::doppler::with_doppler;
use super::downlink::{Tuned, Worker};
use super::end::{Around, Threads};
use super::pool::Pool;
use super::samples::{circle, start_source};
use super::split::{self, FromSplitter, Slab, SplitterQueues};
use super::{From, RunConfig, patience, record};
use crate::StationError;
use crate::input::{self, InputInfo, OpenOptions, SampleSource};
use crate::monitor::{Monitor, Phase};
use crate::output::report::{DownlinkReport, Report, StationReport, Stopped};
use crate::output::stream::{self, Fan, StreamSpec};
use crate::output::{Shared, Sink};
use crate::recording::{RecordConfig, Recording};
use crate::station_file::{Downlink, Station, StationFileError, signals};
use crossbeam_channel::{Receiver as Queue, Sender};
use groundlink_dsp::downlink::{Band, Plan, Splitter};
use groundlink_dsp::{ConfigError, SignalConfig};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// A run over several downlinks.
#[derive(Debug, Clone)]
pub struct StationRun {
    /// Path, or `-` for stdin.
    pub input: String,
    /// What the user states of the samples.
    pub open: OpenOptions,
    /// The downlinks.
    pub station: Station,
    /// Where the report of the whole goes.
    pub report: Option<String>,
    /// Streams that the downlinks share.
    pub streams: Vec<StreamSpec>,
    /// Samples read at a time.
    pub block: usize,
    /// Threads that downlinks are decoded in; `None` for as many as the machine runs at once.
    pub threads: Option<NonZero<usize>>,
    /// What is recorded of the samples.
    pub record: Option<RecordConfig>,
}

/// Runs all downlinks to the end of the input, or until the monitor asks to stop.
///
/// A downlink whose output fails ends alone: its report says why, the others go on.
///
/// # Errors
/// When the run cannot begin: the input cannot be opened, a downlink does not fit into it, an output cannot be
/// created; or when a report cannot be written.
pub fn run_station(config: &StationRun, monitor: &Monitor) -> Result<StationReport, StationError> {
    config
        .station
        .check_outputs(&config.input, config.report.as_deref(), &config.streams)?;
    let outcome = open_and_run(config, monitor);
    if let Err(error) = &outcome {
        monitor.update(|status| status.phase = Phase::Failed(error.to_string()));
        report_failure(config, error);
    }
    outcome
}

/// The report of a run that could not begin, lest the report of an earlier run be taken for this one's.
fn report_failure(config: &StationRun, error: &StationError) {
    let (Some(target), false) = (&config.report, matches!(error, StationError::Output { .. })) else {
        return;
    };
    let asked = matches!(error, StationError::Stopped { .. });
    let report = StationReport {
        station: config.station.name.clone(),
        error: (!asked).then(|| error.to_string()),
        stopped: asked.then_some(Stopped::Request),
        ..StationReport::of(&config.input)
    };
    // The run has failed already, and for a better reason.
    let _ = Sink::open(target).and_then(|mut sink| report.write(&mut sink));
}

fn open_and_run(config: &StationRun, monitor: &Monitor) -> Result<StationReport, StationError> {
    let source = open_source(&config.input, &config.open, monitor)?;
    run_station_samples(config, source, monitor)
}

/// Streams that stay open from one run to the next.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Those that the downlinks share.
    pub shared: Arc<Fan>,
    /// Those of each downlink, in their order.
    pub downlinks: Vec<Arc<Fan>>,
    /// Shows the first downlink to those who watch.
    pub first: Monitor,
}

/// Opens an input, unless the monitor asks to stop before it is open.
///
/// # Errors
/// When it cannot be opened; [`StationError::Stopped`].
pub fn open_source(
    input: &str,
    options: &OpenOptions,
    monitor: &Monitor,
) -> Result<Box<dyn SampleSource>, StationError> {
    let (path, options) = (input.to_owned(), options.clone());
    patience::open(input, monitor, move || input::open_samples(&path, &options))
}

/// As [`run_station`], with samples from a source that is already open.
///
/// # Errors
/// As [`run_station`].
pub fn run_station_samples(
    config: &StationRun,
    source: Box<dyn SampleSource>,
    monitor: &Monitor,
) -> Result<StationReport, StationError> {
    run_with(config, source, None, monitor)
}

/// As [`run_station_samples`], with streams that stay open: those that `config` names are not.
///
/// # Errors
/// As [`run_station`].
pub fn run_station_kept(
    config: &StationRun,
    source: Box<dyn SampleSource>,
    kept: &Kept,
    monitor: &Monitor,
) -> Result<StationReport, StationError> {
    run_with(config, source, Some(kept), monitor)
}

fn run_with(
    config: &StationRun,
    source: Box<dyn SampleSource>,
    kept: Option<&Kept>,
    monitor: &Monitor,
) -> Result<StationReport, StationError> {
    let info = source.info().clone();
    let set = Set::new(config, &info)?;
    let splitter = Splitter::new(&set.plan).map_err(|source| set.wrong(source))?;
    let pool = Arc::new(Pool::new(config.threads)?);
    let fan = match kept {
        Some(kept) => Arc::clone(&kept.shared),
        None => Fan::open(&config.streams, stream::is_replay(&config.input), monitor)?,
    };
    let around = |number: usize| {
        let shared = Shared {
            stop: monitor.clone(),
            fan: Some(Arc::clone(&fan)),
            own: kept.and_then(|kept| kept.downlinks.get(number)).cloned(),
        };
        let threads = Threads::Shared(Arc::<Pool>::clone(&pool));
        let first = kept.filter(|_| number == 0).map(|kept| kept.first.clone());
        (Around { threads, shared }, first.unwrap_or_default())
    };
    let mut workers = set.workers(config, &info, source.live(), &around)?;
    let (source, recording) = record(config.record.as_ref(), &config.station.name, source)?;
    if let Some(recording) = &recording {
        for (n, (worker, downlink)) in workers.iter_mut().zip(&config.station.downlinks).enumerate() {
            worker.record(recording.recorder().of_downlink(n, &downlink.name));
        }
    }
    let mut report = set.report(config, &info, &workers);
    let mut to = config.report.as_deref().map(Sink::open).transpose()?;
    let slabs = start_threads(config, source, set.plan.rate_hz(), splitter, monitor);
    let ended = follow(&mut workers, &pool, &slabs, &info, monitor);
    let stopped = monitor.stopping() && !workers.iter().all(Worker::over);
    report.warnings.extend(ended.warnings);
    let error = ended.error.map(Arc::new);
    for (worker, slot) in workers.into_iter().zip(&mut report.downlinks) {
        let error = error.clone().map(StationError::Common);
        slot.report = worker.close(&info, ended.bad_samples, &report.warnings, error, stopped)?;
    }
    report.outputs = match kept {
        Some(_) => fan.reports(),
        None => fan.close(),
    };
    report.recording = recording.map(Recording::finish);
    report.sum_up(stopped.then_some(Stopped::Request));
    if let Some(sink) = &mut to {
        report.write(sink)?;
    }
    monitor.update(|status| {
        status.phase = match &report.error {
            None => Phase::Finished,
            Some(error) => Phase::Failed(error.clone()),
        };
    });
    Ok(report)
}

/// The downlinks in a stream of samples.
struct Set<'a> {
    station: &'a Station,
    offsets: Vec<f64>,
    centre_hz: Option<f64>,
    signals: Vec<SignalConfig>,
    plan: Plan,
    warning: Option<String>,
}

impl<'a> Set<'a> {
    fn new(config: &'a StationRun, info: &InputInfo) -> Result<Self, StationError> {
        let rate = info.sample_rate_hz.ok_or_else(|| StationError::NoSampleRate {
            input: config.input.clone(),
        })?;
        if !info.complex {
            return Err(StationFileError::Real {
                input: config.input.clone(),
            }
            .into());
        }
        let station = &config.station;
        let (centre_hz, warning) = station.centre_of(info);
        let offsets = station.offsets(centre_hz)?;
        let signals = signals(station, &offsets, rate)?;
        let bands = station.downlinks.iter().zip(&signals).map(|(downlink, signal)| {
            let carrier_hz = centre_hz.map(|centre| centre + signal.carrier_hz);
            Band::of(&with_doppler(signal, &downlink.doppler, carrier_hz))
        });
        let bands: Vec<Band> = bands.collect();
        let plan = Plan::new(rate, &bands).map_err(|source| StationError::Signal {
            profile: station.name.clone(),
            source,
        })?;
        Ok(Self {
            station,
            offsets,
            centre_hz,
            signals,
            plan,
            warning,
        })
    }

    fn wrong(&self, source: ConfigError) -> StationError {
        StationError::Signal {
            profile: self.station.name.clone(),
            source,
        }
    }

    fn workers(
        &self,
        config: &StationRun,
        info: &InputInfo,
        live: bool,
        around: &dyn Fn(usize) -> (Around, Monitor),
    ) -> Result<Vec<Worker>, StationError> {
        let tune = |(number, downlink): (usize, &Downlink)| {
            let run = RunConfig {
                input: config.input.clone(),
                from: From::Iq,
                open: config.open.clone(),
                soft: None,
                profile: downlink.profile.clone(),
                outputs: downlink.outputs.clone(),
                block: config.block,
                threads: config.threads,
                doppler: downlink.doppler.clone(),
                record: None,
            };
            let signal = &self.signals[number];
            let carrier_hz = self.centre_hz.map(|centre| centre + signal.carrier_hz);
            Tuned::new(run, &self.plan, number, signal, info, carrier_hz, live)
                .map_err(|error| named(&downlink.name, error))
        };
        let downlinks = &self.station.downlinks;
        // All of them before the first output is created.
        let tuned: Vec<Tuned> = downlinks.iter().enumerate().map(tune).collect::<Result<_, _>>()?;
        let open = |(number, (tuned, downlink)): (usize, (Tuned, &Downlink))| {
            let (around, monitor) = around(number);
            tuned
                .open(info, around, &monitor)
                .map_err(|error| named(&downlink.name, error))
        };
        tuned.into_iter().zip(downlinks).enumerate().map(open).collect()
    }

    /// The report of a run of which nothing has been read yet.
    fn report(&self, config: &StationRun, info: &InputInfo, workers: &[Worker]) -> StationReport {
        let downlink = |number: usize, worker: &Worker| DownlinkReport {
            name: self.station.downlinks[number].name.clone(),
            offset_hz: self.offsets[number],
            frequency_hz: self.centre_hz.map(|centre| centre + self.offsets[number]),
            sample_rate_hz: worker.rate_hz(),
            report: Report::default(),
        };
        StationReport {
            station: config.station.name.clone(),
            center_frequency_hz: self.centre_hz,
            channels: self.plan.channels().map_or(0, |channels| channels.count),
            warnings: self.warning.iter().cloned().collect(),
            downlinks: workers
                .iter()
                .enumerate()
                .map(|(number, worker)| downlink(number, worker))
                .collect(),
            ..StationReport::of(&info.name)
        }
    }
}

/// The error of a downlink that cannot begin; outputs name themselves.
fn named(name: &str, error: StationError) -> StationError {
    match error {
        StationError::Output { .. } => error,
        _ => StationError::Downlink {
            name: name.to_owned(),
            source: Box::new(error),
        },
    }
}

/// The ends of the circle of slabs that the downlinks hold.
struct Slabs {
    full: Queue<FromSplitter>,
    spent: Sender<Slab>,
}

fn start_threads(
    config: &StationRun,
    source: Box<dyn SampleSource>,
    rate: f64,
    splitter: Splitter,
    monitor: &Monitor,
) -> Slabs {
    let from = start_source(source, rate, config.block, monitor);
    let (slabs, full, spent, spent_slabs) = circle::<FromSplitter, Slab>();
    let queues = SplitterQueues {
        blocks: from.blocks,
        spent_blocks: from.spent,
        slabs,
        spent_slabs,
    };
    let watch = monitor.clone();
    thread::spawn(move || split::run(splitter, queues, &watch));
    Slabs { full, spent }
}

/// How the input ended.
#[derive(Default)]
struct InputEnd {
    bad_samples: u64,
    warnings: Vec<String>,
    error: Option<StationError>,
}

/// Decodes what the splitter sends until the input has ended, or no downlink wants more.
fn follow(
    workers: &mut [Worker],
    pool: &Pool,
    slabs: &Slabs,
    info: &InputInfo,
    monitor: &Monitor,
) -> InputEnd {
    let (started, clock) = (Instant::now(), info.sample_rate_hz.unwrap_or(1.0));
    monitor.update(|status| status.input = Some(Arc::new(info.clone())));
    for message in &slabs.full {
        match message {
            FromSplitter::Slab(slab) => {
                pool.each(workers, |worker| worker.take(&slab));
                let position = slab.position;
                // The splitter has ended when it sent its last slab.
                let _ = slabs.spent.send(slab);
                monitor.update(|status| {
                    status.position = position;
                    status.signal_seconds = position as f64 / clock;
                    status.elapsed = started.elapsed();
                    status.totals.frames_good = workers.iter().map(Worker::frames).sum();
                });
                if workers.iter().all(Worker::over) {
                    monitor.stop();
                    return InputEnd::default();
                }
            }
            FromSplitter::Ended {
                bad_samples,
                warnings,
                error,
            } => {
                return InputEnd {
                    bad_samples,
                    warnings,
                    error,
                };
            }
        }
    }
    InputEnd {
        error: Some(StationError::Thread { stage: "splitter" }),
        ..InputEnd::default()
    }
}
