//! What viewers of a station see: the run of the pass in hand, and between passes what is waited for.

use super::event::Event;
use super::utc_now;
use crate::attach::Server;
use crate::monitor::{EventKind, EventLine, Level, Monitor, Phase};
use crate::time::utc_text;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct Now {
    monitor: Monitor,
    /// Whether it is that of a run, which says itself how it stands.
    run: bool,
}

/// What viewers see.
#[derive(Debug)]
pub struct Shown<'a> {
    server: Option<&'a Server>,
    now: Mutex<Now>,
}

impl<'a> Shown<'a> {
    /// Nothing has happened yet.
    pub fn new(server: Option<&'a Server>) -> Self {
        let monitor = Monitor::new();
        if let Some(server) = server {
            server.show(&monitor);
        }
        Self {
            server,
            now: Mutex::new(Now { monitor, run: false }),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, monitor: Monitor, run: bool) {
        let mut now = self.now();
        if let Some(server) = self.server {
            server.show(&monitor);
        }
        *now = Now { monitor, run };
    }

    /// A run begins.
    pub fn run(&self, monitor: &Monitor) {
        self.take(monitor.clone(), true);
    }

    /// No run goes on any more.
    pub fn between(&self) {
        if self.now().run {
            self.take(Monitor::new(), false);
        }
    }

    /// Tells an event; between runs what is waited for stands where a run says what it receives.
    pub fn event(&self, event: &Event) {
        let now = self.now();
        let (word, text) = event.text();
        let line = format!("{word} {text}");
        if !now.run && says_what_is_at_hand(event) {
            now.monitor.update(|status| status.signal.clone_from(&line));
        }
        now.monitor.push_event(EventLine {
            level: if event.is_trouble() {
                Level::Warning
            } else {
                Level::Info
            },
            kind: match event {
                Event::Aos { .. } => EventKind::Aos,
                Event::Los { .. } => EventKind::Los,
                _ => EventKind::Other,
            },
            utc: Some(utc_text(utc_now())),
            ..EventLine::info(&line)
        });
    }

    /// The station ends.
    pub fn end(&self) {
        self.now().monitor.update(|status| status.phase = Phase::Finished);
    }
}

fn says_what_is_at_hand(event: &Event) -> bool {
    matches!(
        event,
        Event::Waiting { .. } | Event::Idle | Event::Begin { .. } | Event::Failed { .. } | Event::End { .. }
    )
}
