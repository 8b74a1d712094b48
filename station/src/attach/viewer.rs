//! The viewer's side: what the station answers, put into a monitor of the viewer's own.

use super::address::{Connection, Endpoint};
use super::wire::{self, Answer, Ask, MAX_ANSWER, MAX_ASK, VERSION, WireError};
use crate::monitor::{EventKind, EventLine, Level, LevelStep, Monitor, Numbers, Phase};
use groundlink_decoder::link::LinkCounters;
use num_complex::Complex32;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Time between two questions, at least.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// An answer should take no longer than this; over slow links less is asked for.
const ANSWER_SECONDS: f64 = 0.5;
/// A station that does not answer for so long is gone.
const SILENT: Duration = Duration::from_secs(20);
/// Time before the first and between later attempts to come back.
const BACK_OFF: [u64; 6] = [250, 500, 1_000, 2_000, 5_000, 10_000];
/// Bytes asked for at first.
const AT_FIRST: f64 = 16_384.0;
/// Bins and points drawn at most.
const BINS: u32 = 1024;
const POINTS: u32 = 1024;

/// Watches a station.
#[derive(Debug)]
pub struct Viewer {
    at: Endpoint,
    monitor: Monitor,
    run: u64,
    next: Numbers,
    spectrum_serial: u64,
    constellation_serial: u64,
    /// Bytes per second that came last.
    rate: f64,
    skipped: u64,
    told_skipped: Option<Instant>,
}

impl Viewer {
    /// Watches the station there; what it shows goes into this monitor.
    pub fn new(at: &Endpoint, monitor: &Monitor) -> Self {
        Self {
            at: at.clone(),
            monitor: monitor.clone(),
            run: 0,
            next: Numbers::default(),
            spectrum_serial: 0,
            constellation_serial: 0,
            rate: AT_FIRST / ANSWER_SECONDS,
            skipped: 0,
            told_skipped: None,
        }
    }

    /// Connects, so that what is wrong can be said before anything else.
    ///
    /// # Errors
    /// When nobody answers there, or not in this protocol.
    pub fn connect(&mut self) -> Result<Connection, WireError> {
        let mut connection = self.at.connect()?;
        connection.limit(SILENT, SILENT)?;
        self.ask(&mut connection)?;
        Ok(connection)
    }

