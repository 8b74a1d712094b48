//! Forward and backward through the rows of symbols, each survivor with a carrier phase of its own.
//!
//! With the carrier's phase unknown, the likelihood of a row of symbols is a function of the magnitude of the sum of
//! its correlations. So each survivor carries that sum `R`, turned on by the phase of its symbols and forgetting
//! slowly, and a correlation `c` is worth `|R + c| - |R|`: with a long sum what coherent detection gives it
//! (G. Colavolpe, R. Raheli, "Noncoherent sequence detection", IEEE Trans. Commun. 47, 1999). Paths that go forward
//! (sum `F`) and those that come backward (sum `B`) meet between two intervals, where together they are worth
//! `|F + B| - |F| - |B|` more, so that a symbol is referred to the carrier before and behind it. Both remember the
//! symbols nearest to the place of meeting: a row is compared with another over all intervals that tell them apart.

mod lanes;
#[cfg(test)]
mod tests;

/// The way through the intervals in one direction. A state is a row of the newest `memory` symbols to the base
/// `levels`, the newest one lowest, and a branch the row of it and the next one.
#[derive(Debug)]
struct Direction {
    levels: usize,
    states: usize,
    contexts: usize,
    /// All states before every interval in the order of going, and behind the last: their metrics, the sizes of their
    /// sums, and the real and imaginary parts of these.
    stored: Vec<f32>,
    /// Intervals gone over.
    steps: usize,
}

impl Direction {
    fn new(levels: usize, states: usize, contexts: usize) -> Self {
        Self {
            levels,
            states,
            contexts,
            stored: Vec::new(),
            steps: 0,
        }
    }

    /// Before the first of so many intervals.
    fn begin(&mut self, steps: usize) {
        let size = 4 * self.states;
        self.stored.resize((steps + 1) * size, 0.0);
        self.stored[..size].fill(0.0);
        self.steps = 0;
    }

    /// The states before the next interval, and the place of those behind it.
    fn next(&mut self) -> (&[f32], &mut [f32]) {
        let size = 4 * self.states;
        self.steps += 1;
        let (before, behind) = self.stored.split_at_mut(self.steps * size);
        (&before[(self.steps - 1) * size..], &mut behind[..size])
    }

    /// Over an interval with these correlations; `turn` is by how much each context turns the carrier.
    fn step(&mut self, re: &[f32], im: &[f32], turn: (&[f32], &[f32]), kept: f32) {
        let step = match (self.levels, self.states) {
            (2, 8) => lanes::step_8,
            (2, 32) => lanes::step_32,
            (4, 16) => lanes::step_16,
            (4, 64) => lanes::step_64,
            _ => return self.step_plain(re, im, turn, kept),
        };
        let (before, behind) = self.next();
        step(before, behind, [re, im, turn.0, turn.1], kept);
    }

    /// The same for any number of states.
    fn step_plain(&mut self, re: &[f32], im: &[f32], turn: (&[f32], &[f32]), kept: f32) {
        let (levels, states, contexts) = (self.levels, self.states, self.contexts);
        let (before, behind) = self.next();
        let part = |n: usize, state: usize| before[n * states + state];
        let mut most = f32::NEG_INFINITY;
        for state in 0..states {
            let (mut best, mut sum) = ((f32::NEG_INFINITY, 0.0), (0.0, 0.0));
            for branch in (state..states * levels).step_by(states) {
                let (from, context) = (branch / levels, branch % contexts);
                let re = part(2, from) + re[context];
                let im = part(3, from) + im[context];
                let size = (re * re + im * im).sqrt();
                let metric = part(0, from) + size - part(1, from);
                if branch == state || metric > best.0 {
                    (best, sum) = ((metric, size), (re, im));
                }
            }
            // All branches to a state go by the same context.
            let context = state % contexts;
            let (turn_re, turn_im) = (turn.0[context], turn.1[context]);
            let (re, im) = (kept * sum.0, kept * sum.1);
            behind[state] = best.0;
            behind[states + state] = kept * best.1;
            behind[2 * states + state] = re * turn_re - im * turn_im;
            behind[3 * states + state] = re * turn_im + im * turn_re;
            most = most.max(best.0);
        }
        behind[..states].iter_mut().for_each(|metric| *metric -= most);
    }
}

/// What a run works on: per interval and context the correlations, and what each context turns the carrier by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intervals<'a> {
    pub(super) re: &'a [f32],
    pub(super) im: &'a [f32],
    pub(super) turn_re: &'a [f32],
    pub(super) turn_im: &'a [f32],
}

/// A path forward and one backward that agree where they overlap, and the value of the symbol that is decided.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    forward: u16,
    backward: u16,
    value: u16,
}

/// The trellis and its scratch.
#[derive(Debug)]
pub(super) struct Trellis {
    levels: usize,
    states: usize,
    contexts: usize,
    forward: Direction,
    backward: Direction,
    meetings: Vec<Meeting>,
    /// Of a backward row, the value of the symbol that is decided.
    value_of: Vec<u16>,
    /// Context of the row backwards.
    reversed: Vec<usize>,
    scratch: [Vec<f32>; 4],
}

