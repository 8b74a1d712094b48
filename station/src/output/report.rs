//! The report of a run: `--report`, and the summary for people.

use super::Sink;
use super::stream::StreamReport;
use crate::StationError;
use crate::input::{LossCause, TimeSource};
use crate::monitor::Totals;
use crate::recording::RecordReport;
use groundlink_decoder::coding::SyncStatus;
use groundlink_decoder::link::{LinkCounters, VcCounters};
use groundlink_dsp::receiver::ResidualCarrier;
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the report's layout.
pub const REPORT_VERSION: u32 = 1;

/// What was read.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct InputReport {
    /// Path, or `-`.
    pub name: String,
    /// Format for people.
    pub format: String,
    /// "iq", "soft", "bits", "cadus", "frames", "packets".
    pub from: &'static str,
    /// Samples, soft bits or bytes read.
    pub read: u64,
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// Seconds of signal.
    pub seconds: Option<f64>,
    /// UTC of the first sample.
    pub start: Option<String>,
    /// UTC of the last sample.
    pub end: Option<String>,
    /// The time of the first sample is right within this many seconds either way, where anybody says.
    pub utc_uncertainty_s: Option<f64>,
    /// Where that time is from.
    pub time_source: Option<TimeSource>,
    /// Samples lost before they reached the receiver.
    pub lost_samples: u64,
    /// The same by cause.
    pub lost_by: BTreeMap<LossCause, LossReport>,
    /// Samples that were not numbers, taken as zero.
    pub bad_samples: u64,
}

/// Samples lost for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LossReport {
    /// Stretches.
    pub gaps: u64,
    /// Samples.
    pub samples: u64,
    /// How long that is.
    pub seconds: f64,
}

impl LossReport {
    /// Counts a stretch of that many samples at this rate.
    pub fn count(&mut self, samples: u64, sample_rate_hz: f64) {
        self.gaps += 1;
        self.samples += samples;
        self.seconds = self.samples as f64 / sample_rate_hz;
    }
}

/// Range of a measured quantity over the good frames.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Greatest.
    pub max: f64,
}

/// Collects a [`Spread`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Spreading {
    min: f64,
    max: f64,
    sum: f64,
    count: u64,
}

impl Spreading {
    /// Takes a value; one that is not finite is passed over.
    pub fn take(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = if self.count == 0 {
            value
        } else {
            self.max.max(value)
        };
        self.sum += value;
        self.count += 1;
    }

    /// The range, `None` without values.
    pub fn spread(&self) -> Option<Spread> {
        (self.count > 0).then(|| Spread {
            min: self.min,
            mean: self.sum / self.count as f64,
            max: self.max,
        })
    }
}

/// The signal, as the good frames saw it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SignalReport {
    /// Symbol energy to noise density, dB.
    pub es_n0_db: Option<Spread>,
    /// Information-bit energy to noise density, dB.
    pub eb_n0_db: Option<Spread>,
    /// Carrier offset from nominal, Hz.
    pub offset_hz: Option<Spread>,
    /// Symbols per second.
    pub symbol_rate_hz: Option<Spread>,
    /// Error vector magnitude, percent.
    pub evm_percent: Option<Spread>,
    /// Root mean square of the carrier phase's error, degrees.
    pub phase_error_deg: Option<Spread>,
    /// Symbols per second that the profile states.
    pub stated_symbol_rate_hz: Option<f64>,
    /// Mean measured symbol rate over the stated one, parts per million beyond 1.
    pub symbol_rate_error_ppm: Option<f64>,
    /// Density of the noise in the band at the end, dBFS per Hz.
    pub noise_dbfs_hz: Option<f64>,
    /// Probability that a search of the receiver takes noise for a signal, at most.
    pub false_lock: Option<f64>,
    /// Times the receiver began anew.
    pub restarts: u64,
    /// The carrier of phase modulation.
    pub residual_carrier: Option<CarrierReport>,
}

/// A residual carrier, as it was when last locked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CarrierReport {
    /// Power of the carrier alone, dB relative to full scale.
    pub power_dbfs: Option<f64>,
    /// Power of the carrier over noise density, dB-Hz.
    pub c_n0_db_hz: Option<f64>,
    /// Peak phase deviation, rad.
    pub modulation_index: Option<f64>,
}

