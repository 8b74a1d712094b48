//! The kernel compiled for the vector units of processors, and the choice between them.

use super::kernel::{Component, LogMap, MaxLog, P1, P13, P23, P123, Parities, Scratch, Sum, pass};
use super::lanes::Plain;
use super::layout::Field;

/// Which vector unit runs the component decoders. All give the same values, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurboBackend {
    /// Arrays, which the compiler vectorises for the target's baseline.
    Plain,
}

impl TurboBackend {
    /// Those that this processor has, the fastest last.
    pub fn available() -> Vec<Self> {
        vec![Self::Plain]
    }

    /// The fastest of this processor.
    pub fn fastest() -> Self {
        Self::Plain
    }
}

/// A pass for one set of polynomials, one form of sum and one processor.
pub(super) type Pass = fn(&mut Component, &mut Field, &mut Scratch) -> u32;

/// The pass for the given polynomials (as [`Parities::POLYNOMIALS`] lists them).
pub(super) fn select(backend: TurboBackend, polynomials: &[usize], max_log: bool) -> Pass {
    match (polynomials, max_log) {
        ([0], false) => compiled::<P1, LogMap>(backend),
        ([0], true) => compiled::<P1, MaxLog>(backend),
        ([1, 2], false) => compiled::<P23, LogMap>(backend),
        ([1, 2], true) => compiled::<P23, MaxLog>(backend),
        ([0, 2], false) => compiled::<P13, LogMap>(backend),
        ([0, 2], true) => compiled::<P13, MaxLog>(backend),
        (_, false) => compiled::<P123, LogMap>(backend),
        (_, true) => compiled::<P123, MaxLog>(backend),
    }
}

fn compiled<P: Parities, S: Sum>(backend: TurboBackend) -> Pass {
    match backend {
        TurboBackend::Plain => pass::<Plain, P, S>,
    }
}
