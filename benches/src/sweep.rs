//! Points of an Eb/N0 sweep: frames lost by a whole link, bit errors of a receiver alone.

use crate::align::{BitErrors, bit_errors, eighth_errors};
use crate::ideal::IdealReceiver;
use crate::link::{Link, Offsets, Transmitter, channel_config};
use crate::receive::ReceivingEnd;
use crate::source::{FrameSource, content_seed};
use anyhow::Result;
use groundlink_decoder::coding::{CodedFrame, FrameEncoder};
use groundlink_dsp::channel::{Channel, ChannelConfig};
use groundlink_dsp::modulator::Modulator;
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{Complex32, Modulation, SignalConfig, SoftBatch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Frames sent before and after those that are counted: a link in the middle of a pass is measured, its first
/// and last frames are another matter.
const GUARD_FRAMES: u64 = 2;

/// Where soft bits come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Path {
    /// Modulator, channel with these offsets, receiver.
    Modem(Offsets),
    /// Ideal soft bits: what remains is the loss of the coding alone.
    Ideal,
}

/// What became of the frames of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FramePoint {
    /// Frames sent and counted.
    pub sent: u64,
    /// Of these, frames that arrived whole.
    pub received: u64,
    /// Frames that passed every check and were never sent.
    pub wrong: u64,
    /// Channel bits that the inner decoder saw in good frames.
    pub channel_bits: u64,
    /// Of these, bits it found wrong.
    pub channel_errors: u64,
}

impl FramePoint {
    /// Frames that did not arrive.
    pub fn lost(&self) -> u64 {
        self.sent - self.received
    }
}

/// Counts what arrives.
#[derive(Debug, Default)]
struct Counter {
    guards: HashSet<Vec<u8>>,
    awaited: HashSet<Vec<u8>>,
    point: FramePoint,
}

impl Counter {
    fn sent(&mut self, frame: &[u8], counted: bool) {
        if counted {
            self.point.sent += 1;
            self.awaited.insert(frame.to_vec());
        } else {
            self.guards.insert(frame.to_vec());
        }
    }

    fn arrived(&mut self, frame: &CodedFrame, good: bool) {
        if !good {
            return;
        }
        if self.awaited.remove(&frame.bytes) {
            self.point.received += 1;
        } else if !self.guards.contains(&frame.bytes) {
            self.point.wrong += 1;
        }
        if let Some((errors, symbols)) = frame.quality.channel_symbols {
            self.point.channel_bits += u64::from(symbols);
            self.point.channel_errors += u64::from(errors);
        }
    }
}

/// Sends frames over the link at this Eb/N0 (per information bit, dB) and counts those that arrive.
///
/// # Errors
/// When a part of the link is impossible.
pub fn frames(link: &Link, path: Path, eb_n0_db: f64, frames: u64, seed: u64) -> Result<FramePoint> {
    let mut end = ReceivingEnd::new(link)?;
    let mut counter = Counter::default();
    let counted = GUARD_FRAMES..GUARD_FRAMES + frames;
    let mut frame = Vec::new();
    match path {
        Path::Modem(offsets) => {
            let mut transmitter = Transmitter::new(link, eb_n0_db, offsets, seed)?;
            let mut samples = Vec::new();
            for number in 0..frames + 2 * GUARD_FRAMES {
                samples.clear();
                transmitter.send(&mut frame, &mut samples)?;
                counter.sent(&frame, counted.contains(&number));
                end.process(&samples, |frame, good, _| counter.arrived(frame, good));
            }
            samples.clear();
            transmitter.finish(&mut samples);
            end.process(&samples, |frame, good, _| counter.arrived(frame, good));
        }
        Path::Ideal => {
            let mut source = FrameSource::new(&link.frames, content_seed(seed))?;
            let mut encoder = FrameEncoder::new(&link.coding)?;
            let mut ideal = IdealReceiver::new(link.channel_bit_db(eb_n0_db), seed);
            let (mut bits, mut soft) = (Vec::new(), Vec::new());
            for number in 0..frames + 2 * GUARD_FRAMES {
                source.next_frame(&mut frame)?;
                counter.sent(&frame, counted.contains(&number));
                bits.clear();
                encoder.encode(&frame, &mut bits)?;
                soft.clear();
                ideal.process(&bits, &mut soft);
                end.feed(&soft, |frame, good, _| counter.arrived(frame, good));
            }
        }
    }
    end.finish(|frame, good, _| counter.arrived(frame, good));
    Ok(counter.point)
}

