//! Receivers beside other signals: a bare carrier must cost next to nothing.

use super::Receiver;
use super::sent::{Sent, send};
use crate::channel::{ChannelConfig, Interferer, noise_sigma};
use crate::{Modulation, Pulse, SignalConfig, SoftBatch};

const RATE: f64 = 10e3;
const SYMBOLS: usize = 40_000;
/// Symbols that are not compared: there the imbalance is still being measured.
const SKIPPED: usize = 10_000;

/// Wrong bits of a known signal at this Es/N0 beside an interferer (offset in symbol rates, level in dB), received with
/// this imbalance (dB, degrees).
fn errors(config: &SignalConfig, es_n0_db: f64, interferer: Option<(f64, f64)>, iq: (f64, f64)) -> usize {
    let arms = config.modulation.bits_per_symbol();
    let channel = ChannelConfig {
        seed: 5,
        noise_sigma: noise_sigma(es_n0_db, config.sample_rate_hz / RATE),
        frequency_hz: 0.03 * RATE,
        clock_ppm: 20.0,
        interferers: interferer
            .map(|(offset, level_db)| Interferer {
                frequency_hz: offset * RATE,
                level_db,
                width_hz: 0.0,
            })
            .into_iter()
            .collect(),
        iq_gain_db: iq.0,
        iq_phase_deg: iq.1,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    };
    let Sent { bits, samples, .. } = send(config, SYMBOLS, &channel);
    let (mut receiver, mut out) = (Receiver::new(config).unwrap(), SoftBatch::default());
    receiver.process(&samples, &mut out);
    receiver.finish(&mut out);
    let best = |delay: usize| {
        let pairs = out.llrs[(SKIPPED - 10 + delay) * arms..]
            .iter()
            .zip(&bits[SKIPPED * arms..]);
        let count = pairs.len();
        let wrong = pairs.filter(|(llr, bit)| (**llr > 0) != (**bit == 1)).count();
        wrong.min(count - wrong)
    };
    (0..70).map(best).min().unwrap()
}

/// With a search of half the symbol rate to either side.
fn wide(modulation: Modulation, pulse: Pulse, deviation_hz: Option<f64>) -> SignalConfig {
    SignalConfig {
        search_hz: 0.5 * RATE,
        deviation_hz,
        ..SignalConfig::new(modulation, pulse, RATE, 12.0 * RATE)
    }
}

const SRRC: Pulse = Pulse::Srrc { roll_off: 0.5 };

#[test]
fn carriers_beside_the_signal_cost_next_to_nothing() {
    // Beyond the signal and what the search adds to it, and (PSK) closer, where the matched filter at other carriers
    // that are tried lets them through.
    let (far, close) = ([(4.0, 30.0), (-2.2, 20.0)], [(1.25, 30.0), (1.0, 20.0)]);
    for (config, es_n0_db, near) in [
        (wide(Modulation::Bpsk, SRRC, None), 4.0, true),
        (wide(Modulation::Dqpsk, SRRC, None), 9.0, true),
        (
            wide(Modulation::Gmsk, Pulse::Gaussian { bt: 0.5 }, None),
            7.0,
            false,
        ),
    ] {
        let worst = errors(&config, es_n0_db - 0.2, None, (0.0, 0.0));
        for interferer in far.into_iter().chain(close.into_iter().filter(|_| near)) {
            let found = errors(&config, es_n0_db, Some(interferer), (0.0, 0.0));
            assert!(
                found < worst,
                "{:?} {interferer:?}: {found}, {worst}",
                config.modulation
            );
        }
    }
}

#[test]
fn neighbours_of_fsk_cost_next_to_nothing() {
    let config = SignalConfig {
        search_hz: 0.1 * RATE,
        ..wide(Modulation::Fsk, Pulse::Rect, Some(RATE / 2.0))
    };
    let worst = errors(&config, 8.8, None, (0.0, 0.0));
    for interferer in [(2.6, 20.0), (-4.0, 30.0)] {
        let found = errors(&config, 9.0, Some(interferer), (0.0, 0.0));
        assert!(found < worst, "{interferer:?}: {found}, {worst}");
    }
}

#[test]
fn images_are_taken_off() {
    // A carrier 30 dB above the signal, whose image lies upon the signal, 7 dB above it.
    let config = SignalConfig {
        carrier_hz: 2.0 * RATE,
        ..SignalConfig::new(Modulation::Dqpsk, SRRC, RATE, 12.0 * RATE)
    };
    let worst = errors(&config, 8.8, None, (0.0, 0.0));
    for interferer in [Some((-2.1, 30.0)), None] {
        let found = errors(&config, 9.0, interferer, (1.0, 5.0));
        assert!(found < worst, "{interferer:?}: {found}, {worst}");
    }
}
