//! Frames to packets, everything counted.

use std::collections::BTreeMap;

use super::aos::AOS_IDLE_VCID;
use super::channel::{Evidence, McCount, VcCount};
use super::config::{FrameKind, LinkConfig, LinkError};
use super::parts::Parts;
use super::reassembly::{Reassembler, Zone};
use super::report::{
    Continuity, FrameHeader, LinkCounters, LinkFrame, LinkOutput, Rejection, VcCounters, VcId,
};
use super::sequence::Ledger;
use super::tm::FHP_NO_START;

/// Most frames that a jump of TC's frame sequence number is taken for: the sender never is further ahead of the frame
/// that the receiver expects (CCSDS 232.1-B, positive window width), and goes back to it to send again.
const MOST_LOST_TC: u32 = 127;

/// Frames in, packets out, everything counted.
#[derive(Debug)]
pub struct LinkDecoder {
    config: LinkConfig,
    counters: LinkCounters,
    masters: BTreeMap<u16, McCount>,
    channels: BTreeMap<VcId, Channel>,
    last_rejected: Option<u64>,
}

/// What is remembered of a virtual channel.
#[derive(Debug)]
struct Channel {
    count: VcCount,
    /// By multiplexer access point, which only TC has: else there is one, 0.
    reassemblers: BTreeMap<u8, Reassembler>,
    ledger: Ledger,
    /// The newest good frame, to recognise duplicates.
    last_frame: Vec<u8>,
    last_ordinal: u64,
    /// [`McCount::breaks`] at the newest frame.
    mc_breaks: u64,
}

impl Channel {
    fn new() -> Self {
        Self {
            count: VcCount::default(),
            reassemblers: BTreeMap::new(),
            ledger: Ledger::default(),
            last_frame: Vec::new(),
            last_ordinal: 0,
            mc_breaks: 0,
        }
    }
}

