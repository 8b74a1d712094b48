//! Taps for watchers: spectrum and constellation, taken now and then, never waited for.

use crate::monitor::Monitor;
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::spectrum::Snapshot;
use num_complex::Complex32;
use std::time::{Duration, Instant};

/// Time between two pictures.
const EVERY: Duration = Duration::from_millis(50);
/// Bins of the spectrum.
const BINS: usize = 1024;
/// Level from which on a sample counts as clipped.
const FULL_SCALE: f32 = 0.999;
/// Symbols in a picture.
const POINTS: usize = 1024;

/// Takes pictures for watchers.
pub struct Plotter {
    monitor: Monitor,
    sample_rate_hz: f64,
    snapshot: Snapshot,
    taken: Option<Instant>,
    clipped: u64,
    seen: u64,
}

impl std::fmt::Debug for Plotter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plotter")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Plotter {
    /// A plotter for a stream of this rate.
    pub fn new(monitor: Monitor, sample_rate_hz: f64) -> Self {
        Self {
            monitor,
            sample_rate_hz,
            snapshot: Snapshot::new(BINS),
            taken: None,
            clipped: 0,
            seen: 0,
        }
    }

    /// Takes a picture of this block when somebody watches and it is time.
    pub fn look(&mut self, samples: &[Complex32], receiver: &Receiver) {
        // Of a held replay every step is shown.
        let due = self.monitor.paused() || self.taken.is_none_or(|at| at.elapsed() >= EVERY);
        if !self.monitor.watched() || !due {
            return;
        }
        self.taken = Some(Instant::now());
        let clipped = samples
            .iter()
            .filter(|s| s.re.abs() >= FULL_SCALE || s.im.abs() >= FULL_SCALE)
            .count();
        self.clipped += clipped as u64;
        self.seen += samples.len() as u64;
        let share = self.clipped as f32 / self.seen.max(1) as f32;
        self.monitor.update(|status| status.clipping = share);
        let Some(power) = self.snapshot.power_db(samples) else {
            return;
        };
        let points = receiver.constellation();
        let points = &points[points.len().saturating_sub(POINTS)..];
        self.monitor.update_plots(|plots| {
            plots.spectrum_serial += 1;
            plots.spectrum.clear();
            plots.spectrum.extend_from_slice(power);
            plots.span_hz = self.sample_rate_hz;
            plots.constellation_serial += 1;
            plots.constellation.clear();
            plots.constellation.extend_from_slice(points);
        });
    }
}
