//! Fields of a received frame, by the link's configuration.

use super::aos::{
    AOS_HEADER_BYTES, AOS_IDLE_VCID, AosHeader, FHEC_BYTES, MPDU_HEADER_BYTES, mpdu_first_header_pointer,
};
use super::channel::Count;
use super::config::{CRC_BYTES, FrameKind, LinkConfig, OCF_BYTES};
use super::crc::{crc16, crc16_good};
use super::report::{FrameHeader, Rejection, VcId};
use super::tc::{ControlCommand, SegmentHeader, TC_HEADER_BYTES, TcFrame, TcHeader};
use super::tm::{FHP_IDLE, FHP_NO_START, TM_HEADER_BYTES, TmFrame};

/// A frame taken apart; nothing is judged yet but its own consistency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts<'a> {
    pub header: Option<FrameHeader>,
    pub count: Option<Count>,
    pub fecf_good: Option<bool>,
    pub idle: bool,
    pub header_corrected: bool,
    pub secondary_header: Option<&'a [u8]>,
    pub insert_zone: Option<&'a [u8]>,
    pub ocf: Option<u32>,
    /// Packet zone with its offset in the frame, and where the first packet begins in it.
    pub packets: Option<(&'a [u8], usize, u16)>,
    /// TC: multiplexer access point of the packets.
    pub map: u8,
    /// What in the frame's own structure is wrong.
    pub fault: Option<Rejection>,
}

impl<'a> Parts<'a> {
    /// Takes `frame` apart. A frame of the wrong length gives its header at most.
    pub fn of(frame: &'a [u8], config: &LinkConfig) -> Self {
        let mut parts = match config.kind {
            FrameKind::Tm => Self::tm(frame, config),
            FrameKind::Aos => Self::aos(frame, config),
            FrameKind::Tc => Self::tc(frame, config),
            FrameKind::Opaque => Self::default(),
        };
        let whole = match config.kind {
            FrameKind::Tc => {
                let least = config.header_bytes() + usize::from(config.fecf) * CRC_BYTES;
                TcFrame::new(frame).is_some_and(|tc| tc.length() == frame.len())
                    && (least..=config.length).contains(&frame.len())
            }
            FrameKind::Tm | FrameKind::Aos | FrameKind::Opaque => frame.len() == config.length,
        };
        if whole {
            parts.fecf_good = check_good(frame, config);
            return parts;
        }
        Self {
            header: parts.header,
            fault: Some(Rejection::Length),
            ..Self::default()
        }
    }

    fn tm(frame: &'a [u8], config: &LinkConfig) -> Self {
        let Some(tm) = TmFrame::new(frame) else {
            return Self::default();
        };
        let pointer = (!tm.sync_flag()).then(|| tm.first_header_pointer());
        let header = FrameHeader {
            version: tm.version(),
            vc: VcId {
                scid: tm.scid(),
                vcid: tm.vcid(),
            },
            mc_frame_count: Some(tm.mc_frame_count()),
            vc_frame_count: tm.vc_frame_count().into(),
            replay: false,
            first_header_pointer: pointer.filter(|_| config.packets.is_some()),
            tc: None,
        };
        let parts = Self {
            header: Some(header),
            count: Some(Count {
                value: header.vc_frame_count,
                bits: 8,
            }),
            idle: pointer == Some(FHP_IDLE),
            ..Self::default()
        };
        let Some(secondary) = tm.secondary_header() else {
            return Self {
                fault: Some(Rejection::SecondaryHeader),
                ..parts
            };
        };
        let (trailer_start, ocf) = trailer(frame, config, tm.ocf_flag());
        let start = TM_HEADER_BYTES + secondary.len();
        let Some(zone) = frame.get(start..trailer_start) else {
            return Self {
                fault: Some(Rejection::SecondaryHeader),
                ..parts
            };
        };
        Self {
            secondary_header: (!secondary.is_empty()).then_some(secondary),
            ocf,
            packets: header.first_header_pointer.map(|pointer| (zone, start, pointer)),
            ..parts
        }
    }

