//! What becomes of the units of an output: each is delivered or lost for a stated cause, exactly once.

use super::unit::{Unit, What};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a unit did not reach anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// The queue was full of newer units.
    QueueFull = 1,
    /// Nothing had moved for as long as the output may stall.
    Stalled,
    /// Nobody was connected, or nobody had subscribed.
    NoClient,
    /// The connection ended before its turn.
    Disconnected,
    /// The run was over before its turn.
    RunEnded,
    /// Longer than the form allows.
    TooLong,
    /// The form needs its time, which is not known.
    NoTime,
    /// The other side does not want it.
    Refused,
}

impl Cause {
    const ALL: [Self; 8] = [
        Self::QueueFull,
        Self::Stalled,
        Self::NoClient,
        Self::Disconnected,
        Self::RunEnded,
        Self::TooLong,
        Self::NoTime,
        Self::Refused,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Stalled => "stalled",
            Self::NoClient => "no_client",
            Self::Disconnected => "disconnected",
            Self::RunEnded => "run_ended",
            Self::TooLong => "too_long",
            Self::NoTime => "no_time",
            Self::Refused => "refused",
        }
    }
}

/// Counters of an output. `offered` is the sum of `delivered`, all of `dropped`, and `queued`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamReport {
    /// The output as it was given.
    pub output: String,
    /// Where a server listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listens_at: Option<String>,
    /// What its units are.
    pub what: &'static str,
    /// Units that the run had for it.
    pub offered: u64,
    /// Units handed over whole, to at least one consumer.
    pub delivered: u64,
    /// Units that reached nobody, by cause.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Units on their way.
    pub queued: u64,
    /// Bytes handed over, to all consumers.
    pub bytes: u64,
    /// Times that a connection was made, or a client came.
    pub connections: u64,
    /// Consumers at the moment.
    pub clients: u64,
    /// Units that a consumer who was there did not get, summed over the consumers.
    pub copies_lost: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl StreamReport {
    /// Units that reached nobody.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().sum()
    }
}

#[derive(Debug, Default)]
struct Counts {
    offered: u64,
    delivered: u64,
    dropped: [u64; Cause::ALL.len()],
    bytes: u64,
    connections: u64,
    clients: u64,
    copies_lost: u64,
    last_error: Option<String>,
    listens_at: Option<String>,
}

/// The book of an output.
#[derive(Debug)]
pub struct Ledger {
    output: String,
    what: What,
    counts: Mutex<Counts>,
}

