//! Signals for the tests of all receivers.

use crate::channel::{Channel, ChannelConfig};
use crate::modulator::Modulator;
use crate::{Complex32, SignalConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A burst with known bits after its passage through the channel.
pub(super) struct Sent {
    pub bits: Vec<u8>,
    pub samples: Vec<Complex32>,
    /// Instant of the first symbol, in samples.
    pub first: f64,
    pub samples_per_symbol: f64,
}

/// Random bits of so many symbols through modulator and channel; the channel's seed is that of the bits, too.
pub(super) fn send(config: &SignalConfig, symbols: usize, channel: &ChannelConfig) -> Sent {
    let mut rng = ChaCha8Rng::seed_from_u64(channel.seed + 1);
    let count = symbols * config.modulation.bits_per_symbol();
    let bits: Vec<u8> = (0..count).map(|_| rng.random_range(0..2)).collect();
    let mut modulator = Modulator::new(config).unwrap();
    let (mut clean, mut samples) = (Vec::new(), Vec::new());
    modulator.process(&bits, &mut clean);
    modulator.finish(&mut clean);
    let mut stage = Channel::new(channel).unwrap();
    stage.process(&clean, &mut samples);
    stage.finish(&mut samples);
    let stretch = 1.0 / (1.0 + channel.clock_ppm * 1e-6);
    Sent {
        bits,
        samples,
        first: channel.leading as f64 + modulator.first_symbol_at() * stretch,
        samples_per_symbol: config.sample_rate_hz / config.symbol_rate_hz * stretch,
    }
}
