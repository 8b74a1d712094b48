mod impairments;

use super::*;
use proptest::prelude::*;

fn run(config: &ChannelConfig, samples: &[Complex32]) -> Vec<Complex32> {
    let mut channel = Channel::new(config).unwrap();
    let mut out = Vec::new();
    channel.process(samples, &mut out);
    channel.finish(&mut out);
    out
}

fn tone(cycles: f64, count: usize) -> Vec<Complex32> {
    (0..count)
        .map(|n| {
            let (sin, cos) = (TAU * cycles * n as f64).sin_cos();
            Complex32::new(cos as f32, sin as f32)
        })
        .collect()
}

fn frequency(samples: &[Complex32], at: usize) -> f64 {
    f64::from((samples[at + 1] * samples[at].conj()).arg()) / TAU
}

#[test]
fn an_ideal_channel_changes_nothing() {
    let samples = tone(0.1, 1000);
    assert_eq!(run(&ChannelConfig::ideal(1000.0), &samples), samples);
}

#[test]
fn noise_has_the_density_asked_for() {
    let sigma = noise_sigma(7.0, 4.0);
    let config = ChannelConfig {
        noise_sigma: sigma,
        trailing: 200_000,
        ..ChannelConfig::ideal(1.0)
    };
    let out = run(&config, &[]);
    let power = out.iter().map(|s| f64::from(s.norm_sqr())).sum::<f64>() / out.len() as f64;
    assert!((10.0 * (4.0 / power).log10() - 7.0).abs() < 0.03, "{power}");
    assert_eq!(out, run(&config, &[]));
    assert_ne!(out, run(&ChannelConfig { seed: 1, ..config }, &[]));
}

#[test]
fn frequency_drifts_at_the_doppler_rate() {
    let config = ChannelConfig {
        frequency_hz: 100.0,
        doppler_hz_s: -20.0,
        phase_rad: 1.0,
        ..ChannelConfig::ideal(1000.0)
    };
    let out = run(&config, &vec![Complex32::new(1.0, 0.0); 5001]);
    assert!((f64::from(out[0].arg()) - 1.0).abs() < 1e-6);
    assert!((frequency(&out, 1) - 0.1).abs() < 1e-4);
    assert!((frequency(&out, 4999) - 0.0).abs() < 1e-4);
}

#[test]
fn a_fast_clock_shortens_the_signal_and_raises_its_frequency() {
    let config = ChannelConfig {
        clock_ppm: 10_000.0,
        ..ChannelConfig::ideal(1.0)
    };
    for cycles in [0.05, 0.4, -0.33] {
        let samples = tone(cycles, 10_100);
        let out = run(&config, &samples);
        assert_eq!(out.len(), 10_000);
        for (n, &sample) in out.iter().enumerate().take(9_900).skip(100) {
            let (sin, cos) = (TAU * cycles * n as f64 * 1.01).sin_cos();
            let error = (sample - Complex32::new(cos as f32, sin as f32)).norm();
            assert!(error < 0.01, "{cycles} at {n}: {error}");
        }
    }
}

#[test]
fn real_passband_keeps_power_and_noise_ratio() {
    let config = ChannelConfig {
        real_passband: true,
        ..ChannelConfig::ideal(1.0)
    };
    let out = run(&config, &tone(0.2, 10_000));
    let power = out.iter().map(|s| f64::from(s.re).powi(2)).sum::<f64>() / 10_000.0;
    assert!((power - 1.0).abs() < 1e-3);
    assert!(out.iter().all(|s| s.im == 0.0));
}

#[test]
fn receiver_faults_are_the_ones_configured() {
    let config = ChannelConfig {
        dc: Complex32::new(0.1, -0.2),
        iq_gain_db: 6.020_6,
        iq_phase_deg: 30.0,
        ..ChannelConfig::ideal(1.0)
    };
    let out = run(&config, &[Complex32::new(1.0, 0.0), Complex32::new(0.0, 1.0)]);
    assert!((out[0] - Complex32::new(2.1, 0.3)).norm() < 1e-4);
    assert!((out[1] - Complex32::new(0.1, 0.866_025 - 0.2)).norm() < 1e-4);
}

