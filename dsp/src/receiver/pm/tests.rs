//! The receiver against modulated signals of known bits, index and impairments.

use super::PmReceiver;
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::modulator::{Modulator, erf};
use crate::receiver::sent::{Sent, send};
use crate::receiver::{Receiver, ReceiverStatus};
use crate::{
    Complex32, ConfigError, LoopOrder, Mark, Modulation, PmConfig, Pulse, SignalConfig, SoftBatch,
    Subcarrier, Waveform,
};
use proptest::prelude::*;

fn signal(
    sample_rate_hz: f64,
    symbol_rate_hz: f64,
    index: f64,
    subcarrier: Option<(f64, Waveform)>,
) -> SignalConfig {
    let pm = PmConfig {
        index_rad: Some(index),
        subcarrier: subcarrier.map(|(frequency_hz, waveform)| Subcarrier {
            frequency_hz,
            waveform,
        }),
        ..PmConfig::default()
    };
    SignalConfig::new(Modulation::Pm(pm), Pulse::Rect, symbol_rate_hz, sample_rate_hz)
}

fn direct() -> SignalConfig {
    signal(160e3, 10e3, 1.1, None)
}

fn sine() -> SignalConfig {
    signal(96e3, 2e3, 1.1, Some((16e3, Waveform::Sine)))
}

fn square() -> SignalConfig {
    signal(336e3, 2e3, 1.1, Some((6100.0, Waveform::Square)))
}

fn noisy(config: &SignalConfig, es_n0_db: f64, seed: u64) -> ChannelConfig {
    let rate = config.sample_rate_hz;
    let data_db = 10.0 * config.modulation.data_share().log10();
    ChannelConfig {
        seed,
        noise_sigma: noise_sigma(es_n0_db - data_db, rate / config.symbol_rate_hz),
        frequency_hz: -0.083 * config.symbol_rate_hz,
        phase_rad: 2.3,
        clock_ppm: 50.0,
        ..ChannelConfig::ideal(rate)
    }
}

