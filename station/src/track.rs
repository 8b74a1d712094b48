//! A pass followed: the rotator points at the satellite, the radio is tuned to its Doppler.

use crate::hamlib::{HamlibError, Rig, Rotator};
use crate::orbit::{Look, OrbitError, Pass, Satellite, Site, passes};
use hifitime::{Epoch, Unit};
use std::time::{Duration, Instant};

/// Days within which a pass is looked for.
const HORIZON_DAYS: f64 = 10.0;
/// How long before a pass the rotator turns to where it begins, s.
const LEAD_S: f64 = 120.0;
/// Least change of direction that is worth a command, degrees, and of frequency, Hz.
const STEP_DEG: f64 = 0.1;
const STEP_HZ: f64 = 1.0;

/// A clock that passes are followed by.
pub trait PassClock {
    /// What it shows.
    fn now(&self) -> Epoch;

    /// Waits for so many of its seconds, or less.
    fn nap(&self, seconds: f64);
}

/// The real clock, or one that runs faster.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    begun: Instant,
    from: Epoch,
    speed: f64,
}

impl ScaledClock {
    /// A clock that shows `from` now and runs at `speed` times real time.
    pub fn new(from: Epoch, speed: f64) -> Self {
        Self {
            begun: Instant::now(),
            from,
            speed,
        }
    }
}

impl PassClock for ScaledClock {
    fn now(&self) -> Epoch {
        self.from + Unit::Second * (self.begun.elapsed().as_secs_f64() * self.speed)
    }

    /// At most a tenth of a real second, so that who waits can be stopped.
    fn nap(&self, seconds: f64) {
        std::thread::sleep(Duration::from_secs_f64((seconds / self.speed).clamp(1e-3, 0.1)));
    }
}

/// What is followed, and with what.
#[derive(Debug)]
pub struct Tracker {
    /// Satellite.
    pub satellite: Satellite,
    /// Where the station stands.
    pub site: Site,
    /// Elevation above which a pass counts, degrees.
    pub least_deg: f64,
    /// Frequency as sent, Hz.
    pub frequency_hz: Option<f64>,
    /// Rotator.
    pub rotator: Option<Rotator>,
    /// Radio.
    pub rig: Option<Rig>,
    /// Seconds between two looks.
    pub every_s: f64,
}

/// What was done in a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tracked {
    /// Directions that the rotator took.
    pub directions: u64,
    /// Frequencies that the radio took.
    pub frequencies: u64,
    /// Commands that failed: no connection, no answer, or refused.
    pub failed: u64,
    /// Somebody asked for the end.
    pub stopped: bool,
}

impl Tracker {
    /// The pass in progress, or the next one within ten days.
    ///
    /// # Errors
    /// When the elements say nothing about that time.
    pub fn next_pass(&self, from: Epoch) -> Result<Option<Pass>, OrbitError> {
        // A day at a time: the first pass is near, and elements may end before the horizon.
        for day in 0..HORIZON_DAYS as u32 {
            let begin = from + Unit::Day * f64::from(day);
            let found = passes(&self.satellite, &self.site, begin, 2.0 * 86_400.0, self.least_deg)?;
            if let Some(pass) = found.into_iter().next() {
                return Ok(Some(pass));
            }
        }
        Ok(None)
    }

    /// Asks rotator and radio where they are, so that what is not there shows at once.
    ///
    /// # Errors
    /// When one of them does not answer.
    pub fn check(&mut self) -> Result<(), HamlibError> {
        if let Some(rotator) = &mut self.rotator {
            rotator.position()?;
        }
        if let Some(rig) = &mut self.rig {
            rig.frequency()?;
        }
        Ok(())
    }

    /// Waits for a pass and follows it; then the rotator is parked and the radio tuned to what is sent. `stop` is asked
    /// often, `say` is told of what fails, once for each time that something begins to.
    ///
    /// # Errors
    /// When the elements say nothing about the time.
    pub fn follow(
        &mut self,
        pass: &Pass,
        clock: &dyn PassClock,
        stop: &dyn Fn() -> bool,
        say: &mut dyn FnMut(&str),
    ) -> Result<Tracked, OrbitError> {
        let mut course = Course {
            done: Tracked::default(),
            pointed: None,
            tuned_hz: None,
            failing: [false; 2],
            say,
        };
        while clock.now() < pass.los.at {
            if stop() {
                course.done.stopped = true;
                break;
            }
            let before = (pass.aos.at - clock.now()).to_seconds();
            if before > LEAD_S {
                clock.nap(before - LEAD_S);
                continue;
            }
            let at = if before > 0.0 { pass.aos.at } else { clock.now() };
            let look = self.satellite.look(&self.site, at)?;
            course.step(self, &look);
            let due = clock.now() + Unit::Second * self.every_s;
            while clock.now() < due && !stop() {
                clock.nap((due - clock.now()).to_seconds());
            }
        }
        course.rest(self);
        Ok(course.done)
    }
}

/// A pass that is being followed.
struct Course<'a> {
    done: Tracked,
    pointed: Option<(f64, f64)>,
    tuned_hz: Option<f64>,
    /// Whether the rotator and the radio fail at the moment.
    failing: [bool; 2],
    say: &'a mut dyn FnMut(&str),
}

impl Course<'_> {
    fn step(&mut self, tracker: &mut Tracker, look: &Look) {
        let direction = (look.azimuth_deg, look.elevation_deg);
        let turned = self.pointed.is_none_or(|(azimuth, elevation)| {
            (direction.0 - azimuth).abs() >= STEP_DEG || (direction.1 - elevation).abs() >= STEP_DEG
        });
        if let Some(rotator) = tracker.rotator.as_mut().filter(|_| turned) {
            let outcome = rotator.point(direction.0, direction.1);
            if self.judge(0, outcome) {
                self.pointed = Some(direction);
                self.done.directions += 1;
            }
        }
        let Some(sent_hz) = tracker.frequency_hz else {
            return;
        };
        let hz = sent_hz + look.doppler_hz(sent_hz);
        let moved = self.tuned_hz.is_none_or(|tuned| (hz - tuned).abs() >= STEP_HZ);
        if let Some(rig) = tracker.rig.as_mut().filter(|_| moved) {
            let outcome = rig.tune(hz);
            if self.judge(1, outcome) {
                self.tuned_hz = Some(hz);
                self.done.frequencies += 1;
            }
        }
    }

    /// After the pass.
    fn rest(&mut self, tracker: &mut Tracker) {
        if let Some(rotator) = &mut tracker.rotator {
            let outcome = rotator.park();
            self.judge(0, outcome);
        }
        if let (Some(rig), Some(hz)) = (&mut tracker.rig, tracker.frequency_hz) {
            let outcome = rig.tune(hz);
            self.judge(1, outcome);
        }
    }

    /// Counts what failed, and tells of the first failure in a row.
    fn judge(&mut self, which: usize, outcome: Result<(), HamlibError>) -> bool {
        let was = std::mem::replace(&mut self.failing[which], outcome.is_err());
        let Err(error) = outcome else {
            return true;
        };
        self.done.failed += 1;
        if !was {
            (self.say)(&error.to_string());
        }
        false
    }
}
