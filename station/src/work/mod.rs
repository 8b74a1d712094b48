//! Work for many machines: recordings to decode, from a queue in NATS `JetStream`, each once, and again by another worker
//! when one dies over it.
//!
//! A job names everything that its result depends on, so that decoding it twice gives the same bytes in the same place. A
//! result is written beside its place and takes its name when it is whole: what has the name is whole, and a job whose result
//! is there is done.

mod decode;
mod folder;
mod job;
#[cfg(feature = "nats")]
mod objects;
#[cfg(feature = "nats")]
mod queue;
mod root;
#[cfg(feature = "nats")]
mod stop;
#[cfg(feature = "nats")]
mod submit;
#[cfg(feature = "nats")]
mod told;
#[cfg(feature = "nats")]
mod worker;

pub use decode::{Done, Failure, decode};
pub use folder::{Draft, finished};
pub use job::{
    JOB_VERSION, Job, JobError, LONGEST_JOB, Link, Object, Prefix, Product, Recording, Results, usual,
};
pub use root::{PathError, Root};
#[cfg(feature = "nats")]
pub use stop::Stop;
#[cfg(feature = "nats")]
pub use submit::{Submitted, identifier, results, submit};
#[cfg(feature = "nats")]
pub use worker::{Tally, WorkConfig, WorkError, work};
