//! The packets of VITA-49: header, identifiers, time stamp, payload.
//!
//! Source: ANSI/VITA 49.2-2017 §5.1; DIFI (IEEE-ISTO 4900-2021) is a narrower form of it. Words are big-endian.

use thiserror::Error;

/// Identifier of the organisation behind DIFI, in the class identifier of its packets.
pub const DIFI_OUI: u32 = 0x6A_621E;

/// Why bytes are no packet that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PacketError {
    /// Fewer bytes than the packet says that it has.
    #[error("a packet of {found} bytes should have {expected}")]
    Short {
        /// Bytes there are.
        found: usize,
        /// Bytes that its header asks for.
        expected: usize,
    },
    /// The size in the header has no room for what the header promises.
    #[error("a packet of {words} words has no room for its own header")]
    Size {
        /// Words by the header.
        words: usize,
    },
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Samples.
    Data,
    /// What samples mean.
    Context,
    /// Something else.
    Other(u8),
}

/// What the whole seconds of a time stamp count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seconds {
    /// UTC seconds since 1970.
    Utc(u32),
    /// GPS seconds since 1980-01-06.
    Gps(u32),
    /// Seconds from anywhere.
    Other(u32),
}

/// What the fraction of a time stamp counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fraction {
    /// Samples since the whole second.
    Samples(u64),
    /// Picoseconds since the whole second.
    Picoseconds(u64),
    /// Samples since anywhere.
    FreeRunning(u64),
}

/// Who made a class of packets, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// Identifier of the organisation.
    pub oui: u32,
    /// Its class of information.
    pub information: u16,
    /// Its class of packets.
    pub packet: u16,
}

/// A packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it carries.
    pub kind: Kind,
    /// Number of the packet in its stream, modulo 16.
    pub count: u8,
    /// Stream, where there are several.
    pub stream: Option<u32>,
    /// Class, where stated.
    pub class: Option<Class>,
    /// Whole seconds of the time of its first sample.
    pub seconds: Option<Seconds>,
    /// The rest of that time.
    pub fraction: Option<Fraction>,
    /// What it carries, without padding and trailer.
    pub payload: &'a [u8],
}

/// Takes words off the front.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    fn two(&mut self) -> Option<u64> {
        Some(u64::from(self.next()?) << 32 | u64::from(self.next()?))
    }
}

/// Reads a packet, which may have bytes behind it.
///
/// # Errors
/// [`PacketError`]; never panics.
pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, PacketError> {
    let short = |expected| PacketError::Short {
        found: bytes.len(),
        expected,
    };
    let header = Words(bytes).next().ok_or(short(4))?;
    let words = (header & 0xFFFF) as usize;
    let whole = bytes.get(..4 * words).ok_or(short(4 * words))?;
    // A packet without room for its header has no words behind it.
    let body = whole.get(4..).ok_or(PacketError::Size { words })?;
    fields(header, body).ok_or(PacketError::Size { words })
}

