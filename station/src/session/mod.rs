//! A run that a watcher may take elsewhere: to another place of its input, step by step, on with a changed profile.
//!
//! A run is a chain of *legs*: a seek ends the leg that runs and begins another at the sample that is wanted, over the
//! same monitor. Samples keep their indices, and with them their time; totals are those of the leg, and an event says
//! where it began. A changed profile ends no leg: the chain goes on with it from the next block of samples, so that
//! nothing is lost of an input that cannot be read twice, and what is written goes on.

mod error;
mod explain;

pub use error::SessionError;

use crate::StationError;
use crate::chain::{self, From, RunConfig};
use crate::input::{Later, LiveUrl, SampleSource};
use crate::monitor::{Change, EventKind, EventLine, Monitor, Phase, StationStatus, Until};
use crate::output::report::Report;
use crate::profile::Profile;
use crate::time::SampleClock;
use groundlink_decoder::coding::FrameDecoder;
use groundlink_decoder::link::LinkDecoder;
use groundlink_dsp::receiver::Receiver;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a run that has ended looks whether it is to go on elsewhere.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Opens the samples of the input, each time from the first.
pub type Open<'a> = &'a (dyn Fn() -> Result<Box<dyn SampleSource>, StationError> + Sync);

/// What a watcher may change.
#[derive(Debug)]
struct State {
    /// The leg that runs.
    leg: Option<Monitor>,
    /// Where the next one is to begin.
    wanted: Option<u64>,
    /// The profile with all that was set.
    profile: Profile,
    /// What was set, in order.
    overrides: Vec<String>,
}

/// A run that can be taken elsewhere.
#[derive(Debug)]
pub struct Session {
    config: RunConfig,
    /// Name or file of the profile.
    origin: String,
    again: bool,
    monitor: Monitor,
    state: Mutex<State>,
}

impl Session {
    /// A run of this configuration, whose profile is `origin` with these overrides as [`Profile::load`] takes them.
    /// `again` tells whether its input can be opened again and gives the same samples then.
    pub fn new(
        config: RunConfig,
        origin: &str,
        overrides: &[String],
        again: bool,
        monitor: &Monitor,
    ) -> Self {
        let state = State {
            leg: None,
            wanted: None,
            profile: config.profile.clone(),
            overrides: overrides.to_vec(),
        };
        Self {
            config,
            origin: origin.to_owned(),
            again,
            monitor: monitor.clone(),
            state: Mutex::new(state),
        }
    }

    /// Whether an input of this name can be opened again and gives the same samples then.
    pub fn can_open_again(input: &str) -> bool {
        input != "-" && (Path::new(input).exists() || LiveUrl::parse(input).is_none()) && !special(input)
    }

    /// The run.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs until the monitor is asked to stop, or to the end of an input that cannot be opened again; `first` is what
    /// was opened already. Otherwise a run that has ended waits to be taken elsewhere.
    ///
    /// # Errors
    /// As [`chain::run`], of the leg that ran last.
    pub fn run(&self, first: Option<Box<dyn SampleSource>>, open: Open<'_>) -> Result<Report, StationError> {
        let mut opened = first;
        loop {
            let leg = self.monitor.leg();
            let (begin, config) = self.begin(&leg);
            let outcome = match self.config.from {
                From::Iq => self.run_leg(&config, opened.take(), begin, &leg, open),
                _ => chain::run(&config, &leg),
            };
            if let Err(error) = &outcome {
                let text = error.to_string();
                self.monitor.update(|status| status.phase = Phase::Failed(text));
            }
            if !self.wait() {
                return outcome;
            }
        }
    }

    fn begin(&self, leg: &Monitor) -> (u64, RunConfig) {
        let mut state = self.state();
        state.leg = Some(leg.clone());
        let config = RunConfig {
            profile: state.profile.clone(),
            ..self.config.clone()
        };
        // The new leg begins with it.
        drop(self.monitor.take_change());
        (state.wanted.take().unwrap_or(0), config)
    }

    fn run_leg(
        &self,
        config: &RunConfig,
        opened: Option<Box<dyn SampleSource>>,
        begin: u64,
        leg: &Monitor,
        open: Open<'_>,
    ) -> Result<Report, StationError> {
        let mut source = match opened {
            Some(source) => source,
            None => open()?,
        };
        if begin > 0 {
            source = Box::new(Later::new(source, begin, &|| leg.stopping())?);
        }
        self.monitor.update(|status| status.phase = Phase::Running);
        chain::run_samples(config, source, leg)
    }

