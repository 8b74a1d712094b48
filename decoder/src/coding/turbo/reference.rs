//! The textbook's decoder: exact sum-product over the whole trellis in floating point (L. R. Bahl et al., "Optimal
//! decoding of linear codes for minimizing symbol error rate", IEEE Trans. Inf. Theory 20, 1974).

use super::permutation::permutation;
use super::trellis::{Branch, Output, STATES, branch, next, outputs};
use super::{TAIL, TurboCode};

/// Log-likelihood ratios of one component: information, and each forward polynomial's parity.
struct Component {
    info: Vec<f64>,
    parity: [Vec<f64>; 3],
}

/// Information bits after the given number of iterations, from log-likelihood ratios (positive = 1).
pub(super) fn decode(code: TurboCode, llr: &[f64], iterations: u32) -> Vec<u8> {
    let permutation = permutation(code.k);
    let [mut first, mut second] = components(code, llr);
    for (n, &from) in permutation.iter().enumerate() {
        second.info[n] = first.info[usize::from(from)];
    }
    let (mut apriori, mut full) = (vec![0.0; code.k], vec![0.0; code.k]);
    let (channel_first, channel_second) = (first.info.clone(), second.info.clone());
    for _ in 0..iterations {
        for n in 0..code.k {
            first.info[n] = channel_first[n] + apriori[n];
        }
        let found = posterior(&first);
        for (n, &from) in permutation.iter().enumerate() {
            let from = usize::from(from);
            second.info[n] = channel_second[n] + found[from] - first.info[from];
        }
        let found = posterior(&second);
        for (n, &from) in permutation.iter().enumerate() {
            full[usize::from(from)] = found[n];
            apriori[usize::from(from)] = found[n] - second.info[n];
        }
    }
    full.iter().map(|&llr| u8::from(llr > 0.0)).collect()
}

fn components(code: TurboCode, llr: &[f64]) -> [Component; 2] {
    let steps = code.k + TAIL;
    let mut components = [0, 1].map(|_| Component {
        info: vec![0.0; steps],
        parity: [vec![0.0; steps], vec![0.0; steps], vec![0.0; steps]],
    });
    for (step, llr) in llr.chunks_exact(code.rate.symbols_per_bit()).enumerate() {
        for (&output, &llr) in outputs(code.rate)[step % 2].iter().zip(llr) {
            match output {
                Output::Info => components[0].info[step] = llr,
                Output::First(n) => components[0].parity[n][step] = llr,
                Output::Second(n) => components[1].parity[n][step] = llr,
            }
        }
    }
    components
}

fn posterior(component: &Component) -> Vec<f64> {
    let steps = component.info.len();
    let odds = |llr: &[f64]| llr.iter().map(|llr| llr.exp()).collect::<Vec<_>>();
    let info = odds(&component.info);
    let parity = component.parity.each_ref().map(|llr| odds(llr));
    let weight = |step: usize, branch: Branch| {
        let parities = parity.iter().zip(branch.parity).filter(|&(_, bit)| bit == 1);
        let product: f64 = parities.map(|(odds, _)| odds[step]).product();
        product * if branch.info == 1 { info[step] } else { 1.0 }
    };
    let sure = || {
        let mut state = [0.0; STATES];
        state[0] = 1.0;
        state
    };
    let mut forward = vec![sure()];
    for step in 0..steps {
        let mut after = [0.0; STATES];
        for state in 0..STATES as u8 {
            for new in 0..2 {
                after[usize::from(next(state, new))] +=
                    forward[step][usize::from(state)] * weight(step, branch(state, new));
            }
        }
        forward.push(normalised(after));
    }
    let (mut backward, mut llr) = (sure(), vec![0.0; steps]);
    for step in (0..steps).rev() {
        let (mut before, mut sums) = ([0.0; STATES], [0.0; 2]);
        for state in 0..STATES as u8 {
            for new in 0..2 {
                let branch = branch(state, new);
                let term = weight(step, branch) * backward[usize::from(next(state, new))];
                before[usize::from(state)] += term;
                sums[usize::from(branch.info)] += forward[step][usize::from(state)] * term;
            }
        }
        backward = normalised(before);
        llr[step] = (sums[1].max(1e-300) / sums[0].max(1e-300))
            .ln()
            .clamp(-40.0, 40.0);
    }
    llr
}

fn normalised(state: [f64; STATES]) -> [f64; STATES] {
    let sum: f64 = state.iter().sum();
    state.map(|metric| metric / sum)
}