impl LinkDecoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &LinkConfig) -> Result<Self, LinkError> {
        config.validate()?;
        Ok(Self {
            config: config.clone(),
            counters: LinkCounters::default(),
            masters: BTreeMap::new(),
            channels: BTreeMap::new(),
            last_rejected: None,
        })
    }

    /// Takes the next frame apart; what comes of it is appended to `out`.
    ///
    /// `coding_good` says whether the coding layer vouches for the bytes. A frame that it does not vouch for,
    /// or that fails a check here, is reported and counted but never used for continuity or packets.
    pub fn feed(&mut self, frame: &[u8], coding_good: bool, out: &mut LinkOutput) {
        let ordinal = self.counters.fed;
        self.counters.fed += 1;
        let parts = Parts::of(frame, &self.config);
        match parts.fecf_good {
            Some(true) => self.counters.fecf_good += 1,
            Some(false) => self.counters.fecf_bad += 1,
            None => {}
        }
        let rejection = self.judge(&parts, coding_good);
        let mut report = LinkFrame {
            ordinal,
            header: parts.header,
            fecf_good: parts.fecf_good,
            rejection,
            continuity: Continuity::Uncounted,
            mc_gap: 0,
            idle: parts.idle,
            secondary_header: parts.secondary_header.map(<[u8]>::to_vec),
            insert_zone: parts.insert_zone.map(<[u8]>::to_vec),
            ocf: parts.ocf,
        };
        if let Some(reason) = rejection {
            *self.counters.rejected.entry(reason.name()).or_default() += 1;
            self.last_rejected = Some(ordinal);
        } else {
            self.counters.good += 1;
            self.counters.headers_corrected += u64::from(parts.header_corrected);
            if let Some(header) = parts.header {
                self.accept(frame, header, &parts, &mut report, out);
            }
        }
        out.frame = Some(report);
    }

    /// The input has ended: packets still incomplete are counted as cut.
    pub fn finish(&mut self, out: &mut LinkOutput) {
        for (vc, channel) in &mut self.channels {
            let counters = self.counters.vcs.entry(*vc).or_default();
            for reassembler in channel.reassemblers.values_mut() {
                out.resyncs.extend(reassembler.finish(counters));
            }
        }
    }

    /// Oldest frame that a packet or resynchronisation to come may name, beside frames to come; `None` if there is none.
    pub fn oldest_frame(&self) -> Option<u64> {
        let channels = self.channels.values();
        let maps = channels.flat_map(|channel| channel.reassemblers.values());
        maps.filter_map(Reassembler::oldest_frame).min()
    }

    /// All counters so far.
    pub fn counters(&self) -> &LinkCounters {
        &self.counters
    }

    /// First reason to reject a frame, if there is one.
    fn judge(&self, parts: &Parts<'_>, coding_good: bool) -> Option<Rejection> {
        if !coding_good {
            return Some(Rejection::Uncorrectable);
        }
        if parts.fault == Some(Rejection::Length) {
            return parts.fault;
        }
        if parts.fecf_good == Some(false) {
            return Some(Rejection::Fecf);
        }
        if parts.fault == Some(Rejection::HeaderErrorControl) {
            return parts.fault;
        }
        self.judge_header(parts.header?).or(parts.fault)
    }

    fn judge_header(&self, header: FrameHeader) -> Option<Rejection> {
        let version = u8::from(self.config.kind == FrameKind::Aos);
        let aos_idle = self.config.kind == FrameKind::Aos && header.vc.vcid == AOS_IDLE_VCID;
        let vcids = &self.config.vcids;
        if header.version != version {
            return Some(Rejection::Version);
        }
        if self.config.scid.is_some_and(|scid| scid != header.vc.scid) {
            return Some(Rejection::Scid);
        }
        let known = vcids.is_empty() || aos_idle || vcids.contains(&header.vc.vcid);
        (!known).then_some(Rejection::Vcid)
    }

    /// Counts a good frame in its channels and takes its packets out.
    fn accept(
        &mut self,
        frame: &[u8],
        header: FrameHeader,
        parts: &Parts<'_>,
        report: &mut LinkFrame,
        out: &mut LinkOutput,
    ) {
        let channel = self.channels.entry(header.vc).or_insert_with(Channel::new);
        let mut mc_steady = false;
        if let Some(count) = header.mc_frame_count {
            let master = self.masters.entry(header.vc.scid).or_default();
            let counters = self.counters.master_channels.entry(header.vc.scid).or_default();
            report.mc_gap = master.place(count, counters).into();
            mc_steady = master.breaks() == channel.mc_breaks;
            channel.mc_breaks = master.breaks();
        }
        let evidence = Evidence {
            idle: parts.idle,
            same_content: channel.last_frame == frame,
            mc_steady,
            most_lost: if self.config.kind == FrameKind::Tc {
                MOST_LOST_TC
            } else {
                u32::MAX
            },
        };
        report.continuity = parts
            .count
            .map_or(Continuity::Uncounted, |c| channel.count.place(c, evidence));

        let counters = self.counters.vcs.entry(header.vc).or_default();
        count_frame(counters, header, report);
        let rejected_between = self
            .last_rejected
            .is_some_and(|rejected| rejected > channel.last_ordinal);
        let interruption = match report.continuity {
            Continuity::Gap(_) => Some("frames lost"),
            Continuity::Reset => Some("frame count began anew"),
            Continuity::Uncounted if rejected_between => Some("frame rejected"),
            _ => None,
        };
        if let Some(reason) = interruption {
            for reassembler in channel.reassemblers.values_mut() {
                reassembler.interrupt(report.ordinal, reason, counters);
            }
        }
        if report.continuity != Continuity::Duplicate {
            channel.last_frame.clear();
            channel.last_frame.extend_from_slice(frame);
            self.take_packets(header, parts, report.ordinal, out);
        }
        if let Some(channel) = self.channels.get_mut(&header.vc) {
            channel.last_ordinal = report.ordinal;
        }
    }

    fn take_packets(&mut self, header: FrameHeader, parts: &Parts<'_>, ordinal: u64, out: &mut LinkOutput) {
        let Some(config) = &self.config.packets else {
            return;
        };
        let Some((bytes, offset, pointer)) = parts.packets else {
            return;
        };
        let Some(Channel {
            reassemblers, ledger, ..
        }) = self.channels.get_mut(&header.vc)
        else {
            return;
        };
        if parts.idle {
            return;
        }
        let counters = self.counters.vcs.entry(header.vc).or_default();
        let zone = Zone {
            bytes,
            pointer,
            offset,
            frame: ordinal,
        };
        let packets = &mut out.packets;
        let reassembler = reassemblers
            .entry(parts.map)
            .or_insert_with(|| Reassembler::new(header.vc));
        let resync = reassembler.feed(zone, config, counters, |packet, span, counters| {
            counters.packets += 1;
            counters.packet_bytes += packet.len() as u64;
            packets.extend(ledger.enter(config, packet, Some(header.vc), span, &mut counters.apids));
        });
        out.resyncs.extend(resync);
    }
}

fn count_frame(counters: &mut VcCounters, header: FrameHeader, report: &LinkFrame) {
    counters.frames += 1;
    counters.idle += u64::from(report.idle);
    counters.no_packet_start += u64::from(header.first_header_pointer == Some(FHP_NO_START));
    counters.last_count = header.vc_frame_count;
    counters.last_ocf = report.ocf.or(counters.last_ocf);
    match report.continuity {
        Continuity::Gap(lost) => {
            counters.gaps += 1;
            counters.lost += u64::from(lost);
        }
        Continuity::Duplicate => counters.duplicates += 1,
        Continuity::Reset => counters.resets += 1,
        Continuity::First | Continuity::Next | Continuity::Uncounted => {}
    }
}
