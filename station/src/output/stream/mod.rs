//! Outputs to consumers that may be slow, dead, or many: each has a bounded queue, a thread and a book of its own, so that
//! none of them holds up the decoder or another one.
//!
//! A unit that was offered is delivered or lost for a stated cause, exactly once (`ledger`).

#[cfg(feature = "parquet")]
mod archive;
mod carrier;
mod client;
mod control;
mod framing;
pub mod http;
mod kiss;
mod ledger;
mod log;
#[cfg(feature = "nats")]
pub(crate) mod login;
mod metrics;
#[cfg(feature = "nats")]
mod nats;
mod post;
mod queue;
mod secret;
mod server;
mod sids;
mod socket;
mod spec;
mod stall;
mod status;
#[cfg(feature = "nats")]
mod subject;
#[cfg(feature = "parquet")]
mod table;
mod udp;
mod unit;
#[cfg(any(feature = "nats", feature = "parquet"))]
mod word;
pub mod zmtp;

pub use framing::Framing;
pub use ledger::StreamReport;
pub use queue::WhenFull;
pub use spec::{Address, Form, Nats, NatsLogin, Secret, Sids, SpecError, StreamSpec, WorkQueue};
pub use status::ScheduleStatus;
pub use unit::{Origin, Unit, What};

use crate::StationError;
use crate::input::LiveUrl;
use crate::monitor::Monitor;
use crate::output::record::Record;
use carrier::Carrier;
use client::Client;
use control::Control;
use hifitime::Epoch;
use ledger::{Cause, Ledger};
use log::KissLog;
use post::Forms;
use queue::Queue;
use server::{Server, ServerConfig, Speech};
use spec::REPLAYED_DATAGRAMS;
use stall::Stall;
use status::Board;
use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use udp::Datagrams;

/// How often somebody who waits for the end of an output looks at it.
const GLANCE: Duration = Duration::from_millis(50);
/// How long an abandoned output may take to let go.
const LET_GO: Duration = Duration::from_secs(1);

/// Whether an input of this name is a recording, which can be held back; pipes, devices and networks are live.
pub fn is_replay(input: &str) -> bool {
    let special = |meta: std::fs::Metadata| !meta.is_file() && !meta.is_dir();
    input != "-" && LiveUrl::parse(input).is_none() && !std::fs::metadata(input).is_ok_and(special)
}

#[derive(Debug)]
enum Port {
    Queue(Arc<Queue>),
    Server(Arc<Server>),
    /// It asks by itself.
    Watcher,
}

/// One output.
#[derive(Debug)]
struct Stream {
    spec: StreamSpec,
    full: WhenFull,
    ledger: Arc<Ledger>,
    control: Arc<Control>,
    port: Port,
}

/// The outputs of a run, or of several that share them.
#[derive(Debug)]
pub struct Fan {
    streams: Vec<Stream>,
    board: Arc<Board>,
    /// Asked whether the run is to stop.
    stop: Monitor,
}

/// What a run has to give at a time.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// What it is.
    pub what: What,
    /// Content.
    pub bytes: &'a [u8],
    /// Whether every check passed.
    pub good: bool,
    /// UTC of its first bit.
    pub utc: Option<Epoch>,
    /// What was said of it.
    pub record: &'a Arc<Record>,
    /// Where it comes from.
    pub origin: &'a Arc<Origin>,
}

impl Fan {
    /// Opens outputs: servers listen from now on, the others connect when there is something to carry. `replay` says that
    /// the input can be held back, `stop` when the run is to end.
    ///
    /// # Errors
    /// When a file cannot be created, or an address not be listened at.
    pub fn open(specs: &[StreamSpec], replay: bool, stop: &Monitor) -> Result<Arc<Self>, StationError> {
        let board = Arc::new(Board::default());
        let streams: Vec<Stream> = specs
            .iter()
            .map(|spec| Stream::open(spec, replay, &board))
            .collect::<Result<_, _>>()?;
        board.keep(streams.iter().map(|stream| Arc::clone(&stream.ledger)));
        Ok(Arc::new(Self {
            streams,
            board,
            stop: stop.clone(),
        }))
    }

    /// Shows a run to those who ask for the status.
    pub fn show(&self, downlink: Option<&str>, monitor: &Monitor) {
        if self.streams.iter().any(Stream::watches) {
            monitor.count();
            self.board.show(downlink, monitor);
        }
    }

