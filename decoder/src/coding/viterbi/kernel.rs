//! Which implementation runs, and the loop that all of them share.

use super::trellis::{Branch, Paths, ROUND, Round};
use super::{plain, quantise};

/// Which implementation of the add-compare-select step runs. All give the same decisions and metrics; one that the
/// processor lacks is replaced by [`Kernel::Portable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// The fastest that the processor has.
    #[default]
    Vector,
    /// 64 metrics in a register of 512 bits.
    Avx512,
    /// 64 metrics in two registers of 256 bits.
    Avx2,
    /// Loops that compilers turn into vector instructions.
    Portable,
    /// State by state, as the textbook has it.
    Plain,
}

/// Part of the path before the steps that are being added, to be traced back on the way: tracing is scalar work and
/// costs next to nothing while the vector units are busy.
pub(super) struct Trace<'a> {
    /// The newest of the rounds before, as many as there are places to fill.
    pub(super) rounds: &'a [Round],
    /// For each of them the place at its end.
    pub(super) places: &'a mut [u8],
    /// Rounds not yet traced.
    pub(super) left: usize,
    /// Place at the end of the newest of these.
    pub(super) place: usize,
}

impl Kernel {
    /// What stands for it on this processor.
    pub(super) fn resolve(self) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("bmi2");
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
            match self {
                Self::Vector | Self::Avx512 if avx512 => return Self::Avx512,
                Self::Vector | Self::Avx2 if avx2 => return Self::Avx2,
                _ => {}
            }
        }
        if self == Self::Plain {
            Self::Plain
        } else {
            Self::Portable
        }
    }

    /// The least cost and the first place that has it.
    pub(super) fn best(self, paths: &Paths) -> (u8, usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::best(paths),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::best(paths),
            Self::Plain => paths.best(),
            _ => super::portable::best(paths),
        }
    }

    /// Sum of the magnitudes of the symbols of at most a span, and how many symbols are not 0.
    pub(super) fn magnitude(self, g1: &[i8], g2: &[i8]) -> (u32, u32) {
        let (done, sum, count) = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::magnitude(g1, g2),
            _ => (0, 0, 0),
        };
        if done == g1.len() {
            return (sum, count);
        }
        let one = quantise::magnitude(&g1[done..]);
        let two = quantise::magnitude(&g2[done..]);
        (sum + one.0 + two.0, count + one.1 + two.1)
    }

    /// Branches of a span; the sum of the quantised magnitudes.
    pub(super) fn quantise(self, g1: &[i8], g2: &[i8], scale: u16, branches: &mut [Branch]) -> u32 {
        let (done, sum) = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::quantise(g1, g2, scale, branches),
            _ => (0, 0),
        };
        if done == g1.len() {
            return sum;
        }
        sum + quantise::quantise(&g1[done..], &g2[done..], scale, &mut branches[done..])
    }

    /// Single steps within a round, the first in place `paths.phase` of `round`.
    pub(super) fn steps(self, paths: &mut Paths, branches: &[Branch], round: &mut Round) {
        for &branch in branches {
            let decisions = match self {
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 => super::avx512::step(paths, branch),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2 => super::avx2::step(paths, branch),
                Self::Plain => plain::step(paths, branch),
                _ => super::portable::step(paths, branch),
            };
            round[paths.phase] = decisions;
            paths.count_step();
        }
    }

    /// Whole rounds from the beginning of one; traces back as many rounds as it adds, or as there are.
    pub(super) fn rounds(
        self,
        paths: &mut Paths,
        input: &[[Branch; ROUND]],
        rounds: &mut [Round],
        trace: &mut Trace<'_>,
    ) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::rounds(paths, input, rounds, trace),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::rounds(paths, input, rounds, trace),
            Self::Plain => plain_rounds(paths, input, rounds),
            _ => super::portable::rounds(paths, input, rounds, trace),
        }
    }
}

fn plain_rounds(paths: &mut Paths, input: &[[Branch; ROUND]], rounds: &mut [Round]) {
    for (branches, round) in input.iter().zip(rounds) {
        Kernel::Plain.steps(paths, branches, round);
    }
}
