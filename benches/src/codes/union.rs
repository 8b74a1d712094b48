//! Bit error rate of the convolutional codes by the union bound, close to the truth where errors are rare.

use crate::theory::psk_ber;
use groundlink_decoder::coding::PunctureRate;

const STATES: usize = 64;
/// Generators 171 and 133 octal, the newest bit highest.
const GENERATORS: [u32; 2] = [0o171, 0o133];
/// Weights counted, from the lowest that occurs.
const WEIGHTS: usize = 12;
/// Largest weight that is looked at: the lowest is 10 at rate 1/2.
const LARGEST: usize = 10 + WEIGHTS;

/// Which of the two symbols of each bit are sent (CCSDS 131.0-B-5 table 3-1).
fn pattern(rate: PunctureRate) -> [&'static str; 2] {
    match rate {
        PunctureRate::R12 => ["1", "1"],
        PunctureRate::R23 => ["10", "11"],
        PunctureRate::R34 => ["101", "110"],
        PunctureRate::R56 => ["10101", "11010"],
        PunctureRate::R78 => ["1000101", "1111010"],
    }
}

/// Paths into a state by weight: their number, and the information bits that they have wrong together.
type Paths = Vec<[(f64, f64); LARGEST + 1]>;

fn no_paths() -> Paths {
    vec![[(0.0, 0.0); LARGEST + 1]; STATES]
}

/// Wrong information bits of all detours from the right path, by weight, for one period of the pattern.
fn spectrum(rate: PunctureRate) -> [f64; LARGEST + 1] {
    let [first, second] = pattern(rate).map(str::as_bytes);
    let mut wrong = [0.0; LARGEST + 1];
    for start in 0..first.len() {
        let mut paths = no_paths();
        // Long detours have large weights: what remains after 200 steps is beyond the largest.
        for step in 0..200 {
            let phase = (start + step) % first.len();
            let sent = [first[phase] == b'1', second[phase] == b'1'];
            paths = advance(&paths, sent, step == 0);
            for (wrong, (_, bits)) in wrong.iter_mut().zip(paths[0]) {
                *wrong += bits;
            }
            paths[0] = [(0.0, 0.0); LARGEST + 1];
        }
    }
    wrong
}

/// A further step; the first one leaves the right path.
fn advance(paths: &[[(f64, f64); LARGEST + 1]], sent: [bool; 2], leaves: bool) -> Paths {
    let mut next = no_paths();
    let mut extend = |state: usize, bit: usize, from: &[(f64, f64)]| {
        let register = (bit << 6 | state) as u32;
        let weight: usize = (0..2)
            .map(|n| usize::from(sent[n] && (register & GENERATORS[n]).count_ones() % 2 == 1))
            .sum();
        let to = &mut next[register as usize >> 1];
        for (to, (count, bits)) in to[weight..].iter_mut().zip(from) {
            to.0 += count;
            to.1 += bits + count * bit as f64;
        }
    };
    if leaves {
        extend(0, 1, &[(1.0, 0.0)]);
        return next;
    }
    for (state, from) in paths.iter().enumerate().skip(1) {
        extend(state, 0, from);
        extend(state, 1, from);
    }
    next
}

/// Upper bound of the bit error rate at this Es/N0 of a channel bit, as far as the lowest weights go.
pub(super) fn bound(rate: PunctureRate, es_n0_db: f64) -> f64 {
    let wrong = spectrum(rate);
    let first = wrong.iter().position(|&bits| bits > 0.0).unwrap_or(LARGEST);
    let sum: f64 = (wrong.iter().enumerate().skip(first).take(WEIGHTS))
        // As many symbols that differ carry so many times the energy.
        .map(|(weight, bits)| bits * psk_ber(es_n0_db + 10.0 * (weight as f64).log10()))
        .sum();
    (sum / rate.steps() as f64).min(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectra_are_the_published_ones() {
        // J. Conan, IEEE Trans. Commun. 32 (1984); D. Haccoun and G. Begin, IEEE Trans. Commun. 37 (1989).
        let found = |rate| -> Vec<f64> {
            let wrong = spectrum(rate);
            wrong.into_iter().filter(|&bits| bits > 0.0).take(3).collect()
        };
        assert_eq!(found(PunctureRate::R12), [36.0, 211.0, 1404.0]);
        assert_eq!(found(PunctureRate::R34), [42.0, 201.0, 1492.0]);
    }
}
