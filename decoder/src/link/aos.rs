//! AOS transfer frames (CCSDS 732.0-B-4 §4.1), VCDUs of older spacecraft included.

use super::fhec::fhec_correct;

/// Length of the primary header without its error control, bytes.
pub const AOS_HEADER_BYTES: usize = 6;
/// Length of the header error control field, bytes.
pub const FHEC_BYTES: usize = 2;
/// Length of the `M_PDU` header, bytes.
pub const MPDU_HEADER_BYTES: usize = 2;
/// Virtual channel of frames with only idle data.
pub const AOS_IDLE_VCID: u8 = 63;

/// Primary header of an AOS frame, after correction where it has error control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AosHeader([u8; AOS_HEADER_BYTES]);

impl AosHeader {
    /// Reads the header of `frame` as received; `None` if the frame is too short for one.
    pub fn new(frame: &[u8]) -> Option<Self> {
        frame.first_chunk().map(|bytes| Self(*bytes))
    }

    /// The header after its error control (the two bytes that follow it in `frame`), with the number of
    /// nibbles corrected; `None` if they cannot be corrected or are not there.
    ///
    /// The frame count is not protected by this field.
    pub fn corrected(frame: &[u8]) -> Option<(Self, u8)> {
        let b = frame.first_chunk::<{ AOS_HEADER_BYTES + FHEC_BYTES }>()?;
        let (fixed, nibbles) = fhec_correct([b[0], b[1], b[5], b[6], b[7]])?;
        Some((Self([fixed[0], fixed[1], b[2], b[3], b[4], fixed[2]]), nibbles))
    }

    /// Transfer frame version number: 1 for AOS.
    pub fn version(self) -> u8 {
        self.0[0] >> 6
    }

    /// Spacecraft identifier, 8 bits.
    pub fn scid(self) -> u16 {
        u16::from(self.0[0] & 0x3F) << 2 | u16::from(self.0[1] >> 6)
    }

    /// Virtual channel identifier, 6 bits.
    pub fn vcid(self) -> u8 {
        self.0[1] & 0x3F
    }

    /// Virtual channel frame count, 28 bits with the cycle in use, else 24.
    pub fn vc_frame_count(self) -> u32 {
        let count = u32::from_be_bytes([0, self.0[2], self.0[3], self.0[4]]);
        if self.cycle_in_use() {
            u32::from(self.cycle()) << 24 | count
        } else {
            count
        }
    }

    /// Replay flag.
    pub fn replay(self) -> bool {
        self.0[5] & 0x80 != 0
    }

    /// Virtual channel frame count usage flag: whether the cycle extends the count.
    pub fn cycle_in_use(self) -> bool {
        self.0[5] & 0x40 != 0
    }

    /// Virtual channel frame count cycle, 4 bits.
    pub fn cycle(self) -> u8 {
        self.0[5] & 0xF
    }
}

/// First header pointer of an `M_PDU`, 11 bits; `None` if `mpdu` is shorter than its header.
pub fn mpdu_first_header_pointer(mpdu: &[u8]) -> Option<u16> {
    mpdu.first_chunk().map(|bytes| u16::from_be_bytes(*bytes) & 0x7FF)
}

#[cfg(test)]
mod tests {
    use super::super::fhec::fhec_encode;
    use super::*;

    #[test]
    fn fields_of_an_snpp_header() {
        // Suomi NPP, SCID 157, VC 16, replayed, first frame of a recording.
        let header = AosHeader::new(&[0x67, 0x50, 0x96, 0x30, 0xBC, 0x80, 0x07, 0xFF]).unwrap();
        assert_eq!((header.version(), header.scid(), header.vcid()), (1, 157, 16));
        assert_eq!((header.vc_frame_count(), header.replay()), (9_842_876, true));
        assert!(!header.cycle_in_use());
        assert_eq!(mpdu_first_header_pointer(&[0x07, 0xFF]), Some(0x7FF));
        assert!(AosHeader::new(&[0; 5]).is_none());
    }

    #[test]
    fn cycle_extends_the_count_to_28_bits_only_when_in_use() {
        let counts = |signalling| {
            AosHeader::new(&[0x40, 0, 1, 2, 3, signalling])
                .unwrap()
                .vc_frame_count()
        };
        assert_eq!(counts(0x4A), 0xA01_0203);
        assert_eq!(counts(0x0A), 0x01_0203);
    }

    #[test]
    fn header_error_control_restores_the_channel() {
        let check = fhec_encode([0x67, 0x50, 0x80]);
        let mut frame = [0x67, 0x50, 1, 2, 3, 0x80, check[0], check[1]];
        let clean = AosHeader::new(&frame).unwrap();
        frame[1] ^= 0xFF;
        assert_eq!(AosHeader::corrected(&frame), Some((clean, 2)));
        assert_eq!(AosHeader::corrected(&frame[..7]), None);
    }
}
