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

/// Sums and metrics of all states between two intervals, or of the branches from them.
#[derive(Debug, Clone, Default)]
struct States {
    re: Vec<f32>,
    im: Vec<f32>,
    size: Vec<f32>,
    metric: Vec<f32>,
}

impl States {
    fn resize(&mut self, states: usize) {
        for row in [&mut self.re, &mut self.im, &mut self.size, &mut self.metric] {
            row.clear();
            row.resize(states, 0.0);
        }
    }

    /// Appends metric, size and sum.
    fn store(&self, rows: &mut Vec<f32>) {
        for row in [&self.metric, &self.size, &self.re, &self.im] {
            rows.extend_from_slice(row);
        }
    }
}

/// The way through the intervals in one direction. A state is a row of the newest `memory` symbols to the base
/// `levels`, the newest one lowest, and a branch the row of it and the next one.
#[derive(Debug)]
struct Direction {
    levels: usize,
    states: usize,
    contexts: usize,
    now: States,
    next: States,
    branch: States,
    /// States before every interval in the order of going, and behind the last.
    stored: Vec<f32>,
}

impl Direction {
    fn new(levels: usize, states: usize, contexts: usize) -> Self {
        let mut branch = States::default();
        branch.resize(states * levels);
        Self {
            levels,
            states,
            contexts,
            now: States::default(),
            next: States::default(),
            branch,
            stored: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.now.resize(self.states);
        self.next.resize(self.states);
        self.stored.clear();
        self.now.store(&mut self.stored);
    }

    /// Over an interval with these correlations; `turn` is by how much each context turns the carrier.
    fn step(&mut self, re: &[f32], im: &[f32], turn: (&[f32], &[f32]), kept: f32) {
        let now = &self.now;
        let next = &mut self.next;
        let parts = [re, im, turn.0, turn.1];
        match (self.levels, self.states) {
            (2, 8) => lanes::step_8(now, next, parts, kept),
            (2, 32) => lanes::step_32(now, next, parts, kept),
            (4, 16) => lanes::step_16(now, next, parts, kept),
            (4, 64) => lanes::step_64(now, next, parts, kept),
            _ => return self.step_plain(re, im, turn, kept),
        }
        std::mem::swap(&mut self.now, &mut self.next);
        self.now.store(&mut self.stored);
    }

    /// The same for any number of states.
    fn step_plain(&mut self, re: &[f32], im: &[f32], turn: (&[f32], &[f32]), kept: f32) {
        let branches = self.states * self.levels;
        for branch in 0..branches {
            let (state, context) = (branch / self.levels, branch % self.contexts);
            let re = self.now.re[state] + re[context];
            let im = self.now.im[state] + im[context];
            let size = (re * re + im * im).sqrt();
            self.branch.re[branch] = re;
            self.branch.im[branch] = im;
            self.branch.size[branch] = size;
            self.branch.metric[branch] = self.now.metric[state] + size - self.now.size[state];
        }
        let mut most = f32::NEG_INFINITY;
        for state in 0..self.states {
            let mut best = state;
            for branch in (state..branches).step_by(self.states).skip(1) {
                if self.branch.metric[branch] > self.branch.metric[best] {
                    best = branch;
                }
            }
            let context = best % self.contexts;
            let (turn_re, turn_im) = (turn.0[context], turn.1[context]);
            let (re, im) = (kept * self.branch.re[best], kept * self.branch.im[best]);
            self.next.re[state] = re * turn_re - im * turn_im;
            self.next.im[state] = re * turn_im + im * turn_re;
            self.next.size[state] = kept * self.branch.size[best];
            self.next.metric[state] = self.branch.metric[best];
            most = most.max(self.branch.metric[best]);
        }
        self.next.metric.iter_mut().for_each(|metric| *metric -= most);
        std::mem::swap(&mut self.now, &mut self.next);
        self.now.store(&mut self.stored);
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
        self.forward.begin();
        for step in 0..steps {
            let row = step * contexts..(step + 1) * contexts;
            let turn = (intervals.turn_re, intervals.turn_im);
            self.forward
                .step(&intervals.re[row.clone()], &intervals.im[row], turn, kept);
        }
        self.go_backward(intervals, steps, kept);
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
    fn go_backward(&mut self, intervals: Intervals<'_>, steps: usize, kept: f32) {
        let contexts = self.contexts;
        let [re, im, turn_re, turn_im] = &mut self.scratch;
        for part in [&mut *re, &mut *im, &mut *turn_re, &mut *turn_im] {
            part.resize(contexts, 0.0);
        }
        for (context, &place) in self.reversed.iter().enumerate() {
            turn_re[place] = intervals.turn_re[context];
            turn_im[place] = -intervals.turn_im[context];
        }
        self.backward.begin();
        for step in (0..steps).rev() {
            for (context, &place) in self.reversed.iter().enumerate() {
                let (a, b) = (
                    intervals.re[step * contexts + context],
                    intervals.im[step * contexts + context],
                );
                re[place] = a * turn_re[place] + b * turn_im[place];
                im[place] = b * turn_re[place] - a * turn_im[place];
            }
            self.backward.step(re, im, (turn_re, turn_im), kept);
        }
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
