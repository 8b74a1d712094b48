//! Frame header error control of AOS frames: a shortened Reed–Solomon code (10,6) over GF(16)
//! (CCSDS 732.0-B-4 §4.1.2.6).
//!
//! The ten symbols are the nibbles, high first, of header bytes 0, 1 (version, SCID, VCID), 5 (signalling) and
//! of the two check bytes. Field polynomial x⁴+x+1; the generator's roots are α⁶, α⁷, α⁸, α⁹, that is
//! g(x) = x⁴ + α³x³ + αx² + α³x + 1. Up to two wrong symbols are corrected.

/// Powers of α, twice round so that sums of two logarithms need no reduction.
const EXP: [u8; 30] = exp_table();
const LOG: [u8; 16] = log_table();
/// Coefficients of the generator below x⁴, highest first.
const GENERATOR: [u8; 4] = [8, 2, 8, 1];
const FIRST_ROOT: usize = 6;
const SYMBOLS: usize = 10;

const fn exp_table() -> [u8; 30] {
    let mut table = [0; 30];
    let mut value = 1u8;
    let mut i = 0;
    while i < 30 {
        table[i] = value;
        value <<= 1;
        if value & 0x10 != 0 {
            value ^= 0x13;
        }
        i += 1;
    }
    table
}

const fn log_table() -> [u8; 16] {
    let exp = exp_table();
    let mut table = [0; 16];
    let mut i = 0;
    while i < 15 {
        table[exp[i] as usize] = i as u8;
        i += 1;
    }
    table
}

fn mul(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    EXP[usize::from(LOG[usize::from(a)]) + usize::from(LOG[usize::from(b)])]
}

/// Divides; `b` is not 0.
fn div(a: u8, b: u8) -> u8 {
    if a == 0 {
        return 0;
    }
    EXP[usize::from(LOG[usize::from(a)]) + 15 - usize::from(LOG[usize::from(b)])]
}

fn nibbles(bytes: [u8; 5]) -> [u8; SYMBOLS] {
    std::array::from_fn(|i| {
        if i % 2 == 0 {
            bytes[i / 2] >> 4
        } else {
            bytes[i / 2] & 0xF
        }
    })
}

fn bytes(symbols: [u8; SYMBOLS]) -> [u8; 5] {
    std::array::from_fn(|i| symbols[2 * i] << 4 | symbols[2 * i + 1])
}

/// Check bytes for header bytes 0, 1 and 5.
pub fn fhec_encode(protected: [u8; 3]) -> [u8; 2] {
    let symbols = nibbles([protected[0], protected[1], protected[2], 0, 0]);
    let mut remainder = [0u8; 4];
    for symbol in &symbols[..6] {
        let feedback = symbol ^ remainder[0];
        remainder.rotate_left(1);
        remainder[3] = 0;
        for (r, g) in remainder.iter_mut().zip(GENERATOR) {
            *r ^= mul(feedback, g);
        }
    }
    [remainder[0] << 4 | remainder[1], remainder[2] << 4 | remainder[3]]
}

/// Corrects up to two nibbles of header bytes 0, 1, 5, 6 and 7 (in this order).
///
/// Returns the corrected bytes and the number of nibbles corrected; `None` if there are too many errors.
pub fn fhec_correct(header: [u8; 5]) -> Option<([u8; 5], u8)> {
    let mut symbols = nibbles(header);
    let s = syndromes(&symbols);
    if s == [0; 4] {
        return Some((header, 0));
    }
    let (sigma1, sigma2) = locator(s)?;
    let mut corrected = 0;
    let mut positions = [0usize; 2];
    // Symbol i is the coefficient of x^(9-i); x^p is in error where σ(α^-p) = 0.
    for power in 0..SYMBOLS {
        let inverse = EXP[(15 - power) % 15];
        if 1 ^ mul(sigma1, inverse) ^ mul(sigma2, mul(inverse, inverse)) == 0 {
            positions[corrected] = power;
            corrected += 1;
        }
    }
    let expected = if sigma2 == 0 { 1 } else { 2 };
    if corrected != expected {
        return None;
    }
    let values = error_values(s, &positions[..corrected]);
    for (power, value) in positions.iter().zip(values).take(corrected) {
        symbols[SYMBOLS - 1 - power] ^= value;
    }
    (syndromes(&symbols) == [0; 4]).then(|| (bytes(symbols), corrected as u8))
}

