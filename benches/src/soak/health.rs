//! Memory, threads and files of the process, over the signal.

use anyhow::{Context, Result};
use std::fs;

/// Part of the signal in which everything grows to its size.
const WARM_UP: f64 = 0.1;
/// Parts at the beginning and at the end that are compared.
const PART: f64 = 0.2;

/// The process at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Seconds of signal until then.
    pub signal_s: f64,
    /// Resident memory, KiB.
    pub resident_kib: u64,
    /// Threads.
    pub threads: u64,
    /// Open files and sockets.
    pub files: u64,
}

/// The process over time.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Looks at it, in order.
    pub samples: Vec<Sample>,
}

impl Health {
    /// Looks at this process.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn look(&mut self, signal_s: f64) -> Result<()> {
        let status = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
        let field = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|line| line.split_whitespace().next());
            word.and_then(|word| word.parse().ok())
                .with_context(|| format!("no {name} in /proc/self/status"))
        };
        self.samples.push(Sample {
            signal_s,
            resident_kib: field("VmRSS:")?,
            threads: field("Threads:")?,
            files: fs::read_dir("/proc/self/fd")?.count() as u64,
        });
        Ok(())
    }

    /// Medians of the first part after the warm-up and of the last part.
    pub fn compare(&self, value: impl Fn(&Sample) -> u64) -> (u64, u64) {
        let count = self.samples.len() as f64;
        let part = |from: f64| {
            let part = &self.samples[(from * count) as usize..((from + PART) * count).ceil() as usize];
            let mut values: Vec<u64> = part.iter().map(&value).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        (part(WARM_UP), part(1.0 - PART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_shows_between_the_parts() {
        let samples = (0..100).map(|n| Sample {
            signal_s: f64::from(n),
            resident_kib: 1000 + n as u64,
            threads: 7,
            files: if n == 50 { 99 } else { 9 },
        });
        let health = Health {
            samples: samples.collect(),
        };
        assert_eq!(health.compare(|sample| sample.resident_kib), (1020, 1090));
        assert_eq!(health.compare(|sample| sample.threads), (7, 7));
        assert_eq!(health.compare(|sample| sample.files), (9, 9));
        assert_eq!(Health::default().compare(|sample| sample.files), (0, 0));
    }
}