impl From<ResidualCarrier> for CarrierReport {
    fn from(carrier: ResidualCarrier) -> Self {
        let known = |value: f32| value.is_finite().then(|| f64::from(value));
        Self {
            power_dbfs: known(carrier.power_dbfs),
            c_n0_db_hz: known(carrier.c_n0_db_hz),
            modulation_index: known(carrier.index_rad),
        }
    }
}

/// Share by which a measured symbol rate may be off the stated one: ten times what transmitters' clocks are.
const RATE_TOLERANCE: f64 = 1e-3;

impl SignalReport {
    /// A line that says so where the measured symbol rate contradicts the stated one.
    pub fn rate_contradiction(&self) -> Option<String> {
        let (measured, stated) = (self.symbol_rate_hz?.mean, self.stated_symbol_rate_hz?);
        ((measured / stated - 1.0).abs() > RATE_TOLERANCE).then(|| {
            format!("measured symbol rate {measured:.2} Bd, though the profile says {stated} Bd: one of profile and sample rate is off")
        })
    }
}

/// Synchronisation and coding.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CodingReport {
    /// Probability that a random stretch of one frame's length is taken for a frame, at most, from the
    /// configuration.
    pub false_alarm_per_frame: f64,
    /// What node synchronisation found.
    pub node: String,
    /// Slips found.
    pub slips: u64,
    /// Units without marker that did not decode and behind which the lock was lost: no frames.
    pub unconfirmed: u64,
    /// Channel symbols in error over the frames, by re-encoding.
    pub channel_symbol_errors: u64,
    /// Channel symbols compared.
    pub channel_symbols: u64,
    /// Codewords per number of corrected symbols.
    pub rs_corrections: BTreeMap<u8, u64>,
    /// Codewords that could not be corrected.
    pub rs_uncorrectable: u64,
    /// Turbo or LDPC codewords per number of iterations.
    pub iterations: BTreeMap<u32, u64>,
    /// Turbo or LDPC codewords that were not decoded.
    pub codewords_failed: u64,
}

impl CodingReport {
    /// Takes over what the coding layer's snapshot says.
    pub fn take_status(&mut self, status: &SyncStatus) {
        self.false_alarm_per_frame = status.false_alarm_per_frame;
        self.node.clone_from(&status.node);
        self.slips = status.slips;
        self.unconfirmed = status.unconfirmed;
    }
}

/// A packet channel within a virtual channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApidReport {
    /// Application process identifier.
    pub apid: u16,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Places where the sequence count jumps.
    pub gaps: u64,
    /// Packets missing.
    pub lost: u64,
    /// Packets with a wrong CRC of their own.
    pub bad_crc: u64,
}

/// A virtual channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VcReport {
    /// Spacecraft identifier; `None` where packets were the input.
    pub scid: Option<u16>,
    /// Virtual channel identifier.
    pub vcid: Option<u8>,
    /// Good frames.
    pub frames: u64,
    /// Idle frames.
    pub idle: u64,
    /// Duplicates.
    pub duplicates: u64,
    /// Places where frames are missing.
    pub gaps: u64,
    /// Frames missing.
    pub lost: u64,
    /// Counts begun anew.
    pub resets: u64,
    /// Frames in which no packet starts.
    pub no_packet_start: u64,
    /// Packets.
    pub packets: u64,
    /// Bytes of packets.
    pub packet_bytes: u64,
    /// Places where packet extraction lost its place.
    pub resyncs: u64,
    /// Packets begun and not completed.
    pub cut_packets: u64,
    /// Newest operational control field, hexadecimal.
    pub last_ocf: Option<String>,
    /// Per APID.
    pub apids: Vec<ApidReport>,
}

