//! Soft bits from the pulses of GMSK.
//!
//! Every arm holds a sequence of signs, of which neighbours interfere: the matched filter answers to a sign and, weaker
//! by a known factor, to those before and after it. With the noise it leaves (of which neighbours have the same share
//! in common) the likelihood of a sequence is that of G. Ungerboeck (IEEE Trans. Commun. 22, 1974), and the
//! forward-backward recursion over the two states of an arm comes down to adding what each neighbour says of a sign:
//! never more than the interference can, and the opposite of what it is itself.

use crate::receiver::psk::{Levels, soft};
use crate::{Complex32, SoftBatch};

/// Soft bits computed side by side.
const LANES: usize = 16;

/// Symbols of both arms to soft bits in the order of the bits. Log-likelihood ratios are in units of
/// [`SoftBatch::LLR_UNIT`] here.
#[derive(Debug)]
pub(in crate::receiver) struct Detector {
    /// What a sign adds to its neighbours on the arm, relative to itself.
    interference: f32,
    precoded: bool,
    /// What the last signs of the arms know by themselves and from those before them.
    forward: Complex32,
    /// The last sign of the Q arm.
    last: Option<f32>,
    signs: Vec<Complex32>,
}

impl Detector {
    pub fn new(interference: f64, precoded: bool) -> Self {
        Self {
            interference: interference as f32,
            precoded,
            forward: Complex32::ZERO,
            last: None,
            signs: Vec::new(),
        }
    }

    /// The next symbol does not follow the last one.
    pub fn restart(&mut self) {
        self.forward = Complex32::ZERO;
        self.last = None;
    }

    /// Appends two soft bits a symbol, that of the I arm first. Without precoding a bit is the product of a sign and the
    /// one before it; the first after a restart is not known.
    pub fn process(&mut self, symbols: &[Complex32], levels: Levels, out: &mut Vec<i8>) {
        let (unit, reach) = if levels.noise > 0.0 {
            let unit = 4.0 * (levels.signal / 2.0).sqrt() / levels.noise;
            let ratio = levels.signal / levels.noise;
            (unit as f32, 2.0 * ratio as f32 * self.interference)
        } else {
            (0.0, 0.0)
        };
        self.weigh(symbols, unit / SoftBatch::LLR_UNIT, reach / SoftBatch::LLR_UNIT);
        let signs: &[f32] = bytemuck::cast_slice(&self.signs);
        let Some((&first, &last)) = signs.first().zip(signs.last()) else {
            return;
        };
        if self.precoded {
            out.extend(signs.iter().map(|sign| soft(*sign)));
            return;
        }
        out.push(self.last.map_or(0, |before| soft(-product(before, first))));
        let start = out.len();
        out.resize(start + signs.len() - 1, 0);
        differences(signs, &mut out[start..]);
        self.last = Some(last);
    }

    /// Log-likelihood ratios of the signs, both arms at once.
    fn weigh(&mut self, symbols: &[Complex32], unit: f32, reach: f32) {
        // Unlike `clamp` this takes a reach that is no number.
        let limited = |ratio: f32| ratio.max(-reach).min(reach);
        let said = |sign: Complex32| Complex32::new(-limited(sign.re), -limited(sign.im));
        self.signs.clear();
        for symbol in symbols {
            self.forward = symbol * unit + said(self.forward);
            self.signs.push(self.forward);
        }
        let mut later = Complex32::ZERO;
        for (sign, symbol) in self.signs.iter_mut().zip(symbols).rev() {
            *sign += later;
            later = said(symbol * unit + later);
        }
    }
}

