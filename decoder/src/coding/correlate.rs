//! The search kernel: correlation of a marker with soft bits at every place, many places at once.

use super::false_alarm::LONGEST;
use multiversion::multiversion;

/// Places correlated at a time.
const PLACES: usize = 64;

/// What a place must reach to be looked at more closely, in either polarity.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Screen {
    /// The signs alone: right ones less wrong ones.
    Signs(i16),
    /// Square of the correlation, in units of the energy.
    Level(f32),
}

impl Screen {
    /// Whether a place passes, from its correlation and energy (with [`Screen::Signs`] those of the signs).
    #[allow(
        clippy::inline_always,
        reason = "must take on the vector features of its caller"
    )]
    #[inline(always)]
    fn passes(self, correlation: i16, energy: i32) -> bool {
        match self {
            Self::Signs(least) => correlation.abs() >= least,
            Self::Level(least) => {
                let c = f32::from(correlation);
                // At least 1: without any correlation nothing fits, not even no energy.
                c * c >= (least * energy as f32).max(1.0)
            }
        }
    }
}

/// The sign as a soft bit of magnitude 1 (zero counts as a zero bit).
fn sign(soft: i8) -> i8 {
    if soft > 0 { 1 } else { -1 }
}

/// First place in `soft`, from `from` on, where the whole `pattern` (±1, at most [`LONGEST`] long) passes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(crate) fn next_place(pattern: &[i8], screen: Screen, soft: &[i8], from: usize) -> Option<usize> {
    let places = (soft.len() + 1).saturating_sub(pattern.len());
    let mut copy = [0i8; LONGEST + PLACES];
    let mut place = from;
    while place < places {
        let count = PLACES.min(places - place);
        let length = pattern.len() - 1 + count;
        let part = &soft[place..place + length];
        let window = match screen {
            Screen::Level(_) if count == PLACES => part,
            Screen::Level(_) => {
                copy[..length].copy_from_slice(part);
                &copy[..pattern.len() - 1 + PLACES]
            }
            Screen::Signs(_) => {
                for (to, &s) in copy.iter_mut().zip(part) {
                    *to = sign(s);
                }
                &copy[..pattern.len() - 1 + PLACES]
            }
        };
        if let Some(offset) = first_of_block(pattern, screen, window, count) {
            return Some(place + offset);
        }
        place += PLACES;
    }
    None
}

/// First of the `count` places of a block that passes; `window` holds the soft bits of [`PLACES`] places.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn first_of_block(pattern: &[i8], screen: Screen, window: &[i8], count: usize) -> Option<usize> {
    let correlations = correlate(pattern, window);
    let energies = match screen {
        Screen::Signs(_) => [0; PLACES],
        Screen::Level(_) => energies(pattern.len(), window),
    };
    // Without a branch, so that all places are judged at once.
    let any = correlations
        .iter()
        .zip(&energies)
        .fold(false, |any, (&c, &e)| any | screen.passes(c, e));
    if !any {
        return None;
    }
    (0..count).find(|&n| screen.passes(correlations[n], energies[n]))
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn correlate(pattern: &[i8], window: &[i8]) -> [i16; PLACES] {
    let mut sums = [0i16; PLACES];
    for (&bit, places) in pattern.iter().zip(window.windows(PLACES)) {
        // At most LONGEST * 128, which an i16 holds.
        for (sum, &s) in sums.iter_mut().zip(places) {
            *sum += i16::from(bit) * i16::from(s);
        }
    }
    sums
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn energies(length: usize, window: &[i8]) -> [i32; PLACES] {
    let square = |s: i8| i32::from(s) * i32::from(s);
    let mut energy: i32 = window[..length].iter().map(|&s| square(s)).sum();
    let mut energies = [0; PLACES];
    energies[0] = energy;
    let steps = window[length..].iter().zip(window);
    for (to, (&comes, &goes)) in energies[1..].iter_mut().zip(steps) {
        energy += square(comes) - square(goes);
        *to = energy;
    }
    energies
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, place by place.
    fn plain(pattern: &[i8], screen: Screen, soft: &[i8], from: usize) -> Option<usize> {
        let places = (soft.len() + 1).saturating_sub(pattern.len());
        (from..places).find(|&place| {
            let value = |n: usize| match screen {
                Screen::Signs(_) => i32::from(sign(soft[place + n])),
                Screen::Level(_) => i32::from(soft[place + n]),
            };
            let correlation: i32 = (0..pattern.len()).map(|n| value(n) * i32::from(pattern[n])).sum();
            let energy = (0..pattern.len()).map(|n| value(n) * value(n)).sum();
            screen.passes(correlation as i16, energy)
        })
    }

    proptest! {
        #[test]
        fn all_places_at_once_are_the_places_one_by_one(
            seed in any::<u64>(), length in 16usize..=192, count in 0usize..400, level in 0.0f32..16.0, signs in any::<bool>(),
            extreme in any::<bool>(),
        ) {
            let mut state = seed;
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as i8
            };
            let pattern: Vec<i8> = (0..length).map(|_| sign(random())).collect();
            let soft: Vec<i8> = (0..count).map(|_| if extreme { i8::MIN } else { random() }).collect();
            let screen = if signs {
                Screen::Signs((f64::from(level).sqrt() * (length as f64).sqrt()) as i16)
            } else {
                Screen::Level(level)
            };
            let mut from = 0;
            loop {
                let found = next_place(&pattern, screen, &soft, from);
                prop_assert_eq!(found, plain(&pattern, screen, &soft, from));
                let Some(place) = found else { break };
                from = place + 1;
            }
        }
    }
}
