//! Spectrum in which short bursts count as much as long noise.

use crate::Complex32;
use crate::spectrum::Snapshot;

/// Windows averaged before the strongest group is held, so that one burst in hours of noise is found.
const GROUP: u32 = 4;

/// Spectra of windows of equal weight: their average, and the strongest group of consecutive ones.
#[derive(Debug)]
pub(super) struct LineSpectrum {
    snapshot: Snapshot,
    size: usize,
    pending: Vec<Complex32>,
    even: Vec<Complex32>,
    group: Vec<f32>,
    in_group: u32,
    sum: Vec<f64>,
    held: Vec<f32>,
    windows: u64,
}

impl LineSpectrum {
    pub(super) fn new(size: usize) -> Self {
        Self {
            snapshot: Snapshot::new(size),
            size,
            pending: Vec::with_capacity(size),
            even: Vec::with_capacity(size),
            group: vec![0.0; size / 2],
            in_group: 0,
            sum: vec![0.0; size / 2],
            held: vec![0.0; size / 2],
            windows: 0,
        }
    }

    /// Bins from minus to plus half the sample rate.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn windows(&self) -> u64 {
        self.windows
    }

    pub(super) fn process(&mut self, values: impl Iterator<Item = f32>) {
        for value in values {
            self.pending.push(Complex32::new(value, 0.0));
            if self.pending.len() == self.size {
                self.window();
                self.pending.drain(..self.size / 2);
            }
        }
    }

    fn window(&mut self) {
        let energy: f64 = self.pending.iter().map(|v| f64::from(v.re).powi(2)).sum();
        if energy == 0.0 {
            return;
        }
        let scale = (self.size as f64 / energy).sqrt() as f32;
        self.even.clear();
        self.even.extend(self.pending.iter().map(|value| value * scale));
        let Some(power) = self.snapshot.power_db(&self.even) else {
            return;
        };
        for ((group, sum), &level) in self
            .group
            .iter_mut()
            .zip(&mut self.sum)
            .zip(&power[self.size / 2..])
        {
            let power = 10f64.powf(f64::from(level) / 10.0);
            *group += power as f32;
            *sum += power;
        }
        self.windows += 1;
        self.in_group += 1;
        if self.in_group == GROUP {
            for (held, group) in self.held.iter_mut().zip(&mut self.group) {
                *held = held.max(*group / GROUP as f32);
                *group = 0.0;
            }
            self.in_group = 0;
        }
    }

    /// Levels from zero frequency up, dB: the average, and the strongest group.
    pub(super) fn levels(&self) -> [Vec<f32>; 2] {
        let db = |power: f64| 10.0 * power.max(1e-20).log10() as f32;
        let average = self
            .sum
            .iter()
            .map(|&sum| db(sum / self.windows.max(1) as f64))
            .collect();
        [
            average,
            self.held.iter().map(|&held| db(f64::from(held))).collect(),
        ]
    }
}
