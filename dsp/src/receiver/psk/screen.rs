//! Which carriers of a wide search are worth trying: those where more power arrives than noise alone brings.

use super::Plan;
use crate::Complex32;
use crate::spectrum::Transform;

/// Fewer carriers than these hold too little beside a signal to know the noise from.
const FEWEST: usize = 40;
/// Bins of the spectrum in a symbol rate, at least.
const BINS: f64 = 16.0;
/// Standard deviations of noise by which the power must stand out.
const MARGIN: f64 = 4.0;

/// Compares the power in the band of a signal at every carrier.
#[derive(Debug)]
pub(super) struct Screen {
    transform: Transform,
    /// Bins on each side of a carrier's that the signal's main part fills.
    half: usize,
    /// Bin of each carrier.
    bins: Vec<usize>,
    sums: Vec<f64>,
    powers: Vec<f64>,
    sorted: Vec<f64>,
}

impl Screen {
    /// A screen for these carriers, in cycles per sample of the baseband; `None` when they are few.
    pub fn new(plan: &Plan, carriers: &[f64]) -> Option<Self> {
        if carriers.len() < FEWEST {
            return None;
        }
        let per_symbol = plan.base_samples_per_symbol();
        let size = ((BINS * per_symbol).ceil() as usize).next_power_of_two();
        let transform = Transform::new(size);
        let size = transform.size();
        let bin = |carrier: &f64| ((carrier + 0.5) * size as f64).round().max(0.0) as usize;
        Some(Self {
            half: (0.5 * size as f64 / per_symbol).round() as usize,
            bins: carriers.iter().map(bin).map(|b| b.min(size - 1)).collect(),
            transform,
            sums: Vec::new(),
            powers: Vec::new(),
            sorted: Vec::new(),
        })
    }

    /// Looks at the samples of `count` symbols; whether any are enough to tell.
    pub fn look(&mut self, samples: &[Complex32], count: usize) -> bool {
        let size = self.transform.size();
        if samples.len() < size {
            return false;
        }
        self.sums.clear();
        self.sums.resize(size + 1, 0.0);
        let mut at = 0;
        while at + size <= samples.len() {
            for (sum, power) in self.sums[1..]
                .iter_mut()
                .zip(self.transform.power(&samples[at..at + size]))
            {
                *sum += f64::from(power);
            }
            at += size / 2;
        }
        for bin in 1..=size {
            self.sums[bin] += self.sums[bin - 1];
        }
        let (sums, half) = (&self.sums, self.half);
        let power = |&bin: &usize| {
            let (low, high) = (bin.saturating_sub(half), (bin + half + 1).min(size));
            (sums[high] - sums[low]) / (high - low) as f64
        };
        self.powers.clear();
        self.powers.extend(self.bins.iter().map(power));
        self.sorted.clone_from(&self.powers);
        let quarter = self.sorted.len() / 4;
        // A quarter of the carriers, at least, has nothing but noise.
        let (_, noise, _) = self.sorted.select_nth_unstable_by(quarter, f64::total_cmp);
        let enough = *noise * (1.0 + MARGIN / (count as f64).sqrt());
        for power in &mut self.powers {
            *power -= enough;
        }
        true
    }

    /// Whether the carrier of this number is worth trying.
    pub fn shows(&self, carrier: usize) -> bool {
        self.powers[carrier] > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, ChannelConfig};
    use crate::{Modulation, Pulse, SignalConfig};

    #[test]
    fn shows_a_weak_signal_and_hardly_any_noise() {
        let config = SignalConfig {
            search_hz: 10e3,
            ..SignalConfig::new(Modulation::Bpsk, Pulse::Srrc { roll_off: 0.5 }, 500.0, 48e3)
        };
        let plan = Plan::new(&config).unwrap();
        let carriers: Vec<f64> = (-160..=160)
            .map(|k| f64::from(k) * 62.5 / plan.base_rate_hz())
            .collect();
        let mut screen = Screen::new(&plan, &carriers).unwrap();
        let count = 512;
        let length = (count as f64 * plan.base_samples_per_symbol()) as usize;
        // White noise, and noise half as strong in 500 Hz around 5 kHz: a signal at an Es/N0 of −3 dB.
        let noise = |seed, sigma| {
            let mut channel = Channel::new(&ChannelConfig {
                seed,
                noise_sigma: sigma,
                trailing: length as u64,
                ..ChannelConfig::ideal(plan.base_rate_hz())
            })
            .unwrap();
            let mut out = Vec::new();
            channel.finish(&mut out);
            out
        };
        let (mut samples, weak) = (noise(1, 1.0), noise(2, 0.5_f64.sqrt()));
        let span = (plan.base_rate_hz() / 500.0) as usize;
        let scale = 1.0 / span as f32;
        let mut sum = Complex32::ZERO;
        for (n, sample) in samples.iter_mut().enumerate() {
            sum += weak[n]
                - if n >= span {
                    weak[n - span]
                } else {
                    Complex32::ZERO
                };
            let turn = Complex32::cis((std::f64::consts::TAU * 5e3 / plan.base_rate_hz() * n as f64) as f32);
            *sample += sum * scale * turn;
        }
        assert!(screen.look(&samples, count));
        let shown: Vec<i32> = (-160..=160)
            .filter(|k| screen.shows((k + 160) as usize))
            .collect();
        assert!(shown.contains(&80), "{shown:?}");
        let elsewhere = shown.iter().filter(|k| !(70..=90).contains(*k)).count();
        assert!(elsewhere < 10, "{shown:?}");
    }

    #[test]
    fn few_carriers_are_all_tried() {
        let config = SignalConfig::new(Modulation::Qpsk, Pulse::Srrc { roll_off: 0.5 }, 500.0, 48e3);
        let plan = Plan::new(&config).unwrap();
        assert!(Screen::new(&plan, &[0.0; FEWEST - 1]).is_none());
    }
}