/// Sends so many random bits without coding at this Eb/N0 (dB) and compares the signs of the soft bits.
///
/// # Errors
/// When the signal is impossible.
pub fn bits(
    signal: &SignalConfig,
    offsets: Offsets,
    eb_n0_db: f64,
    count: usize,
    seed: u64,
) -> Result<BitErrors> {
    let es_n0_db = eb_n0_db + 10.0 * (signal.modulation.bits_per_symbol() as f64).log10();
    let (sent, samples) = random_signal(signal, &channel_config(signal, es_n0_db, offsets, seed), count)?;
    let mut receiver = Receiver::new(signal)?;
    let mut batch = SoftBatch::default();
    receiver.process(&samples, &mut batch);
    receiver.finish(&mut batch);
    Ok(compare(signal, &sent, &batch.llrs))
}

/// So many random bits, and their samples out of this channel, whose seed is that of the bits, too.
///
/// # Errors
/// When signal or channel are impossible.
pub fn random_signal(
    signal: &SignalConfig,
    channel: &ChannelConfig,
    count: usize,
) -> Result<(Vec<u8>, Vec<Complex32>)> {
    let mut rng = ChaCha8Rng::seed_from_u64(content_seed(channel.seed));
    let sent: Vec<u8> = (0..count).map(|_| rng.random_range(0..2)).collect();
    let mut modulator = Modulator::new(signal)?;
    let (mut modulated, mut samples) = (Vec::new(), Vec::new());
    modulator.process(&sent, &mut modulated);
    modulator.finish(&mut modulated);
    let mut channel = Channel::new(channel)?;
    channel.process(&modulated, &mut samples);
    channel.finish(&mut samples);
    Ok((sent, samples))
}

/// Compares soft bits of a signal with the bits sent, whichever way round its points are.
pub fn compare(signal: &SignalConfig, sent: &[u8], soft: &[i8]) -> BitErrors {
    match signal.modulation {
        Modulation::Psk8 => eighth_errors(sent, soft),
        // The signs of precoded bits are open as those of two arms are.
        _ if signal.precoding => bit_errors(sent, soft, 2),
        modulation => bit_errors(sent, soft, modulation.bits_per_symbol()),
    }
}

/// Runs the points of a sweep on so many threads, results in the order of the points.
///
/// # Errors
/// The first error of any point.
pub fn run_points<T: Send>(
    points: &[f64],
    threads: usize,
    run: impl Fn(usize, f64) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, points.len().max(1)) {
            scope.spawn(|| {
                while let Some((index, &point)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    points.get(index).map(|point| (index, point))
                } {
                    let result = run(index, point);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keying::Keying;
    use crate::statistics::interval95;
    use crate::theory::psk_ber;
    use clap::ValueEnum;

    #[test]
    fn points_come_back_in_their_order() {
        let points: Vec<f64> = (0..20).map(f64::from).collect();
        let found = run_points(&points, 3, |index, point| Ok((index, point))).unwrap();
        assert_eq!(found, points.iter().copied().enumerate().collect::<Vec<_>>());
    }

    #[test]
    fn a_clear_link_loses_nothing_and_a_buried_one_everything() {
        let link = Link::load("demo", &[], 4.0).unwrap();
        let offsets = Offsets {
            frequency_hz: 150.0,
            clock_ppm: 10.0,
        };
        let clear = frames(&link, Path::Modem(offsets), 12.0, 4, 1).unwrap();
        assert_eq!((clear.sent, clear.received, clear.wrong), (4, 4, 0));
        let buried = frames(&link, Path::Modem(offsets), -6.0, 4, 1).unwrap();
        assert_eq!((buried.lost(), buried.wrong), (4, 0));
        let ideal = frames(&link, Path::Ideal, 12.0, 4, 1).unwrap();
        assert_eq!((ideal.received, ideal.wrong), (4, 0));
    }

    #[test]
    fn channel_bits_err_as_theory_says() {
        let link = Link::load("demo", &[], 4.0).unwrap();
        let point = frames(&link, Path::Ideal, 4.0, 20, 2).unwrap();
        let (low, high) = interval95(point.channel_errors, point.channel_bits);
        let theory = psk_ber(link.channel_bit_db(4.0));
        assert!(
            (low * 0.98..high * 1.02).contains(&theory),
            "{low} to {high}, {theory}"
        );
    }

    #[test]
    fn every_modulation_arrives_without_errors_when_clear() {
        for keying in Keying::value_variants() {
            let signal = keying.signal();
            let offsets = Offsets {
                frequency_hz: 90.0,
                clock_ppm: 20.0,
            };
            let found = bits(&signal, offsets, 20.0, 8000, 3).unwrap();
            assert!(found.bits > 7900, "{keying:?}: {found:?}");
            assert_eq!((found.errors, found.slips), (0, 0), "{keying:?}");
        }
    }
}
