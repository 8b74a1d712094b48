use super::*;
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::modulator::Modulator;
use crate::{FskInput, Modulation, Pulse, SignalConfig};
use rand::{RngExt, SeedableRng};

fn signal(
    modulation: Modulation,
    pulse: Pulse,
    fsk_input: FskInput,
    change: &ChannelConfig,
) -> Vec<Complex32> {
    let config = SignalConfig {
        carrier_hz: if change.real_passband { 12_000.0 } else { 0.0 },
        search_hz: 0.0,
        deviation_hz: Some(3000.0),
        fsk_input,
        ..SignalConfig::new(modulation, pulse, 9600.0, 48_000.0)
    };
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let bits: Vec<u8> = (0..8000).map(|_| rng.random_range(0..2)).collect();
    let mut modulator = Modulator::new(&config).unwrap();
    let (mut clean, mut out) = (Vec::new(), Vec::new());
    modulator.process(&bits, &mut clean);
    modulator.finish(&mut clean);
    let mut channel = Channel::new(change).unwrap();
    channel.process(&clean, &mut out);
    channel.finish(&mut out);
    out
}

fn best(samples: &[Complex32], real: bool) -> ClockCandidate {
    let mut finder = ClockFinder::new(48_000.0, real);
    finder.process(samples);
    finder.candidates()[0]
}

fn noisy() -> ChannelConfig {
    ChannelConfig {
        noise_sigma: noise_sigma(13.0, 5.0),
        clock_ppm: 5000.0,
        leading: 100_000,
        trailing: 60_000,
        ..ChannelConfig::ideal(48_000.0)
    }
}

#[test]
fn psk_shows_its_clock_in_the_envelope() {
    let pulse = Pulse::Srrc { roll_off: 0.5 };
    for (modulation, real_passband) in [
        (Modulation::Bpsk, false),
        (Modulation::Qpsk, false),
        (Modulation::Bpsk, true),
    ] {
        let change = ChannelConfig {
            real_passband,
            ..noisy()
        };
        let found = best(&signal(modulation, pulse, FskInput::Iq, &change), real_passband);
        assert!((found.rate_hz - 9648.0).abs() < 4.0, "{modulation:?} {found:?}");
        assert_eq!(found.source, ClockSource::Envelope);
    }
}

#[test]
fn fsk_shows_its_clock_in_the_transitions() {
    for fsk_input in [FskInput::Iq, FskInput::FmAudio] {
        // The discriminator of an unfiltered signal needs more than a matched filter.
        let change = ChannelConfig {
            noise_sigma: noise_sigma(20.0, 5.0),
            ..noisy()
        };
        let samples = signal(Modulation::Fsk, Pulse::Gaussian { bt: 0.5 }, fsk_input, &change);
        let found = best(&samples, fsk_input == FskInput::FmAudio);
        assert!((found.rate_hz - 9648.0).abs() < 15.0, "{fsk_input:?} {found:?}");
        assert_eq!(found.source, ClockSource::Frequency);
    }
}

#[test]
fn noise_has_no_clock() {
    for real_passband in [false, true] {
        let change = ChannelConfig {
            noise_sigma: 0.1,
            real_passband,
            trailing: 1_000_000,
            ..ChannelConfig::ideal(48_000.0)
        };
        let mut samples = Vec::new();
        Channel::new(&change).unwrap().finish(&mut samples);
        let mut finder = ClockFinder::new(48_000.0, real_passband);
        finder.process(&samples);
        assert_eq!(finder.candidates(), []);
    }
}

#[test]
fn blocks_do_not_matter() {
    let samples = signal(Modulation::Fsk, Pulse::Rect, FskInput::Iq, &noisy());
    let (mut whole, mut cut) = (
        ClockFinder::new(48_000.0, false),
        ClockFinder::new(48_000.0, false),
    );
    whole.process(&samples);
    samples.chunks(777).for_each(|chunk| cut.process(chunk));
    assert_eq!(whole.candidates(), cut.candidates());
}

#[test]
fn bad_and_silent_samples_give_nothing() {
    let mut finder = ClockFinder::new(48_000.0, false);
    finder.process(&vec![Complex32::new(f32::NAN, f32::INFINITY); 50_000]);
    finder.process(&vec![Complex32::new(0.0, 0.0); 50_000]);
    assert_eq!(finder.candidates(), []);
}
