//! Polyphase filter bank: a wide stream into evenly spaced channels, all at the cost of about one of them.
//!
//! Channel `k` of `M` is centred at `k / M` of the sample rate (the upper half of them are negative frequencies) and
//! comes out at 0 Hz, at twice the channel spacing: every second sample a filter bank without oversampling would not
//! give. That is what lets a signal lie anywhere, also across the edge between two channels, and still be whole in one
//! of them: a channel is good to three quarters of the spacing on either side ([`PASS`]).
//!
//! One low-pass filter, cut into `M` branches, serves all channels, and a discrete Fourier transform tells them apart
//! (fredric harris, C. Dick and M. Rice, "Digital Receivers and Transmitters Using Polyphase Filter Banks for Wireless
//! Communications", IEEE Trans. MTT 51, 2003, §V for two samples a channel).

mod prototype;
#[cfg(test)]
mod tests;

pub use prototype::{PASS, RIPPLE_DB, STOP_DB};

use crate::{Complex32, ConfigError, kernel};
use prototype::{BRANCH, prototype};
use rustfft::{Fft, FftPlanner};
use std::fmt;
use std::sync::Arc;

/// Transforms made together. Each output has its place among them by its number, whatever the block it comes in: the
/// transform of a vector processor may round differently from place to place.
const GROUP: usize = 16;
/// Input samples taken at a time, so that what is worked on stays near the processor.
const CHUNK: usize = 4096;
/// Most channels.
pub const MOST_CHANNELS: usize = 1 << 16;

/// See [`Channelizer::delay`].
pub(crate) fn delay(channels: usize) -> usize {
    (channels * BRANCH - 2) / 2
}

/// Oversampled analysis filter bank.
///
/// Output `m` of channel `k` is `Σ_n h[n] · x[i − n] · exp(−2πj k (i − n) / M)` with `i = m M/2`, zeros before the
/// first sample, and the low-pass `h` of unit gain. Cost: about 3 ns a sample with AVX-512 and
/// 16 to 256 channels, all of them given out; half of that with few given out.
pub struct Channelizer {
    channels: usize,
    wanted: Vec<usize>,
    /// Taps from that of the oldest sample on, each twice: for I and for Q.
    taps: Vec<f32>,
    /// Samples not yet done with, I and Q interleaved, and where those that the next output needs begin.
    held: Vec<f32>,
    begin: usize,
    /// Sums of the branches.
    sums: Vec<f32>,
    transform: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex32>,
    /// What the sums of a group of outputs become.
    inputs: Vec<Complex32>,
    outputs: Vec<Complex32>,
    produced: u64,
}

impl fmt::Debug for Channelizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channelizer")
            .field("channels", &self.channels)
            .field("wanted", &self.wanted)
            .field("produced", &self.produced)
            .finish_non_exhaustive()
    }
}

impl Channelizer {
    /// A bank of so many channels, of which those in `wanted` are given out, in that order.
    ///
    /// # Errors
    /// When `channels` is odd or not from 2 to [`MOST_CHANNELS`], or a wanted channel is not below it.
    pub fn new(channels: usize, wanted: &[usize]) -> Result<Self, ConfigError> {
        let refuse = |field, value: usize, limit: String| ConfigError::OutOfRange {
            field,
            value: value as f64,
            limit,
        };
        if !channels.is_multiple_of(2) || !(2..=MOST_CHANNELS).contains(&channels) {
            let limit = format!("an even number from 2 to {MOST_CHANNELS}");
            return Err(refuse("channels", channels, limit));
        }
        if let Some(&beyond) = wanted.iter().find(|&&channel| channel >= channels) {
            return Err(refuse("wanted channel", beyond, format!("below {channels}")));
        }
        let transform = FftPlanner::new().plan_fft_forward(channels);
        let oldest_first = prototype(channels).into_iter().rev();
        let mut bank = Self {
            channels,
            wanted: wanted.to_vec(),
            taps: oldest_first.flat_map(|tap| [tap as f32; 2]).collect(),
            held: Vec::new(),
            begin: 0,
            sums: vec![0.0; 2 * channels],
            scratch: vec![Complex32::ZERO; transform.get_outofplace_scratch_len()],
            transform,
            inputs: vec![Complex32::ZERO; GROUP * channels],
            outputs: vec![Complex32::ZERO; GROUP * channels],
            produced: 0,
        };
        bank.reset();
        Ok(bank)
    }

