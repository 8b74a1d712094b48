//! A worker: takes jobs out of the queue, one at a time in each of its threads, and says what became of them.

use super::decode::{Done, Failure, decode};
use super::folder::{Draft, finished};
use super::job::{Job, JobError, Recording, Results};
use super::objects;
use super::queue::Line;
use super::root::Root;
use super::stop::Stop;
use super::told::Told;
use crate::output::stream::WorkQueue;
use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::message::Acker;
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long the queue is asked for a job at a time.
const ASK: Duration = Duration::from_secs(1);
/// Wait before a job that failed is handed out again, the first time; twice that each further time.
const FIRST_DELAY: Duration = Duration::from_secs(5);
/// The longest such wait.
const LONGEST_DELAY: Duration = Duration::from_secs(300);
/// Wait after the server could not be asked.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How often what became of a job is told before it is handed back.
const ATTEMPTS: u32 = 10;

/// Why a worker cannot begin, or jobs not be submitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorkError {
    /// A secret that cannot be had, or the system refuses.
    #[error("{0}")]
    Login(io::Error),
    /// No connection.
    #[error("cannot connect to {url}: {reason}")]
    Connect {
        /// Where to.
        url: String,
        /// Why.
        reason: String,
    },
    /// The server does not do what it is asked for.
    #[error("the server: {0}")]
    Server(String),
    /// A stream that is no queue.
    #[error("stream {stream} is there already and is no work queue; give another with stream=NAME")]
    Stream {
        /// Its name.
        stream: String,
    },
    /// A job that cannot be.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkConfig {
    /// Where jobs come from.
    pub queue: WorkQueue,
    /// What the worker is called.
    pub name: String,
    /// The folder that paths of jobs are relative to; without one such jobs are left to others.
    pub root: Option<Root>,
    /// Where objects are kept while they are decoded.
    pub scratch: PathBuf,
    /// Largest object that is taken, bytes.
    pub most_object_bytes: u64,
    /// Jobs at a time.
    pub jobs: NonZero<usize>,
    /// How often a job is handed out before it is given up.
    pub deliveries: u64,
    /// Ends when there is no job left, in hand or waiting.
    pub until_empty: bool,
}

/// What became of the jobs that a worker took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Done, or found done.
    pub done: u64,
    /// Given up for good.
    pub failed: u64,
    /// Handed back, for a later attempt.
    pub handed_back: u64,
}

/// A runtime for what is said to the server.
pub(super) fn runtime() -> Result<Runtime, WorkError> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("nats")
        .enable_all()
        .build()
        .map_err(WorkError::Login)
}

/// Does jobs until the end is asked for, or with `until_empty` until there are none. `say` is told a line for each job.
///
/// # Errors
/// When the queue cannot be reached at the beginning. Later it is waited for.
pub fn work(config: &WorkConfig, stop: &Stop, say: &(dyn Fn(&str) + Sync)) -> Result<Tally, WorkError> {
    let runtime = runtime()?;
    let (line, consumer) = runtime.block_on(async {
        let line = Line::connect(&config.queue).await?;
        let consumer = line.prepare().await?;
        Ok::<_, WorkError>((line, consumer))
    })?;
    // Another one may have made the consumer, with another patience.
    let ack_wait = consumer.cached_info().config.ack_wait;
    let worker = Worker {
        config,
        stop,
        say,
        line,
        consumer,
        ack_wait,
        runtime: &runtime,
        tally: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..config.jobs.get() {
            scope.spawn(|| worker.serve());
        }
    });
    let tally = *worker.tally.lock().unwrap_or_else(PoisonError::into_inner);
    // Answers that were sent last reach the server.
    let _ = runtime.block_on(worker.line.client.flush());
    Ok(tally)
}

struct Worker<'a> {
    config: &'a WorkConfig,
    stop: &'a Stop,
    say: &'a (dyn Fn(&str) + Sync),
    line: Line,
    consumer: Consumer<pull::Config>,
    ack_wait: Duration,
    runtime: &'a Runtime,
    tally: Mutex<Tally>,
}

