//! The loop of a station.

use super::archive::{Archive, PassState};
use super::error::ScheduleError;
use super::event::Event;
use super::outputs::Outputs;
use super::plan::{Job, Plan, Verdict};
use super::quota;
use super::shown::Shown;
use super::sky::{Sky, horizon};
use super::watch::{Change, Watch};
use super::{coming, planned, utc_now};
use crate::attach::Server;
use crate::monitor::Monitor;
use crate::output::stream::ScheduleStatus;
use crate::station_file::Fleet;
use crate::time::utc_text;
use hifitime::Epoch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often the clock is looked at.
pub(super) const GLANCE: Duration = Duration::from_millis(50);
/// How often the quota is looked at, beside after every pass.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// What a station has done since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Passes received to their end.
    pub passes: u64,
    /// Good frames.
    pub frames: u64,
}

/// A station that runs.
pub(super) struct Runner<'a> {
    pub(super) fleet: Fleet,
    pub(super) sky: Sky,
    pub(super) archive: Archive,
    pub(super) outputs: Outputs,
    pub(super) status: ScheduleStatus,
    pub(super) stop: &'a Monitor,
    /// What viewers see.
    pub(super) viewers: &'a Shown<'a>,
    say: &'a (dyn Fn(&Event) + Sync),
    plan: Plan,
    watch: Watch,
    /// What has been told of passes, which a new plan decides again, and when these are over.
    told: BTreeMap<String, Epoch>,
    /// Warnings of this day.
    warned: BTreeSet<String>,
    waiting: Option<(String, Epoch)>,
    shown: Option<Instant>,
    swept: Option<Instant>,
    short: bool,
}

/// Runs the station of this file until `stop` asks for the end. `say` is told of everything; nothing that happens to a
/// pass ends the station. Viewers of `server` see the runs of the passes (of several downlinks the first), and between them
/// what is waited for.
///
/// # Errors
/// When it cannot begin: the file or a profile is wrong, an output cannot be opened, the folder of results not be used.
pub fn run(
    path: &str,
    stop: &Monitor,
    server: Option<&Server>,
    say: &(dyn Fn(&Event) + Sync),
) -> Result<Done, ScheduleError> {
    let fleet = Fleet::load(path)?;
    let folder = fleet.path(&fleet.file.results.folder);
    let archive = Archive::open(&folder).map_err(|source| ScheduleError::Results {
        folder: folder.display().to_string(),
        source,
    })?;
    let mut outputs = Outputs::new(stop);
    if let Some(error) = outputs.follow(&fleet).into_iter().next() {
        return Err(error.into());
    }
    let watch = Watch::new(fleet.files(), utc_now(), Instant::now());
    let shown = Shown::new(server);
    let say = |event: &Event| {
        shown.event(event);
        say(event);
    };
    let mut runner = Runner {
        sky: Sky::default(),
        fleet,
        archive,
        outputs,
        status: ScheduleStatus::default(),
        stop,
        viewers: &shown,
        say: &say,
        plan: Plan::default(),
        watch,
        told: BTreeMap::new(),
        warned: BTreeSet::new(),
        waiting: None,
        shown: None,
        swept: None,
        short: false,
    };
    runner.start();
    while !stop.stopping() {
        runner.step();
    }
    let done = Done {
        passes: runner.status.passes,
        frames: runner.status.frames,
    };
    runner.say(&Event::Stopped {
        passes: done.passes,
        frames: done.frames,
    });
    shown.end();
    runner.outputs.close();
    Ok(done)
}

impl<'a> Runner<'a> {
    pub(super) fn say(&self, event: &Event) {
        (self.say)(event);
    }