    /// Channels that are given out.
    pub fn wanted(&self) -> usize {
        self.wanted.len()
    }

    /// Input samples per output sample of a channel.
    pub fn decimation(&self) -> usize {
        self.channels / 2
    }

    /// Input samples by which an output lies before the newest sample that it is made of: output `m` is at input
    /// sample `m · decimation − delay`.
    pub fn delay(&self) -> usize {
        delay(self.channels)
    }

    /// Input samples of silence after which all further outputs are zero.
    pub fn span(&self) -> usize {
        self.channels * BRANCH
    }

    /// Takes the next samples, and appends what is final of each wanted channel to the buffer at its place in `out`;
    /// the buffers must be as many as the wanted channels.
    pub fn process(&mut self, input: &[Complex32], out: &mut [Vec<Complex32>]) {
        for chunk in input.chunks(CHUNK) {
            let from = self.held.len();
            self.held.resize(from + 2 * chunk.len(), 0.0);
            for (pair, sample) in self.held[from..].chunks_exact_mut(2).zip(chunk) {
                pair[0] = sample.re;
                pair[1] = sample.im;
            }
            self.produce(out);
        }
    }

    /// Forgets the samples so far: the next one is sample 0.
    pub fn reset(&mut self) {
        self.held.clear();
        self.begin = 0;
        // Zeros before the first sample, with which the first output is complete.
        self.held.resize(2 * (self.channels * BRANCH - 1), 0.0);
        self.produced = 0;
    }

    /// Everything that the held samples are enough for.
    fn produce(&mut self, out: &mut [Vec<Complex32>]) {
        let (window, step) = (2 * self.channels * BRANCH, self.channels);
        let ready = (self.held.len() - self.begin + step).saturating_sub(window) / step;
        let mut done = 0;
        while done < ready {
            let place = (self.produced % GROUP as u64) as usize;
            let count = (ready - done).min(GROUP - place);
            for n in 0..count {
                self.sum_branches(self.begin + (done + n) * step, place + n);
            }
            self.transform.process_outofplace_with_scratch(
                &mut self.inputs,
                &mut self.outputs,
                &mut self.scratch,
            );
            let group = &self.outputs[place * self.channels..(place + count) * self.channels];
            for (channel, samples) in self.wanted.iter().zip(out.iter_mut()) {
                samples.extend(group.iter().skip(*channel).step_by(self.channels));
            }
            self.produced += count as u64;
            done += count;
        }
        self.begin += ready * step;
        // Moved seldom: each sample about once.
        if self.begin >= window.max(2 * CHUNK) {
            self.held.drain(..self.begin);
            self.begin = 0;
        }
    }

    /// Puts the branches' sums over the window that begins here into the given place of the group, turned round so
    /// that the transform's phases count from input sample 0.
    fn sum_branches(&mut self, from: usize, place: usize) {
        let window = &self.held[from..from + 2 * self.channels * BRANCH];
        kernel::sum_rows(window, &self.taps, &mut self.sums);
        // Half a turn from output to output; a group begins with an even one.
        let turn = (1 + place % 2 * self.channels / 2) % self.channels;
        let input = &mut self.inputs[place * self.channels..][..self.channels];
        let (head, tail) = input.split_at_mut(turn);
        let (first, last) = self.sums.split_at(2 * (self.channels - turn));
        for (side, sums) in [(tail, first), (head, last)] {
            for (value, sum) in side.iter_mut().zip(sums.chunks_exact(2)) {
                *value = Complex32::new(sum[0], sum[1]);
            }
        }
    }
}