/// A job in hand.
struct Hand {
    id: String,
    payload: Vec<u8>,
    delivery: u64,
    acker: Arc<Acker>,
    alive: JoinHandle<()>,
    begun: Instant,
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.alive.abort();
    }
}

impl Worker<'_> {
    fn serve(&self) {
        while !self.stop.asked() {
            match self.runtime.block_on(self.next()) {
                Ok(Some(message)) => self.take(message),
                Ok(None) if self.config.until_empty && self.runtime.block_on(self.empty()) => return,
                Ok(None) => {}
                Err(reason) => {
                    (self.say)(&format!("queue     {reason}"));
                    thread::sleep(BACK_OFF);
                }
            }
        }
    }

    /// The next job, where there is one.
    async fn next(&self) -> Result<Option<Message>, String> {
        let batch = self.consumer.fetch().max_messages(1).expires(ASK);
        let mut batch = batch.messages().await.map_err(|error| error.to_string())?;
        batch.next().await.transpose().map_err(|error| error.to_string())
    }

    /// Whether no job waits and none is in anybody's hands.
    async fn empty(&self) -> bool {
        let info = self.consumer.clone();
        info.get_info()
            .await
            .is_ok_and(|info| info.num_pending == 0 && info.num_ack_pending == 0)
    }

    fn take(&self, message: Message) {
        let delivery = match message.info() {
            Ok(info) => u64::try_from(info.delivered).unwrap_or(1),
            Err(error) => return (self.say)(&format!("queue     {error}")),
        };
        let (message, acker) = message.split();
        let acker = Arc::new(acker);
        let (beating, pause) = (Arc::clone(&acker), self.ack_wait / 3);
        let alive = self.runtime.spawn(async move {
            loop {
                sleep(pause).await;
                // Where the server cannot be told, it will hand the job to another one.
                let _ = beating.ack_with(AckKind::Progress).await;
            }
        });
        let hand = Hand {
            id: self.line.id(&message.subject).to_owned(),
            payload: message.payload.to_vec(),
            delivery,
            acker,
            alive,
            begun: Instant::now(),
        };
        let outcome = if delivery > self.config.deliveries {
            let text = format!(
                "handed out {} times, and no worker lived to say what became of it",
                delivery - 1
            );
            Err(Failure::Never(text))
        } else {
            self.perform(&hand)
        };
        self.settle(&hand, outcome);
    }

    fn perform(&self, hand: &Hand) -> Result<Done, Failure> {
        let job = Job::parse(&hand.payload)?;
        let text = job.to_json()?;
        let root = || {
            let none = || Failure::Later("this worker has no --root, and the job names a path".to_owned());
            self.config.root.as_ref().ok_or_else(none)
        };
        let place = match &job.results {
            Results::Folder(folder) => Some(root()?.new_place(folder)?),
            Results::Objects(_) => None,
        };
        if let Some(report) = place
            .as_deref()
            .map(|place| finished(place, &text))
            .transpose()?
            .flatten()
        {
            return Ok(Done {
                decoded: decoded(&report),
                report,
            });
        }
        let scratch =
            || Draft::alone(&self.config.scratch, &hand.id, hand.delivery).map_err(|error| no_room(&error));
        // Goes away with what is in it.
        let fetched = matches!(job.recording, Recording::Object(_))
            .then(scratch)
            .transpose()?;
        let (recording, name) = match (&job.recording, &fetched) {
            (Recording::Object(object), Some(folder)) => {
                let most = self.config.most_object_bytes;
                let fetch = objects::fetch(&self.line, object, folder.folder(), most);
                (
                    self.runtime.block_on(fetch)?,
                    format!("{}/{}", object.bucket, object.name),
                )
            }
            (Recording::Path(path), _) => (root()?.recording(path)?, path.clone()),
            (Recording::Object(_), None) => return Err(Failure::Later("no room for the object".to_owned())),
        };
        let draft = match &place {
            Some(place) => Draft::beside(place, &hand.id, hand.delivery).map_err(|error| no_room(&error))?,
            None => Draft::alone(&self.config.scratch, &format!("{}-out", hand.id), hand.delivery)
                .map_err(|error| no_room(&error))?,
        };
        let done = self.run(&job, &recording, &name, draft.folder())?;
        match (&place, &job.results) {
            (Some(place), _) => draft.publish(place, &text)?,
            (None, Results::Objects(to)) => {
                self.runtime
                    .block_on(objects::put(&self.line, to, draft.folder()))?;
            }
            (None, Results::Folder(_)) => {}
        }
        Ok(done)
    }

    fn run(&self, job: &Job, recording: &Path, name: &str, folder: &Path) -> Result<Done, Failure> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = NonZero::new(cores / self.config.jobs).or(NonZero::new(1));
        let root = self.config.root.as_ref();
        self.stop
            .during(|monitor| decode(job, recording, name, root, threads, folder, monitor))
    }

    /// Says what became of a job, and answers the queue.
    fn settle(&self, hand: &Hand, outcome: Result<Done, Failure>) {
        let last = hand.delivery >= self.config.deliveries;
        match outcome {
            Ok(done) => self.tell(hand, Some(&done), None),
            Err(Failure::Never(reason)) => self.tell(hand, None, Some(&reason)),
            Err(Failure::Later(reason)) if last => {
                let reason = format!("given up after {} deliveries: {reason}", hand.delivery);
                self.tell(hand, None, Some(&reason));
            }
            Err(Failure::Later(reason)) => self.hand_back(hand, Some(delay(hand.delivery)), &reason),
            Err(Failure::Stopped) => self.hand_back(hand, None, "the worker was asked to end"),
        }
    }

    fn hand_back(&self, hand: &Hand, delay: Option<Duration>, reason: &str) {
        self.count(|tally| tally.handed_back += 1);
        (self.say)(&format!(
            "back      {} (delivery {}): {reason}",
            hand.id, hand.delivery
        ));
        self.answer(hand, AckKind::Nak(delay));
    }

    fn tell(&self, hand: &Hand, done: Option<&Done>, reason: Option<&str>) {
        let seconds = hand.begun.elapsed().as_secs_f64();
        let told = Told::new(&hand.id, &self.config.name, hand.delivery, &hand.payload);
        let told = Told {
            seconds,
            decoded: done.map(|done| done.decoded),
            reason,
            ..told
        };
        let told = match done {
            Some(done) => told.with_report(&self.line, &done.report),
            None => told,
        };
        if let Err(error) = self.publish(&told) {
            // What has been written is found when the job comes again.
            return self.hand_back(hand, Some(FIRST_DELAY), &error);
        }
        let (id, delivery) = (&hand.id, hand.delivery);
        if let Some(reason) = reason {
            self.count(|tally| tally.failed += 1);
            (self.say)(&format!("failed    {id} (delivery {delivery}): {reason}"));
            self.answer(hand, AckKind::Term);
        } else {
            self.count(|tally| tally.done += 1);
            (self.say)(&format!("done      {id} (delivery {delivery}) in {seconds:.1} s"));
            self.answer(hand, AckKind::Ack);
        }
    }

    fn publish(&self, told: &Told<'_>) -> Result<(), String> {
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            outcome = self.runtime.block_on(told.publish(&self.line));
            if outcome.is_ok() || self.stop.asked() {
                break;
            }
            thread::sleep(BACK_OFF);
        }
        outcome
    }

    fn answer(&self, hand: &Hand, kind: AckKind) {
        // Without an answer the job comes again, and its results are found.
        if let Err(error) = self.runtime.block_on(hand.acker.double_ack_with(kind)) {
            (self.say)(&format!("queue     {}: {error}", hand.id));
        }
    }

    fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn no_room(error: &io::Error) -> Failure {
    Failure::Later(format!("cannot write results: {error}"))
}

/// What a report says of itself.
fn decoded(report: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(report).is_ok_and(|report| report["decoded"] == true)
}

/// Wait before the next attempt at a job.
fn delay(delivery: u64) -> Duration {
    let doubled = 1_u32 << delivery.saturating_sub(1).min(6);
    (FIRST_DELAY * doubled).min(LONGEST_DELAY)
}
