//! The end of a worker, asked for.

use crate::monitor::Monitor;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
struct State {
    asked: bool,
    /// Runs by their numbers.
    runs: Vec<(u64, Monitor)>,
    begun: u64,
}

/// Asks a worker, and the runs that it is about, to end.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end.
    pub fn ask(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.runs.iter().for_each(|(_, run)| run.stop());
        state.asked = true;
    }

    /// Whether somebody has asked.
    pub fn asked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    /// Does something with a run that ends when the end is asked for.
    pub(super) fn during<T>(&self, run: impl FnOnce(&Monitor) -> T) -> T {
        let monitor = Monitor::new();
        let number = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.asked {
                monitor.stop();
            }
            state.begun += 1;
            let number = state.begun;
            state.runs.push((number, monitor.clone()));
            number
        };
        let outcome = run(&monitor);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.runs.retain(|(other, _)| *other != number);
        outcome
    }
}
