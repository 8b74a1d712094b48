//! Units to a stream of NATS `JetStream`: delivered is what the server has acknowledged as stored.

use super::control::Control;
use super::ledger::{Cause, Ledger, Parcel};
use super::queue::{Next, Queue};
use super::secret;
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
/// How long connecting, and what is asked of the server, may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How often a silent server is asked whether it is there.
const PING: Duration = Duration::from_secs(5);
/// Wait after something failed, and while there is no connection.
const BACK_OFF: Duration = Duration::from_millis(200);
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
        publisher.run(&runtime, options, &queue);
        // What it still does is for nobody.
        runtime.shutdown_background();
        control.done();
    });
    Ok(())
}

fn options(config: &Nats, ledger: &Arc<Ledger>) -> io::Result<ConnectOptions> {
    let book = Arc::clone(ledger);
    let mut options = ConnectOptions::new()
        .name("groundlink")
        .retry_on_initial_connect()
        .connection_timeout(CONNECT)
        .ping_interval(PING)
        .reconnect_delay_callback(|attempt| BACK_OFF * u32::try_from(attempt.min(50)).unwrap_or(50))
        .event_callback(move |event| {
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
    if let Some(place) = &config.credentials {
        options = options.credentials(&secret::read(place)?)?;
    }
    if let Some(place) = &config.token {
        options = options.token(secret::word(place)?);
    }
    if let Some(path) = &config.ca_file {
        options = options.add_root_certificates(path.into());
    }
    Ok(options.require_tls(config.tls))
}

/// What publishing a batch needs.
struct Publisher {
    config: Nats,
    run: Run,
    ledger: Arc<Ledger>,
    control: Arc<Control>,
}

impl Publisher {
    fn run(&self, runtime: &Runtime, options: ConnectOptions, queue: &Queue) {
        let address = format!(
            "nats://{}:{}",
            bracketed(&self.config.address.host),
            self.config.address.port
        );
        let client = match runtime.block_on(options.connect(address)) {
            Ok(client) => client,
            Err(error) => {
                self.ledger.error(error.to_string());
                return queue.abandon(Cause::Refused);
            }
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

/// A host as it stands in an address: numbers of IPv6 in brackets.
fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}
