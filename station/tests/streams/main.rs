//! Outputs to other programs on loopback: what arrives, and that every frame is accounted for.

mod support;

mod http;
mod kiss;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "nats")]
mod nats_login;
#[cfg(feature = "nats")]
mod nats_server;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "nats")]
mod proxy;
mod records;
mod sids;
mod stalls;
mod tcp;
mod tls;
mod udp;
#[cfg(feature = "nats")]
mod work;
mod zmq;
