//! What a process has used, by the kernel's own accounts.
//!
//! CPU time, unlike wall time, hardly depends on what else a shared machine is doing.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use std::fs;

/// Ticks per second of the times in `/proc/self/stat`; Linux has the same for every program.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time of all threads of this process so far, user and system, seconds. Resolution 10 ms.
///
/// # Errors
/// Where there is no `/proc/self/stat`.
pub fn process_cpu_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    parse_stat(&text).context("/proc/self/stat is not as expected")
}

/// CPU time of the calling thread so far, user and system, seconds.
pub fn thread_cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Resident memory now and at its highest, MiB.
///
/// # Errors
/// Where there is no `/proc/self/status`.
pub fn resident_mib() -> Result<(f64, f64)> {
    let text = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let field = |name| status_mib(&text, name).with_context(|| format!("no {name} in /proc/self/status"));
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// User and system time. The second field is the program's name in brackets and may hold anything.
fn parse_stat(text: &str) -> Option<f64> {
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn status_mib(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_a_name_with_brackets_and_spaces() {
        let text = "17 (a) b (c) R 1 17 17 0 -1 4194304 95 0 0 0 250 31 0 0 20 0 1 0";
        assert_eq!(parse_stat(text), Some(2.81));
        assert_eq!(parse_stat("17 (a) R 1"), None);
    }

    #[test]
    fn status_is_read_by_name() {
        let text = "Name:\tsweep\nVmHWM:\t    3072 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(status_mib(text, "VmHWM:"), Some(3.0));
        assert_eq!(status_mib(text, "VmRSS:"), Some(2.0));
        assert_eq!(status_mib(text, "VmSwap:"), None);
    }
}