    fn tc(frame: &'a [u8], config: &LinkConfig) -> Self {
        let Some(tc) = TcFrame::new(frame) else {
            return Self::default();
        };
        let (end, _) = trailer(frame, config, false);
        let field = frame.get(TC_HEADER_BYTES..end).unwrap_or_default();
        let command = tc.control_command().then(|| ControlCommand::new(field));
        let segment = (config.segment_header && command.is_none())
            .then(|| field.first().copied().map(SegmentHeader::new))
            .flatten();
        let header = FrameHeader {
            version: tc.version(),
            vc: VcId {
                scid: tc.scid(),
                vcid: tc.vcid(),
            },
            mc_frame_count: None,
            vc_frame_count: tc.sequence_number().into(),
            replay: false,
            first_header_pointer: None,
            tc: Some(TcHeader {
                bypass: tc.bypass(),
                command,
                segment,
            }),
        };
        let offset = config.header_bytes();
        let packets = command.is_none() && config.packets.is_some();
        // A packet begins in every data field but those of further segments.
        let begins = segment.is_none_or(|segment| segment.sequence_flags & 1 != 0);
        Self {
            header: Some(header),
            count: (!tc.bypass()).then_some(Count {
                value: header.vc_frame_count,
                bits: 8,
            }),
            packets: frame
                .get(offset..end)
                .filter(|zone| packets && !zone.is_empty())
                .map(|zone| (zone, offset, if begins { 0 } else { FHP_NO_START })),
            map: segment.map_or(0, |segment| segment.map),
            ..Self::default()
        }
    }

    fn aos(frame: &'a [u8], config: &LinkConfig) -> Self {
        let Some(received) = AosHeader::new(frame) else {
            return Self::default();
        };
        let corrected = if config.fhec {
            AosHeader::corrected(frame)
        } else {
            Some((received, 0))
        };
        let (aos, nibbles) = corrected.unwrap_or((received, 0));
        let insert_start = AOS_HEADER_BYTES + usize::from(config.fhec) * FHEC_BYTES;
        let data_start = config.header_bytes();
        let (trailer_start, ocf) = trailer(frame, config, config.ocf);
        let data = frame.get(data_start..trailer_start).unwrap_or_default();
        let only_idle = aos.vcid() == AOS_IDLE_VCID;
        let pointer = mpdu_first_header_pointer(data).filter(|_| config.packets.is_some() && !only_idle);
        let header = FrameHeader {
            version: aos.version(),
            vc: VcId {
                scid: aos.scid(),
                vcid: aos.vcid(),
            },
            mc_frame_count: None,
            vc_frame_count: aos.vc_frame_count(),
            replay: aos.replay(),
            first_header_pointer: pointer,
            tc: None,
        };
        Self {
            header: Some(header),
            count: Some(Count {
                value: header.vc_frame_count,
                bits: if aos.cycle_in_use() { 28 } else { 24 },
            }),
            idle: only_idle || pointer == Some(FHP_IDLE),
            header_corrected: nibbles > 0,
            insert_zone: frame
                .get(insert_start..data_start)
                .filter(|zone| !zone.is_empty()),
            ocf,
            packets: pointer
                .zip(data.get(MPDU_HEADER_BYTES..))
                .map(|(pointer, zone)| (zone, data_start + MPDU_HEADER_BYTES, pointer)),
            fault: corrected.is_none().then_some(Rejection::HeaderErrorControl),
            ..Self::default()
        }
    }
}

/// Where the data field ends, and the operational control field after it.
fn trailer(frame: &[u8], config: &LinkConfig, has_ocf: bool) -> (usize, Option<u32>) {
    let end = frame.len().saturating_sub(usize::from(config.fecf) * CRC_BYTES);
    if !has_ocf {
        return (end, None);
    }
    let start = end.saturating_sub(OCF_BYTES);
    (
        start,
        frame[start..end]
            .first_chunk()
            .map(|bytes| u32::from_be_bytes(*bytes)),
    )
}

/// Result of the frame's CRCs, `None` if it has none.
fn check_good(frame: &[u8], config: &LinkConfig) -> Option<bool> {
    let fecf = config.fecf.then(|| crc16_good(frame));
    let Some(span) = config.opaque_crc else {
        return fecf;
    };
    let covered = frame.get(span.from..span.to);
    let check = frame.get(span.to..span.to + CRC_BYTES);
    let good = covered
        .zip(check)
        .is_some_and(|(bytes, check)| crc16(bytes).to_be_bytes() == check);
    Some(good && fecf != Some(false))
}