    /// Waits until a run that has ended is to go on elsewhere; false when it is not to.
    fn wait(&self) -> bool {
        loop {
            if self.monitor.stopping() {
                return false;
            }
            if self.state().wanted.is_some() {
                return true;
            }
            if !self.can_seek() {
                return false;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn can_seek(&self) -> bool {
        self.seekable().is_ok()
    }

    fn seekable(&self) -> Result<(), SessionError> {
        if self.config.from != From::Iq {
            return Err(SessionError::NoSamples {
                from: self.config.from.name(),
            });
        }
        if !self.again {
            return Err(SessionError::Once);
        }
        match self.written() {
            Some(what) => Err(SessionError::Written { what }),
            None => Ok(()),
        }
    }

    /// What is written while the run goes on, if anything is.
    fn written(&self) -> Option<String> {
        let outputs = &self.config.outputs;
        let named = outputs.named().map(|(option, _)| option.to_owned()).next();
        let streamed = (!outputs.streams.is_empty()).then(|| "--output".to_owned());
        let recorded = self.config.record.as_ref().map(|_| "--record".to_owned());
        named.or(streamed).or(recorded)
    }

    /// Goes on from this sample, or from the last of an input that is shorter.
    ///
    /// # Errors
    /// When the input cannot be read again, or what came out of it is written.
    pub fn seek(&self, sample: u64) -> Result<(), SessionError> {
        self.seekable()?;
        let status = self.monitor.status();
        let length = status.input.as_ref().and_then(|input| input.length);
        let sample = length.map_or(sample, |length| sample.min(length.saturating_sub(1)));
        let mut state = self.state();
        state.wanted = Some(sample);
        if let Some(leg) = &state.leg {
            leg.interrupt();
        }
        drop(state);
        self.tell(&status, sample);
        if self.monitor.paused() {
            self.monitor.step();
        }
        Ok(())
    }

    fn tell(&self, status: &StationStatus, sample: u64) {
        let utc = status.input.as_ref().and_then(|input| {
            let clock = SampleClock::new(&input.captures, input.sample_rate_hz?);
            clock.utc_text(sample as f64)
        });
        self.monitor.push_event(EventLine {
            kind: EventKind::Asked,
            sample: Some(sample),
            utc,
            ..EventLine::info("replay goes on from here; counters begin anew")
        });
    }

    /// Lets one block of a held replay through.
    ///
    /// # Errors
    /// When the input is live, or the replay is not held.
    pub fn step(&self) -> Result<(), SessionError> {
        self.holdable()?;
        if !self.monitor.paused() {
            return Err(SessionError::NotHeld);
        }
        self.monitor.step();
        Ok(())
    }

    /// Runs on to the next such thing, and holds the replay there.
    ///
    /// # Errors
    /// When the input is live, or has ended.
    pub fn run_until(&self, what: Until) -> Result<(), SessionError> {
        self.holdable()?;
        if self.monitor.status().phase != Phase::Running {
            return Err(SessionError::Ended);
        }
        self.monitor.run_until(what);
        Ok(())
    }

    fn holdable(&self) -> Result<(), SessionError> {
        if self.config.from == From::Iq && LiveUrl::parse(&self.config.input).is_some() && !self.again {
            return Err(SessionError::Live);
        }
        Ok(())
    }

    /// Changes the profile, `key=value` as [`Profile::load`] takes it; the run goes on with it at once.
    ///
    /// # Errors
    /// When the profile would describe no possible link, or soft bits are written: their meaning would change.
    pub fn set(&self, assignment: &str) -> Result<(), SessionError> {
        self.set_all(&[assignment.to_owned()])
    }

    /// The same with several assignments, which only hold together.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn set_all(&self, assignments: &[String]) -> Result<(), SessionError> {
        if !matches!(self.config.from, From::Iq) {
            return Err(SessionError::NoSamples {
                from: self.config.from.name(),
            });
        }
        if self.config.outputs.soft.is_some() {
            return Err(SessionError::SoftWritten);
        }
        let mut texts = Vec::new();
        for assignment in assignments {
            let Some((key, value)) = assignment.split_once('=') else {
                return Err(SessionError::NoAssignment {
                    text: assignment.clone(),
                });
            };
            texts.push(match (key.trim(), value.trim()) {
                (key, "") => format!("{key} taken away"),
                (key, value) => format!("{key} = {value}"),
            });
        }
        let mut state = self.state();
        let mut overrides = state.overrides.clone();
        overrides.extend_from_slice(assignments);
        let profile = Profile::load(&self.origin, &overrides).map_err(StationError::from)?;
        let status = self.monitor.status();
        check(&profile, &status)?;
        state.profile = profile.clone();
        state.overrides = overrides;
        if status.phase != Phase::Running {
            return Ok(());
        }
        let text = texts.join(", ");
        self.monitor.change(Change { profile, text });
        Ok(())
    }

    /// The profile with all that was set.
    pub fn profile(&self) -> Profile {
        self.state().profile.clone()
    }

    /// Writes the profile with all that was set, as TOML; a file that is there only goes if it is to be replaced.
    ///
    /// # Errors
    /// When it is there, or cannot be written.
    pub fn save(&self, path: &str, replace: bool) -> Result<(), SessionError> {
        let text = self.profile().to_toml();
        let mut options = File::options();
        if replace {
            options.write(true).create(true).truncate(true);
        } else {
            options.write(true).create_new(true);
        }
        let outcome = options
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        outcome.map_err(|source| SessionError::Save {
            path: path.to_owned(),
            source,
        })
    }
}

/// Whether a run with this profile could go on.
fn check(profile: &Profile, status: &StationStatus) -> Result<(), StationError> {
    let name = || profile.name.clone();
    if let Some(input) = &status.input
        && let Some(rate_hz) = input.sample_rate_hz
    {
        let signal = profile.signal_config(rate_hz, input.complex)?;
        Receiver::new(&signal).map_err(|source| StationError::Signal {
            profile: name(),
            source,
        })?;
    }
    FrameDecoder::new(&profile.coding_config()?).map_err(|source| StationError::Coding {
        profile: name(),
        source,
    })?;
    LinkDecoder::new(&profile.link_config()?).map_err(|source| StationError::Link {
        profile: name(),
        source,
    })?;
    Ok(())
}

/// Whether a path is there and no plain file (or the folder of a recording): a pipe, say.
fn special(path: &str) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}
