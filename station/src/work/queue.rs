//! The queue in the server: a stream of jobs, each of which goes once it is done, and a stream of what became of them.

use super::job::LONGEST_JOB;
use super::worker::WorkError;
use crate::output::stream::WorkQueue;
use crate::output::stream::login::{self, CONNECT};
use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::stream::{Config, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::timeout;

/// Name of the consumer that all workers share.
const CONSUMER: &str = "workers";
/// Window in which a job that is sent twice is known by its identifier even where the first has been done meanwhile. Longer
/// would keep one that failed from being submitted again.
const DUPLICATES: Duration = Duration::from_secs(2);
/// Bytes of a message beside the job.
const HEADERS: usize = 4096;
/// Jobs in hand at once, of all workers.
const MOST_IN_HAND: i64 = 100_000;

/// A connection to the queue.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub queue: WorkQueue,
    pub client: Client,
    pub context: Context,
}

fn server(error: impl Display) -> WorkError {
    WorkError::Server(error.to_string())
}

impl Line {
    /// Connects; to be called within a runtime.
    pub async fn connect(queue: &WorkQueue) -> Result<Self, WorkError> {
        let options = login::options(&queue.login).map_err(WorkError::Login)?;
        let url = queue.login.url();
        let refused = |reason: String| WorkError::Connect {
            url: url.clone(),
            reason,
        };
        let client = match timeout(2 * CONNECT, options.connect(&url)).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(refused(login::reason(&error))),
            Err(_) => return Err(refused("no answer".to_owned())),
        };
        let mut context = jetstream::new(client.clone());
        context.set_timeout(CONNECT);
        Ok(Self {
            queue: queue.clone(),
            client,
            context,
        })
    }

    /// The subject of a job, or of what became of it.
    pub fn subject(&self, kind: &str, id: &str) -> String {
        format!("{}.{kind}.{id}", self.queue.subject)
    }

    /// The identifier of a job, from its subject.
    pub fn id<'a>(&self, subject: &'a str) -> &'a str {
        let kind = format!("{}.jobs.", self.queue.subject);
        subject.strip_prefix(&kind).unwrap_or(subject)
    }

    /// Finds the streams, or makes them, and the workers' consumer.
    pub async fn prepare(&self) -> Result<Consumer<pull::Config>, WorkError> {
        let jobs = Config {
            name: self.queue.stream.clone(),
            subjects: vec![self.subject("jobs", "*")],
            retention: RetentionPolicy::WorkQueue,
            max_message_size: (LONGEST_JOB + HEADERS) as i32,
            duplicate_window: DUPLICATES,
            ..Config::default()
        };
        let jobs = self.context.get_or_create_stream(jobs).await.map_err(server)?;
        if jobs.cached_info().config.retention != RetentionPolicy::WorkQueue {
            return Err(WorkError::Stream {
                stream: self.queue.stream.clone(),
            });
        }
        self.told().await?;
        let consumer = pull::Config {
            durable_name: Some(CONSUMER.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.queue.ack_wait,
            // Workers count deliveries themselves, so that a job that is given up is told of.
            max_deliver: -1,
            max_ack_pending: MOST_IN_HAND,
            ..pull::Config::default()
        };
        jobs.get_or_create_consumer(CONSUMER, consumer)
            .await
            .map_err(server)
    }

    /// The stream of what became of jobs.
    async fn told(&self) -> Result<Stream, WorkError> {
        let config = Config {
            name: format!("{}_RESULTS", self.queue.stream),
            subjects: vec![self.subject("results", "*"), self.subject("failed", "*")],
            max_messages_per_subject: 1,
            ..Config::default()
        };
        self.context.get_or_create_stream(config).await.map_err(server)
    }

    /// What became of jobs, in its order.
    pub async fn results(&self) -> Result<Vec<Vec<u8>>, WorkError> {
        let stream = self.told().await?;
        let mut told = Vec::new();
        if stream.get_info().await.map_err(server)?.state.messages == 0 {
            return Ok(told);
        }
        let consumer = stream.create_consumer(pull::OrderedConfig::default());
        let messages = consumer.await.map_err(server)?.messages();
        let mut messages = messages.await.map_err(server)?;
        while let Some(message) = messages.next().await {
            let message = message.map_err(server)?;
            told.push(message.payload.to_vec());
            if message.info().map_err(server)?.pending == 0 {
                break;
            }
        }
        Ok(told)
    }
}
