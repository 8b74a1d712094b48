//! CRC-16 of frames and packets: CCITT polynomial 0x1021, preset 0xFFFF, high byte first
//! (CCSDS 132.0-B-3 §4.1.6, 732.0-B-4 §4.1.6, ECSS-E-ST-70-41C annex B).

use crc::{CRC_16_IBM_3740, Crc, Table};

/// Sixteen bytes a step: the check of long frames is most of what the link layer computes.
static CCITT: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_3740);

/// CRC-16 of `bytes`, to be appended high byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    CCITT.checksum(bytes)
}

/// Whether `bytes`, its last two being the CRC-16 of the others, is consistent.
///
/// Fewer than two bytes never are.
pub fn crc16_good(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk::<2>()
        .is_some_and(|(body, check)| crc16(body) == u16::from_be_bytes(*check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
        assert_eq!(crc16(&[0, 0, 0]), 0xCC9C);
    }

    #[test]
    fn appended_crc_is_good_and_any_flipped_bit_is_not() {
        let mut frame = b"123456789\x29\xB1".to_vec();
        assert!(crc16_good(&frame));
        for bit in 0..frame.len() * 8 {
            frame[bit / 8] ^= 0x80 >> (bit % 8);
            assert!(!crc16_good(&frame), "bit {bit}");
            frame[bit / 8] ^= 0x80 >> (bit % 8);
        }
        assert!(!crc16_good(&[]));
        assert!(!crc16_good(&[0xFF]));
    }
}