fn syndromes(symbols: &[u8; SYMBOLS]) -> [u8; 4] {
    std::array::from_fn(|i| {
        symbols
            .iter()
            .fold(0, |sum, symbol| mul(sum, EXP[FIRST_ROOT + i]) ^ symbol)
    })
}

/// Error locator 1 + σ₁x + σ₂x² by Peterson's direct solution.
fn locator(s: [u8; 4]) -> Option<(u8, u8)> {
    let determinant = mul(s[1], s[1]) ^ mul(s[0], s[2]);
    if determinant != 0 {
        let sigma1 = div(mul(s[1], s[2]) ^ mul(s[0], s[3]), determinant);
        let sigma2 = div(mul(s[2], s[2]) ^ mul(s[1], s[3]), determinant);
        return (sigma2 != 0).then_some((sigma1, sigma2));
    }
    if s[0] == 0 || s[1] == 0 {
        return None;
    }
    Some((div(s[1], s[0]), 0))
}

/// Solves the first syndromes for the values at one or two positions.
fn error_values(s: [u8; 4], positions: &[usize]) -> [u8; 2] {
    let root = |power: usize, i: usize| EXP[power * (FIRST_ROOT + i) % 15];
    match *positions {
        [a, b] => {
            // s0 = va·α^(6a) + vb·α^(6b); s1 = va·α^(7a) + vb·α^(7b)
            let determinant = mul(root(a, 0), root(b, 1)) ^ mul(root(b, 0), root(a, 1));
            [
                div(mul(s[0], root(b, 1)) ^ mul(s[1], root(b, 0)), determinant),
                div(mul(s[1], root(a, 0)) ^ mul(s[0], root(a, 1)), determinant),
            ]
        }
        [a] => [div(s[0], root(a, 0)), 0],
        _ => [0; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generator_has_the_stated_roots() {
        for root in &EXP[6..10] {
            let value = [1, 8, 2, 8, 1].iter().fold(0, |sum, c| mul(sum, *root) ^ c);
            assert_eq!(value, 0);
        }
    }

    #[test]
    fn every_single_and_double_nibble_error_is_corrected() {
        let check = fhec_encode([0x6B, 0x7F, 0x45]);
        let clean = nibbles([0x6B, 0x7F, 0x45, check[0], check[1]]);
        assert_eq!(fhec_correct(bytes(clean)), Some((bytes(clean), 0)));
        for i in 0..SYMBOLS {
            for j in 0..SYMBOLS {
                for (u, v) in (1..16).flat_map(|u| (1..16).map(move |v| (u, v))) {
                    let mut hit = clean;
                    hit[i] ^= u;
                    if i != j {
                        hit[j] ^= v;
                    }
                    let errors = if i == j { 1 } else { 2 };
                    assert_eq!(fhec_correct(bytes(hit)), Some((bytes(clean), errors)));
                }
            }
        }
    }

    #[test]
    fn triple_errors_never_pass_as_clean() {
        let check = fhec_encode([0x42, 0x01, 0x00]);
        let clean = nibbles([0x42, 0x01, 0x00, check[0], check[1]]);
        let mut refused = 0;
        for value in 1..16 {
            let mut hit = clean;
            hit[0] ^= value;
            hit[4] ^= 5;
            hit[9] ^= 9;
            match fhec_correct(bytes(hit)) {
                None => refused += 1,
                Some((found, corrected)) => assert!(found != bytes(clean) && corrected > 0),
            }
        }
        assert!(refused > 0);
    }
}
