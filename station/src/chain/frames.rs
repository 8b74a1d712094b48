//! Frames to outputs: link layer, records, raw units, counters.

use super::metrics::Counted;
use super::place::SignalAt;
use super::publisher::Publisher;
use crate::StationError;
use crate::monitor::{BlockView, EventKind, FrameView, Level, PacketView};
use crate::output::record::{
    self, CodingRecord, FrameRecord, HeaderRecord, LostBefore, Place, Record, SignalRecord, TcRecord, hex,
};
use crate::output::report::{CodingReport, SignalReport, Spreading};
use crate::output::stream::What;
use crate::output::{BadFrames, Content};
use groundlink_decoder::coding::{FrameQuality, RsOutcome};
use groundlink_decoder::link::{
    Continuity, ControlCommand, LinkCounters, LinkDecoder, LinkFrame, LinkOutput, LinkPacket, Rejection,
    Resync, TcHeader,
};
use groundlink_dsp::receiver::SymbolQuality;
use std::collections::VecDeque;

/// Most frames whose places are remembered for the packets that began in them: more than a packet of the greatest
/// length can span.
const REMEMBERED: usize = 1 << 16;

/// A frame on its way into the link layer.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// Index in the input at which its marker begins.
    pub index: Option<u64>,
    /// Index behind the beginning of its last symbol, where samples are the input.
    pub end: Option<u64>,
    /// Content.
    pub bytes: &'a [u8],
    /// Marker and block, where the coding layer was used.
    pub cadu: Option<&'a [u8]>,
    /// How well it was received, where the coding layer was used.
    pub quality: Option<&'a FrameQuality>,
    /// What makes an Es/N0 per channel symbol an Eb/N0 per information bit, dB.
    pub channel_offset_db: f64,
    /// Whether the coding layer vouches for it.
    pub coding_good: bool,
    /// State of the signal and the Eb/N0 that follows, where samples are the input.
    pub signal: Option<(SignalAt, f64)>,
}

#[derive(Debug, Default)]
struct SignalSpread {
    es_n0_db: Spreading,
    eb_n0_db: Spreading,
    offset_hz: Spreading,
    symbol_rate_hz: Spreading,
    evm_percent: Spreading,
    phase_error_deg: Spreading,
}

/// The last stage of the chain.
#[derive(Debug)]
pub struct FrameStage {
    link: LinkDecoder,
    bad_frames: BadFrames,
    output: LinkOutput,
    places: VecDeque<Place>,
    first_place: u64,
    /// Frames before the first that this link decoder was given.
    base: u64,
    spread: SignalSpread,
    coding: CodingReport,
}

fn verdict(frame: &LinkFrame, quality: Option<&FrameQuality>) -> String {
    if let Some(reason) = frame.rejection {
        return match reason {
            Rejection::Fecf => "FECF".to_owned(),
            Rejection::Scid => "SCID".to_owned(),
            Rejection::Vcid => "VCID".to_owned(),
            other => other.name().replace('_', " "),
        };
    }
    match corrected_symbols(quality) {
        0 => "good".to_owned(),
        n => format!("corrected {n}"),
    }
}

fn corrected_symbols(quality: Option<&FrameQuality>) -> u32 {
    let Some(quality) = quality else { return 0 };
    let outer = quality.reed_solomon.iter().flat_map(|rs| &rs.corrections);
    let symbols: u32 = outer.flatten().map(|&n| u32::from(n)).sum();
    symbols
        + quality
            .iterative
            .iter()
            .map(|word| word.channel_errors)
            .sum::<u32>()
}

fn coding_record(quality: &FrameQuality, channel_offset_db: f64) -> CodingRecord {
    let es_n0_db = quality.es_n0_db.map(f64::from);
    CodingRecord {
        asm_errors: quality.asm_errors,
        inverted: quality.inverted,
        flywheel: quality.flywheel,
        slip_bits: quality.slip_bits,
        channel_symbol_errors: quality.channel_symbols.map(|(errors, _)| errors),
        channel_symbols: quality.channel_symbols.map(|(_, of)| of),
        rs_corrections: quality.reed_solomon.as_ref().map(|rs| rs.corrections.clone()),
        rs_erasures: quality
            .reed_solomon
            .as_ref()
            .map_or_else(Vec::new, |rs| rs.erasures.clone()),
        passes: (quality.passes > 1).then_some(quality.passes),
        channel_es_n0_db: es_n0_db,
        channel_eb_n0_db: es_n0_db.map(|db| db + channel_offset_db),
        iterations: quality.iterative.iter().map(|word| word.iterations).collect(),
        converged: quality.iterative.iter().map(|word| word.converged).collect(),
        syndrome_weights: quality
            .iterative
            .iter()
            .filter_map(|word| word.syndrome_weight)
            .collect(),
    }
}