#[test]
fn silence_surrounds_the_burst() {
    let config = ChannelConfig {
        leading: 1500,
        trailing: 10,
        ..ChannelConfig::ideal(1.0)
    };
    let out = run(&config, &[Complex32::new(1.0, 0.0); 5]);
    let on: Vec<usize> = (0..out.len()).filter(|&n| out[n].norm() > 0.5).collect();
    assert_eq!(out.len(), 1515);
    assert_eq!(on, [1500, 1501, 1502, 1503, 1504]);
}

#[test]
fn impossible_channels_are_refused() {
    let refused = |change: &dyn Fn(&mut ChannelConfig)| {
        let mut config = everything();
        assert!(Channel::new(&config).is_ok());
        change(&mut config);
        assert!(Channel::new(&config).is_err(), "{config:?}");
    };
    refused(&|c| c.noise_sigma = f64::NAN);
    refused(&|c| c.clock_ppm = -1e6);
    refused(&|c| c.sample_rate_hz = 0.0);
    refused(&|c| c.linewidth_hz = -1.0);
    refused(&|c| c.doppler.as_mut().unwrap().carrier_hz = Some(300.0));
    refused(&|c| c.doppler.as_mut().unwrap().course = Course::Table(Vec::new()));
    refused(&|c| c.doppler.as_mut().unwrap().course = Course::Table(vec![(1.0, 0.0), (1.0, 5.0)]));
    refused(&|c| c.doppler.as_mut().unwrap().course = Course::Table(vec![(1.0, f64::INFINITY)]));
    refused(&|c| c.fading.as_mut().unwrap().spread_hz = 0.0);
    refused(&|c| c.fading.as_mut().unwrap().spread_hz = 16.0);
    refused(&|c| c.interferers[0].frequency_hz = 501.0);
    refused(&|c| c.interferers[1].width_hz = 1000.0);
    refused(&|c| c.quantiser.as_mut().unwrap().bits = 0);
    refused(&|c| c.quantiser.as_mut().unwrap().full_scale = 0.0);
}

/// Everything that a channel can do, at once.
fn everything() -> ChannelConfig {
    ChannelConfig {
        noise_sigma: 0.1,
        frequency_hz: 3.0,
        linewidth_hz: 0.5,
        doppler: Some(Doppler {
            course: Course::Pass {
                closest_s: 0.4,
                max_hz: 40.0,
                max_rate_hz_s: 100.0,
            },
            carrier_hz: Some(5000.0),
        }),
        fading: Some(Fading {
            k_db: 3.0,
            spread_hz: 2.0,
        }),
        interferers: [0.0, 80.0]
            .map(|width_hz| Interferer {
                frequency_hz: 200.0,
                level_db: -3.0,
                width_hz,
            })
            .to_vec(),
        iq_gain_db: 1.0,
        quantiser: Some(Quantiser {
            bits: 8,
            full_scale: 2.0,
        }),
        leading: 7,
        trailing: 9,
        ..ChannelConfig::ideal(1000.0)
    }
}

proptest! {
    #[test]
    fn chunking_is_invisible(
        cuts in prop::collection::vec(0usize..300, 1..8),
        ppm in -20_000.0f64..20_000.0,
        plain: bool,
    ) {
        let mut config = everything();
        if plain {
            (config.doppler, config.fading, config.quantiser) = (None, None, None);
        }
        config.clock_ppm = ppm;
        let samples = tone(0.07, cuts.iter().sum());
        let whole = run(&config, &samples);
        let mut channel = Channel::new(&config).unwrap();
        let (mut out, mut rest) = (Vec::new(), &samples[..]);
        for cut in cuts {
            let (now, later) = rest.split_at(cut);
            channel.process(now, &mut out);
            rest = later;
        }
        channel.finish(&mut out);
        prop_assert_eq!(whole, out);
    }
}
