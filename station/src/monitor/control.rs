//! What a watcher may ask of a run beyond pause and pace: steps, places to hold at, another profile, an end of this leg.

use super::{Monitor, lock};
use crate::profile::Profile;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// What a replay is to run on to, to be held there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The next frame, good or not.
    Frame,
    /// The next gap, loss of samples or loss of lock.
    Trouble,
}

/// Another profile for a run that goes on.
#[derive(Debug, Clone)]
pub struct Change {
    /// The profile from here on.
    pub profile: Profile,
    /// What was changed, for people: "coding.randomizer = none".
    pub text: String,
}

/// What was asked and not yet done.
#[derive(Debug, Default)]
pub(super) struct Control {
    steps: AtomicU32,
    until: AtomicU8,
    changed: AtomicBool,
    change: Mutex<Option<Change>>,
}

impl Monitor {
    /// A handle on a leg of this run, which can be ended by itself.
    pub fn leg(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            leg: Some(Arc::new(AtomicBool::new(false))),
        }
    }

    /// Ends this leg: whoever looks through this handle or a clone of it sees a run that is to stop, others do not.
    pub fn interrupt(&self) {
        if let Some(leg) = &self.leg {
            leg.store(true, Ordering::Relaxed);
        }
    }

    /// Whether this leg is to end.
    pub fn interrupted(&self) -> bool {
        self.leg.as_ref().is_some_and(|leg| leg.load(Ordering::Relaxed))
    }

    /// Lets one more block of a held replay through.
    pub fn step(&self) {
        self.shared.control.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a step that was asked for, if one was.
    pub fn take_step(&self) -> bool {
        let fewer = |steps: u32| steps.checked_sub(1);
        let steps = &self.shared.control.steps;
        steps
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
            .is_ok()
    }

    /// Lets the replay run on, and holds it at the next such thing.
    pub fn run_until(&self, what: Until) {
        self.shared.control.until.store(what as u8 + 1, Ordering::Relaxed);
        self.set_paused(false);
    }

    /// Holds the replay where it was to be held at this.
    pub(super) fn reached(&self, what: Until) {
        let until = &self.shared.control.until;
        let awaited = until.compare_exchange(what as u8 + 1, 0, Ordering::Relaxed, Ordering::Relaxed);
        if awaited.is_ok() {
            self.set_paused(true);
        }
    }

    /// Asks the chain to go on with another profile; one that was asked for and not yet taken is replaced, and so
    /// should contain it.
    pub fn change(&self, change: Change) {
        let waiting = &mut *lock(&self.shared.control.change);
        let text = match waiting.take() {
            Some(before) => format!("{}, {}", before.text, change.text),
            None => change.text,
        };
        *waiting = Some(Change { text, ..change });
        self.shared.control.changed.store(true, Ordering::Release);
    }

    /// Takes the profile that the chain was asked to go on with, if it was.
    pub fn take_change(&self) -> Option<Change> {
        let changed = &self.shared.control.changed;
        if !changed.swap(false, Ordering::Acquire) {
            return None;
        }
        lock(&self.shared.control.change).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{EventKind, EventLine};

    #[test]
    fn a_leg_ends_alone_and_a_run_with_its_legs() {
        let run = Monitor::new();
        let (first, second) = (run.leg(), run.leg());
        let clone = first.clone();
        first.interrupt();
        assert!(first.stopping() && clone.stopping());
        assert!(!second.stopping() && !run.stopping());
        run.stop();
        assert!(second.stopping() && !second.interrupted());
    }

    #[test]
    fn a_replay_is_held_at_what_it_was_to_run_to() {
        let monitor = Monitor::new();
        monitor.set_paused(true);
        monitor.run_until(Until::Trouble);
        assert!(!monitor.paused());
        let event = |kind| EventLine {
            kind,
            ..EventLine::info("")
        };
        monitor.push_event(event(EventKind::Locked));
        assert!(!monitor.paused());
        monitor.push_event(event(EventKind::LockLost));
        assert!(monitor.paused());
        monitor.set_paused(false);
        monitor.push_event(event(EventKind::LockLost));
        assert!(!monitor.paused(), "once");
    }

    #[test]
    fn steps_are_counted() {
        let monitor = Monitor::new();
        monitor.step();
        monitor.step();
        assert_eq!([(); 3].map(|()| monitor.take_step()), [true, true, false]);
    }

    #[test]
    fn changes_that_wait_become_one() {
        let monitor = Monitor::new();
        let profile = Profile::builtin("demo").unwrap();
        for text in ["a = 1", "b = 2"] {
            let (profile, text) = (profile.clone(), text.to_owned());
            monitor.change(Change { profile, text });
        }
        assert_eq!(monitor.take_change().unwrap().text, "a = 1, b = 2");
        assert!(monitor.take_change().is_none());
    }
}
