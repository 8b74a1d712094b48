//! Soft bits of 8PSK symbols as they would be had the carrier been taken an eighth of a turn further, and so on.
//!
//! With Gray labels each neighbour of the nearest point differs from it in one bit, and no point with that bit the
//! other way is nearer. Those two soft bits are therefore the differences between the log-likelihoods of the nearest
//! point and of its neighbours (as long as soft bits are differences of largest log-likelihoods), and give the
//! received point itself: along the nearest point and across it.

use std::f32::consts::FRAC_1_SQRT_2;

/// Labels of the points from 0° in steps of 45°, the first bit highest (ETSI EN 302 307-1 §5.4.2).
const LABELS: [u8; 8] = [0b001, 0b000, 0b100, 0b110, 0b010, 0b011, 0b111, 0b101];
/// Cosines of the eighths of a turn.
const COSINES: [f32; 8] = [
    1.0,
    FRAC_1_SQRT_2,
    0.0,
    -FRAC_1_SQRT_2,
    -1.0,
    -FRAC_1_SQRT_2,
    0.0,
    FRAC_1_SQRT_2,
];

/// Log-likelihoods of the points, but for a constant, from a symbol's soft bits (positive = 1).
fn points(soft: [i8; 3]) -> [f32; 8] {
    let label = soft.iter().fold(0, |label, &bit| label << 1 | u8::from(bit > 0));
    let nearest = LABELS.iter().position(|l| *l == label).unwrap_or(0);
    let less = |neighbour: usize| {
        let differing = label ^ LABELS[neighbour % 8];
        // The lowest bit is the last one.
        f32::from(soft[2 - differing.trailing_zeros() as usize].unsigned_abs())
    };
    let (after, before) = (less(nearest + 1), less(nearest + 7));
    let along = (before + after) / (2.0 * (1.0 - FRAC_1_SQRT_2));
    let across = (before - after) / (2.0 * FRAC_1_SQRT_2);
    std::array::from_fn(|point| {
        let angle = (point + 8 - nearest) % 8;
        along * COSINES[angle] + across * COSINES[(angle + 6) % 8]
    })
}

/// Appends to each of eight streams the soft bits of a symbol turned by so many eighths of a turn as its number.
pub(super) fn turns(soft: [i8; 3], streams: &mut [Vec<i8>]) {
    let soft = soft.map(|bit| bit.max(-127));
    let received = points(soft);
    for (turn, stream) in streams.iter_mut().enumerate() {
        if turn == 0 {
            stream.extend(soft);
            continue;
        }
        stream.extend((0..3).map(|bit| {
            let mut best = [f32::NEG_INFINITY; 2];
            for (point, label) in LABELS.iter().enumerate() {
                let side = usize::from(label >> (2 - bit) & 1);
                best[side] = best[side].max(received[(point + 8 - turn) % 8]);
            }
            (best[1] - best[0]).round().clamp(-127.0, 127.0) as i8
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Soft bits of a received point.
    fn demapped(re: f32, im: f32) -> [i8; 3] {
        std::array::from_fn(|bit| {
            let mut best = [f32::NEG_INFINITY; 2];
            for (point, label) in LABELS.iter().enumerate() {
                let value = re * COSINES[point] + im * COSINES[(point + 6) % 8];
                let side = usize::from(label >> (2 - bit) & 1);
                best[side] = best[side].max(value);
            }
            (best[1] - best[0]).round().clamp(-127.0, 127.0) as i8
        })
    }

    #[test]
    fn neighbours_differ_by_one_bit() {
        for (point, label) in LABELS.iter().enumerate() {
            assert_eq!((label ^ LABELS[(point + 1) % 8]).count_ones(), 1);
        }
    }

    proptest! {
        #[test]
        fn turned_soft_bits_are_those_of_turned_points(size in 0f32..120.0, angle in 0f32..std::f32::consts::TAU) {
            let soft = demapped(size * angle.cos(), size * angle.sin());
            let mut streams = vec![Vec::new(); 8];
            turns(soft, &mut streams);
            for (turn, found) in streams.iter().enumerate() {
                let turned = angle + turn as f32 * std::f32::consts::FRAC_PI_4;
                let expected = demapped(size * turned.cos(), size * turned.sin());
                for (found, expected) in found.iter().zip(expected) {
                    // Soft bits are rounded to a step, which the point feels 1.7 times, its farther side 4 times.
                    prop_assert!((i16::from(*found) - i16::from(expected)).abs() <= 4, "{found} {expected}");
                }
            }
        }

        #[test]
        fn any_soft_bits_can_be_turned(soft in any::<[i8; 3]>()) {
            let mut streams = vec![Vec::new(); 8];
            turns(soft, &mut streams);
            prop_assert!(streams.iter().flatten().all(|bit| *bit >= -127));
            prop_assert!(streams.iter().all(|stream| stream.len() == 3));
        }
    }
}