/// Soft bits of all signs but the first, which is one of the I arm. The phase turns forward by a quarter for a one: from
/// I to Q where they are equal, from Q to I where they are not.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn differences(signs: &[f32], out: &mut [i8]) {
    let whole = out.len() / LANES * LANES;
    for from in (0..whole).step_by(LANES) {
        let before: &[f32; LANES] = signs[from..][..LANES].try_into().expect("slice of LANES");
        let after: &[f32; LANES] = signs[from + 1..][..LANES].try_into().expect("slice of LANES");
        let bits: &mut [i8; LANES] = (&mut out[from..][..LANES]).try_into().expect("slice of LANES");
        for lane in 0..LANES {
            let equal = product(before[lane], after[lane]);
            bits[lane] = soft(if lane % 2 == 0 { equal } else { -equal });
        }
    }
    for k in whole..out.len() {
        let equal = product(signs[k], signs[k + 1]);
        out[k] = soft(if k % 2 == 0 { equal } else { -equal });
    }
}

/// Log-likelihood ratio of the product of two independent signs.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn product(a: f32, b: f32) -> f32 {
    let (low, high) = (a.abs().min(b.abs()), a.abs().max(b.abs()));
    let size = (low + correction(low + high) - correction(high - low)).max(0.0);
    let sign = (a.to_bits() ^ b.to_bits()) & (1 << 31);
    f32::from_bits(size.to_bits() | sign)
}

/// `ln(1 + e^-x)`, to 0.03 nats.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn correction(x: f32) -> f32 {
    const END: f32 = 4.5 / SoftBatch::LLR_UNIT;
    const SCALE: f32 = std::f32::consts::LN_2 / SoftBatch::LLR_UNIT / (END * END * END);
    let rest = (END - x).max(0.0);
    SCALE * rest * rest * rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_probabilities() {
        for a in [-9.0_f32, -3.2, -0.4, 0.0, 0.7, 1.5, 20.0] {
            for b in [-12.0_f32, -1.1, 0.2, 2.9, 5.0] {
                let exact = 2.0 * ((a / 2.0).tanh() * (b / 2.0).tanh()).atanh();
                let found = product(8.0 * a, 8.0 * b) / 8.0;
                assert!((found - exact).abs() < 0.06, "{a} {b}: {found} {exact}");
            }
        }
    }

    #[test]
    fn changes_of_signs_are_bits_and_the_first_is_unknown() {
        let mut detector = Detector::new(0.0, false);
        let levels = Levels {
            signal: 2.0,
            noise: 0.1,
        };
        let mut bits = Vec::new();
        // I and Q in turn: ++, -+, --, and the same after a restart.
        let symbols = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)].map(|(re, im)| Complex32::new(re, im));
        detector.process(&symbols[..1], levels, &mut bits);
        detector.process(&symbols[1..], levels, &mut bits);
        detector.restart();
        detector.process(&symbols[2..], levels, &mut bits);
        let signs: Vec<i8> = bits.iter().map(|bit| bit.signum()).collect();
        assert_eq!(signs, [0, 1, 1, -1, 1, 1, 0, 1]);
    }

    #[test]
    fn what_the_neighbours_add_is_taken_off() {
        let mut detector = Detector::new(0.2, true);
        let levels = Levels {
            signal: 2.0,
            noise: 0.5,
        };
        let signs = [1.0, 1.0, 1.0, -1.0, 1.0_f32];
        let at = |k: usize| signs.get(k).copied().unwrap_or(0.0);
        let symbols: Vec<Complex32> = (0..signs.len())
            .map(|k| Complex32::from(at(k) + 0.2 * (at(k.wrapping_sub(1)) + at(k + 1))))
            .collect();
        let mut bits = Vec::new();
        detector.process(&symbols, levels, &mut bits);
        // Without noise the ratio is that of the sign alone, 4 A²/N0 = 8 nats.
        let own: Vec<i8> = bits.iter().step_by(2).copied().collect();
        assert_eq!(own, [64, 64, 64, -64, 64]);
    }

    #[test]
    fn what_is_no_number_is_no_panic() {
        let mut detector = Detector::new(0.1, false);
        let mut bits = Vec::new();
        for levels in [(f64::NAN, 1.0), (1.0, 0.0), (f64::INFINITY, 1e-300)] {
            let levels = Levels {
                signal: levels.0,
                noise: levels.1,
            };
            detector.process(&[Complex32::new(f32::NAN, 1.0); 3], levels, &mut bits);
        }
        assert_eq!(bits.len(), 18);
    }
}
