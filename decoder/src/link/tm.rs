//! TM transfer frames (CCSDS 132.0-B-3 §4.1).

/// Length of the primary header, bytes.
pub const TM_HEADER_BYTES: usize = 6;

/// First header pointer of a frame in which no packet starts (TM and AOS).
pub const FHP_NO_START: u16 = 0x7FF;
/// First header pointer of a frame with only idle data (TM and AOS).
pub const FHP_IDLE: u16 = 0x7FE;

/// A TM transfer frame, seen field by field.
#[derive(Debug, Clone, Copy)]
pub struct TmFrame<'a>(&'a [u8]);

impl<'a> TmFrame<'a> {
    /// Looks at `frame`; `None` if it is shorter than the primary header.
    pub fn new(frame: &'a [u8]) -> Option<Self> {
        (frame.len() >= TM_HEADER_BYTES).then_some(Self(frame))
    }

    /// Transfer frame version number: 0 for TM.
    pub fn version(self) -> u8 {
        self.0[0] >> 6
    }

    /// Spacecraft identifier, 10 bits.
    pub fn scid(self) -> u16 {
        u16::from(self.0[0] & 0x3F) << 4 | u16::from(self.0[1] >> 4)
    }

    /// Virtual channel identifier, 3 bits.
    pub fn vcid(self) -> u8 {
        self.0[1] >> 1 & 0x7
    }

    /// Whether an operational control field is present.
    pub fn ocf_flag(self) -> bool {
        self.0[1] & 1 != 0
    }

    /// Master channel frame count.
    pub fn mc_frame_count(self) -> u8 {
        self.0[2]
    }

    /// Virtual channel frame count.
    pub fn vc_frame_count(self) -> u8 {
        self.0[3]
    }

    /// Whether a secondary header follows the primary one.
    pub fn secondary_header_flag(self) -> bool {
        self.0[4] & 0x80 != 0
    }

    /// Synchronisation flag: set when the data field does not hold packets (or idle data).
    pub fn sync_flag(self) -> bool {
        self.0[4] & 0x40 != 0
    }

    /// Packet order flag; reserved while the synchronisation flag is 0.
    pub fn packet_order_flag(self) -> bool {
        self.0[4] & 0x20 != 0
    }

    /// Segment length identifier, 3 while the synchronisation flag is 0.
    pub fn segment_length_id(self) -> u8 {
        self.0[4] >> 3 & 0x3
    }

    /// First header pointer, 11 bits; undefined while the synchronisation flag is set.
    pub fn first_header_pointer(self) -> u16 {
        u16::from(self.0[4] & 0x7) << 8 | u16::from(self.0[5])
    }

    /// Secondary header, its identification byte included: empty without one, `None` if it would not fit the
    /// frame.
    pub fn secondary_header(self) -> Option<&'a [u8]> {
        if !self.secondary_header_flag() {
            return Some(&[]);
        }
        let id = *self.0.get(TM_HEADER_BYTES)?;
        self.0
            .get(TM_HEADER_BYTES..=TM_HEADER_BYTES + usize::from(id & 0x3F))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_stereo_a_header() {
        // STEREO-A, SCID 234, VC 7, secondary header of 15 bytes, 2022-09-24 10:35 UTC.
        let bytes = [
            0x0E, 0xAF, 0x20, 0xFB, 0x98, 0x00, 0x0E, 0x1D, 0xEF, 0x8E, 0x1D, 0xD5, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x71, 0xF5,
        ];
        let frame = TmFrame::new(&bytes).unwrap();
        assert_eq!(
            (frame.version(), frame.scid(), frame.vcid(), frame.ocf_flag()),
            (0, 234, 7, true)
        );
        assert_eq!((frame.mc_frame_count(), frame.vc_frame_count()), (0x20, 0xFB));
        assert!(frame.secondary_header_flag() && !frame.sync_flag() && !frame.packet_order_flag());
        assert_eq!((frame.segment_length_id(), frame.first_header_pointer()), (3, 0));
        assert_eq!(frame.secondary_header().unwrap().len(), 15);
    }

    #[test]
    fn secondary_header_that_does_not_fit() {
        let bytes = [0, 0, 0, 0, 0x80, 0, 0x3F, 1, 2];
        assert_eq!(TmFrame::new(&bytes).unwrap().secondary_header(), None);
        assert_eq!(TmFrame::new(&bytes[..6]).unwrap().secondary_header(), None);
        assert!(TmFrame::new(&bytes[..5]).is_none());
    }
}
