//! The chain run over the stretch with a profile, and how far the signal came.

use super::material::Material;
use crate::profile::Profile;
use groundlink_decoder::coding::{
    CodingConfig, FrameDecoder, LineCode, MarkerSurvey, SymbolBits, survey_markers,
};
use groundlink_decoder::link::{Continuity, FrameKind, LinkConfig, LinkCounters, LinkDecoder, LinkOutput};
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{SignalConfig, SoftBatch};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Samples given to a receiver at a time.
const BLOCK: usize = 1 << 16;
/// Share of the soft bits that must be received in lock for the signal to count as received.
const LOCKED_SHARE: f64 = 0.1;
/// Probability of noise giving so many frames above which they prove nothing.
const CHANCE: f64 = 1e-6;
/// Receptions kept.
const KEPT: usize = 4;

/// What a receiver made of the samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reception {
    /// Soft bits in runs without interruption.
    pub runs: Vec<Vec<i8>>,
    /// Share of the soft bits received in lock.
    pub locked_share: f64,
    /// Mean Es/N0 in lock, dB; NaN without lock.
    pub es_n0_db: f64,
    /// Mean carrier offset in lock, Hz; NaN without lock.
    pub offset_hz: f64,
    /// Mean symbol rate in lock; NaN without lock.
    pub symbol_rate_hz: f64,
    /// Restarts behind the first.
    pub restarts: usize,
}

impl Reception {
    /// Whether a signal was received.
    pub fn locked(&self) -> bool {
        self.locked_share >= LOCKED_SHARE
    }
}

/// What became of the frames.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Blocks begun.
    pub blocks: u64,
    /// Blocks that the code vouches for (or all, where there is no code).
    pub coded_good: u64,
    /// Blocks whose codeword was corrected, and symbols corrected.
    pub corrected: (u64, u64),
    /// Frames in which every check passed.
    pub good: u64,
    /// Good frames that a check with some power vouches for.
    pub verified: u64,
    /// Of the good ones, frames with only idle data.
    pub idle: u64,
    /// Packets, those that are not idle, and places where the place in them was lost.
    pub packets: (u64, u64, u64),
    /// Frames expected of noise.
    pub by_chance: f64,
    /// Spacecraft and virtual channels that frames name which the coding vouches for, with how many name them.
    pub named: BTreeMap<(u8, u16, u8), u64>,
    /// Rejected frames by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Share of blocks whose marker was inverted.
    pub inverted: u64,
    /// Counters of the link.
    pub link: LinkCounters,
}

/// How far the signal came with a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The receiver; `None` where the input has no samples.
    pub reception: Option<Arc<Reception>>,
    /// The marker; `None` where frames are the input, or telecommand coding has none.
    pub survey: Option<Arc<MarkerSurvey>>,
    /// The frames.
    pub decoded: Decoded,
    /// Bits from marker to marker as the profile has it.
    pub unit_bits: u64,
}

impl Outcome {
    /// Verified frames that are more than chance over so many trials; 0 where they are not.
    pub fn proven(&self, trials: usize) -> u64 {
        let frames = self.decoded.verified;
        let expected = self.decoded.by_chance * trials.max(1) as f64;
        let chance = (1..=frames.min(60)).fold(1.0, |p, n| p * expected / n as f64);
        if frames > 0 && chance < CHANCE { frames } else { 0 }
    }

    /// How far it came: a step of the chain, and how much came there.
    pub fn reached(&self, trials: usize) -> (u8, u64) {
        let decoded = &self.decoded;
        if self.proven(trials) > 0 {
            return (6, decoded.verified);
        }
        let locked = self.reception.as_ref().is_none_or(|reception| reception.locked());
        let survey = self.survey.as_deref();
        // Without lock symbols slip, and markers that slip through stand at any distance.
        let spaced = survey.filter(|survey| survey.periodic() && locked);
        let fits = spaced.is_some_and(|survey| survey.spacing_bits == Some(self.unit_bits));
        if decoded.coded_good > 0 && (fits || self.survey.is_none()) {
            return (5, decoded.good * 1000 + decoded.coded_good);
        }
        if let Some(survey) = spaced {
            return (if fits { 4 } else { 3 }, survey.pairs as u64);
        }
        (u8::from(locked), 0)
    }
}

/// Runs profiles over one stretch, and keeps what receivers made of it.
pub struct Bench<'a> {
    material: &'a Material,
    receptions: Vec<(SignalConfig, Arc<Reception>)>,
}

impl<'a> Bench<'a> {
    /// A bench for this stretch.
    pub fn new(material: &'a Material) -> Self {
        Self {
            material,
            receptions: Vec::new(),
        }
    }

