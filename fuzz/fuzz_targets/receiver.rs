//! Any samples, not-a-numbers included, through every receiver: no panic.
#![no_main]

use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{
    Complex32, FskInput, Modulation, PmConfig, Pulse, SignalConfig, SoftBatch, Subcarrier, Waveform,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [switches, ratio, rest @ ..] = data else {
        return;
    };
    let (modulation, pulse) = match switches % 13 {
        0 => (Modulation::Bpsk, Pulse::Srrc { roll_off: 0.5 }),
        1 => (Modulation::Qpsk, Pulse::Rect),
        2 => (Modulation::Oqpsk, Pulse::Srrc { roll_off: 0.35 }),
        3 => (Modulation::Fsk, Pulse::Rect),
        4 => (Modulation::Dbpsk, Pulse::HalfSine),
        5 => (Modulation::Pi4Dqpsk, Pulse::Srrc { roll_off: 0.5 }),
        6 => (Modulation::Uqpsk, Pulse::Srrc { roll_off: 0.2 }),
        7 => (Modulation::Psk8, Pulse::Srrc { roll_off: 0.35 }),
        8 => (Modulation::Gmsk, Pulse::Gaussian { bt: 0.5 }),
        9 => (Modulation::Pm(PmConfig::default()), Pulse::Rect),
        10 => (Modulation::Fsk4, Pulse::Rect),
        kind => (Modulation::Pm(subcarrier(kind == 11)), Pulse::Rect),
    };
    let symbol_rate_hz = 1_000.0 / (1.0 + f64::from(*ratio) / 8.0);
    let config = SignalConfig {
        carrier_hz: f64::from(*switches) - 128.0,
        search_hz: 50.0,
        deviation_hz: matches!(modulation, Modulation::Fsk | Modulation::Fsk4).then_some(100.0),
        fsk_input: if switches & 64 != 0 {
            FskInput::FmAudio
        } else {
            FskInput::Iq
        },
        bi_phase: switches & 32 != 0 && modulation == Modulation::Bpsk,
        iq_swap: switches & 16 != 0,
        ..SignalConfig::new(modulation, pulse, symbol_rate_hz, 1_000.0)
    };
    let Ok(mut receiver) = Receiver::new(&config) else {
        return;
    };
    let samples: Vec<Complex32> = rest
        .chunks_exact(4)
        .map(|b| {
            let part = |low, high| f32::from_bits(u32::from_be_bytes([high, low, 0, 0]));
            Complex32::new(part(b[0], b[1]), part(b[2], b[3]))
        })
        .collect();
    let mut soft = SoftBatch::default();
    receiver.process(&samples, &mut soft);
    receiver.gap(1_000, &mut soft);
    receiver.process(&samples, &mut soft);
    receiver.finish(&mut soft);
    assert!(soft.marks.iter().all(|mark| mark.bit <= soft.llrs.len()));
});

/// Phase modulation with a sine or a square subcarrier.
fn subcarrier(sine: bool) -> PmConfig {
    let waveform = if sine { Waveform::Sine } else { Waveform::Square };
    PmConfig {
        subcarrier: Some(Subcarrier {
            frequency_hz: 250.0,
            waveform,
        }),
        ..PmConfig::default()
    }
}
