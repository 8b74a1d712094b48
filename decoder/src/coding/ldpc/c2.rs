//! The (8176,7156) code (CCSDS 131.0-B-5 §7.3, table 7-1).

use super::matrix::{Circulant, Matrix};

/// Rows and columns of a circulant.
pub(super) const SIZE: usize = 511;

/// The two shifts of each circulant.
const SHIFTS: [[[usize; 2]; 16]; 2] = [
    [
        [0, 176],
        [12, 239],
        [0, 352],
        [24, 431],
        [0, 392],
        [151, 409],
        [0, 351],
        [9, 359],
        [0, 307],
        [53, 329],
        [0, 207],
        [18, 281],
        [0, 399],
        [202, 457],
        [0, 247],
        [36, 261],
    ],
    [
        [99, 471],
        [130, 473],
        [198, 435],
        [260, 478],
        [215, 420],
        [282, 481],
        [48, 396],
        [193, 445],
        [273, 430],
        [302, 451],
        [96, 379],
        [191, 386],
        [244, 467],
        [364, 470],
        [51, 382],
        [192, 414],
    ],
];

/// The parity-check matrix.
pub(super) fn matrix() -> Matrix {
    let row = |shifts: &[[usize; 2]; 16]| {
        let pairs = shifts.iter().enumerate();
        pairs
            .flat_map(|(column, pair)| pair.map(|shift| Circulant { column, shift }))
            .collect()
    };
    Matrix {
        size: SIZE,
        columns: SHIFTS[0].len(),
        rows: SHIFTS.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The ones of each row in the alist format: after two lines of sizes and two of weights come the
    /// columns, then the rows, with indices from 1 and zeros where a line is shorter than others.
    fn rows_of_alist(text: &str) -> Vec<BTreeSet<usize>> {
        let mut lines = text.lines().map(|line| {
            let numbers = line.split_whitespace();
            numbers.map(|number| number.parse().expect("a number")).collect()
        });
        let sizes: Vec<usize> = lines.next().expect("sizes");
        lines
            .skip(3 + sizes[0])
            .map(|row: Vec<usize>| row.into_iter().filter_map(|n| n.checked_sub(1)).collect())
            .collect()
    }

    #[test]
    fn the_matrix_is_the_published_one() {
        let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
            eprintln!("skipped: GROUNDLINK_DATA is not set");
            return;
        };
        let path = std::path::Path::new(&root).join("vectors/c2_8176_7156.alist");
        let text = std::fs::read_to_string(path).expect("the matrix");
        let matrix = matrix();
        let ours: Vec<BTreeSet<usize>> = (0..2 * SIZE)
            .map(|row| {
                let circulants = &matrix.rows[row / SIZE];
                let ones = circulants
                    .iter()
                    .map(|c| c.column * SIZE + (row + c.shift) % SIZE);
                ones.collect()
            })
            .collect();
        assert_eq!(rows_of_alist(&text), ours);
    }
}
