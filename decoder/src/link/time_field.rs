//! The time code in packets' secondary headers (CCSDS 133.0-B-2 §4.1.4.2.2).

use super::cds::{CdsFormat, CdsTime};
use super::cuc::{CucFormat, CucTime};
use super::packet::{PACKET_HEADER_BYTES, PacketHeader};
use super::report::LinkPacket;
use super::time::{TimeEpoch, TimeError, take};

/// Layout of a time code: what its P-field says, or would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeLayout {
    /// Unsegmented.
    Cuc(CucFormat),
    /// Day segmented.
    Cds(CdsFormat),
}

/// A time read from a packet, or to be written into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeCode {
    /// Unsegmented.
    Cuc(CucTime),
    /// Day segmented.
    Cds(CdsTime),
}

/// Where the packets of a link carry their time, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeField {
    /// Bytes of the secondary header before it.
    pub offset: usize,
    /// Whether the P-field precedes the time. What it says holds, then, not the layout given here.
    pub preamble: bool,
    /// Layout of the times.
    pub layout: TimeLayout,
}

impl TimeLayout {
    /// What the times are counted from.
    pub fn epoch(self) -> TimeEpoch {
        match self {
            Self::Cuc(format) => format.epoch,
            Self::Cds(format) => format.epoch,
        }
    }

    fn build_preamble(self, out: &mut Vec<u8>) -> Result<(), TimeError> {
        match self {
            Self::Cuc(format) => format.build(out),
            Self::Cds(format) => {
                out.push(format.build());
                Ok(())
            }
        }
    }
}

impl TimeCode {
    /// Layout it was read from, or is written in.
    pub fn layout(&self) -> TimeLayout {
        match self {
            Self::Cuc(time) => TimeLayout::Cuc(time.format),
            Self::Cds(time) => TimeLayout::Cds(time.format),
        }
    }
}

impl TimeField {
    /// Bytes from the beginning of the secondary header to the end of the time, in the layout given.
    ///
    /// # Errors
    /// When there is no such layout.
    pub fn bytes(&self) -> Result<usize, TimeError> {
        let mut preamble = Vec::new();
        self.layout.build_preamble(&mut preamble)?;
        let time = match self.layout {
            TimeLayout::Cuc(format) => format.time_bytes(),
            TimeLayout::Cds(format) => format.time_bytes(),
        };
        Ok(self.offset + usize::from(self.preamble) * preamble.len() + time)
    }

    /// The time of a whole packet; `None` for one without secondary header and for idle packets.
    ///
    /// # Errors
    /// When the packet ends before the time does, or its P-field or time cannot be.
    pub fn read(&self, packet: &[u8]) -> Option<Result<TimeCode, TimeError>> {
        let header = PacketHeader::new(packet)?;
        let timed = header.secondary_header() && header.apid() != LinkPacket::IDLE_APID;
        timed.then(|| self.read_data(&packet[PACKET_HEADER_BYTES..]))
    }

    fn read_data(&self, data: &[u8]) -> Result<TimeCode, TimeError> {
        take(data, self.offset)?;
        let field = &data[self.offset..];
        match self.layout {
            TimeLayout::Cuc(_) if self.preamble => {
                CucTime::parse_with_preamble(field).map(|(time, _)| TimeCode::Cuc(time))
            }
            TimeLayout::Cds(_) if self.preamble => {
                CdsTime::parse_with_preamble(field).map(|(time, _)| TimeCode::Cds(time))
            }
            TimeLayout::Cuc(format) => CucTime::parse(format, field).map(TimeCode::Cuc),
            TimeLayout::Cds(format) => CdsTime::parse(format, field).map(TimeCode::Cds),
        }
    }

    /// Appends a secondary header up to the end of the time: zeros before it, its P-field where packets have it,
    /// the time in its own layout.
    ///
    /// # Errors
    /// When the time does not fit its layout.
    pub fn build(&self, time: &TimeCode, out: &mut Vec<u8>) -> Result<(), TimeError> {
        out.resize(out.len() + self.offset, 0);
        if self.preamble {
            time.layout().build_preamble(out)?;
        }
        match time {
            TimeCode::Cuc(time) => time.build(out),
            TimeCode::Cds(time) => time.build(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CdsResolution, PacketBuilder};
    use super::*;

    const CUC: CucFormat = CucFormat {
        epoch: TimeEpoch::Agency,
        coarse_bytes: 4,
        fine_bytes: 2,
    };
    const CDS: CdsFormat = CdsFormat {
        epoch: TimeEpoch::Ccsds1958,
        long_day: false,
        resolution: CdsResolution::Microsecond,
    };

    fn cuc() -> TimeCode {
        TimeCode::Cuc(CucTime {
            format: CUC,
            seconds: 0x0102_0304,
            fraction: 0x8000,
        })
    }

    fn cds() -> TimeCode {
        TimeCode::Cds(CdsTime {
            format: CDS,
            day: 0x6161,
            millisecond: 43_200_250,
            submillisecond: 820,
        })
    }

    fn packet(apid: u16, secondary_header: bool, data: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder {
            secondary_header,
            ..PacketBuilder::telemetry(apid)
        };
        builder.build(data, &mut packet).unwrap();
        packet
    }

    #[test]
    fn what_is_written_is_read_with_and_without_preamble() {
        for (time, preamble, offset, header) in [
            (cuc(), false, 0, "010203048000"),
            (cuc(), true, 2, "00002e010203048000"),
            (cds(), false, 0, "616102932efa0334"),
            (cds(), true, 1, "0041616102932efa0334"),
        ] {
            let field = TimeField {
                offset,
                preamble,
                layout: time.layout(),
            };
            let mut data = Vec::new();
            field.build(&time, &mut data).unwrap();
            let hex = data
                .iter()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert_eq!((hex.as_str(), field.bytes()), (header, Ok(data.len())));
            data.push(0xAB);
            assert_eq!(field.read(&packet(5, true, &data)), Some(Ok(time)));
            assert_eq!(field.read(&packet(5, false, &data)), None);
            assert_eq!(field.read(&packet(LinkPacket::IDLE_APID, true, &data)), None);
        }
    }

    #[test]
    fn the_preamble_in_the_packet_holds() {
        let field = TimeField {
            offset: 0,
            preamble: true,
            layout: TimeLayout::Cuc(CucFormat {
                coarse_bytes: 7,
                fine_bytes: 10,
                ..CUC
            }),
        };
        let data = [0x2E, 1, 2, 3, 4, 0x80, 0];
        assert_eq!(field.read(&packet(5, true, &data)), Some(Ok(cuc())));
        let other = field.read(&packet(5, true, &[0x41, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert!(matches!(other, Some(Err(TimeError::CodeId { found: 4, .. }))));
    }

    #[test]
    fn a_packet_that_ends_within_its_time_is_an_error() {
        let field = TimeField {
            offset: 3,
            preamble: false,
            layout: TimeLayout::Cuc(CUC),
        };
        for length in 1..9 {
            let read = field.read(&packet(5, true, &vec![0; length])).unwrap();
            assert!(matches!(read, Err(TimeError::TooShort { .. })), "{length}");
        }
        assert!(field.read(&packet(5, true, &[0; 9])).unwrap().is_ok());
        assert_eq!(field.read(&[0; 3]), None);
    }
}