fn header_record(frame: &LinkFrame) -> Option<HeaderRecord> {
    frame.header.map(|header| HeaderRecord {
        version: header.version,
        scid: header.vc.scid,
        vcid: header.vc.vcid,
        mc_count: header.mc_frame_count,
        vc_count: header.vc_frame_count,
        first_header_pointer: header.first_header_pointer,
        tc: header.tc.map(tc_record),
    })
}

fn tc_record(tc: TcHeader) -> TcRecord {
    TcRecord {
        bypass: tc.bypass,
        command: tc.command.map(|command| match command {
            ControlCommand::Unlock => "unlock",
            ControlCommand::SetVr(_) => "set_v_r",
            ControlCommand::Unknown => "unknown",
        }),
        v_r: match tc.command {
            Some(ControlCommand::SetVr(number)) => Some(number),
            _ => None,
        },
        segment_flags: tc.segment.map(|segment| segment.sequence_flags),
        map: tc.segment.map(|segment| segment.map),
    }
}

/// Record of the signal's state.
pub fn signal_record(signal: SignalAt, eb_n0_db: f64) -> SignalRecord {
    SignalRecord {
        es_n0_db: signal.es_n0_db,
        eb_n0_db,
        offset_hz: signal.offset_hz,
        symbol_rate_hz: signal.symbol_rate_hz,
        evm_percent: signal.quality.map(evm_percent),
        phase_error_deg: signal.quality.map(phase_error_deg),
    }
}

fn evm_percent(quality: SymbolQuality) -> f64 {
    100.0 * f64::from(quality.evm)
}

fn phase_error_deg(quality: SymbolQuality) -> f64 {
    f64::from(quality.phase_error_rad).to_degrees()
}

impl FrameStage {
    /// A stage around this link decoder.
    pub fn new(link: LinkDecoder, bad_frames: BadFrames) -> Self {
        Self {
            link,
            bad_frames,
            output: LinkOutput::default(),
            places: VecDeque::new(),
            first_place: 0,
            base: 0,
            spread: SignalSpread::default(),
            coding: CodingReport::default(),
        }
    }

    /// Counters of the link layer.
    pub fn counters(&self) -> &LinkCounters {
        self.link.counters()
    }

