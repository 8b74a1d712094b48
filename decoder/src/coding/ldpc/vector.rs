//! Min-sum on all checks of a stretch at once: the lanes of a vector are consecutive rows of a layer.
//!
//! The bits that consecutive rows reach through one circulant lie side by side, at an offset, and wrap around at
//! the end of the block column. So that every access is one contiguous run, the posteriors of a column are
//! followed by a copy of its first lanes, and a run that ends in the copy, or begins in what is copied, is written
//! to both places.
//!
//! Rows of a stretch must not share bits; several circulants in the same column must therefore lie at least a
//! vector apart. Then the result is that of taking the rows one after the other.

use super::decoder::LdpcAlgorithm;
use super::matrix::{Circulant, Matrix};
use super::rule::Rule;

/// A vector in memory.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line<const W: usize>(pub(super) [i8; W]);

/// Where the run of a circulant lies among the posteriors, and where else it must be written, 0 for nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) at: u32,
    pub(super) copies: [u32; 2],
}

/// A layer's data.
pub(super) struct Work<'a, const W: usize> {
    pub(super) degree: usize,
    pub(super) rule: Rule,
    /// Which lanes of the last stretch are rows.
    pub(super) rows: &'a [u8; W],
    pub(super) runs: &'a [Run],
    pub(super) messages: &'a mut [Line<W>],
    pub(super) posteriors: &'a mut [i8],
}

/// An implementation: how to update a layer, and how to tell whether its checks are satisfied (by posteriors,
/// runs, degree, and which lanes of the last stretch are rows).
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel<const W: usize> {
    pub(super) update: fn(Work<W>),
    pub(super) satisfied: fn(&[i8], &[Run], usize, &[u8; W]) -> bool,
}

/// A block row.
#[derive(Debug, Clone, Copy)]
struct Layer {
    degree: usize,
    rule: Rule,
    /// First of its runs, and of its messages.
    first: usize,
}

/// Decoder state of one word, `W` rows at a time.
#[derive(Debug, Clone)]
pub(super) struct Vector<const W: usize> {
    size: usize,
    kernel: Kernel<W>,
    /// First bit of each column among the posteriors.
    columns: Vec<usize>,
    layers: Vec<Layer>,
    runs: Vec<Run>,
    /// Stretches of a layer, and which lanes of the last are rows.
    stretches: usize,
    rows: [u8; W],
    posteriors: Vec<i8>,
    messages: Vec<Line<W>>,
}

impl<const W: usize> Vector<W> {
    /// `None` where rows of a stretch would share bits.
    pub(super) fn new(
        matrix: &Matrix,
        schedule: &[usize],
        algorithm: LdpcAlgorithm,
        kernel: Kernel<W>,
    ) -> Option<Self> {
        let size = matrix.size;
        let fits = |row: &usize| separate(&matrix.rows[*row], size, W);
        if size < W || !schedule.iter().all(fits) {
            return None;
        }
        let columns: Vec<usize> = (0..matrix.columns)
            .map(|column| 2 * W + column * (size + 2 * W))
            .collect();
        let stretches = size.div_ceil(W);
        let mut runs = Vec::new();
        let mut layers = Vec::new();
        for &row in schedule {
            let circulants = &matrix.rows[row];
            layers.push(Layer {
                degree: circulants.len(),
                rule: Rule::new(algorithm, circulants.len()),
                first: runs.len(),
            });
            for stretch in 0..stretches {
                runs.extend(
                    circulants
                        .iter()
                        .map(|c| run::<W>(c, stretch, columns[c.column], size)),
                );
            }
        }
        let last = size - (stretches - 1) * W;
        Some(Self {
            size,
            kernel,
            layers,
            stretches,
            rows: std::array::from_fn(|lane| if lane < last { u8::MAX } else { 0 }),
            posteriors: vec![0; 2 * W + matrix.columns * (size + 2 * W)],
            messages: vec![Line([0; W]); runs.len()],
            runs,
            columns,
        })
    }

    pub(super) fn load(&mut self, channel: &[i8]) {
        for (column, &at) in channel.chunks_exact(self.size).zip(&self.columns) {
            self.posteriors[at..at + self.size].copy_from_slice(column);
            self.posteriors[at + self.size..][..W].copy_from_slice(&column[..W]);
        }
        self.messages.fill(Line([0; W]));
    }

    /// Runs and messages of a layer.
    fn span(&self, layer: usize) -> std::ops::Range<usize> {
        let Layer { degree, first, .. } = self.layers[layer];
        first..first + degree * self.stretches
    }

    pub(super) fn update(&mut self, layer: usize) {
        let span = self.span(layer);
        let Layer { degree, rule, .. } = self.layers[layer];
        (self.kernel.update)(Work {
            degree,
            rule,
            rows: &self.rows,
            runs: &self.runs[span.clone()],
            messages: &mut self.messages[span],
            posteriors: &mut self.posteriors,
        });
    }

    pub(super) fn satisfied(&self, layer: usize) -> bool {
        let runs = &self.runs[self.span(layer)];
        (self.kernel.satisfied)(&self.posteriors, runs, self.layers[layer].degree, &self.rows)
    }

    /// Unsatisfied checks of a layer.
    pub(super) fn unsatisfied(&self, layer: usize) -> u32 {
        let Layer { degree, first, .. } = self.layers[layer];
        let odd = |row: &usize| {
            let runs = &self.runs[first + row / W * degree..][..degree];
            let bits = runs.iter().map(|run| run.at as usize + row % W);
            bits.fold(0, |sign, bit| sign ^ self.posteriors[bit]) < 0
        };
        (0..self.size).filter(odd).count() as u32
    }

    /// Copies the posteriors.
    pub(super) fn posteriors(&self, out: &mut [i8]) {
        for (column, &at) in out.chunks_exact_mut(self.size).zip(&self.columns) {
            column.copy_from_slice(&self.posteriors[at..at + self.size]);
        }
    }
}

/// Whether circulants that share a column are at least `lanes` apart.
fn separate(circulants: &[Circulant], size: usize, lanes: usize) -> bool {
    let close = |a: &Circulant, b: &Circulant| {
        let distance = (a.shift + size - b.shift) % size;
        a.column == b.column && distance.min(size - distance) < lanes
    };
    circulants
        .iter()
        .enumerate()
        .all(|(n, a)| circulants[..n].iter().all(|b| !close(a, b)))
}

/// The run of a circulant for a stretch of rows; `column` is where the column's posteriors begin.
fn run<const W: usize>(circulant: &Circulant, stretch: usize, column: usize, size: usize) -> Run {
    let offset = (stretch * W + circulant.shift) % size;
    let at = column + offset;
    Run {
        at: at as u32,
        copies: [
            if offset < W { (at + size) as u32 } else { 0 },
            if offset + W > size { (at - size) as u32 } else { 0 },
        ],
    }
}
