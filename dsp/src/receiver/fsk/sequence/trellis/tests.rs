use super::*;
use rand::{RngExt, SeedableRng};

/// Random correlations of so many intervals.
fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-9.0_f32..9.0)).collect()
}

#[test]
fn lanes_are_bit_for_bit_what_the_plain_way_gives() {
    for (levels, memory, span) in [(2, 3, 1), (2, 3, 3), (2, 5, 5), (4, 2, 1), (4, 3, 3)] {
        let mut trellis = Trellis::new(levels, memory, span);
        let contexts = trellis.contexts;
        let steps = 40;
        let (re, im) = (random(steps * contexts, 1), random(steps * contexts, 2));
        let angles = random(contexts, 3);
        let turn_re: Vec<f32> = angles.iter().map(|a| a.cos()).collect();
        let turn_im: Vec<f32> = angles.iter().map(|a| a.sin()).collect();
        let [mut fast, mut plain] = [(); 2].map(|()| Direction::new(levels, trellis.states, contexts));
        fast.begin(steps);
        plain.begin(steps);
        for step in 0..steps {
            let row = step * contexts..(step + 1) * contexts;
            let (re, im) = (&re[row.clone()], &im[row]);
            fast.step(re, im, (&turn_re, &turn_im), 0.9);
            plain.step_plain(re, im, (&turn_re, &turn_im), 0.9);
        }
        assert_eq!(fast.stored, plain.stored, "{levels} {memory} {span}");
        let intervals = Intervals {
            re: &re,
            im: &im,
            turn_re: &turn_re,
            turn_im: &turn_im,
        };
        let mut values = Vec::new();
        trellis.run(intervals, 0.9, &mut values);
        let size = 4 * trellis.states;
        let mut expected = vec![f32::NEG_INFINITY; steps * levels];
        for (step, values) in expected.chunks_exact_mut(levels).enumerate() {
            let before = &trellis.forward.stored[step * size..(step + 1) * size];
            let behind = &trellis.backward.stored[(steps - step) * size..(steps - step + 1) * size];
            trellis.meet(before, behind, values);
        }
        assert_eq!(values, expected, "{levels} {memory} {span}");
    }
}