    /// Takes a frame through the link layer and out.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn take(&mut self, received: &Received<'_>, to: &mut Publisher) -> Result<(), StationError> {
        let mut output = std::mem::take(&mut self.output);
        output.frame = None;
        output.packets.clear();
        output.resyncs.clear();
        self.link.feed(received.bytes, received.coding_good, &mut output);
        self.number(&mut output);
        let place = to.place(received.index);
        self.remember(place.clone());
        let outcome = self.publish(received, &place, &output, to);
        self.output = output;
        self.forget();
        outcome
    }

    /// The input has ended.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn finish(&mut self, to: &mut Publisher) -> Result<(), StationError> {
        let mut output = LinkOutput::default();
        self.link.finish(&mut output);
        self.number(&mut output);
        self.publish_rest(&output, to)
    }

    /// Ends this link decoder and goes on with another; frames are numbered on, counters of channels begin anew.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn replace(&mut self, link: LinkDecoder, to: &mut Publisher) -> Result<(), StationError> {
        self.finish(to)?;
        self.base += self.link.counters().fed;
        self.link = link;
        self.places.clear();
        self.first_place = self.base;
        Ok(())
    }

    /// Numbers what the link decoder gave through all link decoders of the run.
    fn number(&self, output: &mut LinkOutput) {
        if self.base == 0 {
            return;
        }
        if let Some(frame) = &mut output.frame {
            frame.ordinal += self.base;
        }
        output
            .resyncs
            .iter_mut()
            .for_each(|resync| resync.frame += self.base);
        for packet in &mut output.packets {
            packet.frame += self.base;
            packet.last_frame += self.base;
        }
    }

    /// The signal as the good frames saw it.
    pub fn signal_report(&self) -> SignalReport {
        SignalReport {
            es_n0_db: self.spread.es_n0_db.spread(),
            eb_n0_db: self.spread.eb_n0_db.spread(),
            offset_hz: self.spread.offset_hz.spread(),
            symbol_rate_hz: self.spread.symbol_rate_hz.spread(),
            evm_percent: self.spread.evm_percent.spread(),
            phase_error_deg: self.spread.phase_error_deg.spread(),
            ..SignalReport::default()
        }
    }

    /// Sums of the coding layer's corrections.
    pub fn coding_report(&self) -> &CodingReport {
        &self.coding
    }

    fn remember(&mut self, place: Place) {
        if self.places.len() == REMEMBERED {
            self.places.pop_front();
            self.first_place += 1;
        }
        self.places.push_back(place);
    }

    /// Lets go of the places that nothing to come can name.
    fn forget(&mut self) {
        let oldest = self
            .link
            .oldest_frame()
            .map_or(u64::MAX, |frame| frame + self.base);
        while self.first_place < oldest && self.places.pop_front().is_some() {
            self.first_place += 1;
        }
    }

    fn place_of(&self, frame: u64) -> Place {
        let index = frame
            .checked_sub(self.first_place)
            .and_then(|i| usize::try_from(i).ok());
        index
            .and_then(|i| self.places.get(i))
            .cloned()
            .unwrap_or_default()
    }

    fn publish(
        &mut self,
        received: &Received<'_>,
        place: &Place,
        output: &LinkOutput,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        let lost_before = received.end.map(|end| to.losses.before(end)).unwrap_or_default();
        if let Some(frame) = &output.frame {
            self.count(frame, received, to);
            count_for_metrics(frame, received, to);
            gap(frame, place, to)?;
            let offset = self.write(frame, received, to)?;
            show(frame, received, place, &lost_before, to);
            note(frame, received, to);
            frame_record(frame, received, place, lost_before, offset, to)?;
        }
        self.publish_rest(output, to)
    }

    fn publish_rest(&self, output: &LinkOutput, to: &mut Publisher) -> Result<(), StationError> {
        for resync in &output.resyncs {
            publish_resync(resync, self.place_of(resync.frame), to)?;
        }
        for packet in &output.packets {
            let place = self.place_of(packet.frame);
            publish_packet(packet, place, self.bad_frames, to)?;
        }
        Ok(())
    }

    fn count(&mut self, frame: &LinkFrame, received: &Received<'_>, to: &mut Publisher) {
        let totals = &mut to.totals;
        match frame.rejection {
            None => totals.frames_good += 1,
            Some(Rejection::Uncorrectable) => totals.frames_uncorrectable += 1,
            Some(_) => totals.frames_rejected += 1,
        }
        if let Continuity::Gap(lost) = frame.continuity {
            totals.frames_lost += u64::from(lost);
        }
        if frame.good() && corrected_symbols(received.quality) > 0 {
            totals.frames_corrected += 1;
        }
        if let Some(quality) = received.quality {
            self.count_coding(quality);
        }
        if let (true, Some((signal, eb_n0_db))) = (frame.good(), received.signal) {
            self.spread.es_n0_db.take(signal.es_n0_db);
            self.spread.eb_n0_db.take(eb_n0_db);
            self.spread.offset_hz.take(signal.offset_hz);
            self.spread.symbol_rate_hz.take(signal.symbol_rate_hz);
            if let Some(quality) = signal.quality {
                self.spread.evm_percent.take(evm_percent(quality));
                self.spread.phase_error_deg.take(phase_error_deg(quality));
            }
        }
    }

    fn count_coding(&mut self, quality: &FrameQuality) {
        if let Some((errors, of)) = quality.channel_symbols {
            self.coding.channel_symbol_errors += u64::from(errors);
            self.coding.channel_symbols += u64::from(of);
        }
        for correction in quality
            .reed_solomon
            .iter()
            .flat_map(|RsOutcome { corrections, .. }| corrections)
        {
            match correction {
                Some(n) => *self.coding.rs_corrections.entry(*n).or_default() += 1,
                None => self.coding.rs_uncorrectable += 1,
            }
        }
        for word in &quality.iterative {
            *self.coding.iterations.entry(word.iterations).or_default() += 1;
            self.coding.codewords_failed += u64::from(!word.converged);
        }
    }

    fn write(
        &self,
        frame: &LinkFrame,
        received: &Received<'_>,
        to: &mut Publisher,
    ) -> Result<Option<u64>, StationError> {
        if !frame.good() && self.bad_frames == BadFrames::Drop {
            return Ok(None);
        }
        if let (Some(sink), Some(cadu)) = (&mut to.outputs.cadus, received.cadu) {
            sink.write(cadu)?;
        }
        let Some(sink) = &mut to.outputs.frames else {
            return Ok(None);
        };
        let offset = sink.bytes();
        sink.write(received.bytes)?;
        Ok(Some(offset))
    }
}