    /// Forgets the runs that were shown: another one begins.
    pub fn forget_runs(&self) {
        self.board.forget_runs();
    }

    /// Says what the schedule is at to those who ask for the status.
    pub fn tell(&self, schedule: &ScheduleStatus) {
        self.board.tell(schedule);
    }

    /// Whether there are no outputs.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether any output takes units of this kind.
    pub fn wants(&self, what: What) -> bool {
        self.streams.iter().any(|stream| stream.takes(what))
    }

    /// Whether any output takes records with the content of frames and packets.
    pub fn wants_data(&self) -> bool {
        self.streams
            .iter()
            .any(|stream| stream.takes(What::Records) && stream.spec.data)
    }

    /// Offers a unit to every output that takes such; records with content only to those that asked for these.
    pub fn offer(&self, offer: &Offer<'_>, data: Option<bool>) {
        let mut unit = None;
        let takers = self.streams.iter().filter(|stream| {
            stream.takes(offer.what)
                && (offer.good || stream.spec.bad_frames)
                && data.is_none_or(|data| data == stream.spec.data)
        });
        for stream in takers {
            let unit = unit.get_or_insert_with(|| {
                Arc::new(Unit {
                    what: offer.what,
                    bytes: offer.bytes.to_vec(),
                    utc: offer.utc,
                    record: Arc::clone(offer.record),
                    origin: Arc::clone(offer.origin),
                })
            });
            stream.offer(unit, &self.stop);
        }
    }

    /// The counters.
    pub fn reports(&self) -> Vec<StreamReport> {
        self.streams.iter().map(|stream| stream.ledger.report()).collect()
    }

    /// Takes no more, waits until what is queued has been delivered or nothing moves any more, and gives the counters.
    pub fn close(&self) -> Vec<StreamReport> {
        let begun = Instant::now();
        let (watchers, carriers): (Vec<&Stream>, Vec<&Stream>) =
            self.streams.iter().partition(|stream| stream.watches());
        // Whoever asks for the status may see how the others come to their end.
        for streams in [carriers, watchers] {
            for stream in &streams {
                stream.close();
            }
            for stream in &streams {
                stream.drain(begun, &self.stop);
            }
        }
        self.streams
            .iter()
            .map(|stream| stream.ledger.last_report())
            .collect()
    }
}

fn unavailable(spec: &StreamSpec, source: io::Error) -> StationError {
    StationError::Output {
        name: spec.text.clone(),
        source,
    }
}

impl Stream {
    fn open(spec: &StreamSpec, replay: bool, board: &Arc<Board>) -> Result<Self, StationError> {
        let default = if replay { WhenFull::Wait } else { WhenFull::Drop };
        let full = spec.full.unwrap_or(default);
        let mut stream = Self {
            spec: spec.clone(),
            full,
            ledger: Arc::new(Ledger::new(&spec.text, spec.what)),
            control: Arc::new(Control::new(spec.stall)),
            port: Port::Watcher,
        };
        stream.port = stream
            .start(replay, board)
            .map_err(|error| unavailable(spec, error))?;
        Ok(stream)
    }

    fn start(&self, replay: bool, board: &Arc<Board>) -> io::Result<Port> {
        let ledger = || Arc::clone(&self.ledger);
        let host = |address: &Address| (address.host.clone(), address.port);
        Ok(match &self.spec.form {
            Form::Listen {
                address,
                framing,
                clients,
                wait,
            } => self.serve(address, Speech::Bytes(*framing), *clients, *wait, replay)?,
            Form::Zmq {
                address,
                topic,
                clients,
                wait,
            } => self.serve(address, Speech::Zmtp(topic.clone()), *clients, *wait, replay)?,
            Form::Connect { address, framing } => {
                let (host, port) = host(address);
                self.carry(Box::new(Client::new(host, port, *framing, ledger())))
            }
            Form::Udp { address, rate } => {
                let (host, port) = host(address);
                let rate = rate.or(replay.then_some(REPLAYED_DATAGRAMS));
                self.carry(Box::new(Datagrams::new(host, port, rate, ledger())))
            }
            Form::KissLog { path } => self.carry(Box::new(KissLog::new(File::create(path)?))),
            Form::Http { address } => {
                let listener = self.listen(address)?;
                http::start(listener, Arc::clone(board), Arc::clone(&self.control))?;
                Port::Watcher
            }
            Form::Nats(config) => self.publish(config)?,
            Form::Parquet { folder } => self.archive(folder)?,
            Form::Sids(station) => self.carry(Box::new(Forms::new((**station).clone(), ledger())?)),
        })
    }

