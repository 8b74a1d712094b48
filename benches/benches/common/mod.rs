//! What the benchmarks share: rates in information bits, or samples, per second of CPU time of the thread.

#![allow(dead_code, reason = "not every benchmark needs all of it")]

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkGroup, Criterion, Throughput};
use groundlink_benches::usage::thread_cpu_seconds;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

/// CPU time of the thread, nanoseconds: what else the machine does hardly changes it.
pub struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = f64;
    type Value = f64;

    fn start(&self) -> f64 {
        thread_cpu_seconds()
    }

    fn end(&self, start: f64) -> f64 {
        (thread_cpu_seconds() - start) * 1e9
    }

    fn add(&self, one: &f64, other: &f64) -> f64 {
        one + other
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// The configuration of the benchmarks that measure CPU time.
pub fn cpu_time() -> Criterion<CpuTime> {
    Criterion::default().with_measurement(CpuTime)
}

/// A group of measurements of as many bits or samples each.
pub fn group<'a>(
    criterion: &'a mut Criterion<CpuTime>,
    name: &str,
    bits: usize,
) -> BenchmarkGroup<'a, CpuTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bits(bits as u64));
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(10);
    group
}

/// Random bytes, the same for the same seed.
pub fn random(bytes: usize, seed: u64) -> Vec<u8> {
    let mut data = vec![0; bytes];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut data);
    data
}
