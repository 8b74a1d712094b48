//! Units to a stream of NATS `JetStream`: delivered is what the server has acknowledged as stored.

use super::control::Control;
use super::ledger::{Cause, Ledger, Parcel};
use super::login::{self, BACK_OFF};
use super::queue::{Next, Queue};
use super::spec::Nats;
use super::subject::{Run, headers, subject};
use async_nats::connection::State;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event, HeaderMap};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout_at};

/// Units sent before the first of them is acknowledged.
const WINDOW: usize = 256;
/// How long acknowledgements may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a queue is waited for.
const IDLE: Duration = Duration::from_millis(100);

/// Starts the thread that takes units to the server.
///
/// # Errors
/// When credentials cannot be had, or the system refuses.
pub fn start(config: Nats, queue: Arc<Queue>, ledger: Arc<Ledger>, control: Arc<Control>) -> io::Result<()> {
    let options = options(&config, &ledger)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("nats")
        .enable_all()
        .build()?;
    thread::spawn(move || {
        let publisher = Publisher {
            run: Run::new(&config),
            config,
            ledger,
            control: Arc::clone(&control),
        };
        publisher.run(&runtime, &options, &queue);
        // What it still does is for nobody.
        runtime.shutdown_background();
        control.done();
    });
    Ok(())
}

fn options(config: &Nats, ledger: &Arc<Ledger>) -> io::Result<ConnectOptions> {
    let book = Arc::clone(ledger);
    let options = login::options(&config.login)?.event_callback(move |event| {
        let book = Arc::clone(&book);
        async move {
            match event {
                Event::Connected => book.connected(),
                Event::Disconnected => {
                    book.disconnected();
                    book.error("the server has gone");
                }
                other => book.error(other.to_string()),
            }
        }
    });
    Ok(options)
}

/// What publishing a batch needs.
struct Publisher {
    config: Nats,
    run: Run,
    ledger: Arc<Ledger>,
    control: Arc<Control>,
}

impl Publisher {
    fn run(&self, runtime: &Runtime, options: &ConnectOptions, queue: &Queue) {
        let Some(client) = self.connect(runtime, options) else {
            return;
        };
        // The context starts a task of its own.
        let _inside = runtime.enter();
        let mut context = jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        runtime.block_on(self.prepare(&context));
        while let Some(batch) = Self::batch(queue) {
            runtime.block_on(self.deliver(&client, &context, batch));
        }
    }

    /// Connects, again and again until the run is over: by this one learns why a server refuses.
    fn connect(&self, runtime: &Runtime, options: &ConnectOptions) -> Option<Client> {
        loop {
            match runtime.block_on(options.clone().connect(self.config.login.url())) {
                Ok(client) => return Some(client),
                Err(error) => self.ledger.error(login::reason(&error)),
            }
            if self.control.sleep(BACK_OFF) {
                return None;
            }
        }
    }

    /// Finds the stream, or makes it.
    async fn prepare(&self, context: &Context) {
        let config = || Config {
            name: self.config.stream.clone(),
            subjects: vec![format!("{}.>", self.config.subject)],
            ..Config::default()
        };
        while !self.control.abandoned() {
            match context.get_or_create_stream(config()).await {
                Ok(_) => return,
                Err(error) => self
                    .ledger
                    .error(format!("stream {}: {error}", self.config.stream)),
            }
            sleep(BACK_OFF).await;
        }
    }

    /// The units that there are, once there is one; `None` at the end.
    fn batch(queue: &Queue) -> Option<Vec<Parcel>> {
        let mut batch = Vec::new();
        loop {
            let patience = if batch.is_empty() { IDLE } else { Duration::ZERO };
            match queue.next(patience) {
                Next::Parcel(parcel) => batch.push(parcel),
                Next::Nothing if batch.is_empty() => continue,
                Next::Nothing => return Some(batch),
                Next::Closed => return (!batch.is_empty()).then_some(batch),
            }
            if batch.len() == WINDOW {
                return Some(batch);
            }
        }
    }

    /// Sends a batch until all of it is stored. What is sent twice is stored once, by its identifier.
    async fn deliver(&self, client: &Client, context: &Context, mut batch: Vec<Parcel>) {
        let mut messages: Vec<(String, HeaderMap)> = batch
            .iter()
            .map(|parcel| {
                (
                    subject(&self.config, parcel.unit()),
                    headers(&self.run, parcel.unit()),
                )
            })
            .collect();
        while !batch.is_empty() && !self.control.abandoned() {
            if client.connection_state() != State::Connected {
                sleep(BACK_OFF).await;
                continue;
            }
            let before = batch.len();
            (batch, messages) = self.attempt(context, batch, messages).await;
            if batch.len() == before {
                sleep(BACK_OFF).await;
            }
        }
    }

    /// One attempt; what was not acknowledged comes back, in its order.
    async fn attempt(
        &self,
        context: &Context,
        batch: Vec<Parcel>,
        messages: Vec<(String, HeaderMap)>,
    ) -> (Vec<Parcel>, Vec<(String, HeaderMap)>) {
        let mut acknowledgements = Vec::with_capacity(batch.len());
        for (parcel, (subject, headers)) in batch.iter().zip(&messages) {
            let payload = parcel.unit().bytes.clone().into();
            let sent = context.publish_with_headers(subject.clone(), headers.clone(), payload);
            acknowledgements.push(sent.await);
        }
        let until = Instant::now() + PATIENCE;
        let mut left = (Vec::new(), Vec::new());
        for ((parcel, message), sent) in batch.into_iter().zip(messages).zip(acknowledgements) {
            let outcome = match sent {
                Ok(acknowledgement) => timeout_at(until, acknowledgement.into_future()).await,
                Err(error) => Ok(Err(error)),
            };
            match outcome {
                Ok(Ok(_)) => {
                    let bytes = parcel.unit().bytes.len();
                    parcel.delivered(bytes);
                    continue;
                }
                Ok(Err(error)) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    self.ledger.error(error.to_string());
                    parcel.lost(Cause::TooLong);
                    continue;
                }
                Ok(Err(error)) => self.ledger.error(error.to_string()),
                Err(_) => self.ledger.error("the server did not acknowledge in time"),
            }
            left.0.push(parcel);
            left.1.push(message);
        }
        left
    }
}
