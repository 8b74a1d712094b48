//! TC transfer frames (CCSDS 232.0-B-4 §4.1).

/// Length of the primary header, bytes.
pub const TC_HEADER_BYTES: usize = 5;
/// Longest TC transfer frame, bytes.
pub const TC_LONGEST_FRAME: usize = 1024;

/// Control command that clears the receiver's lockout (§4.1.3.3).
const UNLOCK: &[u8] = &[0];
/// First bytes of the control command that sets the receiver's next frame sequence number.
const SET_V_R: [u8; 2] = [0x82, 0];

/// A TC transfer frame, seen field by field.
#[derive(Debug, Clone, Copy)]
pub struct TcFrame<'a>(&'a [u8]);

impl<'a> TcFrame<'a> {
    /// Looks at `frame`; `None` if it is shorter than the primary header.
    pub fn new(frame: &'a [u8]) -> Option<Self> {
        (frame.len() >= TC_HEADER_BYTES).then_some(Self(frame))
    }

    /// Transfer frame version number: 0 for TC.
    pub fn version(self) -> u8 {
        self.0[0] >> 6
    }

    /// Bypass flag: a Type-B frame, accepted without regard to its sequence number.
    pub fn bypass(self) -> bool {
        self.0[0] & 0x20 != 0
    }

    /// Control command flag: a Type-C frame, whose data field is a command to the receiver.
    pub fn control_command(self) -> bool {
        self.0[0] & 0x10 != 0
    }

    /// Spacecraft identifier, 10 bits.
    pub fn scid(self) -> u16 {
        u16::from(self.0[0] & 3) << 8 | u16::from(self.0[1])
    }

    /// Virtual channel identifier, 6 bits.
    pub fn vcid(self) -> u8 {
        self.0[2] >> 2
    }

    /// Bytes of the whole frame as its header has it, 1 to 1024.
    pub fn length(self) -> usize {
        (usize::from(self.0[2] & 3) << 8 | usize::from(self.0[3])) + 1
    }

    /// Frame sequence number N(S).
    pub fn sequence_number(self) -> u8 {
        self.0[4]
    }
}

/// Header of the next frame of type AD, without its length: see [`set_length`].
pub(crate) fn header(scid: u16, vcid: u8, number: u8) -> [u8; TC_HEADER_BYTES] {
    let [high, low] = scid.to_be_bytes();
    [high & 3, low, vcid << 2, 0, number]
}

/// Writes into a frame's header how many bytes `whole` the frame has, up to 1024.
pub(crate) fn set_length(frame: &mut [u8], whole: usize) {
    let [high, low] = (whole.saturating_sub(1) as u16).to_be_bytes();
    if let [_, _, vcid, length, ..] = frame {
        (*vcid, *length) = (*vcid & !3 | high & 3, low);
    }
}

/// First byte of a data field, where the virtual channel has it (§4.1.3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Sequence flags: 1 first segment, 0 continuation, 2 last, 3 unsegmented.
    pub sequence_flags: u8,
    /// Multiplexer access point, 6 bits.
    pub map: u8,
}

impl SegmentHeader {
    /// By its byte.
    pub fn new(byte: u8) -> Self {
        Self {
            sequence_flags: byte >> 6,
            map: byte & 0x3F,
        }
    }

    /// Its byte.
    pub fn byte(self) -> u8 {
        self.sequence_flags << 6 | self.map & 0x3F
    }
}

/// A command to the frame acceptance and reporting mechanism, in a Type-C frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlCommand {
    /// Clears the lockout.
    Unlock,
    /// The next frame sequence number to expect.
    SetVr(u8),
    /// Something else.
    Unknown,
}

impl ControlCommand {
    /// By the data field of its frame.
    pub fn new(data: &[u8]) -> Self {
        match data {
            UNLOCK => Self::Unlock,
            [a, b, number] if [*a, *b] == SET_V_R => Self::SetVr(*number),
            _ => Self::Unknown,
        }
    }
}

/// What a TC frame's header has beside what all have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcHeader {
    /// Type-B frame.
    pub bypass: bool,
    /// Type-C frame's command.
    pub command: Option<ControlCommand>,
    /// Segment header, where the channel has it.
    pub segment: Option<SegmentHeader>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spacecraft 0x155, VC 9, 8 bytes, number 77.
    const FRAME: [u8; 8] = [0x01, 0x55, 0x24, 0x07, 77, 0xC3, 1, 2];

    #[test]
    fn fields_of_a_header() {
        let frame = TcFrame::new(&FRAME).unwrap();
        assert_eq!((frame.version(), frame.scid(), frame.vcid()), (0, 0x155, 9));
        assert_eq!((frame.length(), frame.sequence_number()), (8, 77));
        assert_eq!((frame.bypass(), frame.control_command()), (false, false));
        let typed = [0x31, 0x55, 0x27, 0xFF, 0];
        let frame = TcFrame::new(&typed).unwrap();
        assert_eq!((frame.bypass(), frame.control_command()), (true, true));
        assert_eq!((frame.vcid(), frame.length()), (9, 1024));
        assert!(TcFrame::new(&FRAME[..4]).is_none());
        let mut built = header(0x155, 9, 77);
        set_length(&mut built, 8);
        assert_eq!(built, FRAME[..5]);
        let segment = SegmentHeader::new(0xC3);
        assert_eq!(
            (segment.sequence_flags, segment.map, segment.byte()),
            (3, 3, 0xC3)
        );
    }

    #[test]
    fn commands_to_the_receiver() {
        assert_eq!(ControlCommand::new(&[0]), ControlCommand::Unlock);
        assert_eq!(ControlCommand::new(&[0x82, 0, 9]), ControlCommand::SetVr(9));
        for other in [&[][..], &[1], &[0x82, 1, 9], &[0, 0]] {
            assert_eq!(ControlCommand::new(other), ControlCommand::Unknown);
        }
    }
}
