//! What stands in front of frame synchronisation, looked at without believing in a frame's length: how many markers
//! there are, and how far apart.

use super::arms::Arms;
use super::asm::Marker;
use super::config::{CodingConfig, CodingError, Descrambler, SymbolBits};
use super::descrambler::Iess308Descrambler;
use super::false_alarm::Check;
use super::inner::InnerDecoder;
use super::line_code::LineDecoder;
use std::collections::BTreeMap;

/// Soft bits fed at a time: how often the inner decoder is asked whether it is locked.
const PART: usize = 4096;
/// Markers behind a marker to which the distance is taken: some between may be missed.
const FOLLOWERS: usize = 4;
/// Candidates that a random stretch of a frame's length may offer: their distances tell them from markers.
const CANDIDATES: f64 = 0.25;

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MarkerSurvey {
    /// Bits behind the inner decoder.
    pub bits: u64,
    /// Places where the marker fits, in the arrangement of the soft bits in which there are most.
    pub markers: usize,
    /// Of these, with all bits inverted.
    pub inverted: usize,
    /// Places expected to fit by chance alone.
    pub by_chance: f64,
    /// Commonest distance between markers, bits from the beginning of one to that of another.
    pub spacing_bits: Option<u64>,
    /// Pairs at this distance.
    pub pairs: usize,
    /// Share of the stretch in which the inner decoder's node synchronisation held; 1 where there is none.
    pub node_share: f64,
    /// What node synchronisation found last, for people.
    pub node: String,
    /// Inner decoder's channel symbol error rate where it was locked last; NaN where unknown.
    pub channel_ber: f32,
    /// For each run the soft bits in that arrangement, as frame synchronisation would have them.
    pub runs: Vec<Vec<i8>>,
}

impl MarkerSurvey {
    /// Whether the markers cannot be chance: enough of them stand at one distance.
    pub fn periodic(&self) -> bool {
        self.pairs >= 3 || (self.pairs >= 2 && self.markers <= 6)
    }
}

/// Looks for the markers of this configuration in runs of consecutive soft bits (`i8`, positive = 1), whatever the
/// distance between them; of the configuration only what stands before frame synchronisation counts, and the marker.
///
/// # Errors
/// When the configuration is impossible.
pub fn survey_markers(config: &CodingConfig, runs: &[&[i8]]) -> Result<MarkerSurvey, CodingError> {
    if config.convolutional.is_some() && config.symbols == SymbolBits::Three {
        return Err(CodingError::InnerWithEighths);
    }
    let mut front = Front::new(config);
    let mut found = MarkerSurvey {
        channel_ber: f32::NAN,
        ..MarkerSurvey::default()
    };
    let mut streams = vec![Vec::new(); front.streams.len()];
    for run in runs {
        front.feed(run);
        found.bits += front.streams[0].len() as u64;
        for (runs, stream) in streams.iter_mut().zip(&mut front.streams) {
            runs.push(std::mem::take(stream));
        }
    }
    // What looks like the marker less than the marker itself may repeat too, as fill does.
    for marker in &front.markers {
        let all = streams
            .iter()
            .map(|runs| Places::of(marker, runs, front.unit_bits));
        let Some((best, places)) = all.enumerate().max_by_key(|(_, places)| places.rank()) else {
            break;
        };
        found.markers = places.count;
        found.inverted = places.inverted;
        (found.spacing_bits, found.pairs) = places.commonest();
        found.by_chance = marker.candidates(found.bits as f64);
        if found.periodic() {
            found.runs = std::mem::take(&mut streams[best]);
            break;
        }
        found.runs.clone_from(&streams[best]);
    }
    found.node_share = front.held as f64 / front.parts.max(1) as f64;
    found.node = front.node;
    found.channel_ber = front.channel_ber;
    Ok(found)
}

/// The receiving chain up to frame synchronisation.
struct Front {
    inner: Option<InnerDecoder>,
    arms: Arms,
    config: CodingConfig,
    /// The marker as it is told from all else, and as a code that checks would have it.
    markers: [Marker; 2],
    /// Bits from marker to marker as the configuration has it.
    unit_bits: u64,
    /// Bits of the run, in every arrangement.
    streams: Vec<Vec<i8>>,
    parts: u64,
    /// Parts behind which the inner decoder was locked.
    held: u64,
    node: String,
    channel_ber: f32,
}

impl Front {
    fn new(config: &CodingConfig) -> Self {
        let frame_bits = 8 * config.block_bytes + config.asm.bits as usize;
        let inner = config
            .convolutional
            .map(|code| InnerDecoder::new(code, config.symbols, frame_bits));
        let arms = Arms::new(config.symbols);
        let streams = inner.as_ref().map_or(arms.streams(), InnerDecoder::streams);
        let places = (frame_bits * streams) as f64 / (4.0 * CANDIDATES);
        Self {
            markers: [Check::none(), Check::algebraic(1e-9)]
                .map(|check| Marker::new(&config.asm, places, check, inner.is_some())),
            unit_bits: frame_bits as u64,
            inner,
            arms,
            config: config.clone(),
            streams: vec![Vec::new(); streams],
            parts: 0,
            held: 0,
            node: String::new(),
            channel_ber: f32::NAN,
        }
    }

