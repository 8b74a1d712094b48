//! The thread of an output with one consumer: unit after unit out of its queue, with patience for a consumer that is away.

use super::control::Control;
use super::ledger::{Cause, Ledger, Parcel};
use super::queue::{Next, Queue};
use super::unit::Unit;
use crate::waits::Waits;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Between the attempts to hand a unit over.
const WAITS: Waits = Waits::new(Duration::from_millis(100), Duration::from_secs(10));
/// How often a carrier without units looks after its connection.
const IDLE: Duration = Duration::from_millis(250);

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Handed over, as so many bytes.
    Delivered(usize),
    /// It cannot be, now or ever.
    Lost(Cause),
}

/// Takes units to their consumer.
pub trait Carrier: Send {
    /// Takes a unit there. It is brought again after an error.
    ///
    /// # Errors
    /// When the consumer cannot be reached at the moment.
    fn carry(&mut self, unit: &Unit, control: &Control) -> io::Result<Carried>;

    /// Looks after the connection while there is nothing to carry.
    fn look_after(&mut self, _control: &Control) {}

    /// All units have been carried.
    ///
    /// # Errors
    /// When something held back could not be handed over.
    fn finish(&mut self, _control: &Control) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the thread.
pub fn start(mut carrier: Box<dyn Carrier>, queue: Arc<Queue>, ledger: Arc<Ledger>, control: Arc<Control>) {
    thread::spawn(move || {
        loop {
            match queue.next(IDLE) {
                Next::Parcel(parcel) => deliver(carrier.as_mut(), parcel, &ledger, &control),
                Next::Nothing => carrier.look_after(&control),
                Next::Closed => break,
            }
        }
        if let Err(error) = carrier.finish(&control) {
            ledger.error(error.to_string());
        }
        drop(carrier);
        control.done();
    });
}

fn deliver(carrier: &mut dyn Carrier, parcel: Parcel, ledger: &Ledger, control: &Control) {
    let mut waits = WAITS;
    loop {
        match carrier.carry(parcel.unit(), control) {
            Ok(Carried::Delivered(bytes)) => return parcel.delivered(bytes),
            Ok(Carried::Lost(cause)) => return parcel.lost(cause),
            Err(error) => ledger.error(error.to_string()),
        }
        if control.sleep(waits.take()) {
            return parcel.lost(Cause::RunEnded);
        }
    }
}