fn fields(header: u32, body: &[u8]) -> Option<Packet<'_>> {
    let kind = (header >> 28) as u8;
    let mut words = Words(body);
    let data = kind < 4;
    let stream = if matches!(kind, 0 | 2) {
        None
    } else {
        Some(words.next()?)
    };
    let mut padding = 0;
    let class = if header >> 27 & 1 == 1 {
        let (first, second) = (words.next()?, words.next()?);
        padding = if data { (first >> 27) as usize / 8 } else { 0 };
        Some(Class {
            oui: first & 0xFF_FFFF,
            information: (second >> 16) as u16,
            packet: second as u16,
        })
    } else {
        None
    };
    let seconds = match header >> 22 & 3 {
        0 => None,
        1 => Some(Seconds::Utc(words.next()?)),
        2 => Some(Seconds::Gps(words.next()?)),
        _ => Some(Seconds::Other(words.next()?)),
    };
    let fraction = match header >> 20 & 3 {
        0 => None,
        1 => Some(Fraction::Samples(words.two()?)),
        2 => Some(Fraction::Picoseconds(words.two()?)),
        _ => Some(Fraction::FreeRunning(words.two()?)),
    };
    let trailer = if data && header >> 26 & 1 == 1 { 4 } else { 0 };
    let payload = words.0.get(..words.0.len().checked_sub(trailer + padding)?)?;
    Some(Packet {
        kind: match kind {
            0..4 => Kind::Data,
            4 | 5 => Kind::Context,
            other => Kind::Other(other),
        },
        count: (header >> 16 & 0xF) as u8,
        stream,
        class,
        seconds,
        fraction,
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A data packet as DIFI has it: stream 1, class, UTC, picoseconds, two samples of 16 bits.
    const DIFI: [u32; 9] = [
        0x1860_0000 | 5 << 16 | 9,
        1,
        0x006A_621E,
        0x0000_0000,
        1_700_000_000,
        0x0000_0001,
        0x0000_0002,
        0x0001_0002,
        0xFFFF_FFFE,
    ];

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn a_packet_of_difi_is_read_field_by_field() {
        let bytes = bytes(&DIFI);
        let packet = parse(&bytes).unwrap();
        assert_eq!(
            (packet.kind, packet.count, packet.stream),
            (Kind::Data, 5, Some(1))
        );
        let class = Class {
            oui: DIFI_OUI,
            information: 0,
            packet: 0,
        };
        assert_eq!(packet.class, Some(class));
        assert_eq!(packet.seconds, Some(Seconds::Utc(1_700_000_000)));
        assert_eq!(packet.fraction, Some(Fraction::Picoseconds((1 << 32) + 2)));
        assert_eq!(packet.payload, [0, 1, 0, 2, 0xFF, 0xFF, 0xFF, 0xFE]);
    }

    #[test]
    fn padding_and_trailer_are_no_payload() {
        let mut words = DIFI;
        words[0] |= 1 << 26;
        words[2] |= 16 << 27;
        assert_eq!(parse(&bytes(&words)).unwrap().payload, [0, 1]);
        // More padding than there is payload.
        words[2] |= 31 << 27;
        words[0] = words[0] & !0xFFFF | 8;
        assert_eq!(parse(&bytes(&words)), Err(PacketError::Size { words: 8 }));
    }

    #[test]
    fn other_stamps_and_kinds_are_told_apart() {
        let parse = |words: &[u32]| {
            let bytes = bytes(words);
            let packet = super::parse(&bytes).unwrap();
            (packet.kind, packet.stream, packet.seconds, packet.fraction)
        };
        let data = Kind::Data;
        assert_eq!(parse(&[0x0000_0001]), (data, None, None, None));
        let gps = [0x0090_0004, 7, 0, 9];
        assert_eq!(
            parse(&gps),
            (data, None, Some(Seconds::Gps(7)), Some(Fraction::Samples(9)))
        );
        let other = [0x40F0_0005, 2, 7, 0, 9];
        assert_eq!(
            parse(&other),
            (
                Kind::Context,
                Some(2),
                Some(Seconds::Other(7)),
                Some(Fraction::FreeRunning(9))
            )
        );
        assert_eq!(parse(&[0x6000_0002, 3]).0, Kind::Other(6));
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let bytes = bytes(&DIFI);
        for length in 0..bytes.len() {
            assert!(parse(&bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(parse(&[0x18, 0x60, 0, 0]), Err(PacketError::Size { words: 0 }));
        assert_eq!(
            parse(&[0x18, 0x60, 0, 1, 0, 0]),
            Err(PacketError::Size { words: 1 })
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 4..80), fit: bool) {
            if fit {
                // Sizes that fit, lest nearly all be refused for theirs.
                let words = bytes.len() / 4;
                (bytes[2], bytes[3]) = (0, words as u8);
            }
            if let Ok(packet) = parse(&bytes) {
                prop_assert!(packet.payload.len() < bytes.len());
            }
        }
    }
}
