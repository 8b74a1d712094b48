//! Pulse shapes as functions of time in symbols, and their tabulation for any sample rate.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Rows per symbol of a [`PulseTable`]. Linear interpolation between rows is exact to about −94 dB.
const PHASES: usize = 256;
/// Accumulators of the dot product: independent sums that fill the widest vector registers.
const LANES: usize = 8;

/// Error function, to double precision: the Taylor series near zero, the continued fraction beyond.
pub(crate) fn erf(x: f64) -> f64 {
    let a = x.abs();
    if a < 3.0 {
        let mut term = a;
        let mut sum = a;
        for n in 1..80 {
            term *= -a * a / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return (sum * 2.0 / PI.sqrt()).copysign(x);
    }
    let mut fraction = a;
    for n in (1..60).rev() {
        fraction = a + f64::from(n) / 2.0 / fraction;
    }
    (1.0 - (-a * a).exp() / fraction / PI.sqrt()).copysign(x)
}

/// Standard deviation, in symbols, of the Gaussian filter with this bandwidth-time product.
pub(crate) fn gaussian_sigma(bt: f64) -> f64 {
    std::f64::consts::LN_2.sqrt() / (2.0 * PI * bt)
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// Frequency pulse of GFSK: one symbol's rectangle through a Gaussian of this standard deviation, area 1.
pub(crate) fn gaussian_frequency(t: f64, sigma: f64) -> f64 {
    normal_cdf((t + 0.5) / sigma) - normal_cdf((t - 0.5) / sigma)
}

/// Integral of [`gaussian_frequency`] from minus infinity: rises from 0 to 1.
pub(crate) fn gaussian_phase(t: f64, sigma: f64) -> f64 {
    let ramp =
        |x: f64| x * normal_cdf(x / sigma) + sigma * (-0.5 * (x / sigma).powi(2)).exp() / (2.0 * PI).sqrt();
    ramp(t + 0.5) - ramp(t - 0.5)
}

/// A pulse sampled so finely that its value at any time is an interpolation between two rows, one tap for
/// each symbol that reaches into the present.
#[derive(Debug)]
pub(crate) struct PulseTable {
    rows: Vec<f32>,
    taps: usize,
}

impl PulseTable {
    /// Tabulates `pulse` (of time in symbols) over `2 * half_span` symbols, rounded up to whole lanes.
    pub(crate) fn new(half_span: usize, pulse: impl Fn(f64) -> f64) -> Self {
        let taps = (2 * half_span).next_multiple_of(LANES);
        let mut rows = Vec::with_capacity((PHASES + 1) * taps);
        for phase in 0..=PHASES {
            let newest = phase as f64 / PHASES as f64 - half_span as f64;
            rows.extend((0..taps).map(|j| pulse(newest + (taps - 1 - j) as f64) as f32));
        }
        Self { rows, taps }
    }

    /// Number of newest symbols that [`Self::at`] looks at.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    /// Multiplies every value.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.rows
            .iter_mut()
            .for_each(|v| *v = (f64::from(*v) * factor) as f32);
    }

    /// Mean over these fractions (see [`Self::at`]) of the power that independent symbols ±1 give.
    pub(crate) fn mean_power(&self, fractions: impl Iterator<Item = f64>) -> f64 {
        let mut count = 0.0;
        let sum: f64 = fractions
            .map(|fraction| {
                count += 1.0;
                let row = (fraction * PHASES as f64).round() as usize * self.taps;
                self.rows[row..row + self.taps]
                    .iter()
                    .map(|&v| f64::from(v).powi(2))
                    .sum::<f64>()
            })
            .sum();
        sum / count
    }

    /// Sum over the newest symbols (oldest first) of each times the pulse, when the newest symbol's centre
    /// lies `half_span - fraction` symbols ahead.
    pub(crate) fn at(&self, symbols: &[f32], fraction: f64) -> f32 {
        let position = fraction * PHASES as f64;
        let row = (position as usize).min(PHASES - 1);
        let weight = (position - row as f64) as f32;
        let rows = &self.rows[row * self.taps..(row + 2) * self.taps];
        let (first, second) = rows.split_at(self.taps);
        let low = dot(first, symbols);
        low + weight * (dot(second, symbols) - low)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}
