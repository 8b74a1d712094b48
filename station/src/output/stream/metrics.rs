//! The status as metrics: `/metrics`, in the `OpenMetrics` text format that Prometheus scrapes.

use super::ledger::StreamReport;
use super::status::{RunStatus, ScheduleStatus, Status};
use crate::output::report::VcReport;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::Error;

/// The metrics as text.
///
/// # Errors
/// None of its own; those of the encoder.
pub fn text(status: Status) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("groundlink");
    registry.register_collector(Box::new(Metrics(status)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Metrics(Status);

type Labels = Vec<(&'static str, String)>;

/// A count of a run.
type Count = fn(&RunStatus) -> u64;

/// A metric with its values.
struct Family<'a> {
    name: &'a str,
    help: &'a str,
    unit: Option<Unit>,
}

fn family<'a>(name: &'a str, help: &'a str, unit: Option<&str>) -> Family<'a> {
    let unit = unit.map(|unit| Unit::Other(unit.to_owned()));
    Family { name, help, unit }
}

impl Family<'_> {
    fn counters(&self, to: &mut DescriptorEncoder<'_>, values: Vec<(Labels, u64)>) -> Result<(), Error> {
        let one = ConstCounter::new(0u64);
        let mut family = to.encode_descriptor(self.name, self.help, self.unit.as_ref(), one.metric_type())?;
        for (labels, value) in values {
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn gauges(&self, to: &mut DescriptorEncoder<'_>, values: Vec<(Labels, f64)>) -> Result<(), Error> {
        let one = ConstGauge::new(0.0f64);
        let mut family = to.encode_descriptor(self.name, self.help, self.unit.as_ref(), one.metric_type())?;
        for (labels, value) in values {
            ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn labels(run: &RunStatus) -> Labels {
    let downlink = run.downlink.clone().unwrap_or_default();
    vec![("downlink", downlink), ("profile", run.profile.clone())]
}

fn with(mut labels: Labels, key: &'static str, value: &impl ToString) -> Labels {
    labels.push((key, value.to_string()));
    labels
}

impl Collector for Metrics {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> Result<(), Error> {
        if let Some(status) = &self.0.schedule {
            schedule(status, &mut to)?;
        }
        runs(&self.0.runs, &mut to)?;
        channels(&self.0.runs, &mut to)?;
        outputs(&self.0.outputs, &mut to)
    }
}

fn schedule(status: &ScheduleStatus, to: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let one = |value| vec![(Labels::new(), value)];
    family("station_passes", "Passes received to their end", None).counters(to, one(status.passes))?;
    family("station_failures", "Attempts to receive a pass that failed", None)
        .counters(to, one(status.failures))?;
    family("station_frames", "Good frames of all passes", None).counters(to, one(status.frames))?;
    let receiving = f64::from(u8::from(status.state == "receiving"));
    let one = |value| vec![(Labels::new(), value)];
    family("station_receiving", "Whether a pass is received", None).gauges(to, one(receiving))?;
    let next = status.begins_in_s.map(|seconds| (Labels::new(), seconds));
    family("station_next_pass", "Time to the next pass", Some("seconds"))
        .gauges(to, next.into_iter().collect())
}

fn runs(runs: &[RunStatus], to: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let counter = |value: fn(&RunStatus) -> u64| runs.iter().map(|run| (labels(run), value(run))).collect();
    let gauge = |value: fn(&RunStatus) -> Option<f64>| {
        let some = runs.iter().filter_map(|run| Some((labels(run), value(run)?)));
        some.collect()
    };
    let kinds: [(&str, Count); 4] = [
        ("good", |run| run.frames.good),
        ("uncorrectable", |run| run.frames.uncorrectable),
        ("rejected", |run| run.frames.rejected),
        ("lost", |run| run.frames.lost),
    ];
    let frames = runs
        .iter()
        .flat_map(|run| kinds.map(|(kind, count)| (with(labels(run), "outcome", &kind), count(run))));
    family(
        "frames",
        "Frames by outcome; lost ones are missing by their counts",
        None,
    )
    .counters(to, frames.collect())?;
    family("packets", "Packets, idle ones included", None).counters(to, counter(|run| run.packets))?;
    family("samples_lost", "Samples lost before the receiver", None)
        .counters(to, counter(|run| run.lost_samples))?;
    family("position", "Samples, soft bits or bytes taken", None)
        .counters(to, counter(|run| run.position))?;
    family("signal", "Signal taken", Some("seconds")).gauges(to, gauge(|run| Some(run.signal_seconds)))?;
    family("frame_lock", "Whether frame synchronisation is in lock", None)
        .gauges(to, gauge(|run| Some(f64::from(u8::from(run.sync == "lock")))))?;
    receivers(runs, to)
}

fn receivers(runs: &[RunStatus], to: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let mut gauge = |name, help, unit, value: fn(&RunStatus) -> Option<f64>| {
        let values = runs.iter().filter_map(|run| Some((labels(run), value(run)?)));
        family(name, help, unit).gauges(to, values.collect())
    };
    gauge("carrier_lock", "Whether the carrier is locked", None, |run| {
        Some(f64::from(u8::from(run.receiver?.carrier_locked)))
    })?;
    gauge("timing_lock", "Whether symbol timing is locked", None, |run| {
        Some(f64::from(u8::from(run.receiver?.timing_locked)))
    })?;
    let db = Some("decibels");
    gauge("es_n0", "Symbol energy to noise density", db, |run| {
        run.receiver?.es_n0_db.map(f64::from)
    })?;
    gauge("eb_n0", "Information-bit energy to noise density", db, |run| {
        run.eb_n0_db.map(f64::from)
    })?;
    gauge("level", "Input level relative to full scale", db, |run| {
        run.receiver?.level_dbfs.map(f64::from)
    })?;
    gauge(
        "carrier_offset",
        "Carrier frequency minus the nominal one",
        Some("hertz"),
        |run| run.receiver?.offset_hz,
    )
}

fn channels(runs: &[RunStatus], to: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let counter = |value: fn(&VcReport) -> u64| {
        let of = |run: &RunStatus| {
            let channel = |channel: &VcReport| {
                let labels = with(labels(run), "scid", &channel.scid.unwrap_or_default());
                (
                    with(labels, "vcid", &channel.vcid.unwrap_or_default()),
                    value(channel),
                )
            };
            run.virtual_channels.iter().map(channel).collect::<Vec<_>>()
        };
        runs.iter().flat_map(of).collect()
    };
    family("vc_frames", "Good frames of a virtual channel", None).counters(to, counter(|vc| vc.frames))?;
    family("vc_frames_lost", "Frames missing in a virtual channel", None)
        .counters(to, counter(|vc| vc.lost))?;
    family("vc_packets", "Packets of a virtual channel", None).counters(to, counter(|vc| vc.packets))
}

fn outputs(outputs: &[StreamReport], to: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let label = |output: &StreamReport| vec![("output", output.output.clone())];
    let counter = |value: fn(&StreamReport) -> u64| {
        outputs
            .iter()
            .map(|output| (label(output), value(output)))
            .collect()
    };
    let dropped = outputs.iter().flat_map(|output| {
        let cause = move |(cause, n): (&&'static str, &u64)| (with(label(output), "cause", cause), *n);
        output.dropped.iter().map(cause)
    });
    family("output_offered", "Units that there were for an output", None)
        .counters(to, counter(|output| output.offered))?;
    family(
        "output_delivered",
        "Units delivered to at least one consumer",
        None,
    )
    .counters(to, counter(|output| output.delivered))?;
    family("output_dropped", "Units that reached nobody", None).counters(to, dropped.collect())?;
    family("output_sent", "Bytes handed over", Some("bytes")).counters(to, counter(|output| output.bytes))?;
    family("output_connections", "Connections made", None)
        .counters(to, counter(|output| output.connections))?;
    let gauge = |value: fn(&StreamReport) -> u64| {
        outputs
            .iter()
            .map(|output| (label(output), value(output) as f64))
            .collect()
    };
    family("output_queued", "Units on their way", None).gauges(to, gauge(|output| output.queued))?;
    family("output_clients", "Consumers at the moment", None).gauges(to, gauge(|output| output.clients))
}