    fn listen(&self, address: &Address) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((address.host.as_str(), address.port))?;
        self.ledger.listens_at(listener.local_addr()?);
        Ok(listener)
    }

    fn queue(&self) -> Arc<Queue> {
        Arc::new(Queue::new(self.spec.queue, self.spec.queue_bytes))
    }

    fn carry(&self, carrier: Box<dyn Carrier>) -> Port {
        let queue = self.queue();
        let (ledger, control) = (Arc::clone(&self.ledger), Arc::clone(&self.control));
        carrier::start(carrier, Arc::clone(&queue), ledger, control);
        Port::Queue(queue)
    }

    fn serve(
        &self,
        address: &Address,
        speech: Speech,
        clients: usize,
        wait: Duration,
        replay: bool,
    ) -> io::Result<Port> {
        let listener = self.listen(address)?;
        let config = ServerConfig {
            speech,
            queue: self.spec.queue,
            queue_bytes: self.spec.queue_bytes,
            most_clients: clients,
            full: self.full,
            wait: if replay { wait } else { Duration::ZERO },
        };
        let (ledger, control) = (Arc::clone(&self.ledger), Arc::clone(&self.control));
        Ok(Port::Server(Server::start(listener, config, ledger, control)?))
    }

    #[cfg(feature = "parquet")]
    fn archive(&self, folder: &str) -> io::Result<Port> {
        let (queue, ledger, control) = (self.queue(), Arc::clone(&self.ledger), Arc::clone(&self.control));
        archive::start(folder, Arc::clone(&queue), ledger, control)?;
        Ok(Port::Queue(queue))
    }

    #[cfg(not(feature = "parquet"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn archive(&self, _folder: &str) -> io::Result<Port> {
        let text = "this program was built without the feature parquet";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    /// Whether it asks by itself instead of taking units.
    fn watches(&self) -> bool {
        matches!(self.port, Port::Watcher)
    }

    #[cfg(feature = "nats")]
    fn publish(&self, config: &Nats) -> io::Result<Port> {
        let (queue, ledger, control) = (self.queue(), Arc::clone(&self.ledger), Arc::clone(&self.control));
        nats::start(config.clone(), Arc::clone(&queue), ledger, control)?;
        Ok(Port::Queue(queue))
    }

    #[cfg(not(feature = "nats"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn publish(&self, _config: &Nats) -> io::Result<Port> {
        let text = "this program was built without the feature nats";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    fn takes(&self, what: What) -> bool {
        match self.spec.form {
            Form::Http { .. } => false,
            Form::Parquet { .. } => matches!(what, What::Frames | What::Packets | What::Metrics),
            _ => self.spec.what == what,
        }
    }

    fn offer(&self, unit: &Arc<Unit>, stop: &Monitor) {
        let stall = Stall::of(self.full, self.spec.stall, stop);
        let parcel = self.ledger.parcel(unit);
        match &self.port {
            Port::Queue(queue) => queue.push(parcel, self.full, || stall.still()),
            Port::Server(server) => server.offer(parcel, stop, || stall.still()),
            Port::Watcher => parcel.lost(Cause::NoClient),
        }
    }

    fn close(&self) {
        match &self.port {
            Port::Queue(queue) => queue.close(),
            Port::Server(server) => server.close(),
            Port::Watcher => self.control.close(),
        }
    }

    /// Waits for the threads to deliver what is queued, as long as something moves.
    fn drain(&self, begun: Instant, stop: &Monitor) {
        let stall = Stall::of(self.full, self.spec.stall, stop);
        while !self.control.wait_done(GLANCE) {
            let moved = match &self.port {
                Port::Queue(queue) => Some(queue.moved()),
                Port::Server(server) => server.moved(),
                Port::Watcher => None,
            };
            let still = moved.map_or(begun, |moved| moved.max(begun)).elapsed();
            if still >= stall.still() || begun.elapsed() >= stall.altogether() {
                self.control.abandon();
                self.control.wait_done(LET_GO);
                break;
            }
        }
        if let Port::Queue(queue) = &self.port {
            queue.abandon(Cause::RunEnded);
        }
    }
}
