//! The protocol of `rtl_tcp`: a header, then unsigned bytes I, Q, I, Q, …; commands of five bytes in return.
//!
//! Source: `rtl_tcp.c` of Osmocom's rtl-sdr.

use thiserror::Error;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 12;

/// Why a server is none of `rtl_tcp`'s kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Fewer bytes than a header has.
    #[error("the server's header ends after {found} of {HEADER_BYTES} bytes")]
    Short {
        /// Bytes there are.
        found: usize,
    },
    /// Other bytes than `RTL0`.
    #[error("no rtl_tcp server: its first bytes are {found:02X?}, not those of \"RTL0\"")]
    Magic {
        /// The bytes found.
        found: [u8; 4],
    },
}

/// What a server says of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Type of the tuner.
    pub tuner: u32,
    /// Steps of the tuner's gain.
    pub gains: u32,
}

impl Header {
    /// Name of the tuner; `None` for one that is not known.
    pub fn tuner_name(self) -> Option<&'static str> {
        Some(match self.tuner {
            1 => "E4000",
            2 => "FC0012",
            3 => "FC0013",
            4 => "FC2580",
            5 => "R820T",
            6 => "R828D",
            _ => return None,
        })
    }
}

/// Reads a header.
///
/// # Errors
/// [`HeaderError`].
pub fn parse_header(bytes: &[u8]) -> Result<Header, HeaderError> {
    let Some((header, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(HeaderError::Short { found: bytes.len() });
    };
    let [m0, m1, m2, m3, t0, t1, t2, t3, g0, g1, g2, g3] = *header;
    let found = [m0, m1, m2, m3];
    if &found != b"RTL0" {
        return Err(HeaderError::Magic { found });
    }
    Ok(Header {
        tuner: u32::from_be_bytes([t0, t1, t2, t3]),
        gains: u32::from_be_bytes([g0, g1, g2, g3]),
    })
}

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Centre frequency, Hz.
    Frequency(u32),
    /// Samples per second.
    SampleRate(u32),
    /// Whether the tuner's gain is set by hand.
    ManualGain(bool),
    /// The tuner's gain, tenths of a dB.
    Gain(i32),
    /// Error of the reference, whole parts per million.
    Ppm(i32),
    /// Automatic gain control in the demodulator chip.
    DigitalAgc(bool),
    /// Direct sampling: 0 off, 1 the I branch, 2 the Q branch.
    DirectSampling(u32),
    /// Offset tuning.
    OffsetTuning(bool),
    /// Power for an amplifier on the antenna's line.
    BiasTee(bool),
}

impl Command {
    /// The command as sent.
    pub fn bytes(self) -> [u8; 5] {
        let (code, value) = match self {
            Self::Frequency(hz) => (0x01, hz),
            Self::SampleRate(rate) => (0x02, rate),
            Self::ManualGain(on) => (0x03, on.into()),
            Self::Gain(tenths_db) => (0x04, tenths_db.cast_unsigned()),
            Self::Ppm(ppm) => (0x05, ppm.cast_unsigned()),
            Self::DigitalAgc(on) => (0x08, on.into()),
            Self::DirectSampling(branch) => (0x09, branch),
            Self::OffsetTuning(on) => (0x0A, on.into()),
            Self::BiasTee(on) => (0x0E, on.into()),
        };
        let [a, b, c, d] = value.to_be_bytes();
        [code, a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_says_which_tuner_there_is() {
        let bytes = *b"RTL0\x00\x00\x00\x05\x00\x00\x00\x1D";
        let header = parse_header(&bytes).unwrap();
        assert_eq!(header, Header { tuner: 5, gains: 29 });
        assert_eq!(header.tuner_name(), Some("R820T"));
        assert_eq!(Header { tuner: 77, gains: 0 }.tuner_name(), None);
        assert_eq!(parse_header(&bytes[..11]), Err(HeaderError::Short { found: 11 }));
        let error = parse_header(b"HTTP/1.1 400").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no rtl_tcp server: its first bytes are [48, 54, 54, 50], not those of \"RTL0\""
        );
    }

    #[test]
    fn commands_are_a_code_and_a_big_endian_number() {
        for (command, bytes) in [
            (Command::Frequency(437_525_000), [0x01, 0x1A, 0x14, 0x1A, 0x08]),
            (Command::SampleRate(2_400_000), [0x02, 0x00, 0x24, 0x9F, 0x00]),
            (Command::ManualGain(true), [0x03, 0, 0, 0, 1]),
            (Command::Gain(-10), [0x04, 0xFF, 0xFF, 0xFF, 0xF6]),
            (Command::Ppm(-2), [0x05, 0xFF, 0xFF, 0xFF, 0xFE]),
            (Command::DigitalAgc(false), [0x08, 0, 0, 0, 0]),
            (Command::DirectSampling(2), [0x09, 0, 0, 0, 2]),
            (Command::OffsetTuning(true), [0x0A, 0, 0, 0, 1]),
            (Command::BiasTee(true), [0x0E, 0, 0, 0, 1]),
        ] {
            assert_eq!(command.bytes(), bytes, "{command:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let header = parse_header(&bytes);
            prop_assert_eq!(header.is_ok(), bytes.len() >= HEADER_BYTES && bytes.starts_with(b"RTL0"));
        }
    }
}
