//! How many soft bits a codeword contradicts.

/// Soft bits that are counted in a byte, so that a vector register counts as many at a time as it has bytes.
const RUN: usize = 128;

/// Soft bits (positive: one) that say the opposite of the codeword's bits; zeros say nothing. To be called from
/// functions compiled for vector units.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
pub(super) fn count_contradicted<B: Copy>(soft: &[i8], codeword: &[B], is_one: impl Fn(B) -> bool) -> u32 {
    let mut count = 0;
    for (soft, bits) in soft.chunks(RUN).zip(codeword.chunks(RUN)) {
        let mut run = 0u8;
        for (&soft, &bit) in soft.iter().zip(bits) {
            run += u8::from(if is_one(bit) { soft < 0 } else { soft > 0 });
        }
        count += u32::from(run);
    }
    count
}
