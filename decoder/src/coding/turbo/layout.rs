//! Where the steps of a trellis lie: 32 windows of equal length, step n of all windows in row n.

use super::TAIL;
use super::lanes::WINDOWS;

/// Values of a [`Field`]: as many as a `u16` can name, so that places need no check. A code uses the first 9000.
const FIELD: usize = 1 << 16;
/// Place of a field that nobody reads.
pub(super) const NOWHERE: u16 = u16::MAX;

/// A value for each step, written in any order and read row by row.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Field(pub(super) [i16; FIELD]);

impl Field {
    #[allow(clippy::large_stack_arrays, reason = "128 KiB, once for each decoder")]
    pub(super) fn zeros() -> Box<Self> {
        Box::new(Self([0; FIELD]))
    }

    pub(super) fn rows_mut(&mut self) -> &mut [[i16; WINDOWS]] {
        self.0.as_chunks_mut().0
    }

    pub(super) fn get(&self, place: u16) -> i16 {
        self.0[usize::from(place)]
    }

    pub(super) fn set(&mut self, place: u16, value: i16) {
        self.0[usize::from(place)] = value;
    }

    pub(super) fn rows(&self) -> &[[i16; WINDOWS]] {
        self.0.as_chunks().0
    }
}

/// Windows of a code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) k: usize,
    /// Steps of a window, so rows. The last window is filled up with sure zeros after the termination.
    pub(super) rows: usize,
}

impl Layout {
    pub(super) fn new(k: usize) -> Self {
        let rows = (k + TAIL).div_ceil(WINDOWS);
        Self { k, rows }
    }

    /// Row and window of a step of the trellis.
    pub(super) fn cell(self, step: usize) -> (usize, usize) {
        (step % self.rows, step / self.rows)
    }

    /// The step of a row and window.
    pub(super) fn step(self, row: usize, window: usize) -> usize {
        window * self.rows + row
    }

    /// Place of a step in a [`Field`].
    pub(super) fn place(self, step: usize) -> u16 {
        let (row, window) = self.cell(step);
        (row * WINDOWS + window) as u16
    }

    /// All steps after the last of the trellis.
    pub(super) fn padding(self) -> std::ops::Range<usize> {
        self.k + TAIL..self.rows * WINDOWS
    }

    /// Rows in which the last window holds information.
    pub(super) fn info_rows_of_last_window(self) -> usize {
        self.k - self.step(0, WINDOWS - 1)
    }
}
