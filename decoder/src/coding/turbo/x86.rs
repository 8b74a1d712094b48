//! [`Lanes`](super::lanes::Lanes) in registers of x86-64, and the pass compiled for them.
//!
//! All that differs between the vector units is the names of their instructions.

/// Defines `compiled`, the pass for a processor with `$features`, over a register of `$count` values named `$lanes`.
/// The user imports the instructions, and `negative` is its own function of the register.
macro_rules! registers {
    (
        $features:literal, $lanes:ident($register:ty) of $count:literal, $negative:ident;
        $splat:ident, $load:ident, $store:ident;
        $add:ident, $sub:ident, $max:ident, $min:ident;
        $abs:ident, $sub_unsigned:ident, $shift_right:ident, $multiply_high:ident
    ) => {
        /// Only made by `run`, hence only on processors that have the instructions.
        #[derive(Debug, Clone, Copy)]
        struct $lanes($register);

        // SAFETY (all blocks): values of this type exist only inside `run`, which the caller enters on a processor
        // with the features; loads and stores are of slices that were cut to the register's size.
        #[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
        impl Lanes for $lanes {
            const COUNT: usize = $count;

            #[inline(always)]
            fn splat(value: i16) -> Self {
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(row: &[i16; WINDOWS], at: usize) -> Self {
                let part: &[i16] = &row[at..][..Self::COUNT];
                Self(unsafe { $load(part.as_ptr().cast()) })
            }
            #[inline(always)]
            fn store(self, row: &mut [i16; WINDOWS], at: usize) {
                let part: &mut [i16] = &mut row[at..][..Self::COUNT];
                unsafe { $store(part.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self(unsafe { $sub(self.0, other.0) })
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self(unsafe { $max(self.0, other.0) })
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self(unsafe { $min(self.0, other.0) })
            }
            #[inline(always)]
            fn quarter_below(self, limit: Self) -> Self {
                Self(unsafe { $shift_right::<2>($sub_unsigned(limit.0, $abs(self.0))) })
            }
            #[inline(always)]
            fn scale(self, fraction: Self) -> Self {
                Self(unsafe { $multiply_high(self.0, fraction.0) })
            }
            #[inline(always)]
            fn negative(self) -> u32 {
                unsafe { $negative(self.0) }
            }
        }

        #[target_feature(enable = $features)]
        fn run<P: Parities, S: Sum>(
            component: &mut Component,
            source: &Field,
            scratch: &mut Scratch,
        ) -> bool {
            pass::<$lanes, P, S>(component, source, scratch)
        }

        /// The pass; to be called only where the processor has the features.
        pub(super) fn compiled<P: Parities, S: Sum>(
            component: &mut Component,
            source: &Field,
            scratch: &mut Scratch,
        ) -> bool {
            // SAFETY: selected only after the processor was asked.
            unsafe { run::<P, S>(component, source, scratch) }
        }
    };
}
pub(super) use registers;
