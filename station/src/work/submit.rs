//! Putting jobs into the queue.

use super::job::{Job, JobError};
use super::queue::Line;
use super::worker::{WorkError, runtime};
use crate::output::record::hex;
use crate::output::stream::WorkQueue;
use async_nats::HeaderMap;
use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID};
use async_nats::jetstream::context::PublishErrorKind;
use sha2::{Digest, Sha256};

/// How often a job is sent before that counts as impossible.
const ATTEMPTS: u32 = 5;

/// What became of jobs that were submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submitted {
    /// Identifiers of those that are new in the queue.
    pub queued: Vec<String>,
    /// Those that were in it already.
    pub waiting: Vec<String>,
}

/// What a job is called: the same for the same job, another for any other.
///
/// # Errors
/// When the job is too long.
pub fn identifier(job: &Job) -> Result<String, JobError> {
    let digest = Sha256::digest(job.to_json()?);
    Ok(hex(&digest[..16]).to_lowercase())
}

/// Puts jobs into the queue, each stored by the server when this returns. A job that waits there or is being done is not
/// put there again.
///
/// # Errors
/// When a job is wrong, or the server cannot be reached or refuses.
pub fn submit(queue: &WorkQueue, jobs: &[Job]) -> Result<Submitted, WorkError> {
    let mut texts = Vec::with_capacity(jobs.len());
    for job in jobs {
        job.check()?;
        texts.push((identifier(job)?, job.to_json()?));
    }
    let runtime = runtime()?;
    runtime.block_on(async {
        let line = Line::connect(queue).await?;
        line.prepare().await?;
        let mut submitted = Submitted::default();
        for (id, text) in texts {
            if put(&line, &id, text).await? {
                submitted.queued.push(id);
            } else {
                submitted.waiting.push(id);
            }
        }
        Ok(submitted)
    })
}

/// Whether the job is new.
async fn put(line: &Line, id: &str, text: Vec<u8>) -> Result<bool, WorkError> {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, id);
    // There is none in the queue at the moment.
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, "0");
    let (subject, payload) = (line.subject("jobs", id), bytes::Bytes::from(text));
    let mut failed = None;
    for _ in 0..ATTEMPTS {
        let sent = line
            .context
            .publish_with_headers(subject.clone(), headers.clone(), payload.clone());
        let outcome = match sent.await {
            Ok(acknowledgement) => acknowledgement.await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(acknowledgement) => return Ok(!acknowledgement.duplicate),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => return Ok(false),
            Err(error) => failed = Some(error),
        }
    }
    let reason = failed.map_or_else(String::new, |error| error.to_string());
    Err(WorkError::Server(format!("job {id}: {reason}")))
}

/// What became of the jobs that are over, JSON, in the order in which they ended: for each job the last time that it was done,
/// and the last time that it was given up.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub fn results(queue: &WorkQueue) -> Result<Vec<Vec<u8>>, WorkError> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let line = Line::connect(queue).await?;
        line.results().await
    })
}
