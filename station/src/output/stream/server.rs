//! Units to any number of clients over TCP, each with a queue and a thread of its own.

use super::control::Control;
use super::framing::Framing;
use super::ledger::{Cause, Ledger, Parcel};
use super::queue::{Next, Queue, WhenFull};
use super::socket;
use super::zmtp::Subscriber;
use crate::monitor::Monitor;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the listener looks whether to go on, and a client's thread after its connection.
const GLANCE: Duration = Duration::from_millis(50);

/// What the clients of a server are spoken to in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// Units on a stream of bytes.
    Bytes(Framing),
    /// Messages to `ZeroMQ` subscribers, under this topic if any.
    Zmtp(Option<String>),
}

/// What a server is told once.
#[derive(Debug)]
pub struct ServerConfig {
    /// What it says.
    pub speech: Speech,
    /// Units in the queue of each client.
    pub queue: usize,
    /// Bytes in the queue of each client.
    pub queue_bytes: usize,
    /// Clients at once.
    pub most_clients: usize,
    /// Where there is no room.
    pub full: WhenFull,
    /// How long a replay waits for the first client.
    pub wait: Duration,
}

/// A server.
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    ledger: Arc<Ledger>,
    control: Arc<Control>,
    clients: Mutex<Vec<Arc<Queue>>>,
    came: Condvar,
    /// Until when the first client is waited for; begins with the first unit.
    patience: Mutex<Option<Instant>>,
    threads: AtomicUsize,
}

/// Whether a client can be given units yet.
pub(super) trait Listener {
    /// Takes in what the client says, without waiting.
    fn hear(&mut self, stream: &TcpStream, control: &Control) -> io::Result<()>;

    /// The bytes of a unit, unless the client does not want it.
    fn say<'a>(&'a mut self, parcel: &Parcel) -> Option<&'a [u8]>;
}

struct Plain {
    framing: Framing,
    bytes: Vec<u8>,
}

impl Listener for Plain {
    fn hear(&mut self, stream: &TcpStream, _: &Control) -> io::Result<()> {
        socket::ignore_input(stream)
    }

    fn say<'a>(&'a mut self, parcel: &Parcel) -> Option<&'a [u8]> {
        self.framing.encode(parcel.unit(), &mut self.bytes);
        Some(&self.bytes)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Begins to accept clients.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn start(
        listener: TcpListener,
        config: ServerConfig,
        ledger: Arc<Ledger>,
        control: Arc<Control>,
    ) -> io::Result<Arc<Self>> {
        listener.set_nonblocking(true)?;
        let server = Arc::new(Self {
            config,
            ledger,
            control,
            clients: Mutex::default(),
            came: Condvar::new(),
            patience: Mutex::default(),
            threads: AtomicUsize::new(1),
        });
        let accepting = Arc::clone(&server);
        thread::spawn(move || {
            accepting.accept(&listener);
            drop(listener);
            accepting.thread_ends();
        });
        Ok(server)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while !self.control.closing() {
            match listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.control.sleep_until_closing(GLANCE);
                }
                Err(error) => {
                    self.ledger.error(error.to_string());
                    self.control.sleep_until_closing(GLANCE);
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream) {
        if self.threads.load(Ordering::Relaxed) > self.config.most_clients {
            self.ledger.error(format!(
                "more than {} clients: one was turned away",
                self.config.most_clients
            ));
            return;
        }
        if let Err(error) = stream
            .set_nonblocking(false)
            .and_then(|()| socket::prepare(&stream))
        {
            return self.ledger.error(error.to_string());
        }
        self.threads.fetch_add(1, Ordering::Relaxed);
        let server = Arc::clone(self);
        thread::spawn(move || {
            server.serve(&stream);
            drop(stream);
            server.thread_ends();
        });
    }

    /// The thread of a client.
    fn serve(&self, stream: &TcpStream) {
        let mut listener: Box<dyn Listener> = match &self.config.speech {
            Speech::Bytes(framing) => Box::new(Plain {
                framing: *framing,
                bytes: Vec::new(),
            }),
            Speech::Zmtp(topic) => match Subscriber::greet(stream, topic.as_deref(), &self.control) {
                Ok(subscriber) => Box::new(subscriber),
                Err(error) => return self.ledger.error(error.to_string()),
            },
        };
        let queue = Arc::new(Queue::new(self.config.queue, self.config.queue_bytes));
        locked(&self.clients).push(Arc::clone(&queue));
        self.came.notify_all();
        self.ledger.connected();
        let outcome = self.converse(stream, listener.as_mut(), &queue);
        // In this order: a unit finds the client's queue either open or not at all.
        locked(&self.clients).retain(|other| !Arc::ptr_eq(other, &queue));
        queue.abandon(Cause::Disconnected);
        self.ledger.disconnected();
        match outcome {
            Ok(()) => socket::close(stream, &self.control),
            Err(error) => self.ledger.error(error.to_string()),
        }
    }

    fn converse(&self, stream: &TcpStream, listener: &mut dyn Listener, queue: &Queue) -> io::Result<()> {
        loop {
            listener.hear(stream, &self.control)?;
            let parcel = match queue.next(GLANCE) {
                Next::Parcel(parcel) => parcel,
                Next::Nothing => continue,
                Next::Closed => return Ok(()),
            };
            let Some(bytes) = listener.say(&parcel) else {
                parcel.lost(Cause::NoClient);
                continue;
            };
            let length = bytes.len();
            match socket::write_all(stream, bytes, &self.control) {
                Ok(()) => parcel.delivered(length),
                Err(error) => {
                    let cause = match error.kind() {
                        _ if self.control.abandoned() => Cause::RunEnded,
                        io::ErrorKind::TimedOut => Cause::Stalled,
                        _ => Cause::Disconnected,
                    };
                    parcel.lost(cause);
                    queue.abandon(cause);
                    return Err(error);
                }
            }
        }
    }

    fn thread_ends(&self) {
        if self.threads.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.control.done();
        }
    }

    /// Gives a parcel to every client there is.
    pub fn offer(&self, parcel: Parcel, monitor: &Monitor, stall: impl Fn() -> Duration) {
        let clients = self.clients(monitor);
        if clients.is_empty() {
            return parcel.lost(Cause::NoClient);
        }
        for client in &clients {
            client.push(parcel.clone(), self.config.full, &stall);
        }
    }

    /// The clients; a replay waits for the first one.
    fn clients(&self, monitor: &Monitor) -> Vec<Arc<Queue>> {
        let mut clients = locked(&self.clients);
        let until = *locked(&self.patience).get_or_insert_with(|| Instant::now() + self.config.wait);
        while clients.is_empty() && Instant::now() < until && !monitor.stopping() {
            let waited = self.came.wait_timeout(clients, GLANCE);
            clients = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !clients.is_empty() {
            // One has come: nobody waits for the next.
            *locked(&self.patience) = Some(Instant::now());
        }
        clients.clone()
    }

    /// Takes no more units and no more clients.
    pub fn close(&self) {
        self.control.close();
        locked(&self.clients).iter().for_each(|queue| queue.close());
    }

    /// When a client took something last.
    pub fn moved(&self) -> Option<Instant> {
        locked(&self.clients).iter().map(|queue| queue.moved()).max()
    }
}