/// The digits of a number to a base in reverse.
fn reversed(mut number: usize, base: usize, digits: usize) -> usize {
    let mut out = 0;
    for _ in 0..digits {
        out = out * base + number % base;
        number /= base;
    }
    out
}

impl Trellis {
    /// Of symbols with so many values, `span` of which reach into an interval. `memory` is `span` at least, or of a span
    /// of 1 any.
    pub(super) fn new(levels: usize, memory: usize, span: usize) -> Self {
        let states = levels.pow(memory as u32);
        let contexts = levels.pow(span as u32);
        let overlap = levels.pow(span as u32 - 1);
        let mut meetings = Vec::new();
        for forward in 0..states {
            for backward in 0..states {
                // The backward row in the order of time.
                let row = reversed(backward, levels, memory);
                let first = row / (states / overlap);
                if first == forward % overlap {
                    // The symbol in the middle of the interval behind the meeting.
                    let place = memory - 1 - span / 2;
                    let value = row / levels.pow(place as u32) % levels;
                    meetings.push(Meeting {
                        forward: forward as u16,
                        backward: backward as u16,
                        value: value as u16,
                    });
                }
            }
        }
        let mut value_of = vec![0; states];
        for meeting in &meetings {
            value_of[usize::from(meeting.backward)] = meeting.value;
        }
        Self {
            levels,
            states,
            contexts,
            value_of,
            forward: Direction::new(levels, states, contexts),
            backward: Direction::new(levels, states, contexts),
            meetings,
            reversed: (0..contexts)
                .map(|context| reversed(context, levels, span))
                .collect(),
            scratch: Default::default(),
        }
    }

    /// Puts into `values` for every interval the best metric for each value of the symbol that it belongs to. `kept`:
    /// part of a sum that is left after a symbol.
    pub(super) fn run(&mut self, intervals: Intervals<'_>, kept: f32, values: &mut Vec<f32>) {
        let contexts = self.contexts;
        let steps = intervals.re.len() / contexts;
        self.forward.begin(steps);
        self.begin_backward(intervals, steps);
        // In turn, since a step waits for nothing but the one before it in its own direction.
        for step in 0..steps {
            let row = step * contexts..(step + 1) * contexts;
            let turn = (intervals.turn_re, intervals.turn_im);
            self.forward
                .step(&intervals.re[row.clone()], &intervals.im[row], turn, kept);
            self.step_backward(intervals, steps - 1 - step, kept);
        }
        values.clear();
        values.resize(steps * self.levels, f32::NEG_INFINITY);
        let size = 4 * self.states;
        for (step, values) in values.chunks_exact_mut(self.levels).enumerate() {
            let before = &self.forward.stored[step * size..(step + 1) * size];
            let behind = &self.backward.stored[(steps - step) * size..(steps - step + 1) * size];
            match (contexts == self.levels, self.states) {
                (true, 8) => lanes::meet_8(before, behind, &self.value_of, values),
                (true, 16) => lanes::meet_16(before, behind, &self.value_of, values),
                _ => self.meet(before, behind, values),
            }
        }
    }

    /// Backward all is the same, but that the correlations are those with the phase at an interval's end, and turns
    /// go the other way.
    fn begin_backward(&mut self, intervals: Intervals<'_>, steps: usize) {
        for part in &mut self.scratch {
            part.resize(self.contexts, 0.0);
        }
        let [_, _, turn_re, turn_im] = &mut self.scratch;
        for (context, &place) in self.reversed.iter().enumerate() {
            turn_re[place] = intervals.turn_re[context];
            turn_im[place] = -intervals.turn_im[context];
        }
        self.backward.begin(steps);
    }

    fn step_backward(&mut self, intervals: Intervals<'_>, step: usize, kept: f32) {
        let [re, im, turn_re, turn_im] = &mut self.scratch;
        let row = step * self.contexts..(step + 1) * self.contexts;
        let correlations = intervals.re[row.clone()].iter().zip(&intervals.im[row]);
        for (&place, (a, b)) in self.reversed.iter().zip(correlations) {
            re[place] = a * turn_re[place] + b * turn_im[place];
            im[place] = b * turn_re[place] - a * turn_im[place];
        }
        self.backward.step(re, im, (turn_re, turn_im), kept);
    }

    fn meet(&self, before: &[f32], behind: &[f32], values: &mut [f32]) {
        let states = self.states;
        for meeting in &self.meetings {
            let (forward, backward) = (usize::from(meeting.forward), usize::from(meeting.backward));
            let part = |n: usize| (before[n * states + forward], behind[n * states + backward]);
            let (metric, size, re, im) = (part(0), part(1), part(2), part(3));
            let re = re.0 + re.1;
            let im = im.0 + im.1;
            let joined = metric.0 + metric.1 - size.0 - size.1 + (re * re + im * im).sqrt();
            let value = &mut values[usize::from(meeting.value)];
            *value = value.max(joined);
        }
    }
}
