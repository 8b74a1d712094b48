//! What the benchmarks of the codes share.

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use std::time::Duration;

/// A group whose rates are in bits, of which each measurement handles so many.
pub fn group<'a>(criterion: &'a mut Criterion, name: &str, bits: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(bits as u64));
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    group
}
