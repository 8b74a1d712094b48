//! Pseudo-random sequence of 255 bits (CCSDS 131.0-B-5 §10): h(x) = x^8 + x^7 + x^5 + x^3 + 1, all ones at the
//! start of each block.

/// Bytes after which the sequence repeats (255 bits and 8 have no common divisor).
const PERIOD: usize = 255;

const SEQUENCE: [u8; PERIOD] = {
    let mut bytes = [0; PERIOD];
    // Newest bit lowest: after eight bits the register is the byte.
    let mut register: u16 = 0xFF;
    let mut n = 0;
    while n < PERIOD {
        bytes[n] = register as u8;
        let mut bit = 0;
        while bit < 8 {
            let next = (register >> 7 ^ register >> 4 ^ register >> 2 ^ register) & 1;
            register = (register << 1 | next) & 0xFF;
            bit += 1;
        }
        n += 1;
    }
    bytes
};

/// Randomises or derandomises a block from its first byte.
pub(crate) fn randomize(block: &mut [u8]) {
    for part in block.chunks_mut(PERIOD) {
        for (byte, sequence) in part.iter_mut().zip(&SEQUENCE) {
            *byte ^= sequence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_begins_as_printed_in_the_standard() {
        assert_eq!(SEQUENCE[..5], [0xFF, 0x48, 0x0E, 0xC0, 0x9A]);
        let mut block = [0; 300];
        randomize(&mut block);
        assert_eq!(block[255..260], SEQUENCE[..5]);
    }
}
