//! The codes of telecommand (CCSDS 231.0-B-4 §4).

use super::matrix::{Circulant, Matrix};

/// Shifts of the circulants of a telecommand code; those on the diagonal have an identity besides, those marked
/// by [`ZERO`] are none.
pub(super) struct Table {
    size: usize,
    shifts: [[usize; 8]; 4],
}

/// No circulant.
const ZERO: usize = usize::MAX;

/// (128,64).
pub(super) const TC128: Table = Table {
    size: 16,
    shifts: [
        [7, 2, 14, 6, ZERO, 0, 13, 0],
        [6, 15, 0, 1, 0, ZERO, 0, 7],
        [4, 1, 15, 14, 11, 0, ZERO, 3],
        [0, 1, 9, 13, 14, 1, 0, ZERO],
    ],
};

/// (512,256).
pub(super) const TC512: Table = Table {
    size: 64,
    shifts: [
        [63, 30, 50, 25, ZERO, 43, 62, 0],
        [56, 61, 50, 23, 0, ZERO, 37, 26],
        [16, 0, 55, 27, 56, 0, ZERO, 43],
        [35, 56, 62, 11, 58, 3, 0, ZERO],
    ],
};

/// The parity-check matrix.
pub(super) fn matrix(table: &Table) -> Matrix {
    let row = |(row, shifts): (usize, &[usize; 8])| {
        let diagonal = Circulant {
            column: row,
            shift: 0,
        };
        let others = shifts.iter().enumerate().filter(|(_, shift)| **shift != ZERO);
        others
            .map(|(column, &shift)| Circulant { column, shift })
            .chain([diagonal])
            .collect()
    };
    Matrix {
        size: table.size,
        columns: 8,
        rows: table.shifts.iter().enumerate().map(row).collect(),
    }
}