    /// The same, for other threads.
    pub(super) fn sayer(&self) -> &'a (dyn Fn(&Event) + Sync) {
        self.say
    }

    fn warn(&self, text: String) {
        self.say(&Event::Warning { text });
    }

    fn start(&mut self) {
        let before: Vec<PassState> = (self.archive.passes().into_iter())
            .map(|folder| folder.state)
            .collect();
        self.say(&Event::Started {
            station: self.fleet.name.clone(),
            satellites: self.fleet.satellites.len(),
            passes: before.iter().filter(|pass| pass.part == 1).count(),
            frames: before.iter().map(|pass| pass.frames).sum(),
            listening: self.outputs.listening(),
        });
        for folder in self.archive.note_interrupted() {
            self.say(&Event::Interrupted {
                folder: folder.path.display().to_string(),
            });
        }
        self.renew(utc_now());
        self.sweep(None);
    }

    /// Receives the pass that it is time for, or waits a moment for the next one.
    fn step(&mut self) {
        let now = utc_now();
        while let Some(change) = self.watch.change(now, Instant::now()) {
            self.take(&change, now);
        }
        let current = |job: &&Job| job.begin <= now && now < job.end;
        if let Some(job) = self.plan.jobs.iter().find(current).cloned() {
            self.waiting = None;
            self.receive(&job);
            self.sweep(None);
            return;
        }
        self.wait(now);
        thread::sleep(GLANCE);
    }

    /// Something has changed: the plan may be another one.
    fn take(&mut self, change: &Change, now: Epoch) {
        match change {
            Change::Day => self.warned.clear(),
            Change::Clock(jumped_s) => self.say(&Event::Clock { jumped_s: *jumped_s }),
            Change::File(path) => {
                self.say(&Event::Reloaded {
                    file: path.display().to_string(),
                });
                self.reload();
            }
        }
        self.renew(now);
    }

    /// Reads the station file and its profiles anew; when they are wrong the station goes on with those it has.
    fn reload(&mut self) {
        match Fleet::load(&self.fleet.name) {
            Ok(fleet) => {
                if fleet.file.results.folder != self.fleet.file.results.folder {
                    self.warn("results.folder has changed, which takes a restart".to_owned());
                }
                self.fleet = fleet;
                self.watch.follow(self.fleet.files());
                for error in self.outputs.follow(&self.fleet) {
                    self.warn(error.to_string());
                }
            }
            Err(error) => self.warn(format!("{error}; going on as before")),
        }
    }

    fn renew(&mut self, now: Epoch) {
        self.sky = Sky::load(&self.fleet, &self.sky, now);
        let (plan, more) = planned(&self.fleet, &self.sky, now);
        self.plan = plan;
        self.waiting = None;
        for warning in [self.sky.warnings.clone(), more].concat() {
            if self.warned.insert(warning.clone()) {
                self.warn(warning);
            }
        }
        self.say(&Event::Planned {
            passes: self.plan.jobs.iter().filter(|job| job.end > now).count(),
            until: utc_text(horizon(&self.fleet, now)),
        });
        self.told.retain(|_, over| *over > now);
        let mut decided = Vec::new();
        for decision in (self.plan.decisions.iter())
            .filter(|decision| coming(decision, now) && decision.verdict != Verdict::Whole)
        {
            let event = Event::Decided {
                satellite: decision.pass.name.clone(),
                aos: utc_text(decision.pass.aos),
                verdict: decision.verdict,
                why: decision.why.clone().unwrap_or_default(),
            };
            if self.told.insert(event.text().1, decision.pass.los).is_none() {
                decided.push(event);
            }
        }
        for event in &decided {
            self.say(event);
        }
    }

    /// Says what is waited for, once.
    fn wait(&mut self, now: Epoch) {
        let next = self.plan.jobs.iter().find(|job| job.begin > now).cloned();
        let key = next.as_ref().map_or_else(
            || (String::new(), Epoch::default()),
            |job| (job.pass.name.clone(), job.begin),
        );
        if self.waiting.as_ref() != Some(&key) {
            self.waiting = Some(key);
            self.shown = None;
            self.say(&match &next {
                None => Event::Idle,
                Some(job) => Event::Waiting {
                    satellite: job.pass.name.clone(),
                    begin: utc_text(job.begin),
                    aos: utc_text(job.pass.aos),
                    los: utc_text(job.pass.los),
                    max_elevation_deg: job.pass.elevation_deg,
                },
            });
        }
        let state = if next.is_some() { "waiting" } else { "idle" };
        self.show(state, next.as_ref(), now, 0);
    }

    /// Tells those who ask for the status what is going on, every second.
    pub(super) fn show(&mut self, state: &'static str, job: Option<&Job>, now: Epoch, frames: u64) {
        let often = self.shown.is_some_and(|shown| shown.elapsed().as_secs() < 1);
        if often && self.status.state == state {
            return;
        }
        self.shown = Some(Instant::now());
        let pass = job.map(|job| &job.pass);
        self.status.state = state;
        self.status.satellite = pass.map(|pass| pass.name.clone());
        self.status.aos = pass.map(|pass| utc_text(pass.aos));
        self.status.los = pass.map(|pass| utc_text(pass.los));
        self.status.max_elevation_deg = pass.map(|pass| pass.elevation_deg);
        self.status.begins_in_s = job.map(|job| (job.begin - now).to_seconds().max(0.0));
        let mut status = self.status.clone();
        status.frames += frames;
        self.outputs.tell(&status);
    }

    /// Keeps the quota, at once after a pass and every while in one.
    pub(super) fn sweep(&mut self, in_hand: Option<&Path>) {
        let Some(most) = self.fleet.file.results.quota_bytes else {
            return;
        };
        let often = self.swept.is_some_and(|swept| swept.elapsed() < SWEEP_EVERY);
        if in_hand.is_some() && often {
            return;
        }
        self.swept = Some(Instant::now());
        let swept = quota::sweep(&self.archive, most, in_hand);
        let news = swept.recordings + swept.passes > 0 || (!swept.enough && !self.short);
        self.short = !swept.enough;
        if news {
            self.say(&Event::Swept(swept));
        }
    }
}
