//! Encoder, a byte of information at a time.

use super::permutation::permutation;
use super::trellis::{Branch, Output, STATES, branch, feedback, next, outputs};
use super::{TurboCode, TurboRate};
use crate::coding::config::CodingError;

/// What eight information bits make of a state.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    state: u8,
    /// Parity bits of the three forward polynomials, the first highest.
    parity: [u8; 3],
}

const fn step(mut state: u8, byte: u8) -> Step {
    let mut parity = [0; 3];
    let mut bit = 8;
    while bit > 0 {
        bit -= 1;
        let new = byte >> bit & 1 ^ feedback(state);
        let outputs = branch(state, new);
        let mut n = 0;
        while n < 3 {
            parity[n] = parity[n] << 1 | outputs.parity[n];
            n += 1;
        }
        state = next(state, new);
    }
    Step { state, parity }
}

/// Steps of whole bytes, by state and byte.
static STEPS: [[Step; 256]; STATES] = {
    let mut table = [[Step {
        state: 0,
        parity: [0; 3],
    }; 256]; STATES];
    let mut state = 0;
    while state < STATES {
        let mut byte = 0;
        while byte < 256 {
            table[state][byte] = step(state as u8, byte as u8);
            byte += 1;
        }
        state += 1;
    }
    table
};

/// The bits of each byte, the first of them in the lowest byte.
static SPREAD: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte][bit] = (byte >> (7 - bit) & 1) as u8;
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Encoder of one code.
#[derive(Debug, Clone)]
pub struct TurboEncoder {
    code: TurboCode,
    permutation: Vec<u16>,
    /// The information, one bit a byte.
    info: Vec<u8>,
}

impl TurboEncoder {
    /// Encoder of `code`.
    ///
    /// # Errors
    /// A block length that the standard does not have.
    pub fn new(code: TurboCode) -> Result<Self, CodingError> {
        code.check()?;
        Ok(Self {
            code,
            permutation: permutation(code.k),
            info: vec![0; code.k],
        })
    }

    /// The code.
    pub fn code(&self) -> TurboCode {
        self.code
    }

    /// Encodes a block of k / 8 bytes (first bit highest) and appends its symbols, one 0 or 1 a byte, in the order
    /// in which they are sent: [`TurboCode::code_bits`] of them. A shorter block is continued with zeros, further
    /// bytes are not looked at.
    pub fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) {
        let mut unpacked = std::mem::take(&mut self.info);
        let bytes = info.iter().copied().chain(std::iter::repeat(0));
        for (bits, byte) in unpacked.chunks_exact_mut(8).zip(bytes) {
            bits.copy_from_slice(&SPREAD[byte as usize]);
        }
        let at = bits.len();
        bits.resize(at + self.code.code_bits(), 0);
        self.write(&unpacked, &mut bits[at..]);
        self.info = unpacked;
    }

    /// Encodes k bits, one a byte, into exactly the room for the codeword.
    pub(super) fn write(&self, info: &[u8], out: &mut [u8]) {
        let [even, odd] = outputs(self.code.rate);
        match self.code.rate {
            TurboRate::R12 => self.steps::<2>(info, [even, odd], out),
            TurboRate::R13 => self.steps::<3>(info, [even, odd], out),
            TurboRate::R14 => self.steps::<4>(info, [even, odd], out),
            TurboRate::R16 => self.steps::<6>(info, [even, odd], out),
        }
    }

    fn steps<const SYMBOLS: usize>(&self, info: &[u8], outputs: [&[Output]; 2], out: &mut [u8]) {
        let out = out.as_chunks_mut::<SYMBOLS>().0;
        let (body, tail) = out.split_at_mut(self.code.k);
        let (mut first, mut second) = (0, 0);
        let groups = body.as_chunks_mut::<8>().0.iter_mut();
        for ((out, bits), from) in groups
            .zip(info.as_chunks::<8>().0)
            .zip(self.permutation.as_chunks::<8>().0)
        {
            let mut permuted = [0; 8];
            for (bit, &n) in permuted.iter_mut().zip(from) {
                *bit = info[usize::from(n)];
            }
            let a = STEPS[first as usize][packed(*bits)];
            let b = STEPS[second as usize][packed(permuted)];
            (first, second) = (a.state, b.state);
            for (odd, outputs) in outputs.into_iter().enumerate() {
                for (position, &output) in outputs.iter().enumerate().take(SYMBOLS) {
                    let bits = match output {
                        Output::Info => bits,
                        Output::First(n) => &SPREAD[usize::from(a.parity[n])],
                        Output::Second(n) => &SPREAD[usize::from(b.parity[n])],
                    };
                    for n in 0..4 {
                        out[2 * n + odd][position] = bits[2 * n + odd];
                    }
                }
            }
        }
        terminate(first, second, outputs, tail);
    }
}

/// Packs eight bits, the first highest.
fn packed(bits: [u8; 8]) -> usize {
    // The product gathers the lowest bits of all bytes in the highest byte.
    (u64::from_be_bytes(bits).wrapping_mul(0x0102_0408_1020_4080) >> 56) as usize
}

/// The steps that shift zeros into both registers.
fn terminate<const SYMBOLS: usize>(
    mut first: u8,
    mut second: u8,
    outputs: [&[Output]; 2],
    tail: &mut [[u8; SYMBOLS]],
) {
    for (n, out) in tail.iter_mut().enumerate() {
        let (a, b): (Branch, Branch) = (branch(first, 0), branch(second, 0));
        for (bit, &output) in out.iter_mut().zip(outputs[n % 2]) {
            *bit = match output {
                Output::Info => a.info,
                Output::First(n) => a.parity[n],
                Output::Second(n) => b.parity[n],
            };
        }
        (first, second) = (next(first, 0), next(second, 0));
    }
}
