//! The matched filter of a rectangle: the integral of a band-limited signal between any two instants.

use crate::{Complex32, design};

/// Samples to each side of an edge that the integral depends on.
const REACH: i64 = 5;
/// Positions between two samples that the weights are tabulated at.
const PHASES: usize = 256;
/// Steps of the numerical integration between two positions of the table.
const STEPS: usize = 8;

/// Values that an edge depends on.
const TAPS: usize = 2 * REACH as usize;

/// Integrates over symbols. A plain sum with fractions of the samples at the edges would smooth a second time
/// what the channel filter has smoothed already, which costs 0.1 dB at eight samples a symbol.
#[derive(Debug)]
pub(super) struct Integrator {
    /// For each position of an edge behind a value, in steps of `1 / PHASES`, the weights of the values around it:
    /// those of the integral up to there of the interpolating pulses. Each is given twice, for I and Q.
    weights: Vec<[f32; 2 * TAPS]>,
}

impl Integrator {
    pub fn new() -> Self {
        let beta = design::kaiser_beta(50.0);
        let pulse = |t: f64| design::sinc(t) * design::kaiser(t / REACH as f64, beta);
        let step = 1.0 / (PHASES * STEPS) as f64;
        let mut sum = 0.0;
        // Integral of the interpolating pulse up to `k / PHASES - REACH` samples from its centre.
        let mut table = vec![0.0];
        for position in 0..2 * REACH as usize * PHASES {
            for k in 0..STEPS {
                let t = ((position * STEPS + k) as f64 + 0.5) * step - REACH as f64;
                sum += pulse(t) * step;
            }
            table.push(sum);
        }
        // The edge is `REACH - 1` values and `phase` behind the first of those around it.
        let weight = |phase: usize, n: usize| (table[phase + (TAPS - 1 - n) * PHASES] / sum) as f32;
        Self {
            weights: (0..=PHASES)
                .map(|phase| std::array::from_fn(|n| weight(phase, n / 2)))
                .collect(),
        }
    }

    /// Means over `out.len()` symbols of `length` values each, one behind the other, the first around `centre`.
    /// Values beyond the ends are zero.
    pub fn means(&self, values: &[Complex32], centre: f64, length: f64, out: &mut [Complex32]) {
        means(&self.weights, values, centre, length, out);
    }
}

/// Integral between two edges: what the later has of the values around it, less what the earlier has, and all values
/// from the first around the earlier to the first around the later.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn means(weights: &[[f32; 2 * TAPS]], values: &[Complex32], centre: f64, length: f64, out: &mut [Complex32]) {
    let scale = (1.0 / length) as f32;
    let mut low = edge(weights, values, centre - 0.5 * length);
    for (k, mean) in out.iter_mut().enumerate() {
        let high = edge(weights, values, centre + (k as f64 + 0.5) * length);
        let index = |first: i64| first.clamp(0, values.len() as i64) as usize;
        let between = total(&values[index(low.0)..index(high.0).max(index(low.0))]);
        *mean = (high.1 - low.1 + between) * scale;
        low = high;
    }
}

/// The first of the values around an edge, and what the integral up to it has of these.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn edge(weights: &[[f32; 2 * TAPS]], values: &[Complex32], at: f64) -> (i64, Complex32) {
    let at = at.clamp(-1e15, 1e15);
    // Rounded down; the conversion rounds towards zero.
    let whole = at as i64 - i64::from((at as i64) as f64 > at);
    let weights = &weights[((at - whole as f64) * PHASES as f64 + 0.5) as usize];
    let first = whole - REACH + 1;
    let padded;
    let around = if let Some(around) = usize::try_from(first).ok().and_then(|n| values.get(n..n + TAPS)) {
        around
    } else {
        padded = beside_the_ends(values, first);
        &padded
    };
    let around: &[f32] = bytemuck::cast_slice(around);
    let mut parts = [0.0_f32; 4];
    for (x, w) in around.chunks_exact(4).zip(weights.chunks_exact(4)) {
        for lane in 0..4 {
            parts[lane] += x[lane] * w[lane];
        }
    }
    (first, Complex32::new(parts[0] + parts[2], parts[1] + parts[3]))
}

/// Values from index `first` on, zero where there are none.
fn beside_the_ends(values: &[Complex32], first: i64) -> [Complex32; TAPS] {
    std::array::from_fn(|n| {
        let place = usize::try_from(first + n as i64).ok();
        place.and_then(|n| values.get(n)).copied().unwrap_or_default()
    })
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn total(values: &[Complex32]) -> Complex32 {
    let values: &[f32] = bytemuck::cast_slice(values);
    let mut parts = [0.0_f32; 8];
    let whole = values.chunks_exact(8);
    let rest = whole.remainder();
    for x in whole {
        for lane in 0..8 {
            parts[lane] += x[lane];
        }
    }
    for (part, x) in parts.iter_mut().zip(rest) {
        *part += x;
    }
    Complex32::new(
        (parts[0] + parts[4]) + (parts[2] + parts[6]),
        (parts[1] + parts[5]) + (parts[3] + parts[7]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_integrated_between_the_samples() {
        let freq = 0.11;
        let values: Vec<Complex32> = (0..200)
            .map(|n| Complex32::cis((std::f64::consts::TAU * freq * f64::from(n)) as f32))
            .collect();
        let integrator = Integrator::new();
        for (centre, length) in [(100.0, 7.3), (93.27, 15.9), (80.5, 31.0), (110.61, 4.2)] {
            let expected = design::sinc(freq * length);
            let mut means = [Complex32::ZERO; 3];
            integrator.means(&values, centre, length, &mut means);
            for (k, mean) in means.iter().enumerate() {
                let middle = centre + k as f64 * length;
                let found = mean * Complex32::cis((-std::f64::consts::TAU * freq * middle) as f32);
                assert!(
                    (found - Complex32::new(expected as f32, 0.0)).norm() < 3e-3,
                    "{k}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn beyond_the_ends_there_is_nothing() {
        let integrator = Integrator::new();
        let mean = |values: &[Complex32], centre: f64| {
            let mut mean = [Complex32::ZERO];
            integrator.means(values, centre, 8.0, &mut mean);
            mean[0]
        };
        for centre in [-1e30, -1e9, -20.0, -3.0, 0.0, 12.0, 40.0, 1e9, 1e30] {
            let found = mean(&[Complex32::ONE; 10], centre);
            assert!(found.norm() <= 1.1, "{centre}: {found}");
        }
        assert_eq!(mean(&[Complex32::ONE; 10], -20.0), Complex32::ZERO);
        assert_eq!(mean(&[], 3.0), Complex32::ZERO);
    }
}