    /// Watches until the monitor is asked to stop, and comes back where the connection is lost.
    pub fn watch(&mut self, first: Connection) {
        let mut connection = Some(first);
        let mut attempts = 0;
        while !self.monitor.stopping() {
            let outcome = match &mut connection {
                Some(connection) => self.ask(connection).map(|()| None),
                None => self.connect().map(Some),
            };
            match outcome {
                Ok(new) => {
                    if let Some(new) = new {
                        self.tell(Level::Info, "connected again");
                        connection = Some(new);
                    }
                    attempts = 0;
                    self.pause(ASK_EVERY);
                }
                Err(error) => {
                    let wait = Duration::from_millis(BACK_OFF[attempts.min(BACK_OFF.len() - 1)]);
                    self.lost(connection.take().is_some(), &error);
                    attempts += 1;
                    self.pause(wait);
                }
            }
        }
    }

    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.monitor.stopping() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20).min(time));
        }
    }

    /// Says plainly that what is shown is no longer so. A run that has ended stays as it was.
    fn lost(&mut self, was_there: bool, error: &WireError) {
        let ended = self.monitor.status().phase == Phase::Finished;
        if was_there {
            let text = if ended {
                "the station has ended".to_owned()
            } else {
                format!("connection lost: {error}")
            };
            self.tell(if ended { Level::Info } else { Level::Warning }, &text);
        }
        if !ended {
            let text = format!("connection lost ({error}); trying again");
            self.monitor.update(|status| status.phase = Phase::Failed(text));
        }
    }

    fn tell(&self, level: Level, text: &str) {
        self.monitor.push_event(EventLine {
            level,
            kind: EventKind::Asked,
            ..EventLine::info(&format!("{}: {text}", self.at))
        });
    }

    /// Asks once, and shows the answer.
    fn ask(&mut self, connection: &mut Connection) -> Result<(), WireError> {
        let ask = Ask {
            v: VERSION,
            run: self.run,
            next: self.next,
            spectrum_serial: self.spectrum_serial,
            constellation_serial: self.constellation_serial,
            bins: BINS,
            points: POINTS,
            most: (self.rate * ANSWER_SECONDS) as u32,
        };
        let begun = Instant::now();
        wire::send(connection, &wire::encode(&ask, MAX_ASK)?)?;
        let bytes = wire::receive(connection, MAX_ANSWER)?;
        let answer: Answer = wire::decode(&bytes)?;
        if let Some(reason) = answer.refused {
            return Err(WireError::Malformed { reason });
        }
        if answer.v != VERSION {
            return Err(WireError::Malformed {
                reason: format!("the station speaks version {}, this viewer {VERSION}", answer.v),
            });
        }
        // What is measured of short answers says more of the delay; the rate may double each time.
        let rate = bytes.len() as f64 / begun.elapsed().as_secs_f64().max(1e-3);
        self.rate = rate.clamp(self.rate / 4.0, self.rate * 2.0).clamp(2_048.0, 4e6);
        self.show(answer);
        Ok(())
    }

    fn show(&mut self, answer: Answer) {
        if answer.run != self.run {
            if self.run != 0 {
                self.tell(Level::Info, "another run begins");
            }
            self.run = answer.run;
            self.next = Numbers::default();
            (self.spectrum_serial, self.constellation_serial) = (0, 0);
        }
        let monitor = self.monitor.clone();
        monitor.set_paused(answer.paused);
        monitor.set_pace(answer.pace);
        let link = answer.link.map(|link| Arc::new(LinkCounters::from(link)));
        monitor.update(|status| {
            answer.status.put(status);
            if let Some(link) = link {
                status.link = link;
            }
        });
        if let Some(coding) = answer.coding {
            monitor.set_coding(coding);
        }
        let skipped = &mut self.skipped;
        let next = &mut self.next;
        *skipped += part(&mut next.events, answer.events, &|e| monitor.push_event(e));
        *skipped += part(&mut next.frames, answer.frames, &|f| monitor.push_frame(f));
        *skipped += part(&mut next.packets, answer.packets, &|p| monitor.push_packet(p));
        *skipped += part(&mut next.blocks, answer.blocks, &|b| monitor.push_block(b));
        *skipped += part(&mut next.syncs, answer.syncs, &|s| monitor.push_sync(s));
        self.tell_skipped();
        if let Some(spectrum) = answer.spectrum {
            self.spectrum_serial = spectrum.serial;
            let [least, rms, most, clipped] = spectrum.level;
            monitor.update_plots(|plots| {
                plots.spectrum_serial = spectrum.serial;
                plots.span_hz = spectrum.span_hz;
                plots.carrier_hz = spectrum.carrier_hz;
                plots.band_hz = spectrum.band_hz;
                plots.level = LevelStep {
                    least,
                    rms,
                    most,
                    clipped,
                };
                plots.spectrum = spectrum.bins;
            });
        }
        if let Some(constellation) = answer.constellation {
            self.constellation_serial = constellation.serial;
            let points = constellation.points.chunks_exact(2);
            let points = points.map(|p| Complex32::new(p[0], p[1])).collect();
            monitor.update_plots(|plots| {
                plots.constellation_serial = constellation.serial;
                plots.constellation = points;
            });
        }
    }

    /// Says now and then how much is not in the lists; the counters have it all.
    fn tell_skipped(&mut self) {
        const EVERY: Duration = Duration::from_secs(10);
        let due = self.told_skipped.is_none_or(|at| at.elapsed() >= EVERY);
        if self.skipped > 0 && due {
            let text = format!("{} entries left out of the lists: the link is slow", self.skipped);
            self.tell(Level::Info, &text);
            (self.skipped, self.told_skipped) = (0, Some(Instant::now()));
        }
    }
}

/// Takes the entries of a history; how many were left out before them, beside those from before the viewer came.
fn part<T, V: From<T>>(next: &mut u64, part: wire::Part<T>, take: &dyn Fn(V)) -> u64 {
    if part.items.is_empty() {
        return 0;
    }
    let skipped = match *next {
        0 => 0,
        next => part.first.saturating_sub(next),
    };
    *next = part.first.saturating_add(part.items.len() as u64);
    part.items.into_iter().map(V::from).for_each(take);
    skipped
}
