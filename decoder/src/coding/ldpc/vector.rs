//! Min-sum on all checks of a stretch at once: the lanes of a vector are consecutive rows of a layer.
//!
//! The bits that consecutive rows reach through one circulant lie side by side, at an offset, and wrap around at
//! the end of the block column. So that every access is one contiguous run, the posteriors of a column are
//! followed by a copy of its first lanes, and a run that ends in the copy, or begins in what is copied, is written
//! to both places.
//!
//! Rows of a stretch must not share bits; several circulants in the same column must therefore lie at least a
//! vector apart. Then the result is that of taking the rows one after the other.

use super::matrix::{Circulant, Matrix};
use super::rule::{Correction, LIMIT};
use multiversion::multiversion;

/// Most circulants in a layer.
const DEGREES: usize = 32;

/// A vector in memory.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line<const W: usize>([i8; W]);

/// Where the run of a circulant lies among the posteriors, and where else it must be written, 0 for nowhere.
#[derive(Debug, Clone, Copy)]
struct Run {
    at: u32,
    copies: [u32; 2],
}

/// A block row.
#[derive(Debug, Clone, Copy)]
struct Layer {
    degree: usize,
    /// First of its runs, and of its messages.
    first: usize,
}

/// Decoder state of one word, `W` rows at a time.
#[derive(Debug, Clone)]
pub(super) struct Vector<const W: usize> {
    size: usize,
    correction: Correction,
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
    pub(super) fn new(matrix: &Matrix, schedule: &[usize], correction: Correction) -> Option<Self> {
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
            correction,
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
        let Layer { degree, first } = self.layers[layer];
        first..first + degree * self.stretches
    }

    pub(super) fn update(&mut self, layer: usize) {
        let span = self.span(layer);
        let degree = self.layers[layer].degree;
        let work = Work {
            correction: self.correction,
            rows: &self.rows,
            runs: &self.runs[span.clone()],
            messages: &mut self.messages[span],
            posteriors: &mut self.posteriors,
        };
        update(work, degree);
    }

    pub(super) fn satisfied(&self, layer: usize) -> bool {
        let runs = &self.runs[self.span(layer)];
        satisfied(&self.posteriors, runs, self.layers[layer].degree, &self.rows)
    }

    /// Unsatisfied checks of a layer.
    pub(super) fn unsatisfied(&self, layer: usize) -> u32 {
        let Layer { degree, first } = self.layers[layer];
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

/// A layer's data.
struct Work<'a, const W: usize> {
    correction: Correction,
    rows: &'a [u8; W],
    runs: &'a [Run],
    messages: &'a mut [Line<W>],
    posteriors: &'a mut [i8],
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn update<const W: usize>(work: Work<W>, degree: usize) {
    match degree {
        3 => update_of::<W, 3>(work),
        6 => update_of::<W, 6>(work),
        10 => update_of::<W, 10>(work),
        18 => update_of::<W, 18>(work),
        _ => update_of::<W, DEGREES>(work),
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn update_of<const W: usize, const D: usize>(work: Work<W>) {
    let last = work.runs.len() / D - 1;
    let stretches = work
        .runs
        .as_chunks::<D>()
        .0
        .iter()
        .zip(work.messages.as_chunks_mut::<D>().0);
    for (index, (runs, messages)) in stretches.enumerate() {
        let (mut smallest, mut second, mut sign) = ([LIMIT; W], [LIMIT; W], [0i8; W]);
        let mut values = [[0i8; W]; D];
        for n in 0..D {
            let bits = at::<W>(work.posteriors, runs[n].at);
            for lane in 0..W {
                let value = bits[lane].saturating_sub(messages[n].0[lane]);
                let magnitude = value.unsigned_abs();
                second[lane] = second[lane].min(smallest[lane].max(magnitude));
                smallest[lane] = smallest[lane].min(magnitude);
                sign[lane] ^= value;
                values[n][lane] = value;
            }
        }
        let rows = if index == last { *work.rows } else { [u8::MAX; W] };
        let (mut corrected, mut for_smallest) = ([0u8; W], [0u8; W]);
        for lane in 0..W {
            corrected[lane] = work.correction.apply(smallest[lane]) & rows[lane];
            for_smallest[lane] = work.correction.apply(second[lane]) & rows[lane];
        }
        for n in 0..D {
            let mut bits = [0i8; W];
            for lane in 0..W {
                let value = values[n][lane];
                let is_smallest = value.unsigned_abs() == smallest[lane];
                let magnitude = if is_smallest {
                    for_smallest[lane]
                } else {
                    corrected[lane]
                } as i8;
                let message = if sign[lane] ^ value < 0 {
                    -magnitude
                } else {
                    magnitude
                };
                messages[n].0[lane] = message;
                bits[lane] = value.saturating_add(message);
            }
            *at_mut::<W>(work.posteriors, runs[n].at) = bits;
            for copy in runs[n].copies {
                if copy != 0 {
                    *at_mut::<W>(work.posteriors, copy) = bits;
                }
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn satisfied<const W: usize>(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; W]) -> bool {
    let stretches = runs.len() / degree;
    for (index, runs) in runs.chunks_exact(degree).enumerate() {
        let mut sign = [0i8; W];
        for run in runs {
            let bits = at::<W>(posteriors, run.at);
            for lane in 0..W {
                sign[lane] ^= bits[lane];
            }
        }
        let mut any = 0;
        for lane in 0..W {
            let row = if index + 1 == stretches {
                rows[lane]
            } else {
                u8::MAX
            };
            any |= sign[lane] & row as i8;
        }
        if any < 0 {
            return false;
        }
    }
    true
}

#[allow(clippy::inline_always, reason = "part of the vector loops")]
#[inline(always)]
fn at<const W: usize>(posteriors: &[i8], at: u32) -> &[i8; W] {
    posteriors[at as usize..]
        .first_chunk()
        .expect("runs lie within the posteriors")
}

#[allow(clippy::inline_always, reason = "part of the vector loops")]
#[inline(always)]
fn at_mut<const W: usize>(posteriors: &mut [i8], at: u32) -> &mut [i8; W] {
    posteriors[at as usize..]
        .first_chunk_mut()
        .expect("runs lie within the posteriors")
}
