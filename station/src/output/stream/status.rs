//! What a run says of itself to those who ask: `/status`.

use super::ledger::{Ledger, StreamReport};
use crate::monitor::{Monitor, Phase, StationStatus};
use crate::output::report::{CarrierReport, VcReport};
use groundlink_decoder::coding::SyncState;
use groundlink_dsp::receiver::ReceiverStatus;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Version of the status' layout.
const STATUS_VERSION: u32 = 1;

/// Runs and outputs that can be asked for their state.
#[derive(Debug, Default)]
pub struct Board {
    runs: Mutex<Vec<(Option<String>, Monitor)>>,
    ledgers: Mutex<Vec<Arc<Ledger>>>,
    schedule: Mutex<Option<ScheduleStatus>>,
}

/// What the schedule of a station is at.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ScheduleStatus {
    /// "waiting", "receiving" or "idle", where no pass is in sight.
    pub state: &'static str,
    /// The satellite that is received, or waited for.
    pub satellite: Option<String>,
    /// Acquisition of signal of its pass, UTC.
    pub aos: Option<String>,
    /// Loss of signal.
    pub los: Option<String>,
    /// Elevation at the highest point, degrees.
    pub max_elevation_deg: Option<f64>,
    /// Seconds to its beginning, 0 from there on.
    pub begins_in_s: Option<f64>,
    /// Passes that this process has received to their end.
    pub passes: u64,
    /// Attempts of this process that failed.
    pub failures: u64,
    /// Good frames of this process, those of the present run included.
    pub frames: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// Shows a run.
    pub fn show(&self, downlink: Option<&str>, monitor: &Monitor) {
        locked(&self.runs).push((downlink.map(str::to_owned), monitor.clone()));
    }

    /// Shows no run.
    pub fn forget_runs(&self) {
        locked(&self.runs).clear();
    }

    /// Shows what the schedule is at.
    pub fn tell(&self, schedule: &ScheduleStatus) {
        *locked(&self.schedule) = Some(schedule.clone());
    }

    /// Shows outputs.
    pub fn keep(&self, ledgers: impl Iterator<Item = Arc<Ledger>>) {
        locked(&self.ledgers).extend(ledgers);
    }

    /// Everything as it is now.
    pub fn status(&self) -> Status {
        let runs = locked(&self.runs).clone();
        Status {
            v: STATUS_VERSION,
            groundlink: env!("CARGO_PKG_VERSION"),
            schedule: locked(&self.schedule).clone(),
            runs: runs
                .iter()
                .map(|(downlink, monitor)| RunStatus::of(downlink.clone(), &monitor.status()))
                .collect(),
            outputs: locked(&self.ledgers)
                .iter()
                .map(|ledger| ledger.report())
                .collect(),
        }
    }
}

/// The state of everything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    v: u32,
    groundlink: &'static str,
    /// That of `groundlink run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleStatus>,
    /// One for each downlink.
    pub runs: Vec<RunStatus>,
    /// Counters of the outputs.
    pub outputs: Vec<StreamReport>,
}

/// The state of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunStatus {
    /// Name of the downlink, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<String>,
    /// Name of the link profile.
    pub profile: String,
    signal: String,
    input: Option<String>,
    phase: &'static str,
    error: Option<String>,
    utc: Option<String>,
    /// Seconds of signal so far.
    pub signal_seconds: f64,
    elapsed_seconds: f64,
    /// Samples, soft bits or bytes so far.
    pub position: u64,
    /// Samples lost on the way.
    pub lost_samples: u64,
    /// Receiver, where samples are the input.
    pub receiver: Option<ReceiverRecord>,
    /// Information-bit energy to noise density, dB.
    pub eb_n0_db: Option<f32>,
    /// "search", "verify" or "lock".
    pub sync: &'static str,
    node: String,
    slips: u64,
    /// Counts of frames.
    pub frames: FrameCounts,
    /// Packets.
    pub packets: u64,
    /// Idle packets among them.
    pub packets_idle: u64,
    /// Virtual channels.
    pub virtual_channels: Vec<VcReport>,
}

/// Counts of frames.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrameCounts {
    /// Every check passed.
    pub good: u64,
    /// Of these, corrected.
    pub corrected: u64,
    /// Uncorrectable.
    pub uncorrectable: u64,
    /// Rejected.
    pub rejected: u64,
    /// Missing.
    pub lost: u64,
}

/// The receiver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReceiverRecord {
    /// Carrier locked.
    pub carrier_locked: bool,
    /// Symbol timing locked.
    pub timing_locked: bool,
    /// Level, dB relative to full scale.
    pub level_dbfs: Option<f32>,
    /// Symbol energy to noise density, dB.
    pub es_n0_db: Option<f32>,
    /// Carrier minus nominal, Hz.
    pub offset_hz: Option<f64>,
    symbol_rate_hz: Option<f64>,
    noise_dbfs_hz: Option<f64>,
    residual_carrier: Option<CarrierReport>,
}

fn known(value: f32) -> Option<f32> {
    value.is_finite().then_some(value)
}

impl From<ReceiverStatus> for ReceiverRecord {
    fn from(status: ReceiverStatus) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            carrier_locked: status.carrier_locked,
            timing_locked: status.timing_locked,
            level_dbfs: known(status.level_dbfs),
            es_n0_db: known(status.es_n0_db),
            offset_hz: finite(status.offset_hz),
            symbol_rate_hz: finite(status.symbol_rate_hz),
            noise_dbfs_hz: status.noise_dbfs_hz,
            residual_carrier: status.residual_carrier.map(Into::into),
        }
    }
}

impl RunStatus {
    fn of(downlink: Option<String>, status: &StationStatus) -> Self {
        let (phase, error) = match &status.phase {
            Phase::Running => ("running", None),
            Phase::Finished => ("finished", None),
            Phase::Failed(text) => ("failed", Some(text.clone())),
        };
        let channels = status.link.vcs.iter();
        Self {
            downlink,
            profile: status.profile.clone(),
            signal: status.signal.clone(),
            input: status.input.as_ref().map(|input| input.name.clone()),
            phase,
            error,
            utc: status.utc.clone(),
            signal_seconds: status.signal_seconds,
            elapsed_seconds: status.elapsed.as_secs_f64(),
            position: status.position,
            lost_samples: status.lost_samples,
            receiver: status.receiver.map(Into::into),
            eb_n0_db: known(status.eb_n0_db),
            sync: match status.sync.state {
                SyncState::Search => "search",
                SyncState::Verify => "verify",
                SyncState::Lock => "lock",
            },
            node: status.sync.node.clone(),
            slips: status.sync.slips,
            frames: FrameCounts {
                good: status.totals.frames_good,
                corrected: status.totals.frames_corrected,
                uncorrectable: status.totals.frames_uncorrectable,
                rejected: status.totals.frames_rejected,
                lost: status.totals.frames_lost,
            },
            packets: status.totals.packets,
            packets_idle: status.totals.packets_idle,
            virtual_channels: channels
                .map(|(vc, counters)| VcReport::new(Some(vc.scid), Some(vc.vcid), counters))
                .collect(),
        }
    }
}
