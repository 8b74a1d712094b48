//! One pass, from the time that it has of the receiver to its end: as many runs as it takes.

use super::archive::{Outcome, PassFolder};
use super::event::Event;
use super::plan::Job;
use super::runner::{GLANCE, Runner};
use super::utc_now;
use crate::StationError;
use crate::chain::{self, DEFAULT_BLOCK, Kept, StationRun};
use crate::doppler::{DopplerConfig, Motion};
use crate::hamlib::{Rig, Rotator};
use crate::monitor::Monitor;
use crate::orbit::{Pass, PassPoint};
use crate::output::OutputConfig;
use crate::output::report::StationReport;
use crate::recording::RecordConfig;
use crate::station_file::{Downlink, Station};
use crate::time::utc_text;
use crate::track::{PassClock, Tracker};
use crate::waits::Waits;
use hifitime::{Epoch, Unit};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Waits between attempts.
const WAITS: Waits = Waits::new(Duration::from_secs(1), Duration::from_secs(30));
/// A run that lasted so long was none that failed at once.
const SOUND: Duration = Duration::from_secs(60);
/// Seconds between two commands to rotator and radio.
const TRACK_EVERY_S: f64 = 1.0;

/// What has come of a pass so far.
#[derive(Default)]
struct Tally {
    runs: u64,
    failures: u64,
    frames: u64,
    risen: bool,
    set: bool,
    done: bool,
}

/// The real clock.
struct Utc;

impl PassClock for Utc {
    fn now(&self) -> Epoch {
        utc_now()
    }

    fn nap(&self, seconds: f64) {
        thread::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 0.1)));
    }
}

/// Whether it is a job's time. A clock that was set back before the job ends it too.
fn is_time(job: &Job, now: Epoch) -> bool {
    now < job.end && now > job.begin - Unit::Second * 1
}

