//! The errors of a Reed-Solomon codeword from its remainder: syndromes, Berlekamp-Massey, Chien search, Forney.

use super::galois::{Galois, ORDER};
use super::MAX_PARITY;

/// Roots of the generator: powers `first`, `first + 1`, … of alpha^`primitive`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Roots {
    pub(crate) first: usize,
    pub(crate) primitive: usize,
}

impl Roots {
    pub(crate) fn nth(&self, field: &Galois, n: usize) -> u8 {
        field.power((self.first + n) * self.primitive)
    }
}

/// A wrong symbol: where in the (shortened) codeword, and what has to be added to it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Correction {
    pub(crate) position: usize,
    pub(crate) value: u8,
}

/// The corrections of one codeword.
#[derive(Debug)]
pub(crate) struct Corrections {
    list: [Correction; MAX_PARITY / 2],
    count: usize,
}

impl Corrections {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Correction> {
        self.list[..self.count].iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

/// A polynomial, lowest power first.
type Poly = [u8; MAX_PARITY + 1];

fn degree(poly: &Poly) -> usize {
    poly.iter().rposition(|&c| c != 0).unwrap_or(0)
}

/// Value of `coefficients` (lowest power first) at alpha^`log_x`.
fn evaluate(field: &Galois, coefficients: &[u8], log_x: usize) -> u8 {
    let x = field.power(log_x);
    coefficients.iter().rev().fold(0, |sum, &c| field.mul(sum, x) ^ c)
}

/// Finds the errors of a codeword of `length` symbols whose remainder (highest power first) is not zero; `None`
/// when there are more than half as many as parity symbols, or when one would lie in the virtual fill.
pub(crate) fn solve(field: &Galois, roots: &Roots, remainder: &[u8], length: usize) -> Option<Corrections> {
    let parity = remainder.len();
    let mut lowest_first: Poly = [0; MAX_PARITY + 1];
    for (to, &from) in lowest_first.iter_mut().zip(remainder.iter().rev()) {
        *to = from;
    }
    let mut syndromes: Poly = [0; MAX_PARITY + 1];
    for (j, syndrome) in syndromes.iter_mut().enumerate().take(parity) {
        *syndrome = evaluate(
            field,
            &lowest_first[..parity],
            (roots.first + j) * roots.primitive,
        );
    }
    let locator = berlekamp_massey(field, &syndromes[..parity])?;
    let evaluator = product_modulo(field, &syndromes[..parity], &locator);
    let corrections = locate(field, roots, &locator, &evaluator, length)?;
    confirmed(field, roots, &corrections, &syndromes[..parity], length).then_some(corrections)
}

/// Error locator polynomial; `None` when its degree exceeds what the code can correct.
fn berlekamp_massey(field: &Galois, syndromes: &[u8]) -> Option<Poly> {
    let mut locator: Poly = [0; MAX_PARITY + 1];
    let mut previous: Poly = [0; MAX_PARITY + 1];
    (locator[0], previous[0]) = (1, 1);
    let (mut errors, mut gap, mut last) = (0, 1, 1u8);
    for n in 0..syndromes.len() {
        let discrepancy = (0..=errors).fold(0, |sum, k| sum ^ field.mul(locator[k], syndromes[n - k]));
        if discrepancy == 0 {
            gap += 1;
            continue;
        }
        let factor = field.div(discrepancy, last);
        let before = locator;
        for k in gap..=MAX_PARITY {
            locator[k] ^= field.mul(factor, previous[k - gap]);
        }
        if 2 * errors <= n {
            errors = n + 1 - errors;
            (previous, last, gap) = (before, discrepancy, 1);
        } else {
            gap += 1;
        }
    }
    (errors <= syndromes.len() / 2 && degree(&locator) == errors).then_some(locator)
}

/// `syndromes * locator` up to as many powers as there are syndromes.
fn product_modulo(field: &Galois, syndromes: &[u8], locator: &Poly) -> Poly {
    let mut product: Poly = [0; MAX_PARITY + 1];
    for (n, value) in product.iter_mut().enumerate().take(syndromes.len()) {
        *value = (0..=n).fold(0, |sum, k| sum ^ field.mul(locator[k], syndromes[n - k]));
    }
    product
}

/// Positions and values of the errors; `None` unless every root of the locator lies in the codeword.
fn locate(
    field: &Galois,
    roots: &Roots,
    locator: &Poly,
    evaluator: &Poly,
    length: usize,
) -> Option<Corrections> {
    let errors = degree(locator);
    let mut derivative: Poly = [0; MAX_PARITY + 1];
    for k in (1..=errors).step_by(2) {
        derivative[k - 1] = locator[k];
    }
    let mut found = Corrections {
        list: [Correction::default(); MAX_PARITY / 2],
        count: 0,
    };
    for position in 0..length {
        let log_x = (length - 1 - position) * roots.primitive % ORDER;
        let log_inverse = ORDER - log_x;
        if evaluate(field, &locator[..=errors], log_inverse) != 0 {
            continue;
        }
        let slope = evaluate(field, &derivative[..=errors], log_inverse);
        if slope == 0 || found.count == errors {
            return None;
        }
        let ratio = field.div(evaluate(field, &evaluator[..errors], log_inverse), slope);
        // X^(1 - first): the exponent is taken positive.
        let value = field.mul(ratio, field.power(log_x * (ORDER + 1 - roots.first)));
        found.list[found.count] = Correction { position, value };
        found.count += 1;
        if found.count == errors {
            break;
        }
    }
    (found.count == errors).then_some(found)
}

/// Whether the corrections produce exactly the syndromes that were seen.
fn confirmed(
    field: &Galois,
    roots: &Roots,
    corrections: &Corrections,
    syndromes: &[u8],
    length: usize,
) -> bool {
    syndromes.iter().enumerate().all(|(j, &syndrome)| {
        let sum = corrections.iter().fold(0, |sum, c| {
            let exponent = (length - 1 - c.position) * roots.primitive % ORDER * (roots.first + j);
            sum ^ field.mul(c.value, field.power(exponent))
        });
        sum == syndrome
    })
}
