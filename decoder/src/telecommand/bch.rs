//! The modified BCH (63,56) code and its filler bit (CCSDS 231.0-B-4 §3).
//!
//! A codeblock is 56 information bits, the complement of 7 parity bits, and a filler bit, which is 0. The
//! generator x^7 + x^6 + x^2 + 1 is (x + 1)(x^6 + x + 1): minimum distance 4.

use super::config::BchMode;

/// Remainder, in the upper seven bits, of a byte times x^7.
const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u8;
        let mut bit = 0;
        while bit < 8 {
            // x^6 + x^2 + 1 shifted up by one place.
            remainder = remainder << 1 ^ if remainder & 0x80 != 0 { 0b1000_1010 } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

/// For each syndrome the place of the single error that has it, counted from the last parity bit; 63 where
/// there is none.
const PLACES: [u8; 128] = {
    let mut places = [63; 128];
    let mut power = 1usize;
    let mut place = 0;
    while place < 63 {
        places[power] = place;
        power <<= 1;
        if power > 0x7F {
            power ^= 0b1100_0101;
        }
        place += 1;
    }
    places
};

/// The seven parity bits, in the upper bits of the byte.
fn parity(information: [u8; 7]) -> u8 {
    information
        .iter()
        .fold(0, |remainder, byte| TABLE[usize::from(remainder ^ byte)])
}

/// The codeblock of seven bytes.
pub(super) fn encode(information: [u8; 7]) -> [u8; 8] {
    let mut block = [!parity(information) & 0xFE; 8];
    block[..7].copy_from_slice(&information);
    block
}

/// The information of a codeblock and how many bits were corrected; `None` when it is rejected.
///
/// A single error is corrected only where the filler bit is 0: the tail sequence has a 1 there so that one error
/// in it does not make a codeblock of it.
pub(super) fn decode(block: [u8; 8], mode: BchMode) -> Option<([u8; 7], u32)> {
    let [information @ .., last] = block;
    let syndrome = (parity(information) ^ !last) >> 1;
    if syndrome == 0 {
        return Some((information, 0));
    }
    let place = PLACES[usize::from(syndrome)];
    if mode == BchMode::Detect || place == 63 || last & 1 == 1 {
        return None;
    }
    let corrected = u64::from_be_bytes(block) ^ 1 << (place + 1);
    let [information @ .., _] = corrected.to_be_bytes();
    Some((information, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: [u8; 8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x70];

    fn flipped(block: [u8; 8], places: &[u32]) -> [u8; 8] {
        let word = places
            .iter()
            .fold(u64::from_be_bytes(block), |word, place| word ^ 1 << place);
        word.to_be_bytes()
    }

    #[test]
    fn parity_is_complemented_and_the_filler_bit_is_zero() {
        assert_eq!(encode([0; 7]), [0, 0, 0, 0, 0, 0, 0, 0xFE]);
        assert_eq!(encode([1, 2, 3, 4, 5, 6, 7]), BLOCK);
    }

    #[test]
    fn one_error_is_corrected_two_are_detected() {
        let information = [1, 2, 3, 4, 5, 6, 7];
        for first in 1..64 {
            let block = flipped(BLOCK, &[first]);
            assert_eq!(decode(block, BchMode::Correct), Some((information, 1)));
            assert_eq!(decode(block, BchMode::Detect), None);
            // With the filler bit wrong as well there are two errors.
            assert_eq!(decode(flipped(block, &[0]), BchMode::Correct), None);
            for second in first + 1..64 {
                let block = flipped(BLOCK, &[first, second]);
                assert_eq!(decode(block, BchMode::Correct), None);
                assert_eq!(decode(block, BchMode::Detect), None);
                for third in second + 1..64 {
                    assert_eq!(decode(flipped(block, &[third]), BchMode::Detect), None);
                }
            }
        }
        assert_eq!(
            decode(flipped(BLOCK, &[0]), BchMode::Correct),
            Some((information, 0))
        );
    }

    #[test]
    fn the_tail_sequence_is_no_codeblock_even_with_an_error() {
        let tail = 0xC5C5_C5C5_C5C5_C579u64.to_be_bytes();
        for mode in [BchMode::Detect, BchMode::Correct] {
            assert_eq!(decode(tail, mode), None);
            for place in 1..64 {
                assert_eq!(decode(flipped(tail, &[place]), mode), None);
            }
        }
    }
}
