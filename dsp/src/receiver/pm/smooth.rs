//! The carrier's phase and amplitude, averaged over neighbouring cells on both sides.

use num_complex::Complex64;
use std::f64::consts::TAU;

/// Sums of the samples over cells, relative to a carrier model.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Index of the first sum, counted from the window in work: not positive.
    pub first: i64,
    pub sums: Vec<Complex64>,
    /// Samples in the last of them.
    pub last: usize,
    /// Energy of the samples in the window in work.
    pub energy: f64,
    /// Working memory of [`smooth`].
    prefix: Vec<Complex64>,
}

impl Cells {
    /// The cells of the window in work and those of the next.
    pub fn current(&self, count: usize) -> (&[Complex64], &[Complex64]) {
        let rest = &self.sums[((-self.first) as usize).min(self.sums.len())..];
        rest.split_at(count.min(rest.len()))
    }
}

/// Carrier at the middle of a cell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Smooth {
    /// Phase beyond the model, rad, continuous.
    pub phase: f64,
    pub amplitude: f64,
}

impl Smooth {
    /// Phase and amplitude `place` cells from the start of the window in work, of cells the first of which is the one
    /// before the window; linear between their middles.
    pub fn at(cells: &[Self], place: f64) -> (f64, f64) {
        let place = (place + 0.5).clamp(0.0, (cells.len() - 1) as f64);
        let index = (place as usize).min(cells.len() - 2);
        let weight = place - index as f64;
        let (low, high) = (cells[index], cells[index + 1]);
        (
            low.phase + weight * (high.phase - low.phase),
            low.amplitude + weight * (high.amplitude - low.amplitude),
        )
    }
}

/// Averages over `reach` cells to each side, for the `count` cells of the window in work and one on either
/// side of it. A cell holds `samples`.
pub(super) fn smooth(cells: &mut Cells, count: usize, reach: usize, samples: usize, out: &mut Vec<Smooth>) {
    let prefix = &mut cells.prefix;
    prefix.clear();
    prefix.push(Complex64::ZERO);
    for sum in &cells.sums {
        prefix.push(prefix[prefix.len() - 1] + sum);
    }
    let (first, last) = (cells.first, cells.first + cells.sums.len() as i64);
    out.clear();
    let mut before: Option<f64> = None;
    for cell in -1..=count as i64 {
        // Where there is nothing on one side, the nearest average stands in.
        let middle = cell.clamp(first, (last - 1).max(first));
        let low = (middle - reach as i64).max(first);
        let high = (middle + reach as i64 + 1).min(last).max(low);
        let sum = prefix[(high - first) as usize] - prefix[(low - first) as usize];
        let phase = if sum == Complex64::ZERO {
            before.unwrap_or(0.0)
        } else {
            sum.arg()
        };
        let phase = before.map_or(phase, |before| phase + TAU * ((before - phase) / TAU).round());
        before = Some(phase);
        let missing = if high == last { samples - cells.last } else { 0 };
        let held = ((high - low) as usize * samples).saturating_sub(missing);
        out.push(Smooth {
            phase,
            amplitude: sum.norm() / held.max(1) as f64,
        });
    }
}
