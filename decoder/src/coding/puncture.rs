//! Puncturing of the convolutional code (CCSDS 131.0-B-5 §3.4): which symbols are sent, where they lie in the
//! stream, and how soft bits spread out into the symbols of both generators again.

use multiversion::multiversion;

/// Rate of the convolutional code: symbols of the rate 1/2 code are left out in a pattern that repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PunctureRate {
    /// Nothing left out.
    #[default]
    R12,
    /// C1 10, C2 11.
    R23,
    /// C1 101, C2 110.
    R34,
    /// C1 10101, C2 11010.
    R56,
    /// C1 1000101, C2 1111010.
    R78,
}

impl PunctureRate {
    /// All rates, lowest first.
    pub const ALL: [Self; 5] = [Self::R12, Self::R23, Self::R34, Self::R56, Self::R78];

    /// Information bits of one period of the pattern.
    pub const fn steps(self) -> usize {
        match self {
            Self::R12 => 1,
            Self::R23 => 2,
            Self::R34 => 3,
            Self::R56 => 5,
            Self::R78 => 7,
        }
    }

    /// Channel symbols of one period: one more than information bits, since only the first step sends both.
    pub const fn symbols(self) -> usize {
        self.steps() + 1
    }

    /// Whether C1 and C2 of a step of the period are sent.
    pub(crate) const fn sent(self, step: usize) -> (bool, bool) {
        let both = step == 0;
        // Steps after the first that send C1 rather than C2.
        let c1 = match self {
            Self::R12 | Self::R23 => false,
            Self::R34 => step == 2,
            Self::R56 => step == 2 || step == 4,
            Self::R78 => step == 4 || step == 6,
        };
        (both || c1, both || !c1)
    }
}

/// Places of channel symbols for bits: bit `n` of a run begins with symbol [`SymbolMap::begin`]`(n)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SymbolMap {
    steps: u64,
    symbols: u64,
}

impl SymbolMap {
    /// Bits that are symbols themselves.
    pub(crate) const PLAIN: Self = Self { steps: 1, symbols: 1 };

    pub(crate) const fn new(rate: PunctureRate) -> Self {
        Self {
            steps: rate.steps() as u64,
            symbols: rate.symbols() as u64,
        }
    }

    /// Symbols before bit `n` of a run that begins with the period.
    pub(crate) const fn begin(self, n: u64) -> u64 {
        let (periods, step) = (n / self.steps, n % self.steps);
        let within = if step == 0 {
            0
        } else {
            step + self.symbols - self.steps
        };
        periods * self.symbols + within
    }

    /// Symbols up to and with those of bit `n`.
    pub(crate) const fn end(self, n: u64) -> u64 {
        let own = if n.is_multiple_of(self.steps) {
            self.symbols - self.steps + 1
        } else {
            1
        };
        self.begin(n) + own
    }

    /// Bits of which at least one of the first `symbols` symbols of a run is part.
    pub(crate) const fn bits_begun(self, symbols: usize) -> usize {
        let (periods, rest) = (symbols as u64 / self.symbols, symbols as u64 % self.symbols);
        let first = self.symbols - self.steps + 1;
        let within = if rest == 0 {
            0
        } else if rest <= first {
            1
        } else {
            rest - first + 1
        };
        (periods * self.steps + within) as usize
    }
}

/// Eight soft bits at a time, lowest byte first, which is the longest period.
const LANES: usize = 8;

/// Spreads soft bits out into the symbols of both generators, zero for those that were not sent.
///
/// Of the symbols of a period the first stays in its place, the others lie one place after the step they belong
/// to. So each generator's symbols are the soft bits, or the soft bits moved by one, under a mask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spreader {
    steps: usize,
    symbols: usize,
    /// For each generator the bytes kept of the soft bits, and of the soft bits moved by one.
    masks: [(u64, u64); 2],
}

impl Spreader {
    /// `swapped` says that of a step that sends both symbols C2 comes first.
    pub(crate) fn new(rate: PunctureRate, swapped: bool) -> Self {
        let mut masks = [(0u64, 0u64); 2];
        for step in 0..rate.steps() {
            let byte = 0xFF << (8 * step);
            let (c1, c2) = rate.sent(step);
            if c1 && c2 {
                masks[usize::from(swapped)].0 |= byte;
                masks[usize::from(!swapped)].1 |= byte;
            } else {
                masks[usize::from(c2)].1 |= byte;
            }
        }
        Self {
            steps: rate.steps(),
            symbols: rate.symbols(),
            masks,
        }
    }

    /// Fills `g1` and `g2`, of equal length, from soft bits that begin with a period. Soft bits that are
    /// missing at the end are taken as zero.
    pub(crate) fn spread(&self, soft: &[i8], g1: &mut [i8], g2: &mut [i8]) {
        if self.steps == 1 {
            self.pairs(soft, g1, g2);
        } else {
            spread(self, soft, g1, g2);
        }
    }

