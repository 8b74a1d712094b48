//! AR4JA codes: protograph and permutations (CCSDS 131.0-B-5 §7.4.2).
//!
//! The matrix consists of M×M blocks that are sums of identities and of the permutations π1 … π26. A permutation
//! maps each quarter of the rows onto a quarter of the columns with a cyclic shift, so that the whole matrix
//! consists of circulants of size M/4.

use super::code::{Ar4jaRate, LdpcError};
use super::matrix::{Circulant, Matrix};
use super::phi::{PHI, TERMS, THETA};

/// Quarters of a permutation.
pub(super) const QUARTERS: usize = 4;
/// Rows of M×M blocks; as many block columns are parity.
pub(super) const BLOCK_ROWS: usize = 3;

/// A term of a block: block row, block column counted from the information column that all rates share, and the
/// number of the permutation, 0 for the identity.
type Term = (usize, isize, usize);

/// Terms that all rates have.
const R12: [Term; 15] = [
    (0, 2, 0),
    (0, 4, 0),
    (0, 4, 1),
    (1, 0, 0),
    (1, 1, 0),
    (1, 3, 0),
    (1, 4, 2),
    (1, 4, 3),
    (1, 4, 4),
    (2, 0, 0),
    (2, 1, 5),
    (2, 1, 6),
    (2, 3, 7),
    (2, 3, 8),
    (2, 4, 0),
];

/// Further terms of rates 2/3 and 4/5.
const R23: [Term; 8] = [
    (1, -2, 9),
    (1, -2, 10),
    (1, -2, 11),
    (1, -1, 0),
    (2, -2, 0),
    (2, -1, 12),
    (2, -1, 13),
    (2, -1, 14),
];

/// Further terms of rate 4/5.
const R45: [Term; 16] = [
    (1, -4, 15),
    (1, -4, 16),
    (1, -4, 17),
    (1, -3, 0),
    (1, -6, 21),
    (1, -6, 22),
    (1, -6, 23),
    (1, -5, 0),
    (2, -4, 0),
    (2, -3, 18),
    (2, -3, 19),
    (2, -3, 20),
    (2, -6, 0),
    (2, -5, 24),
    (2, -5, 25),
    (2, -5, 26),
];

/// Block columns of information.
fn info_columns(rate: Ar4jaRate) -> usize {
    match rate {
        Ar4jaRate::R12 => 2,
        Ar4jaRate::R23 => 4,
        Ar4jaRate::R45 => 8,
    }
}

/// M, the size of a block (table 7-2).
pub(super) fn submatrix(rate: Ar4jaRate, k: usize) -> usize {
    k / info_columns(rate)
}

/// The parity-check matrix in circulants of size M/4.
pub(super) fn matrix(rate: Ar4jaRate, k: usize) -> Result<Matrix, LdpcError> {
    if !matches!(k, 1024 | 4096 | 16384) {
        return Err(LdpcError::InformationBits { k });
    }
    let size = submatrix(rate, k) / QUARTERS;
    let shifts = &PHI[size.ilog2() as usize - 5];
    let mut rows = vec![Vec::new(); BLOCK_ROWS * QUARTERS];
    let further: [&[Term]; 2] = match rate {
        Ar4jaRate::R12 => [&[], &[]],
        Ar4jaRate::R23 => [&R23, &[]],
        Ar4jaRate::R45 => [&R23, &R45],
    };
    let first = info_columns(rate) as isize - 2;
    for &(row, column, permutation) in R12.iter().chain(further.into_iter().flatten()) {
        let column = (first + column) as usize * QUARTERS;
        for quarter in 0..QUARTERS {
            rows[row * QUARTERS + quarter].push(circulant(column, permutation, quarter, shifts));
        }
    }
    Ok(Matrix {
        size,
        columns: (info_columns(rate) + BLOCK_ROWS) * QUARTERS,
        rows,
    })
}

/// The circulant into which a permutation takes a quarter of the rows.
fn circulant(column: usize, permutation: usize, quarter: usize, shifts: &[[u16; 4]; TERMS]) -> Circulant {
    let Some(k) = permutation.checked_sub(1) else {
        return Circulant {
            column: column + quarter,
            shift: 0,
        };
    };
    Circulant {
        column: column + (usize::from(THETA[k]) + quarter) % QUARTERS,
        shift: usize::from(shifts[k][quarter]),
    }
}
