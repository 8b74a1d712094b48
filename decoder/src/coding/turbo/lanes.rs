//! What a vector unit must offer, and the form that any processor runs.

/// Windows of the trellis, that is, values of a [`Row`].
pub(super) const WINDOWS: usize = 32;

/// One value for each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Row(pub(super) [i16; WINDOWS]);

impl Row {
    pub(super) const ZERO: Self = Self([0; WINDOWS]);
}

/// A register of 16-bit integers: some neighbouring values of a row. Sums that leave the range of `i16` wrap; the
/// decoder's never do.
pub(super) trait Lanes: Copy {
    /// Values in the register.
    const COUNT: usize;

    fn splat(value: i16) -> Self;
    /// The values from lane `at` of the row on, a multiple of [`Self::COUNT`].
    fn load(row: &[i16; WINDOWS], at: usize) -> Self;
    fn store(self, row: &mut [i16; WINDOWS], at: usize);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    /// Magnitude, at most `limit`, taken from `limit`; then a quarter of it, rounded down.
    fn quarter_below(self, limit: Self) -> Self;
    /// Product with a fraction of 2^15, rounded to the nearest, halves up.
    fn scale(self, fraction: Self) -> Self;
    /// Which values are negative, the first lowest.
    fn negative(self) -> u32;
}

/// The values of a 128-bit register as an array: the reference of all others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain([i16; 8]);

impl Plain {
    #[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i16, i16) -> i16) -> Self {
        let mut out = self;
        for (a, b) in out.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        out
    }
}

#[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
impl Lanes for Plain {
    const COUNT: usize = 8;

    #[inline(always)]
    fn splat(value: i16) -> Self {
        Self([value; 8])
    }
    #[inline(always)]
    fn load(row: &[i16; WINDOWS], at: usize) -> Self {
        Self(std::array::from_fn(|n| row[at + n]))
    }
    #[inline(always)]
    fn store(self, row: &mut [i16; WINDOWS], at: usize) {
        row[at..at + 8].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_add)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_sub)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, Ord::max)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, Ord::min)
    }
    #[inline(always)]
    fn quarter_below(self, limit: Self) -> Self {
        self.zip(limit, |a, limit| {
            limit.saturating_sub(a.saturating_abs()).max(0) >> 2
        })
    }
    #[inline(always)]
    fn scale(self, fraction: Self) -> Self {
        self.zip(fraction, |a, b| {
            ((i32::from(a) * i32::from(b) + (1 << 14)) >> 15) as i16
        })
    }
    #[inline(always)]
    fn negative(self) -> u32 {
        self.0
            .iter()
            .rev()
            .fold(0, |bits, &value| bits << 1 | u32::from(value < 0))
    }
}
