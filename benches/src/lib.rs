//! What the benchmarks, the throughput program and the Eb/N0 sweep share: test signals made in memory,
//! receivers put together by hand, statistics, theory and curves.

pub mod align;
pub mod alone;
pub mod codes;
pub mod curve;
pub mod ideal;
pub mod keying;
pub mod link;
pub mod receive;
pub mod soak;
pub mod source;
pub mod statistics;
pub mod sweep;
pub mod theory;
pub mod usage;
