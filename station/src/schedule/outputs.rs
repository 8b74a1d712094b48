//! The outputs of a station, which stay open from one pass to the next.

use super::event::Listening;
use crate::StationError;
use crate::chain::Kept;
use crate::monitor::Monitor;
use crate::output::stream::{Fan, ScheduleStatus, StreamSpec};
use crate::station_file::Fleet;
use std::sync::Arc;

/// Whose outputs these are: a downlink's by its name, or those of all.
type Owner = Option<String>;

#[derive(Debug)]
struct Open {
    owner: Owner,
    specs: Vec<StreamSpec>,
    fan: Arc<Fan>,
}

/// All outputs of a station.
#[derive(Debug)]
pub struct Outputs {
    open: Vec<Open>,
    stop: Monitor,
}

fn wanted(fleet: &Fleet) -> impl Iterator<Item = (Owner, &Vec<StreamSpec>)> {
    let downlinks = fleet.satellites.iter().flat_map(|member| &member.downlinks);
    let own = downlinks.map(|downlink| (Some(downlink.name.clone()), &downlink.outputs.streams));
    std::iter::once((None, &fleet.file.outputs)).chain(own)
}

impl Outputs {
    /// None yet. `stop` says when the station is to end.
    pub fn new(stop: &Monitor) -> Self {
        Self {
            open: Vec::new(),
            stop: stop.clone(),
        }
    }

    /// Opens what the station file wants, closes what it does not want any more, and leaves the rest as it is.
    ///
    /// # Errors
    /// Each output that cannot be opened; its downlink is without until the station file changes again.
    pub fn follow(&mut self, fleet: &Fleet) -> Vec<StationError> {
        self.open.retain(|open| {
            let stays = wanted(fleet).any(|(owner, specs)| owner == open.owner && *specs == open.specs);
            if !stays {
                open.fan.close();
            }
            stays
        });
        let mut errors = Vec::new();
        for (owner, specs) in wanted(fleet) {
            if self.open.iter().any(|open| open.owner == owner) {
                continue;
            }
            match Fan::open(specs, false, &self.stop) {
                Ok(fan) => self.open.push(Open {
                    owner,
                    specs: specs.clone(),
                    fan,
                }),
                Err(error) => errors.push(error),
            }
        }
        errors
    }

    fn fan(&self, owner: Option<&str>) -> Option<Arc<Fan>> {
        let open = self.open.iter().find(|open| open.owner.as_deref() == owner)?;
        Some(Arc::clone(&open.fan))
    }

    /// Those of a satellite's downlinks.
    ///
    /// # Errors
    /// None of its own: where one is not open there is one without outputs.
    pub fn of<'a>(&self, downlinks: impl Iterator<Item = &'a str>) -> Result<Kept, StationError> {
        let open = |owner| match self.fan(owner) {
            Some(fan) => Ok(fan),
            None => Fan::open(&[], false, &self.stop),
        };
        Ok(Kept {
            first: Monitor::new(),
            shared: open(None)?,
            downlinks: downlinks.map(|name| open(Some(name))).collect::<Result<_, _>>()?,
        })
    }

    /// The servers among them.
    pub fn listening(&self) -> Vec<Listening> {
        let reports = self.open.iter().flat_map(|open| open.fan.reports());
        reports
            .filter_map(|report| {
                Some(Listening {
                    address: report.listens_at?,
                    output: report.output,
                })
            })
            .collect()
    }

    /// Another run begins.
    pub fn forget_runs(&self) {
        self.open.iter().for_each(|open| open.fan.forget_runs());
    }

    /// Tells those who ask for the status what the schedule is at.
    pub fn tell(&self, schedule: &ScheduleStatus) {
        self.open.iter().for_each(|open| open.fan.tell(schedule));
    }

    /// Ends them all, once they have delivered what they hold, within their bounds.
    pub fn close(&self) {
        self.open.iter().for_each(|open| {
            open.fan.close();
        });
    }
}
