//! The kernel compiled for the vector units of processors, and the choice between them.

use super::component::Component;
use super::kernel::{Scratch, pass};
use super::lanes::Plain;
use super::layout::Field;
use super::rules::{LogMap, MaxLog, P1, P13, P23, P123, Parities, Sum};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// Which vector unit runs the component decoders. All give the same values, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurboBackend {
    /// Arrays, which the compiler vectorises for the target's baseline.
    Plain,
    /// AVX2.
    Avx2,
    /// AVX-512 F and BW.
    Avx512,
}

impl TurboBackend {
    /// Those that this processor has, the fastest last.
    pub fn available() -> Vec<Self> {
        [Self::Plain, Self::Avx2, Self::Avx512]
            .into_iter()
            .filter(|backend| backend.present())
            .collect()
    }

    /// The fastest of this processor.
    pub fn fastest() -> Self {
        *Self::available().last().unwrap_or(&Self::Plain)
    }

    #[cfg(target_arch = "x86_64")]
    fn present(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Avx512 => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw"),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn present(self) -> bool {
        self == Self::Plain
    }
}

/// A pass for one set of polynomials, one form of sum and one processor.
pub(super) type Pass = fn(&mut Component, &Field, &mut Scratch) -> bool;

/// The pass for the given polynomials (as [`Parities::POLYNOMIALS`] lists them); the fastest one where the processor
/// does not have the backend.
pub(super) fn select(backend: TurboBackend, polynomials: &[usize], max_log: bool) -> Pass {
    let backend = if backend.present() {
        backend
    } else {
        TurboBackend::fastest()
    };
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

/// Takes only backends that are present.
fn compiled<P: Parities, S: Sum>(backend: TurboBackend) -> Pass {
    match backend {
        #[cfg(target_arch = "x86_64")]
        TurboBackend::Avx512 => avx512::compiled::<P, S>,
        #[cfg(target_arch = "x86_64")]
        TurboBackend::Avx2 => avx2::compiled::<P, S>,
        _ => pass::<Plain, P, S>,
    }
}