    /// Runs the whole chain; `None` where the profile cannot be run on this input.
    pub fn run(&mut self, profile: &Profile) -> Option<Outcome> {
        let coding = profile.coding_config().ok()?;
        let link = profile.link_config().ok()?;
        match self.material {
            Material::Samples { rate_hz, complex, .. } => {
                let signal = profile.signal_config(*rate_hz, *complex).ok()?;
                let reception = self.receive(&signal)?;
                let runs: Vec<&[i8]> = reception.runs.iter().map(Vec::as_slice).collect();
                let outcome = decode(&coding, &link, &runs)?;
                Some(Outcome {
                    reception: Some(Arc::clone(&reception)),
                    ..outcome
                })
            }
            Material::Soft(soft) => decode(&coding, &link, &[soft]),
            Material::Bits(bits) => decode(&behind_inner(&coding), &link, &[bits]),
            Material::Frames(bytes) => frames(&link, bytes),
        }
    }

    fn receive(&mut self, signal: &SignalConfig) -> Option<Arc<Reception>> {
        if let Some((_, known)) = self.receptions.iter().find(|(config, _)| config == signal) {
            return Some(Arc::clone(known));
        }
        let Material::Samples { samples, .. } = self.material else {
            return None;
        };
        let reception = Arc::new(receive(signal, samples)?);
        if self.receptions.len() == KEPT {
            // The first is that of the profile as it is, which all trials behind the receiver use.
            self.receptions.remove(1);
        }
        self.receptions.push((signal.clone(), Arc::clone(&reception)));
        Some(reception)
    }
}

/// The coding of bits that need no inner decoding.
pub fn behind_inner(coding: &CodingConfig) -> CodingConfig {
    CodingConfig {
        symbols: SymbolBits::One,
        convolutional: None,
        line_code: LineCode::NrzL,
        descrambler: None,
        ..coding.clone()
    }
}

fn receive(signal: &SignalConfig, samples: &[groundlink_dsp::Complex32]) -> Option<Reception> {
    let mut receiver = Receiver::new(signal).ok()?;
    let mut batch = SoftBatch::default();
    for block in samples.chunks(BLOCK) {
        receiver.process(block, &mut batch);
    }
    receiver.finish(&mut batch);
    Some(summed(&batch))
}

/// Sums up the marks.
fn summed(batch: &SoftBatch) -> Reception {
    let mut reception = Reception::default();
    let mut locked = 0.0;
    let mut sums = [0.0; 3];
    for (n, mark) in batch.marks.iter().enumerate() {
        let end = batch.marks.get(n + 1).map_or(batch.llrs.len(), |next| next.bit);
        let bits = &batch.llrs[mark.bit..end];
        if mark.restart || reception.runs.is_empty() {
            reception.restarts += usize::from(!reception.runs.is_empty());
            reception.runs.push(Vec::new());
        }
        if let Some(run) = reception.runs.last_mut() {
            run.extend_from_slice(bits);
        }
        if mark.locked && mark.es_n0_db.is_finite() {
            let weight = bits.len() as f64;
            locked += weight;
            let values = [f64::from(mark.es_n0_db), mark.offset_hz, mark.symbol_rate_hz];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += weight * value;
            }
        }
    }
    reception.locked_share = locked / batch.llrs.len().max(1) as f64;
    [reception.es_n0_db, reception.offset_hz, reception.symbol_rate_hz] = sums.map(|sum| sum / locked);
    reception
}

/// Decodes soft bits.
pub fn decode(coding: &CodingConfig, link: &LinkConfig, runs: &[&[i8]]) -> Option<Outcome> {
    let survey = match &coding.cltu {
        Some(_) => None,
        None => Some(Arc::new(survey_markers(&surveyed(coding), runs).ok()?)),
    };
    let decoded = decode_frames(coding, link, runs)?;
    Some(Outcome {
        reception: None,
        survey,
        decoded,
        unit_bits: unit_bits(coding),
    })
}

/// Where frames are sliced into codewords, the marker before the codewords is that to look for.
fn surveyed(coding: &CodingConfig) -> CodingConfig {
    let sliced = coding
        .iterative
        .as_ref()
        .and_then(|iterative| iterative.sliced.as_ref());
    match sliced {
        Some(sliced) => CodingConfig {
            asm: sliced.csm.clone(),
            ..coding.clone()
        },
        None => coding.clone(),
    }
}

/// Bits from marker to marker.
pub fn unit_bits(coding: &CodingConfig) -> u64 {
    let asm = surveyed(coding).asm.bits as usize;
    let bits = match &coding.iterative {
        Some(iterative) => iterative.codewords * iterative.code.code_bits(),
        None => 8 * coding.block_bytes,
    };
    (asm + bits) as u64
}