fn receive(config: &SignalConfig, samples: &[Complex32]) -> (SoftBatch, ReceiverStatus) {
    let mut receiver = Receiver::new(config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(samples, &mut out);
    receiver.finish(&mut out);
    (out, receiver.status())
}

/// Wrong bits as they are and turned round, and bits compared.
fn errors(sent: &Sent, out: &SoftBatch, used: impl Fn(&Mark) -> bool) -> (usize, usize, usize) {
    let (mut wrong, mut turned, mut total) = (0, 0, 0);
    for (n, mark) in out.marks.iter().enumerate().filter(|(_, m)| used(m)) {
        let end = out.marks.get(n + 1).map_or(out.llrs.len(), |next| next.bit);
        let first = ((mark.at - sent.first) / sent.samples_per_symbol).round() as i64;
        for (k, &soft) in out.llrs[mark.bit..end].iter().enumerate() {
            let Some(&bit) = usize::try_from(first + k as i64)
                .ok()
                .and_then(|i| sent.bits.get(i))
            else {
                continue;
            };
            total += 1;
            wrong += usize::from((soft > 0) != (bit == 1));
            turned += usize::from((soft > 0) == (bit == 1));
        }
    }
    (wrong, turned, total)
}

fn theory(es_n0_db: f64) -> f64 {
    0.5 * (1.0 - erf(10f64.powf(es_n0_db / 20.0)))
}

/// Es/N0 at which theory gives this error rate, dB.
fn es_n0_of(rate: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 15.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if theory(middle) > rate {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The bit error rate lies between theory 0.1 dB better and theory 0.2 dB worse.
fn assert_loss(config: &SignalConfig, es_n0_db: f64, symbols: usize) {
    let sent = send(config, symbols, &noisy(config, es_n0_db, 7));
    let (out, _) = receive(config, &sent.samples);
    let (wrong, turned, total) = errors(&sent, &out, |_| true);
    assert_eq!(total, symbols);
    let loss = es_n0_db - es_n0_of(wrong.min(turned) as f64 / total as f64);
    assert!(
        (-0.1..0.2).contains(&loss),
        "{loss} dB: {wrong} or {turned} of {total}"
    );
}

#[test]
fn a_direct_signal_loses_little() {
    for es_n0_db in [0.0, 4.0] {
        assert_loss(&direct(), es_n0_db, 50_000);
    }
}

#[test]
fn a_sine_subcarrier_loses_little() {
    for es_n0_db in [0.0, 4.0] {
        assert_loss(&sine(), es_n0_db, 40_000);
    }
}

#[test]
fn a_square_subcarrier_loses_little() {
    assert_loss(&square(), 3.0, 40_000);
}

#[test]
fn bi_phase_loses_little_and_keeps_its_sign() {
    let mut config = signal(160e3, 5e3, 1.0, None);
    config.bi_phase = true;
    let sent = send(&config, 40_000, &noisy(&config, 4.0, 3));
    let (out, _) = receive(&config, &sent.samples);
    let (wrong, _, total) = errors(&sent, &out, |_| true);
    let loss = 4.0 - es_n0_of(wrong as f64 / total as f64);
    assert!(
        total > 39_990 && (-0.1..0.2).contains(&loss),
        "{loss} dB: {wrong} of {total}"
    );
}

#[test]
fn nothing_is_lost_where_a_clear_signal_begins_and_ends() {
    for (config, seed) in [
        (sine(), 3),
        (sine(), 7),
        (sine(), 10),
        (square(), 4),
        (square(), 7),
    ] {
        let silence = 50 * (config.sample_rate_hz / config.symbol_rate_hz) as u64;
        let channel = ChannelConfig {
            leading: silence,
            trailing: silence,
            ..noisy(&config, 20.0, seed)
        };
        let sent = send(&config, 2000, &channel);
        let (out, _) = receive(&config, &sent.samples);
        let (wrong, turned, total) = errors(&sent, &out, |_| true);
        assert_eq!((wrong.min(turned), total), (0, 2000), "{seed}");
    }
}

#[test]
fn a_clear_direct_signal_ends_a_few_symbols_into_a_window() {
    // Windows of the carrier are 2000 symbols long.
    for symbols in [1951, 1955, 1962, 1973] {
        let config = direct();
        let channel = ChannelConfig {
            leading: 50 * 16,
            trailing: 300 * 16,
            ..noisy(&config, 20.0, symbols as u64)
        };
        let sent = send(&config, symbols, &channel);
        let (out, _) = receive(&config, &sent.samples);
        let (wrong, _, total) = errors(&sent, &out, |_| true);
        assert_eq!((wrong, total), (0, symbols));
    }
}

#[test]
fn the_carrier_says_which_way_up_the_data_are() {
    for (n, phase_rad) in [0.0, 1.0, 2.5, 4.0, 5.5].into_iter().enumerate() {
        let config = direct();
        let channel = ChannelConfig {
            phase_rad,
            ..noisy(&config, 12.0, n as u64)
        };
        let sent = send(&config, 6000, &channel);
        let (out, _) = receive(&config, &sent.samples);
        let (wrong, _, total) = errors(&sent, &out, |_| true);
        assert!(wrong <= 3 && total == 6000, "{wrong} of {total}");
    }
}

#[test]
fn index_powers_and_offsets_are_measured() {
    for config in [direct(), sine(), square()] {
        let Modulation::Pm(pm) = config.modulation else {
            unreachable!()
        };
        let channel = noisy(&config, 8.0, 5);
        let sent = send(&config, 20_000, &channel);
        let (out, status) = receive(&config, &sent.samples);
        let carrier = status.residual_carrier.unwrap();
        let power = 10.0 * pm.carrier_share(1.1).log10();
        let density = channel.noise_sigma.powi(2) / config.sample_rate_hz;
        let c_n0 = power - 10.0 * density.log10();
        assert!((carrier.index_rad - 1.1).abs() < 0.03, "{carrier:?}");
        assert!(
            (f64::from(carrier.power_dbfs) - power).abs() < 0.4,
            "{carrier:?} {power}"
        );
        assert!(
            (f64::from(carrier.c_n0_db_hz) - c_n0).abs() < 0.5,
            "{carrier:?} {c_n0}"
        );
        let mark = out.marks[out.marks.len() / 2];
        assert!((mark.es_n0_db - 8.0).abs() < 0.5, "{}", mark.es_n0_db);
        assert!(
            (mark.offset_hz - channel.frequency_hz).abs() < 0.5,
            "{}",
            mark.offset_hz
        );
        let rate = config.symbol_rate_hz * (1.0 + 50e-6);
        assert!(
            (mark.symbol_rate_hz / rate - 1.0).abs() < 5e-6,
            "{}",
            mark.symbol_rate_hz
        );
        for mark in out.marks.iter().filter(|m| m.locked) {
            let symbols = (mark.at - sent.first) / sent.samples_per_symbol;
            assert!((symbols - symbols.round()).abs() < 0.03, "{symbols}");
        }
        assert!(out.marks.iter().filter(|m| m.locked).count() > 30);
    }
}

#[test]
fn seven_symbols_per_second_are_found_anywhere_in_the_band() {
    for (n, waveform) in [Waveform::Sine, Waveform::Square].into_iter().enumerate() {
        let mut config = signal(4e3, 7.0, 1.0, Some((400.0, waveform)));
        config.search_hz = 1000.0;
        let channel = ChannelConfig {
            frequency_hz: [-713.0, 871.0][n],
            doppler_hz_s: 0.2,
            ..noisy(&config, 6.0, 2)
        };
        let sent = send(&config, 1200, &channel);
        let (out, status) = receive(&config, &sent.samples);
        assert!(out.marks.iter().all(|m| m.locked));
        let (wrong, turned, total) = errors(&sent, &out, |_| true);
        assert!(
            wrong.min(turned) <= 9 && total == 1200,
            "{wrong} or {turned} of {total}"
        );
        let index = status.residual_carrier.unwrap().index_rad;
        assert!((index - 1.0).abs() < 0.1, "{index}");
    }
}

#[test]
fn doppler_is_followed() {
    for loop_order in [LoopOrder::Second, LoopOrder::Third] {
        let mut config = direct();
        let Modulation::Pm(pm) = &mut config.modulation else {
            unreachable!()
        };
        pm.loop_order = loop_order;
        config.search_hz = 3000.0;
        let channel = ChannelConfig {
            frequency_hz: -1500.0,
            doppler_hz_s: if loop_order == LoopOrder::Second {
                2.0
            } else {
                500.0
            },
            ..noisy(&config, 9.0, 2)
        };
        let sent = send(&config, 50_000, &channel);
        let (out, _) = receive(&config, &sent.samples);
        let (wrong, _, total) = errors(&sent, &out, |_| true);
        assert_eq!(total, 50_000);
        assert!(wrong <= 10, "{loop_order:?}: {wrong}");
        assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
    }
}

#[test]
fn a_stronger_line_without_sidebands_is_not_the_carrier() {
    let mut config = sine();
    config.search_hz = 5000.0;
    let channel = ChannelConfig {
        frequency_hz: 3210.0,
        dc: Complex32::new(1.1, -0.4),
        ..noisy(&config, 8.0, 2)
    };
    let sent = send(&config, 4000, &channel);
    let (out, status) = receive(&config, &sent.samples);
    assert!((status.offset_hz - 3210.0).abs() < 1.0, "{status:?}");
    let (wrong, turned, total) = errors(&sent, &out, |_| true);
    assert!(
        wrong.min(turned) <= 4 && total == 4000,
        "{wrong} or {turned} of {total}"
    );
}

#[test]
fn noise_silence_and_carriers_without_data_are_not_locked() {
    for config in [direct(), sine()] {
        let channel = ChannelConfig {
            noise_sigma: 0.5,
            leading: 100_000,
            ..ChannelConfig::ideal(config.sample_rate_hz)
        };
        let mut noise = Vec::new();
        Channel::new(&channel)
            .unwrap()
            .process(&[Complex32::ZERO; 1], &mut noise);
        let carrier: Vec<Complex32> = noise.iter().map(|n| n * 0.1 + Complex32::ONE).collect();
        for samples in [noise, carrier, vec![Complex32::ZERO; 50_000]] {
            let (out, _) = receive(&config, &samples);
            assert!(
                out.marks
                    .iter()
                    .all(|m| !m.locked && m.at.is_finite() && m.es_n0_db.is_finite())
            );
        }
    }
}

#[test]
fn samples_that_are_no_numbers_are_zeros() {
    let config = sine();
    let sent = send(&config, 1500, &noisy(&config, 10.0, 1));
    let (mut bad, mut zero) = (sent.samples.clone(), sent.samples);
    for (n, junk) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX]
        .into_iter()
        .enumerate()
    {
        bad[100 + 997 * n] = Complex32::new(junk, 0.5);
        zero[100 + 997 * n] = Complex32::ZERO;
    }
    assert_eq!(receive(&config, &bad).0, receive(&config, &zero).0);
}

#[test]
fn a_gap_restarts_at_the_right_sample() {
    let config = direct();
    let sent = send(&config, 9000, &noisy(&config, 12.0, 1));
    let mut receiver = Receiver::new(&config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(&sent.samples[..60_000], &mut out);
    receiver.gap(5000, &mut out);
    let begin = out.llrs.len();
    receiver.process(&sent.samples[65_000..], &mut out);
    receiver.finish(&mut out);
    let mark = out.marks.iter().find(|m| m.bit == begin).unwrap();
    assert!(mark.restart && (mark.at - 65_000.0).abs() < 17.0, "{mark:?}");
    let (wrong, _, total) = errors(&sent, &out, |m| m.bit >= begin);
    assert!(wrong <= 3 && total > 4900, "{wrong} of {total}");
}

#[test]
fn a_real_passband_is_received() {
    let mut config = signal(96e3, 2e3, 1.1, Some((8e3, Waveform::Sine)));
    config.carrier_hz = 23_000.0;
    let channel = ChannelConfig {
        real_passband: true,
        ..noisy(&config, 10.0, 6)
    };
    let sent = send(&config, 3000, &channel);
    let (out, _) = receive(&config, &sent.samples);
    let (wrong, turned, total) = errors(&sent, &out, |_| true);
    assert!(
        wrong.min(turned) == 0 && total == 3000,
        "{wrong} or {turned} of {total}"
    );
}

#[test]
fn impossible_configurations_are_refused() {
    let good = sine();
    let field = |change: &dyn Fn(&mut SignalConfig, &mut PmConfig)| {
        let mut config = good.clone();
        let Modulation::Pm(mut pm) = config.modulation else {
            unreachable!()
        };
        change(&mut config, &mut pm);
        config.modulation = Modulation::Pm(pm);
        let refused = Modulator::new(&config).is_err();
        match PmReceiver::new(&config) {
            Err(ConfigError::OutOfRange { field, .. }) => (field, refused),
            Err(ConfigError::PulseMismatch { .. }) => ("pulse", refused),
            other => panic!("{other:?}"),
        }
    };
    let subcarrier = |pm: &mut PmConfig, hz: f64| pm.subcarrier.as_mut().unwrap().frequency_hz = hz;
    for index in [0.0, -1.0, 2.4, f64::NAN, f64::INFINITY] {
        assert_eq!(field(&|_, pm| pm.index_rad = Some(index)), ("pm.index_rad", true));
    }
    for hz in [0.0, 2e3, 47e3, f64::NAN] {
        assert_eq!(
            field(&|_, pm| subcarrier(pm, hz)),
            ("pm.subcarrier.frequency_hz", true)
        );
    }
    assert_eq!(
        field(&|c, _| c.carrier_hz = 40e3),
        ("pm.subcarrier.frequency_hz", true)
    );
    assert_eq!(
        field(&|c, _| c.symbol_rate_hz = f64::NAN),
        ("symbol_rate_hz", true)
    );
    assert_eq!(
        field(&|c, _| c.pulse = Pulse::Srrc { roll_off: 0.5 }),
        ("pulse", true)
    );
    assert_eq!(field(&|c, _| c.search_hz = f64::NAN), ("search_hz", false));
    assert_eq!(
        field(&|c, _| c.carrier_loop_hz = Some(0.0)),
        ("carrier_loop_hz", false)
    );
    let mut direct = direct();
    direct.modulation = Modulation::Pm(PmConfig {
        index_rad: Some(1.55),
        ..PmConfig::default()
    });
    assert!(PmReceiver::new(&direct).is_err());
    // A window of 200 s would be transformed at 400 kS/s.
    let mut slow = signal(1e6, 10.0, 1.1, None);
    slow.search_hz = 200e3;
    let field = |config: &SignalConfig| match PmReceiver::new(config) {
        Err(ConfigError::OutOfRange { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(&slow), "search_hz");
    slow.search_hz = 1000.0;
    assert!(PmReceiver::new(&slow).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn chunking_is_invisible(
        cuts in prop::collection::vec(0usize..9000, 0..40),
        kind in 0usize..3,
        leading in 0u64..5000,
    ) {
        let config = [direct(), sine(), square()][kind].clone();
        let channel = ChannelConfig { leading, trailing: 2345, ..noisy(&config, 7.0, 1) };
        let sent = send(&config, [4000, 1200, 700][kind], &channel);
        let (whole, status) = receive(&config, &sent.samples);
        let mut receiver = Receiver::new(&config).unwrap();
        let mut out = SoftBatch::default();
        let mut rest = &sent.samples[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            receiver.process(head, &mut out);
            rest = tail;
        }
        rest.chunks(1).take(500).for_each(|one| receiver.process(one, &mut out));
        receiver.process(rest.get(500..).unwrap_or(&[]), &mut out);
        receiver.finish(&mut out);
        prop_assert_eq!(out, whole);
        prop_assert_eq!(format!("{:?}", receiver.status().residual_carrier), format!("{:?}", status.residual_carrier));
    }
}
