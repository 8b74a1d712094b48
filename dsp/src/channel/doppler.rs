//! Doppler: how the carrier's offset, and with it the transmitter's clock, changes as the transmitter moves.

use crate::ConfigError;
use crate::modulator::within;

/// Offset of the carrier over time, counted in seconds from the channel's first sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// A straight flight past the receiver: with `x = rate / max * (t - closest)` the offset is
    /// `-max x / sqrt(1 + x²)`, from `+max` long before to `-max` long after the closest approach.
    Pass {
        /// Time of the closest approach, s.
        closest_s: f64,
        /// Offset that is approached far away, Hz.
        max_hz: f64,
        /// How fast the offset falls at the closest approach, Hz per second.
        max_rate_hz_s: f64,
    },
    /// Points of time (s, rising) and offset (Hz), with straight lines between them and constants outside.
    Table(Vec<(f64, f64)>),
}

/// Doppler of a moving transmitter.
#[derive(Debug, Clone, PartialEq)]
pub struct Doppler {
    /// Offset over time.
    pub course: Course,
    /// Frequency of the carrier as sent, Hz: offset and clock error then have the same ratio to their nominal
    /// values, as motion has it. `None` leaves the clock alone.
    pub carrier_hz: Option<f64>,
}

/// A checked course with what its integral needs.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    course: Course,
    /// Cycles from the first point of a table up to each.
    cycles: Vec<f64>,
    at_zero: f64,
    /// Seconds by which the signal is ahead for each cycle of the carrier.
    seconds_per_cycle: Option<f64>,
}

impl Motion {
    pub fn new(doppler: &Doppler) -> Result<Self, ConfigError> {
        let most = check(&doppler.course)?;
        if let Some(carrier) = doppler.carrier_hz {
            within("doppler.carrier_hz", carrier, 10.0 * most.max(1e-6), 1e15)?;
        }
        let mut cycles = Vec::new();
        if let Course::Table(points) = &doppler.course {
            cycles.push(0.0);
            for pair in points.windows(2) {
                let area = (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1);
                cycles.push(cycles[cycles.len() - 1] + area);
            }
        }
        let mut motion = Self {
            course: doppler.course.clone(),
            cycles,
            at_zero: 0.0,
            seconds_per_cycle: doppler.carrier_hz.map(|hz| 1.0 / hz),
        };
        motion.at_zero = motion.integral(0.0);
        Ok(motion)
    }

    /// Cycles that the carrier has gained since time 0.
    pub fn cycles(&self, seconds: f64) -> f64 {
        self.integral(seconds) - self.at_zero
    }

    /// Seconds by which the signal has come earlier since time 0; `None` where the clock is left alone.
    pub fn ahead_s(&self, seconds: f64) -> Option<f64> {
        self.seconds_per_cycle.map(|each| each * self.cycles(seconds))
    }

    /// Whether the clock follows.
    pub fn moves_clock(&self) -> bool {
        self.seconds_per_cycle.is_some()
    }

    fn integral(&self, seconds: f64) -> f64 {
        match &self.course {
            Course::Pass {
                closest_s,
                max_hz,
                max_rate_hz_s,
            } => {
                let per_second = max_rate_hz_s / max_hz;
                let x = per_second * (seconds - closest_s);
                -max_hz / per_second * x.hypot(1.0)
            }
            Course::Table(points) => {
                let after = points.partition_point(|(at, _)| *at <= seconds);
                let (at, hz) = points[after.saturating_sub(1)];
                let elapsed = seconds - at;
                let slope = match (after, points.get(after)) {
                    (1.., Some(next)) => (next.1 - hz) / (next.0 - at),
                    _ => 0.0,
                };
                self.cycles[after.saturating_sub(1)] + elapsed * (hz + 0.5 * slope * elapsed)
            }
        }
    }
}

/// The largest offset.
fn check(course: &Course) -> Result<f64, ConfigError> {
    match course {
        Course::Pass {
            closest_s,
            max_hz,
            max_rate_hz_s,
        } => {
            within("doppler.closest_s", *closest_s, -1e9, 1e9)?;
            within("doppler.max_hz", *max_hz, 1e-6, 1e9)?;
            within("doppler.max_rate_hz_s", *max_rate_hz_s, 1e-9, 1e12)?;
            Ok(*max_hz)
        }
        Course::Table(points) => {
            within("doppler.table points", points.len() as f64, 1.0, 1e7)?;
            let (mut before, mut most) = (-1e9, 0.0_f64);
            for &(at, hz) in points {
                within("doppler.table time", at, before, 1e9)?;
                within("doppler.table offset", hz, -1e9, 1e9)?;
                before = at.next_up();
                most = most.max(hz.abs());
            }
            Ok(most)
        }
    }
}