impl Runner<'_> {
    /// Receives a pass until its time is over, or the station is to stop.
    pub(super) fn receive(&mut self, job: &Job) {
        let now = utc_now();
        let mut tally = Tally {
            risen: now >= job.pass.aos,
            ..Tally::default()
        };
        self.say(&Event::Begin {
            satellite: job.pass.name.clone(),
            aos: utc_text(job.pass.aos),
            los: utc_text(job.pass.los),
            end: utc_text(job.end),
            max_elevation_deg: job.pass.elevation_deg,
            joined: tally.risen,
        });
        let (over, tracker, say) = (AtomicBool::new(false), self.tracker(job), self.sayer());
        thread::scope(|scope| {
            if let Some((mut tracker, pass)) = tracker {
                let over = &over;
                scope.spawn(move || {
                    let stop = || over.load(Ordering::Relaxed);
                    let mut warn = |text: &str| {
                        let text = text.to_owned();
                        say(&Event::Warning { text });
                    };
                    if let Err(error) = tracker.follow(&pass, &Utc, &stop, &mut warn) {
                        warn(&error.to_string());
                    }
                });
            }
            self.attempts(job, &mut tally);
            over.store(true, Ordering::Relaxed);
        });
        self.status.passes += u64::from(tally.done);
        self.say(&Event::End {
            satellite: job.pass.name.clone(),
            aos: utc_text(job.pass.aos),
            runs: tally.runs,
            failures: tally.failures,
            frames: tally.frames,
        });
    }

    fn attempts(&mut self, job: &Job, tally: &mut Tally) {
        let (mut waits, mut folder) = (WAITS, None);
        while self.goes_on(job) {
            let begun = Instant::now();
            let Err(error) = self.attempt(job, &mut folder, tally) else {
                break;
            };
            tally.failures += 1;
            self.status.failures += 1;
            if begun.elapsed() > SOUND {
                waits = WAITS;
            }
            let wait = waits.take();
            self.say(&Event::Failed {
                satellite: job.pass.name.clone(),
                error,
                again_in_s: self.goes_on(job).then_some(wait.as_secs_f64()),
            });
            let until = Instant::now() + wait;
            while self.goes_on(job) && Instant::now() < until {
                self.glance(job, None, tally);
                thread::sleep(GLANCE);
            }
        }
        // Nothing has come of any attempt since the last run.
        if let Some(mut folder) = folder {
            folder.state.state = Outcome::Failed;
            let _ = folder.save();
        }
    }

    fn goes_on(&self, job: &Job) -> bool {
        !self.stop.stopping() && is_time(job, utc_now())
    }

    /// One run, into the folder that is there or a new one; an error where it ended before its time.
    fn attempt(
        &mut self,
        job: &Job,
        place: &mut Option<PassFolder>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let downlinks = &self.fleet.satellites[job.pass.satellite].downlinks;
        let names = downlinks.iter().map(|downlink| downlink.name.as_str());
        let kept = self.outputs.of(names).map_err(|error| error.to_string())?;
        let mut folder = match place.take() {
            Some(folder) => folder,
            None => self.archive.claim(job).map_err(|error| error.to_string())?,
        };
        folder.state.attempts += 1;
        // What cannot be written now may be later.
        let _ = folder.save();
        let run = self.station_run(job, &folder);
        match self.follow(job, &run, &kept, &folder, tally) {
            Ok(report) => self.finish(job, folder, &report, tally),
            Err(StationError::Stopped { .. }) if self.stop.stopping() => {
                folder.state.state = Outcome::Stopped;
                let _ = folder.save();
                Ok(())
            }
            Err(error) => {
                folder.state.error = Some(error.to_string());
                let _ = folder.save();
                *place = Some(folder);
                Err(error.to_string())
            }
        }
    }

    /// Starts the run in a thread of its own, and stops it when its time is over.
    fn follow(
        &mut self,
        job: &Job,
        run: &StationRun,
        kept: &Kept,
        folder: &PassFolder,
        tally: &mut Tally,
    ) -> Result<StationReport, StationError> {
        let (monitor, opened) = (Monitor::new(), AtomicBool::new(false));
        self.outputs.forget_runs();
        let viewers = self.viewers;
        let outcome = thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let source = chain::open_source(&run.input, &run.open, &monitor)?;
                // Before the first frame, of which viewers would miss some.
                viewers.run(&kept.first);
                opened.store(true, Ordering::Relaxed);
                chain::run_station_kept(run, source, kept, &monitor)
            });
            let mut told = false;
            while !thread.is_finished() {
                if !told && opened.load(Ordering::Relaxed) {
                    told = true;
                    self.say(&Event::Receiving {
                        satellite: job.pass.name.clone(),
                        folder: folder.path.display().to_string(),
                        part: folder.state.part,
                    });
                }
                if !self.goes_on(job) {
                    monitor.stop();
                }
                self.glance(job, Some((&monitor, folder)), tally);
                thread::sleep(GLANCE);
            }
            let died = |_| Err(StationError::Thread { stage: "run" });
            thread.join().unwrap_or_else(died)
        });
        viewers.between();
        outcome
    }

    /// What is to be looked after while a pass goes on.
    fn glance(&mut self, job: &Job, run: Option<(&Monitor, &PassFolder)>, tally: &mut Tally) {
        let now = utc_now();
        let satellite = || job.pass.name.clone();
        if !tally.risen && now >= job.pass.aos {
            tally.risen = true;
            self.say(&Event::Aos {
                satellite: satellite(),
            });
        }
        if !tally.set && now >= job.pass.los {
            tally.set = true;
            self.say(&Event::Los {
                satellite: satellite(),
            });
        }
        let frames = run.map_or(0, |(monitor, _)| monitor.status().totals.frames_good);
        self.show("receiving", Some(job), now, frames);
        if let Some((_, folder)) = run {
            self.sweep(Some(&folder.path));
        }
    }

    /// Writes what has come of a run; an error where it ended before its time.
    fn finish(
        &mut self,
        job: &Job,
        mut folder: PassFolder,
        report: &StationReport,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let reports = || report.downlinks.iter().map(|downlink| &downlink.report);
        let early = self.goes_on(job);
        let error = match &report.error {
            Some(error) => Some(error.clone()),
            None => early.then(|| "the input ended before the pass".to_owned()),
        };
        let state = &mut folder.state;
        state.state = match &error {
            Some(_) => Outcome::Failed,
            None if self.stop.stopping() => Outcome::Stopped,
            None => Outcome::Done,
        };
        state.error.clone_from(&error);
        state.frames = reports().map(|report| report.frames.good).sum();
        state.packets = reports().map(|report| report.packets).sum();
        state.lost_samples = reports()
            .map(|report| report.input.lost_samples)
            .max()
            .unwrap_or(0);
        tally.runs += 1;
        tally.frames += state.frames;
        tally.done |= state.state == Outcome::Done;
        self.status.frames += state.frames;
        let saved = folder.save();
        let recording = report.recording.as_ref();
        for text in (recording
            .and_then(|recording| recording.error.clone())
            .into_iter())
        .chain(saved.err().map(|error| error.to_string()))
        {
            self.say(&Event::Warning {
                text: format!("{}: {text}", folder.path.display()),
            });
        }
        self.say(&Event::Report {
            satellite: job.pass.name.clone(),
            folder: folder.path.display().to_string(),
            outcome: folder.state.state,
            frames: folder.state.frames,
            packets: folder.state.packets,
            lost_samples: folder.state.lost_samples,
            error: error.clone(),
        });
        match error {
            Some(error) if early => Err(error),
            _ => Ok(()),
        }
    }

    /// The run of a pass, with everything that comes of it in its folder.
    fn station_run(&self, job: &Job, folder: &PassFolder) -> StationRun {
        let member = &self.fleet.satellites[job.pass.satellite];
        let motion = self.motion(job).filter(|_| member.entry.doppler);
        let downlinks = member.downlinks.iter().map(|downlink| Downlink {
            doppler: DopplerConfig {
                motion: motion.clone(),
                carrier_hz: None,
            },
            outputs: OutputConfig {
                frames: Some(folder.file(&format!("{}.frames", downlink.name))),
                packets: Some(folder.file(&format!("{}.packets", downlink.name))),
                events: Some(folder.file(&format!("{}.jsonl", downlink.name))),
                streams: Vec::new(),
                ..downlink.outputs.clone()
            },
            ..downlink.clone()
        });
        let file = &self.fleet.file;
        let mut open = file.receiver.options.clone();
        open.live.frequency_hz = Some(member.entry.centre_hz);
        StationRun {
            input: file.receiver.input.clone(),
            open,
            station: Station {
                downlinks: downlinks.collect(),
                ..member.station()
            },
            report: Some(folder.file("report.json")),
            streams: Vec::new(),
            block: DEFAULT_BLOCK,
            threads: None,
            record: file.recording.as_ref().map(|record| RecordConfig {
                folder: PathBuf::from(&folder.path),
                quota_bytes: file.results.quota_bytes,
                ..record.clone()
            }),
        }
    }

    fn motion(&self, job: &Job) -> Option<Motion> {
        let followed = self.sky.satellites.get(job.pass.satellite)?.as_ref()?;
        Some(Motion::Orbit {
            catalogue: Arc::clone(&followed.catalogue),
            choice: self.fleet.satellites[job.pass.satellite].entry.choice.clone(),
            site: self.fleet.file.site,
        })
    }

    /// Who turns rotator and radio in this pass, where there are some.
    fn tracker(&self, job: &Job) -> Option<(Tracker, Pass)> {
        let file = &self.fleet.file;
        if file.rotator.is_none() && file.rig.is_none() {
            return None;
        }
        let satellite = self
            .sky
            .satellites
            .get(job.pass.satellite)?
            .as_ref()?
            .satellite
            .clone();
        let point = |at: Epoch| {
            let look = satellite.look(&file.site, at).ok()?;
            Some(PassPoint { at, look })
        };
        let pass = Pass {
            aos: point(job.pass.aos)?,
            tca: point(job.pass.tca)?,
            los: point(job.pass.los.min(job.end))?,
            in_progress: false,
            goes_on: false,
        };
        let tracker = Tracker {
            site: file.site,
            least_deg: self.fleet.satellites[job.pass.satellite].entry.min_elevation_deg,
            frequency_hz: file
                .rig
                .as_ref()
                .map(|_| self.fleet.satellites[job.pass.satellite].entry.centre_hz),
            rotator: file.rotator.as_deref().map(Rotator::new),
            rig: file.rig.as_deref().map(Rig::new),
            every_s: TRACK_EVERY_S,
            satellite,
        };
        Some((tracker, pass))
    }
}
