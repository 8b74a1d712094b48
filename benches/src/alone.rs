//! Receivers by themselves: CPU time for a signal of random bits in memory.

use crate::align::BitErrors;
use crate::link::{Offsets, channel_config};
use crate::sweep::{compare, random_signal};
use crate::usage::thread_cpu_seconds;
use anyhow::Result;
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{Complex32, SignalConfig, SoftBatch};

/// Random bits and their samples.
#[derive(Debug)]
pub struct Recording {
    signal: SignalConfig,
    sent: Vec<u8>,
    /// The samples, with some noise before and after the signal.
    pub samples: Vec<Complex32>,
}

/// What a receiver took and gave.
#[derive(Debug)]
pub struct Received {
    /// CPU time of the thread, seconds.
    pub cpu_seconds: f64,
    soft: Vec<i8>,
}

impl Recording {
    /// About so many samples of the signal at this Es/N0, with a carrier offset of 1 % of the symbol rate and a
    /// clock offset of 10 ppm.
    ///
    /// # Errors
    /// When the signal is impossible.
    pub fn new(signal: &SignalConfig, es_n0_db: f64, samples: usize) -> Result<Self> {
        let symbols = samples as f64 * signal.symbol_rate_hz / signal.sample_rate_hz;
        let offsets = Offsets {
            frequency_hz: signal.symbol_rate_hz / 100.0,
            clock_ppm: 10.0,
        };
        let channel = channel_config(signal, es_n0_db, offsets, 1);
        let bits = symbols as usize * signal.modulation.bits_per_symbol();
        let (sent, samples) = random_signal(signal, &channel, bits)?;
        Ok(Self {
            signal: signal.clone(),
            sent,
            samples,
        })
    }

    /// Receives the samples, so many at a time.
    ///
    /// # Errors
    /// When the signal is impossible.
    pub fn receive(&self, block: usize) -> Result<Received> {
        let mut receiver = Receiver::new(&self.signal)?;
        let mut batch = SoftBatch::default();
        batch.llrs.reserve(self.sent.len() + self.sent.len() / 8);
        let start = thread_cpu_seconds();
        for block in self.samples.chunks(block.max(1)) {
            receiver.process(block, &mut batch);
        }
        receiver.finish(&mut batch);
        let cpu_seconds = thread_cpu_seconds() - start;
        Ok(Received {
            cpu_seconds,
            soft: batch.llrs,
        })
    }

    /// The bits received beside those sent.
    pub fn errors(&self, received: &Received) -> BitErrors {
        compare(&self.signal, &self.sent, &received.soft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keying::Keying;

    #[test]
    fn nearly_all_bits_arrive_and_take_time() {
        let recording = Recording::new(&Keying::Pm.signal(), 12.0, 200_000).unwrap();
        assert!(recording.samples.len() > 200_000);
        let received = recording.receive(1000).unwrap();
        assert!(received.cpu_seconds > 0.0);
        let errors = recording.errors(&received);
        assert!(errors.bits > 12_000, "{errors:?}");
        assert_eq!(errors.errors, 0, "{errors:?}");
    }
}