    /// Rate 1/2: every second soft bit.
    fn pairs(&self, soft: &[i8], g1: &mut [i8], g2: &mut [i8]) {
        let swapped = self.masks[0].0 == 0;
        let (first, second) = if swapped { (g2, g1) } else { (g1, g2) };
        split_pairs(soft, first, second);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn split_pairs(soft: &[i8], first: &mut [i8], second: &mut [i8]) {
    let pairs = soft.chunks_exact(2);
    let rest = pairs.remainder();
    let whole = soft.len() / 2;
    for ((a, b), pair) in first.iter_mut().zip(second.iter_mut()).zip(pairs) {
        (*a, *b) = (pair[0], pair[1]);
    }
    if whole < first.len() {
        first[whole..].fill(0);
        second[whole..].fill(0);
        first[whole] = rest.first().copied().unwrap_or(0);
    }
}

#[multiversion(targets("x86_64+avx2+bmi1+bmi2", "aarch64+neon"))]
fn spread(spreader: &Spreader, soft: &[i8], g1: &mut [i8], g2: &mut [i8]) {
    let [(a1, b1), (a2, b2)] = spreader.masks;
    let (steps, symbols, length) = (spreader.steps, spreader.symbols, g1.len());
    let (mut step, mut symbol) = (0, 0);
    // Whole words: what one writes beyond its period the next one overwrites.
    while step + LANES <= length && symbol + LANES <= soft.len() {
        let word = word(&soft[symbol..symbol + LANES]);
        store(&mut g1[step..step + LANES], word & a1 | word >> 8 & b1);
        store(&mut g2[step..step + LANES], word & a2 | word >> 8 & b2);
        (step, symbol) = (step + steps, symbol + symbols);
    }
    while step < length {
        let mut last = [0; LANES];
        let rest = soft.get(symbol..).unwrap_or(&[]);
        let count = rest.len().min(LANES);
        last[..count].copy_from_slice(&rest[..count]);
        let word = word(&last);
        let count = steps.min(length - step);
        store(&mut g1[step..step + count], word & a1 | word >> 8 & b1);
        store(&mut g2[step..step + count], word & a2 | word >> 8 & b2);
        (step, symbol) = (step + steps, symbol + symbols);
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn word(soft: &[i8]) -> u64 {
    soft.iter()
        .rev()
        .fold(0, |word, &s| word << 8 | u64::from(s as u8))
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn store(out: &mut [i8], word: u64) {
    for (to, from) in out.iter_mut().zip(word.to_le_bytes()) {
        *to = from as i8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patterns as the standard prints them: C1, C2.
    const PATTERNS: [(PunctureRate, &str, &str); 5] = [
        (PunctureRate::R12, "1", "1"),
        (PunctureRate::R23, "10", "11"),
        (PunctureRate::R34, "101", "110"),
        (PunctureRate::R56, "10101", "11010"),
        (PunctureRate::R78, "1000101", "1111010"),
    ];

    #[test]
    fn patterns_are_those_of_the_standard() {
        for (rate, c1, c2) in PATTERNS {
            assert_eq!(rate.steps(), c1.len());
            let row = |n: usize| -> String {
                (0..rate.steps())
                    .map(|step| {
                        if <[bool; 2]>::from(rate.sent(step))[n] {
                            '1'
                        } else {
                            '0'
                        }
                    })
                    .collect()
            };
            assert_eq!((row(0).as_str(), row(1).as_str()), (c1, c2), "{rate:?}");
        }
    }

    #[test]
    fn soft_bits_go_to_the_generators_that_sent_them_and_the_map_tells_where_they_came_from() {
        for rate in PunctureRate::ALL {
            for swapped in [false, true] {
                for steps in 0..40 {
                    let map = SymbolMap::new(rate);
                    let count = (0..steps).map(|n| map.end(n) - map.begin(n)).sum::<u64>();
                    let soft: Vec<i8> = (1..=count as i8).collect();
                    let (mut g1, mut g2) = (vec![99; steps as usize], vec![99; steps as usize]);
                    Spreader::new(rate, swapped).spread(&soft, &mut g1, &mut g2);
                    for n in 0..steps {
                        let (c1, c2) = rate.sent(n as usize % rate.steps());
                        let at = map.begin(n) as i8 + 1;
                        let expected = match (c1, c2) {
                            (true, true) if swapped => (at + 1, at),
                            (true, true) => (at, at + 1),
                            (true, false) => (at, 0),
                            _ => (0, at),
                        };
                        assert_eq!((g1[n as usize], g2[n as usize]), expected, "{rate:?} step {n}");
                    }
                    assert_eq!(map.bits_begun(count as usize), steps as usize);
                    if steps % rate.steps() as u64 == 1 {
                        assert_eq!(map.bits_begun(count as usize - 1), steps as usize);
                    }
                }
            }
        }
    }

    #[test]
    fn missing_soft_bits_are_zero() {
        let (mut g1, mut g2) = ([7; 4], [7; 4]);
        Spreader::new(PunctureRate::R34, false).spread(&[1, 2, 3], &mut g1, &mut g2);
        assert_eq!((g1, g2), ([1, 0, 0, 0], [2, 3, 0, 0]));
        Spreader::new(PunctureRate::R12, true).spread(&[1, 2, 3], &mut g1, &mut g2);
        assert_eq!((g1, g2), ([2, 0, 0, 0], [1, 3, 0, 0]));
    }
}