fn count_for_metrics(frame: &LinkFrame, received: &Received<'_>, to: &mut Publisher) {
    let (Some(metrics), Some(index)) = (&mut to.metrics, received.index) else {
        return;
    };
    let counted = Counted {
        good: frame.good(),
        corrected: frame.good() && corrected_symbols(received.quality) > 0,
        lost: match frame.continuity {
            Continuity::Gap(lost) => lost,
            _ => 0,
        },
    };
    metrics.frame(index, counted);
}

/// Tells of a place where packet extraction lost its place.
///
/// # Errors
/// When an output cannot be written.
pub fn publish_resync(resync: &Resync, place: Place, to: &mut Publisher) -> Result<(), StationError> {
    to.event(Level::Warning, &place, || {
        let channel = resync.vc.map_or(String::new(), |vc| format!("VC {}: ", vc.vcid));
        format!(
            "{channel}packets cut, {} bytes dropped: {}",
            resync.dropped_bytes, resync.reason
        )
    });
    to.record(&Record::Resync {
        place,
        scid: resync.vc.map(|vc| vc.scid),
        vcid: resync.vc.map(|vc| vc.vcid),
        dropped_bytes: resync.dropped_bytes,
        reason: resync.reason,
    })
}

fn gap(frame: &LinkFrame, place: &Place, to: &mut Publisher) -> Result<(), StationError> {
    let (Continuity::Gap(lost), Some(header)) = (frame.continuity, frame.header) else {
        return Ok(());
    };
    let (vc, vc_count) = (header.vc, header.vc_frame_count);
    to.event_of(EventKind::Gap, Level::Warning, place, || {
        format!("VC {}: {lost} frames lost before count {vc_count}", vc.vcid)
    });
    to.record(&Record::Gap {
        place: place.clone(),
        scid: vc.scid,
        vcid: vc.vcid,
        lost,
        vc_count,
    })
}

fn frame_record(
    frame: &LinkFrame,
    received: &Received<'_>,
    place: &Place,
    lost_before: LostBefore,
    frames_offset: Option<u64>,
    to: &mut Publisher,
) -> Result<(), StationError> {
    if !to.outputs.records_wanted() {
        return Ok(());
    }
    let (continuity, gap_before) = record::continuity(frame.continuity);
    let tm = frame.header.is_some_and(|header| header.mc_frame_count.is_some());
    let content = Content {
        what: What::Frames,
        bytes: received.bytes,
        cadu: received.cadu,
        good: frame.good(),
        utc: to.utc(place),
    };
    let record = Record::Frame(Box::new(FrameRecord {
        frame: frame.ordinal,
        place: place.clone(),
        good: frame.good(),
        rejection: frame.rejection.map(Rejection::name),
        length: received.bytes.len(),
        header: header_record(frame),
        continuity,
        gap_before,
        mc_gap_before: tm.then_some(frame.mc_gap),
        lost_before,
        idle: frame.idle,
        fecf: frame.fecf_good,
        secondary_header: frame.secondary_header.as_deref().map(hex),
        insert_zone: frame.insert_zone.as_deref().map(hex),
        ocf: frame.ocf.map(|ocf| format!("{ocf:08X}")),
        coding: received
            .quality
            .map(|quality| coding_record(quality, received.channel_offset_db)),
        signal: received
            .signal
            .map(|(signal, eb_n0_db)| signal_record(signal, eb_n0_db)),
        frames_offset,
    }));
    to.unit(record, &content)
}