impl VcReport {
    /// Report of a channel.
    pub fn new(scid: Option<u16>, vcid: Option<u8>, counters: &VcCounters) -> Self {
        let apids = counters.apids.iter().map(|(&apid, c)| ApidReport {
            apid,
            packets: c.packets,
            bytes: c.bytes,
            gaps: c.gaps,
            lost: c.lost,
            bad_crc: c.bad_crc,
        });
        Self {
            scid,
            vcid,
            frames: counters.frames,
            idle: counters.idle,
            duplicates: counters.duplicates,
            gaps: counters.gaps,
            lost: counters.lost,
            resets: counters.resets,
            no_packet_start: counters.no_packet_start,
            packets: counters.packets,
            packet_bytes: counters.packet_bytes,
            resyncs: counters.resyncs,
            cut_packets: counters.cut_packets,
            last_ocf: counters.last_ocf.map(|ocf| format!("{ocf:08X}")),
            apids: apids.collect(),
        }
    }
}

/// Frames of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FramesReport {
    /// Every check passed.
    pub good: u64,
    /// Of these, with Reed-Solomon corrections.
    pub corrected: u64,
    /// With an uncorrectable codeword.
    pub uncorrectable: u64,
    /// Rejected by the link layer.
    pub rejected: u64,
    /// Rejected and uncorrectable frames by reason.
    pub rejected_by: BTreeMap<&'static str, u64>,
    /// FECF (or opaque CRC) right.
    pub fecf_good: u64,
    /// FECF wrong.
    pub fecf_bad: u64,
    /// Missing by the virtual channels' counts.
    pub lost: u64,
    /// Good frames with only idle data.
    pub idle: u64,
    /// Good frames that repeat the one before.
    pub duplicates: u64,
}

/// Why a run ended before its input, without anything having failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Somebody asked for it (Ctrl-C).
    Request,
    /// Nobody reads any of the outputs any more (`| head`).
    ReadersGone,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub v: u32,
    /// Program version.
    pub groundlink: &'static str,
    /// Name of the downlink, where the run has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<String>,
    /// Profile name.
    pub profile: String,
    /// Whether anything was decoded.
    pub decoded: bool,
    /// Why the run ended early, if something failed.
    pub error: Option<String>,
    /// Why it ended before its input did, if nothing failed.
    pub stopped: Option<Stopped>,
    /// Input.
    pub input: InputReport,
    /// Signal.
    pub signal: SignalReport,
    /// Coding.
    pub coding: CodingReport,
    /// Frames.
    pub frames: FramesReport,
    /// Packets, idle ones included.
    pub packets: u64,
    /// Idle packets.
    pub packets_idle: u64,
    /// Virtual channels.
    pub virtual_channels: Vec<VcReport>,
    /// Counters of the streams.
    pub outputs: Vec<StreamReport>,
    /// What was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordReport>,
    /// Changes of the profile while the run went on, each with its place; left out where there were none. The
    /// counters of virtual channels are those since the last change of the frames.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile_changes: Vec<ProfileChange>,
    /// What was odd about the input.
    pub warnings: Vec<String>,
}

/// A change of the profile while the run went on, in the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ProfileChange {
    /// First sample (or soft bit) from which on it held.
    pub from: u64,
    /// What was set.
    pub set: String,
}

impl Report {
    /// A report in which nothing has happened yet.
    pub fn of(profile: &str) -> Self {
        Self {
            v: REPORT_VERSION,
            groundlink: env!("CARGO_PKG_VERSION"),
            profile: profile.to_owned(),
            ..Self::default()
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, to: &mut Sink) -> Result<(), StationError> {
        write_json(self, to)
    }

    /// Takes over the totals and the link layer's counters.
    pub fn take_counters(&mut self, totals: &Totals, link: &LinkCounters) {
        self.frames = FramesReport {
            good: totals.frames_good,
            corrected: totals.frames_corrected,
            uncorrectable: totals.frames_uncorrectable,
            rejected: totals.frames_rejected,
            rejected_by: link.rejected.clone(),
            fecf_good: link.fecf_good,
            fecf_bad: link.fecf_bad,
            lost: totals.frames_lost,
            idle: link.vcs.values().map(|vc| vc.idle).sum(),
            duplicates: link.vcs.values().map(|vc| vc.duplicates).sum(),
        };
        self.packets = totals.packets;
        self.packets_idle = totals.packets_idle;
        self.virtual_channels = link
            .vcs
            .iter()
            .map(|(vc, counters)| VcReport::new(Some(vc.scid), Some(vc.vcid), counters))
            .collect();
    }
}

/// One downlink of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DownlinkReport {
    /// Its name.
    pub name: String,
    /// Distance from the centre of the samples, Hz.
    pub offset_hz: f64,
    /// Its frequency, Hz, where that of the centre is known.
    pub frequency_hz: Option<f64>,
    /// Samples per second that its receiver was given.
    pub sample_rate_hz: f64,
    /// Its run.
    pub report: Report,
}

