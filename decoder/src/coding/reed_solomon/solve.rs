//! The errors and erasures of a Reed-Solomon codeword from its remainder: syndromes, Berlekamp-Massey (begun with
//! the erasures' locator), Chien search, Forney.

use super::MAX_PARITY;
use super::galois::{Galois, ORDER};

/// Roots of the generator: powers `first`, `first + 1`, … of alpha^`primitive`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roots {
    pub(super) first: usize,
    pub(super) primitive: usize,
}

impl Roots {
    pub(super) fn nth(&self, field: &Galois, n: usize) -> u8 {
        field.power((self.first + n) * self.primitive)
    }
}

/// A wrong symbol: where in the (shortened) codeword, and what has to be added to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Correction {
    pub(super) position: usize,
    pub(super) value: u8,
}

/// The corrections of one codeword.
#[derive(Debug)]
pub(super) struct Corrections {
    list: [Correction; MAX_PARITY],
    count: usize,
}

impl Corrections {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Correction> {
        self.list[..self.count].iter()
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

/// What the solver may look for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    /// Symbols of the (shortened) codeword.
    pub(super) length: usize,
    /// Positions known to be unreliable, each once and inside the codeword.
    pub(super) erased: &'a [u8],
    /// Most errors outside the erasures, besides the bound `2 * errors + erasures <= parity`.
    pub(super) most_errors: usize,
}

/// Finds the errors of a codeword whose remainder (highest power first) is not zero; `None` when there are more
/// than the search allows, or when one would lie in the virtual fill.
pub(super) fn solve(
    field: &Galois,
    roots: &Roots,
    remainder: &[u8],
    search: &Search<'_>,
) -> Option<Corrections> {
    let parity = remainder.len();
    let erased = search.erased.len();
    let most = search.most_errors.min(parity.checked_sub(erased)? / 2);
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
    let known = erasure_locator(field, roots, search);
    let locator = berlekamp_massey(field, &syndromes[..parity], &known, erased, most)?;
    let evaluator = product_modulo(field, &syndromes[..parity], &locator);
    let corrections = locate(field, roots, &locator, &evaluator, search.length)?;
    confirmed(field, roots, &corrections, &syndromes[..parity], search.length).then_some(corrections)
}

/// The polynomial whose roots are the inverse locators of the erasures; one where there are none.
fn erasure_locator(field: &Galois, roots: &Roots, search: &Search<'_>) -> Poly {
    let mut locator: Poly = [0; MAX_PARITY + 1];
    locator[0] = 1;
    for (degree, &position) in search.erased.iter().enumerate() {
        let x = field.power((search.length - 1 - usize::from(position)) * roots.primitive);
        for k in (0..=degree).rev() {
            locator[k + 1] ^= field.mul(locator[k], x);
        }
    }
    locator
}

/// Locator polynomial of erasures and errors, from that of the `erased` erasures; `None` when it holds more than
/// `most` errors.
fn berlekamp_massey(
    field: &Galois,
    syndromes: &[u8],
    known: &Poly,
    erased: usize,
    most: usize,
) -> Option<Poly> {
    let mut locator = *known;
    let mut previous = *known;
    let (mut length, mut gap, mut last) = (erased, 1, 1u8);
    for n in erased..syndromes.len() {
        let discrepancy = (0..=length).fold(0, |sum, k| sum ^ field.mul(locator[k], syndromes[n - k]));
        if discrepancy == 0 {
            gap += 1;
            continue;
        }
        let factor = field.div(discrepancy, last);
        let before = locator;
        for k in gap..=MAX_PARITY {
            locator[k] ^= field.mul(factor, previous[k - gap]);
        }
        if 2 * length <= n + erased {
            length = n + 1 + erased - length;
            (previous, last, gap) = (before, discrepancy, 1);
        } else {
            gap += 1;
        }
    }
    (length - erased <= most && degree(&locator) == length).then_some(locator)
}

/// `syndromes * locator` up to as many powers as there are syndromes.
fn product_modulo(field: &Galois, syndromes: &[u8], locator: &Poly) -> Poly {
    let mut product: Poly = [0; MAX_PARITY + 1];
    for (n, value) in product.iter_mut().enumerate().take(syndromes.len()) {
        *value = (0..=n).fold(0, |sum, k| sum ^ field.mul(locator[k], syndromes[n - k]));
    }
    product
}

/// Positions in the codeword at which the locator of `degree` vanishes, as long as there are that many.
///
/// From position to position each term is multiplied by a constant power, so that the search only adds
/// logarithms.
fn search_roots(
    field: &Galois,
    roots: &Roots,
    locator: &Poly,
    degree: usize,
    length: usize,
) -> Option<[usize; MAX_PARITY]> {
    let log_first = ORDER - (length - 1) * roots.primitive % ORDER;
    let mut terms = [(0usize, 0usize); MAX_PARITY + 1];
    let mut count = 0;
    for (k, &coefficient) in locator.iter().enumerate().filter(|&(_, &c)| c != 0) {
        terms[count] = (
            (field.log(coefficient) + k * log_first) % ORDER,
            k * roots.primitive % ORDER,
        );
        count += 1;
    }
    let mut positions = [0; MAX_PARITY];
    let mut found = 0;
    for position in 0..length {
        let mut sum = 0;
        for (log, step) in &mut terms[..count] {
            sum ^= field.power_below_twice_order(*log);
            *log += *step;
            *log -= if *log >= ORDER { ORDER } else { 0 };
        }
        if sum == 0 {
            *positions.get_mut(found)? = position;
            found += 1;
            if found == degree {
                return Some(positions);
            }
        }
    }
    None
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
    let positions = search_roots(field, roots, locator, errors, length)?;
    let mut derivative: Poly = [0; MAX_PARITY + 1];
    for k in (1..=errors).step_by(2) {
        derivative[k - 1] = locator[k];
    }
    let mut list = [Correction::default(); MAX_PARITY];
    for (correction, &position) in list.iter_mut().zip(&positions[..errors]) {
        let log_x = (length - 1 - position) * roots.primitive % ORDER;
        let log_inverse = ORDER - log_x;
        let slope = evaluate(field, &derivative[..=errors], log_inverse);
        if slope == 0 {
            return None;
        }
        let ratio = field.div(evaluate(field, &evaluator[..errors], log_inverse), slope);
        // X^(1 - first): the exponent is taken positive.
        let value = field.mul(ratio, field.power(log_x * (ORDER + 1 - roots.first)));
        *correction = Correction { position, value };
    }
    Some(Corrections { list, count: errors })
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
