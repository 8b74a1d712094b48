//! Pseudo-random sequences that are added to codeblocks (CCSDS 131.0-B-5 §10.4) and telecommands
//! (CCSDS 231.0-B-4 §6), started anew after each marker.

use super::config::Randomizer;

/// A shift register whose lowest bit goes out and whose fed-back bit comes in at the top.
struct Register {
    stages: u32,
    /// Stages that are summed into the new bit.
    taps: u32,
    state: u32,
}

impl Register {
    fn new(randomizer: Randomizer) -> Option<Self> {
        // Writing h(x) with its powers reversed gives the stages that are summed.
        let (stages, taps, state) = match randomizer {
            Randomizer::None => return None,
            // x^8 + x^7 + x^5 + x^3 + 1, all ones.
            Randomizer::Ccsds255 => (8, 0b1010_1001, 0xFF),
            // x^17 + x^14 + 1, from 11000111000111000, whose last digit goes out first.
            Randomizer::Ccsds131071 => (17, 1 << 14 | 1, 0b1_1000_1110_0011_1000),
            // x^8 + x^6 + x^4 + x^3 + x^2 + x + 1, all ones.
            Randomizer::Telecommand => (8, 0b0101_1111, 0xFF),
        };
        Some(Self { stages, taps, state })
    }

    fn bit(&mut self) -> u8 {
        let bit = self.state & 1;
        let fed_back = (self.state & self.taps).count_ones() & 1;
        self.state = self.state >> 1 | fed_back << (self.stages - 1);
        bit as u8
    }
}

/// The first `bytes` bytes of a sequence, most significant bit first; empty for [`Randomizer::None`].
pub(crate) fn sequence(randomizer: Randomizer, bytes: usize) -> Vec<u8> {
    let Some(mut register) = Register::new(randomizer) else {
        return Vec::new();
    };
    (0..bytes)
        .map(|_| (0..8).fold(0, |byte, _| byte << 1 | register.bit()))
        .collect()
}

/// Randomises or derandomises a block from its first byte; nothing beyond the sequence's end is changed.
pub(crate) fn randomize(block: &mut [u8], sequence: &[u8]) {
    for (byte, random) in block.iter_mut().zip(sequence) {
        *byte ^= random;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(randomizer: Randomizer) -> usize {
        let mut register = Register::new(randomizer).expect("it has a register");
        let first = register.state;
        (1..1 << 20)
            .find(|_| {
                register.bit();
                register.state == first
            })
            .expect("it repeats")
    }

    #[test]
    fn sequences_begin_as_printed_in_the_standards() {
        assert_eq!(sequence(Randomizer::Ccsds255, 5), [0xFF, 0x48, 0x0E, 0xC0, 0x9A]);
        assert_eq!(
            sequence(Randomizer::Telecommand, 5),
            [0xFF, 0x39, 0x9E, 0x5A, 0x68]
        );
        assert_eq!(
            sequence(Randomizer::Ccsds131071, 5),
            [0x1C, 0x71, 0xB9, 0x1B, 0xA9]
        );
        assert!(sequence(Randomizer::None, 5).is_empty());
    }

    #[test]
    fn sequences_are_as_long_as_their_names_say() {
        assert_eq!(period(Randomizer::Ccsds255), 255);
        assert_eq!(period(Randomizer::Telecommand), 255);
        assert_eq!(period(Randomizer::Ccsds131071), 131_071);
    }

    #[test]
    fn randomising_twice_changes_nothing() {
        let sequence = sequence(Randomizer::Ccsds255, 300);
        let mut block = [0; 300];
        randomize(&mut block, &sequence);
        assert_eq!(block[255..260], sequence[..5]);
        randomize(&mut block, &sequence);
        assert_eq!(block, [0; 300]);
    }
}