/// The report of a run over several downlinks.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StationReport {
    /// [`REPORT_VERSION`].
    pub v: u32,
    /// Program version.
    pub groundlink: &'static str,
    /// Name of the station file.
    pub station: String,
    /// Name of the input.
    pub input: String,
    /// Whether anything was decoded, of any downlink.
    pub decoded: bool,
    /// Why the run ended early, if something failed.
    pub error: Option<String>,
    /// Why it ended before its input did, if nothing failed.
    pub stopped: Option<Stopped>,
    /// Frequency of the samples' centre, Hz.
    pub center_frequency_hz: Option<f64>,
    /// Channels of the filter bank; 0 without one.
    pub channels: usize,
    /// Counters of the streams that the downlinks share.
    pub outputs: Vec<StreamReport>,
    /// What was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordReport>,
    /// What was odd about the input, also in the report of every downlink.
    pub warnings: Vec<String>,
    /// Downlinks.
    pub downlinks: Vec<DownlinkReport>,
}

impl StationReport {
    /// A report in which nothing has happened yet.
    pub fn of(input: &str) -> Self {
        Self {
            v: REPORT_VERSION,
            groundlink: env!("CARGO_PKG_VERSION"),
            input: input.to_owned(),
            ..Self::default()
        }
    }

    /// Draws the conclusion from the reports of the downlinks. `stopped` is why they all ended early, if they did.
    pub fn sum_up(&mut self, stopped: Option<Stopped>) {
        let runs = || {
            self.downlinks
                .iter()
                .map(|downlink| (&downlink.name, &downlink.report))
        };
        self.decoded = runs().any(|(_, report)| report.decoded);
        let gone = runs().all(|(_, report)| report.stopped == Some(Stopped::ReadersGone));
        let mut errors = runs().filter_map(|(name, report)| Some((name, report.error.as_ref()?)));
        self.error = errors.next().map(|(name, error)| {
            let everywhere = runs().all(|(_, report)| report.error.as_ref() == Some(error));
            if everywhere {
                error.clone()
            } else {
                format!("downlink {name}: {error}")
            }
        });
        self.stopped = if self.error.is_some() {
            None
        } else if gone {
            Some(Stopped::ReadersGone)
        } else {
            stopped
        };
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, to: &mut Sink) -> Result<(), StationError> {
        write_json(self, to)
    }
}

fn write_json(report: &impl Serialize, to: &mut Sink) -> Result<(), StationError> {
    let text = serde_json::to_string_pretty(report).map_err(|error| StationError::Output {
        name: "report".into(),
        source: error.into(),
    })?;
    to.write(text.as_bytes())?;
    to.write(b"\n")?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_rate_contradicts_the_stated_one_beyond_a_thousandth() {
        let report = |measured: f64| SignalReport {
            symbol_rate_hz: Some(Spread {
                min: 0.0,
                mean: measured,
                max: 0.0,
            }),
            stated_symbol_rate_hz: Some(9600.0),
            ..SignalReport::default()
        };
        assert_eq!(report(9609.0).rate_contradiction(), None);
        let text = report(9620.0).rate_contradiction().unwrap();
        assert!(
            text.starts_with("measured symbol rate 9620.00 Bd, though the profile says 9600 Bd"),
            "{text}"
        );
        assert_eq!(SignalReport::default().rate_contradiction(), None);
    }

    #[test]
    fn a_spread_passes_over_what_is_not_a_number() {
        let mut spreading = Spreading::default();
        assert_eq!(spreading.spread(), None);
        for value in [f64::NAN, 3.0, -1.0, f64::NEG_INFINITY] {
            spreading.take(value);
        }
        assert_eq!(
            spreading.spread(),
            Some(Spread {
                min: -1.0,
                mean: 1.0,
                max: 3.0
            })
        );
    }
}
