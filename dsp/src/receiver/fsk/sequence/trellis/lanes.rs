//! Steps of the trellis with the number of states known beforehand, so that the compiler makes vectors of them.
//!
//! Branch `b` leads from state `b / levels` to state `b % states` by context `b % contexts`. The number of contexts divides
//! that of states, so that the context is a matter of the state led to, and with the branches taken in the order of where
//! they lead to, all is done in lanes.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the target"
)]

use multiversion::multiversion;

/// Defines the step of a number of states and levels.
macro_rules! step {
    ($name:ident, $states:literal, $levels:literal) => {
        /// From the states before an interval to those behind it: `parts` are real and imaginary parts of the
        /// correlations, and of what contexts turn by.
        #[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
        pub(super) fn $name(before: &[f32], behind: &mut [f32], parts: [&[f32]; 4], kept: f32) {
            step::<$states, $levels>(before, behind, parts, kept);
        }
    };
}

step!(step_8, 8, 2);
step!(step_32, 32, 2);
step!(step_16, 16, 4);
step!(step_64, 64, 4);

/// The row as an array; zeros if it were of another length.
#[inline(always)]
fn array<const S: usize>(row: &[f32]) -> [f32; S] {
    row.try_into().unwrap_or([0.0; S])
}

/// The values of contexts, one for each state.
#[inline(always)]
fn of_states<const S: usize>(part: &[f32]) -> [f32; S] {
    let mut of_state = [0.0; S];
    for row in of_state.chunks_exact_mut(part.len().clamp(1, S)) {
        row.copy_from_slice(&part[..row.len()]);
    }
    of_state
}

/// Row `n` of the four of all states.
#[inline(always)]
fn row<const S: usize>(states: &[f32], n: usize) -> [f32; S] {
    array(&states[n * S..(n + 1) * S])
}

#[inline(always)]
fn step<const S: usize, const L: usize>(before: &[f32], behind: &mut [f32], parts: [&[f32]; 4], kept: f32) {
    let (re, im) = (of_states::<S>(parts[0]), of_states::<S>(parts[1]));
    let (turn_re, turn_im) = (of_states::<S>(parts[2]), of_states::<S>(parts[3]));
    let now = [
        row::<S>(before, 2),
        row(before, 3),
        row(before, 1),
        row(before, 0),
    ];
    let [mut best_re, mut best_im, mut best_size] = [[0.0; S]; 3];
    let mut best = [f32::NEG_INFINITY; S];
    for k in 0..L {
        let from = |row: &[f32; S]| -> [f32; S] { std::array::from_fn(|state| row[(state + k * S) / L]) };
        let [now_re, now_im, now_size, now_metric] =
            [from(&now[0]), from(&now[1]), from(&now[2]), from(&now[3])];
        for state in 0..S {
            let sum_re = now_re[state] + re[state];
            let sum_im = now_im[state] + im[state];
            let size = (sum_re * sum_re + sum_im * sum_im).sqrt();
            let metric = now_metric[state] + size - now_size[state];
            let better = k == 0 || metric > best[state];
            best[state] = if better { metric } else { best[state] };
            best_re[state] = if better { sum_re } else { best_re[state] };
            best_im[state] = if better { sum_im } else { best_im[state] };
            best_size[state] = if better { size } else { best_size[state] };
        }
    }
    let most = best.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut out_re, mut out_im) = ([0.0; S], [0.0; S]);
    for state in 0..S {
        let (re, im) = (kept * best_re[state], kept * best_im[state]);
        out_re[state] = re * turn_re[state] - im * turn_im[state];
        out_im[state] = re * turn_im[state] + im * turn_re[state];
        best_size[state] *= kept;
        best[state] -= most;
    }
    for (row, values) in behind.chunks_exact_mut(S).zip([best, best_size, out_re, out_im]) {
        row.copy_from_slice(&values);
    }
}

/// Defines the meeting of paths that nothing but the place has in common.
macro_rules! meet {
    ($name:ident, $states:literal) => {
        /// Raises `values` to the best metric of two paths, by the value that belongs to the backward one.
        #[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
        pub(super) fn $name(before: &[f32], behind: &[f32], value_of: &[u16], values: &mut [f32]) {
            meet::<$states>(before, behind, value_of, values);
        }
    };
}

meet!(meet_8, 8);
meet!(meet_16, 16);

#[inline(always)]
fn meet<const S: usize>(before: &[f32], behind: &[f32], value_of: &[u16], values: &mut [f32]) {
    let [metric, size] = [row::<S>(before, 0), row(before, 1)];
    let [re, im] = [row::<S>(before, 2), row(before, 3)];
    // Of four values at most.
    let mut best = [[f32::NEG_INFINITY; S]; 4];
    for (backward, value) in value_of.iter().enumerate() {
        let part = |n: usize| behind[n * S + backward];
        let best = &mut best[usize::from(*value) % 4];
        for state in 0..S {
            let re = re[state] + part(2);
            let im = im[state] + part(3);
            let joined = metric[state] + part(0) - size[state] - part(1) + (re * re + im * im).sqrt();
            best[state] = if joined > best[state] { joined } else { best[state] };
        }
    }
    for (value, best) in values.iter_mut().zip(best) {
        *value = best.into_iter().fold(*value, f32::max);
    }
}
