//! What became of a job, as a message.

use super::job::LONGEST_JOB;
use super::queue::Line;
use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use serde::Serialize;
use serde_json::Value;

/// Version of these messages.
const TOLD_VERSION: u32 = 1;
/// Bytes of a message beside the report.
const REST: usize = LONGEST_JOB + 65_536;

/// A job that is over.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    /// [`TOLD_VERSION`].
    pub v: u32,
    /// Identifier of the job.
    pub job: &'a str,
    /// Who did it.
    pub worker: &'a str,
    /// How often it was handed out.
    pub delivery: u64,
    /// How long it took, this time.
    pub seconds: f64,
    /// Whether anything was decoded; `null` for a job that failed.
    pub decoded: Option<bool>,
    /// Why it failed, or `null`.
    pub reason: Option<&'a str>,
    /// The job: as it was, or as text where it is no JSON.
    pub request: Value,
    /// The report; `null` where it failed, or is longer than the server takes.
    pub report: Option<Value>,
}

impl<'a> Told<'a> {
    /// Of this job.
    pub fn new(job: &'a str, worker: &'a str, delivery: u64, payload: &[u8]) -> Self {
        let payload = &payload[..payload.len().min(LONGEST_JOB)];
        let text = || Value::String(String::from_utf8_lossy(payload).into_owned());
        Self {
            v: TOLD_VERSION,
            job,
            worker,
            delivery,
            seconds: 0.0,
            decoded: None,
            reason: None,
            request: serde_json::from_slice(payload).unwrap_or_else(|_| text()),
            report: None,
        }
    }

    /// Adds the report, where the server takes messages of its size.
    pub fn with_report(mut self, line: &Line, report: &[u8]) -> Self {
        let most = line.client.server_info().max_payload;
        let report: Option<Value> = serde_json::from_slice(report).ok();
        self.report = report.filter(|report| {
            let length = serde_json::to_vec(report).map_or(usize::MAX, |text| text.len());
            length.saturating_add(REST) <= most
        });
        self
    }

    /// Has it stored by the server.
    ///
    /// # Errors
    /// When the server does not say that it is.
    pub async fn publish(&self, line: &Line) -> Result<(), String> {
        let kind = if self.reason.is_some() {
            "failed"
        } else {
            "results"
        };
        let text = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, format!("{kind}-{}-{}", self.job, self.delivery));
        let sent = line
            .context
            .publish_with_headers(line.subject(kind, self.job), headers, text.into());
        let acknowledgement = sent.await.map_err(|error| error.to_string())?;
        acknowledgement.await.map_err(|error| error.to_string())?;
        Ok(())
    }
}