/// Frames of soft bits.
pub fn decode_frames(coding: &CodingConfig, link: &LinkConfig, runs: &[&[i8]]) -> Option<Decoded> {
    let mut decoder = FrameDecoder::new(coding).ok()?;
    let mut frames = Vec::new();
    let mut units = 0.0;
    for (n, run) in runs.iter().enumerate() {
        if n > 0 {
            decoder.restart(&mut frames);
        }
        decoder.feed(run, &mut frames);
        units += run.len() as f64 / unit_bits(coding) as f64;
    }
    decoder.finish(&mut frames);
    let alone = checked(coding, link) || link.kind == FrameKind::Opaque;
    let mut judge = Judge::new(link, alone)?;
    for frame in &frames {
        let undecided = link.fecf && frame.undecided();
        judge.take(&frame.bytes, frame.good() || undecided);
        judge.decoded.inverted += u64::from(frame.quality.inverted);
        if let Some(rs) = &frame.quality.reed_solomon
            && rs.good()
        {
            let symbols: u64 = rs.corrections.iter().flatten().map(|&n| u64::from(n)).sum();
            judge.decoded.corrected.0 += u64::from(symbols > 0);
            judge.decoded.corrected.1 += symbols;
        }
    }
    let mut decoded = judge.finish();
    let crc = if link.fecf || link.opaque_crc.is_some() {
        1.0 / 65_536.0
    } else {
        1.0
    };
    decoded.by_chance = units.max(1.0) * decoder.status().false_alarm_per_frame * crc;
    if !alone {
        // Frames whose counts follow each other vouch for each other: one in 256 does so by chance.
        decoded.by_chance = units.max(1.0) / 256.0;
    }
    Some(decoded)
}

/// Whether frames carry a check with some power.
fn checked(coding: &CodingConfig, link: &LinkConfig) -> bool {
    let code = coding.reed_solomon.is_some() || coding.iterative.is_some() || coding.cltu.is_some();
    code || link.fecf || link.opaque_crc.is_some()
}

fn frames(link: &LinkConfig, bytes: &[u8]) -> Option<Outcome> {
    let strong = link.fecf || link.opaque_crc.is_some();
    let mut judge = Judge::new(link, strong)?;
    for frame in bytes.chunks_exact(link.length.max(1)) {
        judge.take(frame, true);
    }
    let mut decoded = judge.finish();
    let units = (bytes.len() / link.length.max(1)) as f64;
    decoded.by_chance = units * if strong { 1.0 / 65_536.0 } else { 1.0 / 256.0 };
    Some(Outcome {
        reception: None,
        survey: None,
        decoded,
        unit_bits: 8 * link.length as u64,
    })
}

/// Takes frames apart and counts.
struct Judge {
    link: LinkDecoder,
    /// Whether the checks of a frame alone vouch for it; else that its count follows another's.
    strong: bool,
    decoded: Decoded,
    output: LinkOutput,
}

impl Judge {
    fn new(link: &LinkConfig, strong: bool) -> Option<Self> {
        Some(Self {
            link: LinkDecoder::new(link).ok()?,
            strong,
            decoded: Decoded::default(),
            output: LinkOutput::default(),
        })
    }

    fn take(&mut self, bytes: &[u8], coding_good: bool) {
        let decoded = &mut self.decoded;
        decoded.blocks += 1;
        decoded.coded_good += u64::from(coding_good);
        self.output.packets.clear();
        self.output.resyncs.clear();
        self.link.feed(bytes, coding_good, &mut self.output);
        let Some(frame) = &self.output.frame else {
            return;
        };
        if let (true, Some(header)) = (coding_good, frame.header) {
            let name = (header.version, header.vc.scid, header.vc.vcid);
            *decoded.named.entry(name).or_default() += 1;
        }
        if frame.good() {
            decoded.good += 1;
            decoded.idle += u64::from(frame.idle);
            let follows = frame.continuity == Continuity::Next;
            decoded.verified += u64::from(self.strong || follows);
        }
        let packets = &self.output.packets;
        decoded.packets.0 += packets.len() as u64;
        decoded.packets.1 += packets.iter().filter(|packet| !packet.idle()).count() as u64;
        decoded.packets.2 += self.output.resyncs.len() as u64;
    }

    fn finish(mut self) -> Decoded {
        self.decoded.link = self.link.counters().clone();
        self.decoded.rejected = self.decoded.link.rejected.clone();
        self.decoded
    }
}