impl Ledger {
    /// An empty book of the output so called.
    pub fn new(output: &str, what: What) -> Self {
        Self {
            output: output.to_owned(),
            what,
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a unit on; what becomes of it is settled when the last of its parcels goes.
    pub fn parcel(self: &Arc<Self>, unit: &Arc<Unit>) -> Parcel {
        self.counts().offered += 1;
        Parcel(Arc::new(Shipment {
            unit: Arc::clone(unit),
            ledger: Arc::clone(self),
            fate: AtomicU8::new(Cause::RunEnded as u8),
        }))
    }

    /// A server listens there.
    pub fn listens_at(&self, address: SocketAddr) {
        self.counts().listens_at = Some(address.to_string());
    }

    /// A connection was made.
    pub fn connected(&self) {
        let mut counts = self.counts();
        counts.connections += 1;
        counts.clients += 1;
    }

    /// A connection has ended.
    pub fn disconnected(&self) {
        let mut counts = self.counts();
        counts.clients = counts.clients.saturating_sub(1);
    }

    /// Something went wrong.
    pub fn error(&self, text: impl Into<String>) {
        self.counts().last_error = Some(text.into());
    }

    /// Copy of the counters.
    pub fn report(&self) -> StreamReport {
        let counts = self.counts();
        let dropped: BTreeMap<&'static str, u64> = Cause::ALL
            .into_iter()
            .zip(counts.dropped)
            .filter_map(|(cause, n)| (n > 0).then_some((cause.name(), n)))
            .collect();
        StreamReport {
            output: self.output.clone(),
            listens_at: counts.listens_at.clone(),
            what: self.what.name(),
            offered: counts.offered,
            delivered: counts.delivered,
            queued: counts.offered - counts.delivered - dropped.values().sum::<u64>(),
            dropped,
            bytes: counts.bytes,
            connections: counts.connections,
            clients: counts.clients,
            copies_lost: counts.copies_lost,
            last_error: counts.last_error.clone(),
        }
    }

    /// The counters at the end of a run: what is still on its way will not arrive.
    pub fn last_report(&self) -> StreamReport {
        let mut report = self.report();
        if report.queued > 0 {
            *report.dropped.entry(Cause::RunEnded.name()).or_default() += report.queued;
            report.queued = 0;
        }
        report.clients = 0;
        report
    }
}

const DELIVERED: u8 = 0;

#[derive(Debug)]
struct Shipment {
    unit: Arc<Unit>,
    ledger: Arc<Ledger>,
    fate: AtomicU8,
}

impl Drop for Shipment {
    fn drop(&mut self) {
        let fate = self.fate.load(Ordering::Relaxed);
        let mut counts = self.ledger.counts();
        match fate
            .checked_sub(1)
            .and_then(|nth| counts.dropped.get_mut(usize::from(nth)))
        {
            Some(cause) => *cause += 1,
            None => counts.delivered += 1,
        }
    }
}

/// A unit on its way to a consumer. Clones go to other consumers of the same output: the unit is delivered when any of
/// them is, and otherwise lost for the cause named last. One that is let go without a word was overtaken by the end.
#[derive(Debug, Clone)]
pub struct Parcel(Arc<Shipment>);

impl Parcel {
    /// What is in it.
    pub fn unit(&self) -> &Unit {
        &self.0.unit
    }

    /// It was handed over, as so many bytes.
    pub fn delivered(self, bytes: usize) {
        self.0.fate.store(DELIVERED, Ordering::Relaxed);
        self.0.ledger.counts().bytes += bytes as u64;
    }

    /// It will not reach this consumer.
    pub fn lost(self, cause: Cause) {
        if cause != Cause::NoClient {
            self.0.ledger.counts().copies_lost += 1;
        }
        let keep = |fate| (fate != DELIVERED).then_some(cause as u8);
        // A copy that was delivered stays so.
        let _ = self
            .0
            .fate
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::record::Record;

    fn unit() -> Arc<Unit> {
        Arc::new(Unit {
            what: What::Frames,
            bytes: vec![1, 2, 3],
            utc: None,
            record: Arc::new(Record::Warning { text: String::new() }),
            origin: Arc::default(),
        })
    }

    #[test]
    fn every_unit_is_settled_once() {
        let ledger = Arc::new(Ledger::new("x", What::Frames));
        let [a, b, c, d] = std::array::from_fn(|_| ledger.parcel(&unit()));
        assert_eq!(ledger.report().queued, 4);
        a.delivered(5);
        b.lost(Cause::QueueFull);
        drop(c);
        let copy = d.clone();
        copy.lost(Cause::Stalled);
        assert_eq!(ledger.report().queued, 1, "the other copy is on its way");
        d.delivered(3);
        let report = ledger.report();
        assert_eq!((report.offered, report.delivered, report.queued), (4, 2, 0));
        assert_eq!(
            report.dropped,
            BTreeMap::from([("queue_full", 1), ("run_ended", 1)])
        );
        assert_eq!((report.bytes, report.copies_lost), (8, 2));
    }

    #[test]
    fn a_copy_lost_after_one_delivered_changes_nothing() {
        let ledger = Arc::new(Ledger::new("x", What::Frames));
        let parcel = ledger.parcel(&unit());
        parcel.clone().delivered(3);
        parcel.lost(Cause::Disconnected);
        let report = ledger.report();
        assert_eq!(
            (report.delivered, report.dropped_total(), report.copies_lost),
            (1, 0, 1)
        );
    }

    #[test]
    fn what_is_on_its_way_at_the_end_is_lost() {
        let ledger = Arc::new(Ledger::new("x", What::Frames));
        let parcel = ledger.parcel(&unit());
        let report = ledger.last_report();
        assert_eq!((report.queued, report.dropped["run_ended"]), (0, 1));
        drop(parcel);
        assert_eq!(ledger.last_report(), report);
    }
}
