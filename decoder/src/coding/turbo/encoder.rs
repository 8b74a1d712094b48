//! Encoder, a byte of information at a time.

use super::permutation::permutation;
use super::trellis::{Branch, Output, STATES, branch, feedback, next, outputs};
use super::{TAIL, TurboCode};
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
        let at = bits.len();
        bits.resize(at + self.code.code_bits(), 0);
        self.write(info, &mut bits[at..]);
    }

    /// Encodes into exactly the room for the codeword.
    pub(super) fn write(&mut self, info: &[u8], out: &mut [u8]) {
        let bytes = || info.iter().copied().chain(std::iter::repeat(0));
        for (bits, byte) in self.info.chunks_exact_mut(8).zip(bytes()) {
            bits.copy_from_slice(&SPREAD[byte as usize]);
        }
        let [even, odd] = outputs(self.code.rate);
        let symbols = even.len();
        let (body, tail) = out.split_at_mut(self.code.k * symbols);
        let (mut first, mut second) = (0, 0);
        let groups = body
            .chunks_exact_mut(8 * symbols)
            .zip(self.permutation.chunks_exact(8));
        for ((out, from), byte) in groups.zip(bytes()) {
            let a = STEPS[first as usize][byte as usize];
            let permuted = from
                .iter()
                .fold(0, |byte, &n| byte << 1 | self.info[usize::from(n)]);
            let b = STEPS[second as usize][permuted as usize];
            (first, second) = (a.state, b.state);
            for (parity, outputs) in [even, odd].into_iter().enumerate() {
                for (position, &output) in outputs.iter().enumerate() {
                    let bits = SPREAD[usize::from(match output {
                        Output::Info => byte,
                        Output::First(n) => a.parity[n],
                        Output::Second(n) => b.parity[n],
                    })];
                    for n in 0..4 {
                        out[(2 * n + parity) * symbols + position] = bits[2 * n + parity];
                    }
                }
            }
        }
        terminate(first, second, [even, odd], tail);
    }
}

/// The steps that shift zeros into both registers.
fn terminate(mut first: u8, mut second: u8, outputs: [&[Output]; 2], tail: &mut [u8]) {
    let symbols = outputs[0].len();
    for (n, out) in tail.chunks_exact_mut(symbols).enumerate().take(TAIL) {
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
