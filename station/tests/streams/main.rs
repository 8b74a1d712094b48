//! Outputs to other programs on loopback: what arrives, and that every frame is accounted for.

mod support;

mod http;
mod kiss;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "parquet")]
mod parquet;
mod records;
mod sids;
mod stalls;
mod tcp;
mod udp;
mod zmq;
