//! Min-sum with the vector instructions of x86-64, 32 or 64 rows in a register.
//!
//! The algorithm stands here once, as a macro over the instructions' names: functions with target features can be
//! neither generic over their features nor methods of a trait without losing their inlining.

/// Defines `update` and `satisfied` for registers of `$lanes` bytes, from the functions of the module it is used
/// in. The module's `kernel` must have made sure that the processor has `$features`.
macro_rules! min_sum {
    ($features:literal, $lanes:literal) => {
        /// Most circulants in a layer.
        const DEGREES: usize = 32;

        /// Updates a layer.
        fn update(work: Work<$lanes>) {
            let mut work = work;
            // SAFETY: this function is given out only where the processor has the features.
            unsafe {
                match work.degree {
                    3 => update_of::<3>(&mut work),
                    6 => update_of::<6>(&mut work),
                    10 => update_of::<10>(&mut work),
                    18 => update_of::<18>(&mut work),
                    _ => update_of::<DEGREES>(&mut work),
                }
            }
        }

        /// Whether the checks of a layer are satisfied.
        fn satisfied(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; $lanes]) -> bool {
            // SAFETY: this function is given out only where the processor has the features.
            unsafe { satisfied_of(posteriors, runs, degree, rows) }
        }

        /// A rule in registers.
        #[derive(Clone, Copy)]
        struct Constants {
            close: Register,
            second: Register,
            round: Register,
            slope: __m128i,
            slope_mask: Register,
            shift: __m128i,
            shift_mask: Register,
        }

        impl Constants {
            #[inline]
            #[target_feature(enable = $features)]
            fn new(rule: Rule) -> Self {
                Self {
                    close: splat(rule.close),
                    second: splat(rule.second),
                    round: splat(rule.round),
                    slope: _mm_cvtsi32_si128(i32::from(rule.slope)),
                    slope_mask: splat(u8::MAX >> rule.slope),
                    shift: _mm_cvtsi32_si128(i32::from(rule.shift)),
                    shift_mask: splat(u8::MAX >> rule.shift),
                }
            }

            /// As [`Rule::apply`].
            #[inline]
            #[target_feature(enable = $features)]
            fn apply(self, smallest: Register, second: Register) -> (Register, Register) {
                let distance = and(
                    shift_right(sub(second, smallest), self.slope),
                    self.slope_mask,
                );
                let loss = sub_unsigned(self.close, distance);
                (
                    self.fraction(sub_unsigned(smallest, loss)),
                    self.fraction(sub_unsigned(second, self.second)),
                )
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn fraction(self, x: Register) -> Register {
                sub(
                    x,
                    and(shift_right(add(x, self.round), self.shift), self.shift_mask),
                )
            }
        }

        #[target_feature(enable = $features)]
        fn update_of<const D: usize>(work: &mut Work<$lanes>) {
            let constants = Constants::new(work.rule);
            let limit = splat(LIMIT);
            let stretches = work.runs.as_chunks::<D>().0;
            let messages = work.messages.as_chunks_mut::<D>().0;
            let last = stretches.len().wrapping_sub(1);
            for (index, (runs, messages)) in stretches.iter().zip(messages).enumerate() {
                let (mut smallest, mut second, mut sign) = (limit, limit, splat(0));
                let mut values = [sign; D];
                for n in 0..D {
                    let value = sub_signed(load(at(work.posteriors, runs[n].at)), load(&messages[n].0));
                    let magnitude = abs(value);
                    second = min(second, max(smallest, magnitude));
                    smallest = min(smallest, magnitude);
                    sign = xor(sign, value);
                    values[n] = value;
                }
                let (mut for_others, mut for_smallest) = constants.apply(smallest, second);
                if index == last {
                    let rows = load(&work.rows.map(u8::cast_signed));
                    for_others = and(for_others, rows);
                    for_smallest = and(for_smallest, rows);
                }
                for n in 0..D {
                    let value = values[n];
                    let magnitude = select_equal(abs(value), smallest, for_smallest, for_others);
                    let message = negate_where(xor(sign, value), magnitude);
                    let bits = add_signed(value, message);
                    store(&mut messages[n].0, message);
                    store(at_mut(work.posteriors, runs[n].at), bits);
                    for copy in runs[n].copies {
                        if copy != 0 {
                            store(at_mut(work.posteriors, copy), bits);
                        }
                    }
                }
            }
        }

        #[target_feature(enable = $features)]
        fn satisfied_of(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; $lanes]) -> bool {
            let stretches = runs.len() / degree;
            let rows = load(&rows.map(u8::cast_signed));
            for (index, runs) in runs.chunks_exact(degree).enumerate() {
                let mut sign = splat(0);
                for run in runs {
                    sign = xor(sign, load(at(posteriors, run.at)));
                }
                let sign = if index + 1 == stretches {
                    and(sign, rows)
                } else {
                    sign
                };
                if any_negative(sign) {
                    return false;
                }
            }
            true
        }

        #[inline]
        fn at(posteriors: &[i8], at: u32) -> &[i8; $lanes] {
            posteriors[at as usize..]
                .first_chunk()
                .expect("runs lie within the posteriors")
        }

        #[inline]
        fn at_mut(posteriors: &mut [i8], at: u32) -> &mut [i8; $lanes] {
            posteriors[at as usize..]
                .first_chunk_mut()
                .expect("runs lie within the posteriors")
        }
    };
}
pub(super) use min_sum;

/// Defines functions of registers by the instructions that they are.
macro_rules! instructions {
    ($features:literal, $($name:ident = $instruction:ident($($argument:ident: $kind:ty),+);)+) => {
        $(
            #[inline]
            #[target_feature(enable = $features)]
            fn $name($($argument: $kind),+) -> Register {
                $instruction($($argument),+)
            }
        )+
    };
}
pub(super) use instructions;
