//! The unattended station: it waits for passes, receives them, and goes on, day after day.
//!
//! Elements give passes (`sky`), of which a pure function makes a plan for the one receiver (`plan`). The loop
//! (`runner`) asks the clock which job of the plan it is time for, and receives it (`pass`) as an ordinary run over several
//! downlinks. Everything is held against UTC, which may be set at any time, and what has been done is read from the
//! folder of results (`archive`): nothing else needs to survive a restart.

mod archive;
mod error;
mod event;
mod outputs;
mod pass;
pub mod plan;
mod quota;
mod runner;
mod shown;
mod sky;
mod watch;

pub use archive::{Outcome, PassState};
pub use error::ScheduleError;
pub use event::{Event, Listening};
pub use quota::Swept;
pub use runner::{Done, run};

use crate::station_file::{Fleet, StationFileError};
use hifitime::Epoch;
use plan::{Decision, Plan};
use sky::Sky;

/// The time now. A clock that stands before any time that there is stands at 1970.
fn utc_now() -> Epoch {
    Epoch::now().unwrap_or_else(|_| Epoch::from_unix_seconds(0.0))
}

/// What a station would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Its file.
    pub fleet: Fleet,
    /// The plan from the time asked for, as far as is looked ahead.
    pub plan: Plan,
    /// What is wrong with elements.
    pub warnings: Vec<String>,
}

/// The plan of a station file from a time on, without doing anything.
///
/// # Errors
/// When the station file is wrong, or a profile that it names.
pub fn preview(path: &str, from: Option<Epoch>) -> Result<Preview, StationFileError> {
    let fleet = Fleet::load(path)?;
    let from = from.unwrap_or_else(utc_now);
    let sky = Sky::load(&fleet, &Sky::default(), from);
    let (mut plan, more) = planned(&fleet, &sky, from);
    let until = from + fleet.file.rules.look_ahead;
    plan.jobs.retain(|job| job.end > from && job.begin < until);
    plan.decisions
        .retain(|decision| coming(decision, from) && decision.pass.aos < until);
    Ok(Preview {
        plan,
        warnings: [sky.warnings, more].concat(),
        fleet,
    })
}

/// Whether a pass is not over.
fn coming(decision: &Decision, now: Epoch) -> bool {
    decision.pass.los > now
}

fn planned(fleet: &Fleet, sky: &Sky, now: Epoch) -> (Plan, Vec<String>) {
    let (candidates, warnings) = sky.candidates(fleet, now);
    (plan::plan(&candidates, fleet.file.rules.min_pass), warnings)
}