    /// Makes the bits of a run.
    fn feed(&mut self, run: &[i8]) {
        self.streams.iter_mut().for_each(Vec::clear);
        for part in run.chunks(PART) {
            self.parts += 1;
            let Some(inner) = &mut self.inner else {
                self.held += 1;
                self.arms.process(part, &mut self.streams);
                continue;
            };
            inner.feed(part);
            if inner.locked() {
                self.held += 1;
                self.node = inner.describe();
                self.channel_ber = inner.channel_ber();
            }
            take(inner, &mut self.streams);
        }
        if let Some(inner) = &mut self.inner {
            inner.finish();
            take(inner, &mut self.streams);
        } else {
            self.arms.finish(&mut self.streams);
        }
        for stream in &mut self.streams {
            LineDecoder::new(self.config.line_code).process(stream);
            if let Some(Descrambler::Iess308) = self.config.descrambler {
                Iess308Descrambler::default().process(stream);
            }
        }
    }
}

fn take(inner: &mut InnerDecoder, streams: &mut [Vec<i8>]) {
    let decoded = inner.output();
    for (stream, bits) in streams.iter_mut().zip(&decoded.streams) {
        stream.extend_from_slice(bits);
    }
    decoded.clear();
}

/// Markers of one arrangement.
#[derive(Debug, Default)]
struct Places {
    count: usize,
    inverted: usize,
    distances: BTreeMap<u64, usize>,
    /// Distance expected.
    unit_bits: u64,
}

impl Places {
    fn of(marker: &Marker, runs: &[Vec<i8>], unit_bits: u64) -> Self {
        let mut places = Self {
            unit_bits,
            ..Self::default()
        };
        for run in runs {
            places.take(marker, run);
        }
        places
    }

    fn take(&mut self, marker: &Marker, stream: &[i8]) {
        let mut from = 0;
        let mut before: Vec<(u64, bool)> = Vec::new();
        while let Some((place, fit)) = marker.find(&stream[from..]) {
            let bit = (from + place) as u64;
            self.count += 1;
            self.inverted += usize::from(fit.inverted);
            let alike = before
                .iter()
                .rev()
                .filter(|(_, inverted)| *inverted == fit.inverted);
            for (earlier, _) in alike.take(FOLLOWERS) {
                *self.distances.entry(bit - earlier).or_default() += 1;
            }
            before.push((bit, fit.inverted));
            from += place + 1;
        }
    }

    /// Commonest distance, the shortest of several, with its pairs; that expected, where it is about as common.
    fn commonest(&self) -> (Option<u64>, usize) {
        let best = self
            .distances
            .iter()
            .max_by_key(|&(&distance, &pairs)| (pairs, std::cmp::Reverse(distance)));
        let Some((&distance, &pairs)) = best else {
            return (None, 0);
        };
        match self.distances.get(&self.unit_bits) {
            Some(&expected) if 2 * expected > pairs => (Some(self.unit_bits), expected),
            _ => (Some(distance), pairs),
        }
    }

    fn rank(&self) -> (usize, usize) {
        (self.commonest().1, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::{AsmConfig, ConvolutionalConfig, FrameEncoder, LineCode, Randomizer};

    fn config(block_bytes: usize) -> CodingConfig {
        CodingConfig {
            symbols: SymbolBits::One,
            convolutional: Some(ConvolutionalConfig::default()),
            line_code: LineCode::NrzM,
            descrambler: None,
            asm: AsmConfig {
                pattern: vec![0x1A, 0xCF, 0xFC, 0x1D],
                bits: 32,
                tolerance: None,
                flywheel: 3,
            },
            randomizer: Randomizer::Ccsds255,
            randomized: crate::coding::Randomized::Codeblock,
            reed_solomon: None,
            iterative: None,
            cltu: None,
            block_bytes,
            tail_bytes: 0,
        }
    }

    fn soft(config: &CodingConfig, frames: usize) -> Vec<i8> {
        let mut encoder = FrameEncoder::new(config).unwrap();
        let mut bits = Vec::new();
        for n in 0..frames {
            let frame: Vec<u8> = (0..config.block_bytes)
                .map(|k| (k * k / 3 + 7 * n) as u8)
                .collect();
            encoder.encode(&frame, &mut bits).unwrap();
        }
        bits.iter().map(|&bit| if bit == 1 { 90 } else { -90 }).collect()
    }

    #[test]
    fn the_distance_of_markers_is_that_sent_whatever_length_is_configured() {
        let soft = soft(&config(220), 9);
        let found = survey_markers(&config(500), &[&soft]).unwrap();
        assert_eq!(found.spacing_bits, Some(8 * 224));
        assert!(
            found.periodic() && found.pairs >= 7 && found.markers >= 8,
            "{found:?}"
        );
        assert!(found.node_share > 0.5 && !found.node.is_empty(), "{found:?}");
        let two = survey_markers(&config(500), &[&soft[..8000], &soft[8000..]]).unwrap();
        assert!(two.spacing_bits == Some(8 * 224) && two.bits <= found.bits);
        assert_eq!((two.runs.len(), found.runs[0].len() as u64), (2, found.bits));
    }

    #[test]
    fn without_markers_there_is_no_distance() {
        let mut state = 1u32;
        let soft: Vec<i8> = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as i8
            })
            .collect();
        let plain = CodingConfig {
            convolutional: None,
            ..config(220)
        };
        let found = survey_markers(&plain, &[&soft]).unwrap();
        assert!(
            !found.periodic() && (found.markers as f64) < 10.0 + 3.0 * found.by_chance,
            "{found:?}"
        );
    }
}
