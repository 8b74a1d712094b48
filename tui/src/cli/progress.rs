//! The progress bar on stderr, when that is a terminal.

use groundlink_station::monitor::{Monitor, StationStatus};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Does the work while the bar follows the monitor.
pub fn during<T: Send>(monitor: &Monitor, quiet: bool, work: impl FnOnce() -> T + Send) -> T {
    if quiet || !stderr().is_terminal() {
        return work();
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| follow(monitor, &done));
        // Also when the work panics, the bar must let go for the scope to end.
        let _guard = Done(&done);
        work()
    })
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn follow(monitor: &Monitor, done: &AtomicBool) {
    let bar = ProgressBar::no_length();
    bar.set_style(style(false));
    while !done.load(Ordering::Relaxed) {
        let status = monitor.status();
        let length = status.input.as_ref().and_then(|input| input.length);
        if let (Some(length), None) = (length, bar.length()) {
            bar.set_length(length);
            bar.set_style(style(true));
        }
        bar.set_position(status.position);
        bar.set_message(message(&status));
        thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

fn style(length_known: bool) -> ProgressStyle {
    let template = if length_known {
        "{percent:>3} % {wide_bar} {msg}, eta {eta}"
    } else {
        "{elapsed_precise} {spinner} {msg}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn message(status: &StationStatus) -> String {
    let seconds = status.elapsed.as_secs_f64().max(1e-3);
    let rate = status.position as f64 / seconds / 1e6;
    let times = status.signal_seconds / seconds;
    let frames = status.totals.frames_good;
    if status.signal_seconds > 0.0 {
        format!("{rate:.2} MS/s, {times:.1} × real time, {frames} frames")
    } else {
        format!("{rate:.2} M/s, {frames} frames")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_rate_multiple_of_real_time_and_frames() {
        let mut status = StationStatus {
            position: 6_000_000,
            elapsed: Duration::from_secs(2),
            ..StationStatus::default()
        };
        status.totals.frames_good = 7;
        assert_eq!(message(&status), "3.00 M/s, 7 frames");
        status.signal_seconds = 60.0;
        assert_eq!(message(&status), "3.00 MS/s, 30.0 × real time, 7 frames");
        // With the percentage and the time left it must fit a line of 80, bar included.
        status.totals.frames_good = 1_234_567;
        assert!(message(&status).chars().count() <= 50);
    }
}