/// As the receiver has it, else as the decoder has it; NaN where neither knows.
fn eb_n0_db(received: &Received<'_>) -> f64 {
    let decoder = received.quality.and_then(|quality| quality.es_n0_db);
    let decoder = decoder.map_or(f64::NAN, |db| f64::from(db) + received.channel_offset_db);
    received.signal.map_or(decoder, |(_, eb_n0_db)| eb_n0_db)
}

fn show(
    frame: &LinkFrame,
    received: &Received<'_>,
    place: &Place,
    lost_before: &LostBefore,
    to: &mut Publisher,
) {
    if !to.monitor.watched() {
        return;
    }
    to.monitor.push_frame(FrameView {
        ordinal: frame.ordinal,
        sample: place.sample,
        utc: place.utc.clone(),
        header: frame.header,
        verdict: verdict(frame, received.quality),
        good: frame.good(),
        idle: frame.idle,
        gap_before: record::continuity(frame.continuity).1,
        samples_lost: lost_before.samples_lost.unwrap_or(0),
        eb_n0_db: eb_n0_db(received) as f32,
        bytes: received.bytes.to_vec(),
    });
    if let Some(quality) = received.quality {
        to.monitor.push_block(BlockView {
            index: received.index,
            end: received.end,
            good: received.coding_good,
            eb_n0_db: eb_n0_db(received) as f32,
            quality: quality.clone(),
        });
    }
}

/// Notes the frame in the recording.
fn note(frame: &LinkFrame, received: &Received<'_>, to: &Publisher) {
    let (Some(recorder), Some(begin), Some(end)) = (&to.recorder, received.index, received.end) else {
        return;
    };
    let what = if frame.good() { "frame" } else { "bad frame" };
    let mut comment = format!("{} {}", frame.ordinal, verdict(frame, received.quality));
    if let Some(header) = frame.header {
        let (vc, count) = (header.vc, header.vc_frame_count);
        comment = format!("{comment}, SCID {} VCID {} count {count}", vc.scid, vc.vcid);
    }
    recorder.frame(begin..end, what, comment);
}

/// Takes a packet out: raw unit, record, history.
///
/// # Errors
/// When an output cannot be written.
pub fn publish_packet(
    packet: &LinkPacket,
    place: Place,
    bad_frames: BadFrames,
    to: &mut Publisher,
) -> Result<(), StationError> {
    let number = to.totals.packets;
    to.totals.packets += 1;
    to.totals.packets_idle += u64::from(packet.idle());
    let written = packet.crc_good != Some(false) || bad_frames == BadFrames::Mark;
    let mut offset = None;
    if let (true, Some(sink)) = (written, &mut to.outputs.packets) {
        offset = Some(sink.bytes());
        sink.write(&packet.bytes)?;
    }
    let (watched, recorded) = (to.monitor.watched(), to.outputs.records_wanted());
    let time = match &to.packet_time {
        Some(time) if watched || recorded => time.utc_text(&packet.bytes),
        _ => None,
    };
    if watched {
        to.monitor.push_packet(PacketView {
            ordinal: number,
            sample: place.sample,
            utc: place.utc.clone(),
            vc: packet.vc,
            apid: packet.apid,
            sequence_flags: packet.sequence_flags,
            sequence_count: packet.sequence_count,
            gap_before: record::packet_gap(packet.sequence),
            time: time.clone().and_then(Result::ok),
            bytes: packet.bytes.clone(),
        });
    }
    if recorded {
        let content = Content {
            what: What::Packets,
            bytes: &packet.bytes,
            cadu: None,
            good: packet.crc_good != Some(false),
            utc: to.utc(&place),
        };
        to.unit(
            record::packet_record(number, place, packet, time, offset),
            &content,
        )?;
    }
    Ok(())
}
