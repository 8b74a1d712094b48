//! Space packets (CCSDS 133.0-B-2 §4.1).

use super::config::{LinkError, PacketConfig, within};
use super::crc::{crc16, crc16_good};
use super::report::LinkPacket;

/// Length of a packet's primary header, bytes.
pub const PACKET_HEADER_BYTES: usize = 6;

/// Primary header of a space packet, seen field by field.
#[derive(Debug, Clone, Copy)]
pub struct PacketHeader<'a>(&'a [u8; PACKET_HEADER_BYTES]);

impl<'a> PacketHeader<'a> {
    /// Looks at the first bytes of `bytes`; `None` if there are fewer than a header has.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Packet version number: 0 for space packets.
    pub fn version(self) -> u8 {
        self.0[0] >> 5
    }

    /// Packet type: telecommand rather than telemetry.
    pub fn telecommand(self) -> bool {
        self.0[0] & 0x10 != 0
    }

    /// Secondary header flag.
    pub fn secondary_header(self) -> bool {
        self.0[0] & 0x08 != 0
    }

    /// Application process identifier, 11 bits.
    pub fn apid(self) -> u16 {
        u16::from(self.0[0] & 0x7) << 8 | u16::from(self.0[1])
    }

    /// Sequence flags: 3 unsegmented, 1 first, 0 continuation, 2 last.
    pub fn sequence_flags(self) -> u8 {
        self.0[2] >> 6
    }

    /// Sequence count (or packet name), 14 bits.
    pub fn sequence_count(self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]]) & 0x3FFF
    }

    /// Packet data length field: bytes after the header, less one.
    pub fn packet_data_length(self) -> u16 {
        u16::from_be_bytes([self.0[4], self.0[5]])
    }

    /// Bytes of the whole packet.
    pub fn total_bytes(self) -> usize {
        PACKET_HEADER_BYTES + usize::from(self.packet_data_length()) + 1
    }

    /// Whether a packet of the link can begin like this: version 0, and no longer than believed.
    pub(crate) fn plausible(self, config: &PacketConfig) -> bool {
        self.version() == 0 && self.total_bytes() <= config.max_bytes
    }

    /// Whether the packet ends in a CRC where the link's packets do.
    ///
    /// Idle packets do not; neither do time packets (APID 0 without secondary header, ECSS-E-ST-70-41C §7.4).
    pub(crate) fn has_crc(self) -> bool {
        let time = self.apid() == 0 && !self.secondary_header();
        self.apid() != LinkPacket::IDLE_APID && !time
    }
}

/// CRC result of a whole packet, `None` where it has none.
pub(crate) fn packet_crc_good(config: &PacketConfig, packet: &[u8]) -> Option<bool> {
    let header = PacketHeader::new(packet)?;
    (config.crc && header.has_crc()).then(|| crc16_good(packet))
}

/// What a packet to be built has in its header; length and CRC follow from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketBuilder {
    /// Application process identifier, 11 bits.
    pub apid: u16,
    /// Telecommand rather than telemetry.
    pub telecommand: bool,
    /// Whether the data begin with a secondary header.
    pub secondary_header: bool,
    /// Sequence flags: 3 unsegmented, 1 first, 0 continuation, 2 last.
    pub sequence_flags: u8,
    /// Sequence count, 14 bits.
    pub sequence_count: u16,
    /// Whether to append a CRC-16.
    pub crc: bool,
}

impl PacketBuilder {
    /// Unsegmented telemetry of `apid`, count 0, without secondary header or CRC.
    pub fn telemetry(apid: u16) -> Self {
        Self {
            apid,
            telecommand: false,
            secondary_header: false,
            sequence_flags: 3,
            sequence_count: 0,
            crc: false,
        }
    }

    /// Appends the packet with `data` (secondary header included) to `out`.
    ///
    /// # Errors
    /// [`LinkError::OutOfRange`] for an identifier, flags or count wider than its field, and for a data field
    /// (data and CRC) of 0 or more than 65 536 bytes.
    pub fn build(&self, data: &[u8], out: &mut Vec<u8>) -> Result<(), LinkError> {
        let field_bytes = data.len() + usize::from(self.crc) * 2;
        within("apid", self.apid.into(), 0, 0x7FF)?;
        within("sequence_flags", self.sequence_flags.into(), 0, 3)?;
        within("sequence_count", self.sequence_count.into(), 0, 0x3FFF)?;
        within("packet data bytes", field_bytes as u64, 1, 65_536)?;
        let id = u16::from(self.telecommand) << 12 | u16::from(self.secondary_header) << 11 | self.apid;
        let sequence = u16::from(self.sequence_flags) << 14 | self.sequence_count;
        let start = out.len();
        for word in [id, sequence, (field_bytes - 1) as u16] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.extend_from_slice(data);
        if self.crc {
            let crc = crc16(&out[start..]);
            out.extend_from_slice(&crc.to_be_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_packet_reads_back() {
        let builder = PacketBuilder {
            apid: 0x5AB,
            telecommand: true,
            secondary_header: true,
            sequence_flags: 2,
            sequence_count: 0x3A5C,
            crc: true,
        };
        let mut packet = Vec::new();
        builder.build(&[1, 2, 3], &mut packet).unwrap();
        assert_eq!(packet[..9], [0x1D, 0xAB, 0xBA, 0x5C, 0, 4, 1, 2, 3]);
        let header = PacketHeader::new(&packet).unwrap();
        assert_eq!(
            (header.version(), header.apid(), header.sequence_count()),
            (0, 0x5AB, 0x3A5C)
        );
        assert!(header.telecommand() && header.secondary_header());
        assert_eq!((header.sequence_flags(), header.total_bytes()), (2, 11));
        assert_eq!(
            packet_crc_good(
                &PacketConfig {
                    crc: true,
                    ..PacketConfig::default()
                },
                &packet
            ),
            Some(true)
        );
    }

    #[test]
    fn impossible_packets_are_refused() {
        let mut out = Vec::new();
        let refused =
            |builder: PacketBuilder, data: &[u8], out: &mut Vec<u8>| builder.build(data, out).is_err();
        let good = PacketBuilder::telemetry(5);
        assert!(refused(PacketBuilder { apid: 0x800, ..good }, &[1], &mut out));
        assert!(refused(
            PacketBuilder {
                sequence_flags: 4,
                ..good
            },
            &[1],
            &mut out
        ));
        assert!(refused(
            PacketBuilder {
                sequence_count: 0x4000,
                ..good
            },
            &[1],
            &mut out
        ));
        assert!(refused(good, &[], &mut out));
        assert!(refused(good, &vec![0; 65_537], &mut out));
        assert_eq!(out, []);
        good.build(&vec![0; 65_536], &mut out).unwrap();
        assert_eq!(out.len(), 65_542);
    }

    #[test]
    fn idle_and_time_packets_carry_no_crc() {
        let config = PacketConfig {
            crc: true,
            ..PacketConfig::default()
        };
        for (apid, secondary_header, expected) in [
            (0x7FF, false, None),
            (0, false, None),
            (0, true, Some(false)),
            (7, false, Some(false)),
        ] {
            let mut packet = Vec::new();
            let builder = PacketBuilder {
                secondary_header,
                ..PacketBuilder::telemetry(apid)
            };
            builder.build(&[1, 2, 3], &mut packet).unwrap();
            assert_eq!(packet_crc_good(&config, &packet), expected);
        }
    }
}
