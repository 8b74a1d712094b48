//! Spectra of stretches whose frequency changes evenly.

use crate::Complex32;
use rustfft::{Fft, FftPlanner};
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// Distance of the rates of change that are tried: over the stretch, in cycles per stretch.
pub(super) const CHIRP_STEP: f64 = 2.0;

/// A spectrum, and the transforms of every size used so far.
#[derive(Default)]
pub(super) struct ChirpSpectrum {
    transforms: BTreeMap<usize, Arc<dyn Fft<f32>>>,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl fmt::Debug for ChirpSpectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChirpSpectrum")
            .field("sizes", &self.transforms.keys())
            .finish_non_exhaustive()
    }
}

impl ChirpSpectrum {
    /// Transforms `values`, filled up with zeros to `size`, after a change of the frequency by `rate` (cycles per
    /// value per value) is taken off them.
    pub fn take(&mut self, values: &[Complex32], rate: f64, size: usize) {
        let fft = self
            .transforms
            .entry(size)
            .or_insert_with(|| FftPlanner::new().plan_fft_forward(size));
        self.buffer.clear();
        if rate == 0.0 {
            self.buffer.extend_from_slice(values);
        } else {
            let middle = values.len() as f64 / 2.0;
            self.buffer.extend(values.iter().enumerate().map(|(n, v)| {
                let t = n as f64 - middle;
                v * Complex32::cis((-PI * rate * t * t) as f32)
            }));
        }
        self.buffer.resize(size, Complex32::ZERO);
        self.scratch
            .resize(fft.get_inplace_scratch_len(), Complex32::ZERO);
        fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }

    /// Bins of the spectrum.
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// The bins within `bins` of zero frequency, from there on and below it.
    pub fn sides(&self, bins: i64) -> [&[Complex32]; 2] {
        let bins = (bins as usize).min(self.buffer.len() / 2);
        [&self.buffer[..=bins], &self.buffer[self.buffer.len() - bins..]]
    }

    /// The value of a bin, those of negative frequencies below zero.
    pub fn at(&self, bin: i64) -> Complex32 {
        self.buffer[bin.rem_euclid(self.buffer.len() as i64) as usize]
    }
}

/// Rate of change that chirp number `chirp` stands for in a stretch of so many values.
pub(super) fn chirp_rate(chirp: i32, values: usize) -> f64 {
    CHIRP_STEP * f64::from(chirp) / (values as f64).powi(2)
}

/// Size of the transform that shows lines of a stretch, and bins to each side of a centre within `reach` (cycles
/// per value).
pub(super) fn fine_size(values: usize, reach: f64) -> (usize, i64) {
    let size = (2 * values).next_power_of_two().max(16);
    (
        size,
        ((reach * size as f64).ceil() as i64).clamp(1, size as i64 / 2 - 1),
    )
}

/// Places looked at, of which half are independent: bins within `bins` of a centre, at `2 chirps + 1` rates.
pub(super) fn cells(bins: i64, chirps: i32) -> f64 {
    ((2 * bins + 1) * i64::from(2 * chirps + 1)) as f64 / 2.0
}

/// Place of the vertex of the parabola through three values, relative to the middle one.
pub(super) fn vertex(low: f32, mid: f32, high: f32) -> f64 {
    let curve = f64::from(low - 2.0 * mid + high);
    if curve < 0.0 {
        (0.5 * f64::from(low - high) / curve).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}
