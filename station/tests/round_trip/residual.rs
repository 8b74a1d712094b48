//! Residual carriers: PCM/PM and PCM/PSK/PM through profile keys, `simulate` and the chain.

use crate::chain_support::link::Link;
use crate::chain_support::nothing_failed;
use groundlink_station::profile::Profile;

/// Name, `[signal]`, samples per second, complex samples or not.
const SIGNALS: [(&str, &str, f64, bool); 6] = [
    ("pcm/pm/nrz", "symbol_rate = 9600", 96e3, true),
    (
        "pcm/pm/nrz, index known, narrow loop of second order",
        "symbol_rate = 9600\nmodulation_index = 1.2\ncarrier_loop = 8\ncarrier_loop_order = 2",
        76.8e3,
        true,
    ),
    (
        "pcm/psk/pm sine",
        "symbol_rate = 1000\nmodulation_index = 1.1\nsubcarrier = { frequency = \"8 kHz\" }",
        40e3,
        true,
    ),
    (
        "pcm/psk/pm sine real",
        "symbol_rate = 1000\ncarrier = 21000\nsubcarrier = { frequency = 8192, waveform = 'sine' }",
        96e3,
        false,
    ),
    (
        "pcm/psk/pm square",
        "symbol_rate = 2000\nsubcarrier = { ratio = 4, waveform = 'square' }",
        192e3,
        true,
    ),
    (
        "carrier anywhere in the band",
        "symbol_rate = 500\nsearch = '12 kHz'\nsubcarrier = { frequency = 4096 }",
        40e3,
        true,
    ),
];

fn link(number: usize, coding: &str, length: usize) -> Link {
    let (name, signal, sample_rate_hz, complex) = SIGNALS[number];
    let text = format!(
        "[signal]\nmodulation = 'pm'\n{signal}\n[coding]\n{coding}\n[frame]\ntype = 'aos'\nscid = 9\nlength = {length}\n"
    );
    let profile = Profile::parse(&text, "pm").unwrap_or_else(|error| panic!("{name}: {error}"));
    let rate = profile.symbol_rate_hz().expect("a signal");
    let sign = if number.is_multiple_of(2) { 1.0 } else { -1.0 };
    let anywhere = number == SIGNALS.len() - 1;
    Link {
        frames: 4,
        sample_rate_hz,
        format: if complex { "cf32_le" } else { "rf32_le" }
            .parse()
            .expect("a format"),
        eb_n0_db: 12.0,
        offset_hz: if anywhere { 9876.5 } else { sign * 0.1 * rate },
        phase_rad: 0.8 * number as f64,
        clock_ppm: sign * 50.0,
        lead_s: 60.0 / rate,
        seed: number as u64,
        ..Link::clean(&text, 4)
    }
}

#[test]
fn residual_carriers_arrive() {
    let codings = [
        ("convolutional = true\nreed_solomon = { data_bytes = 100 }", 100),
        ("reed_solomon = { data_bytes = 150 }", 150),
        ("convolutional = true\nreed_solomon = false", 128),
        (
            "line_code = 'bi-phase-l'\nreed_solomon = { data_bytes = 120 }",
            120,
        ),
    ];
    let mut failures = Vec::new();
    for (number, (name, ..)) in SIGNALS.iter().enumerate() {
        let (coding, length) = codings[(number + 3) % codings.len()];
        let link = link(number, coding, length);
        if let Err(what) = link.judge(&link.trip()) {
            failures.push(format!("{name} | {coding}: {what}"));
        }
    }
    nothing_failed(&failures);
}

#[test]
fn the_report_says_what_the_carrier_was() {
    let link = link(2, "reed_solomon = { data_bytes = 150 }", 150);
    let carrier = link.trip().run.report.signal.residual_carrier.expect("a carrier");
    let index = carrier.modulation_index.expect("an index");
    assert!((index - 1.1).abs() < 0.05, "{index}");
    // 12 dB per information bit of 1000 · 150/182 a second, and the carrier's share over that of the data.
    let expected = 12.0 + 10.0 * (1000.0_f64 * 150.0 / 182.0).log10() + 10.0 * (0.5178_f64 / 0.4435).log10();
    let c_n0 = carrier.c_n0_db_hz.expect("a noise density");
    assert!((c_n0 - expected).abs() < 0.7, "{c_n0} {expected}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (keys, key) in [
        ("modulation_index = 1.56", "signal.modulation_index"),
        ("modulation_index = 0", "signal.modulation_index"),
        ("subcarrier = { frequency = 1000 }", "signal.subcarrier.frequency"),
        ("subcarrier = { ratio = 1.4 }", "signal.subcarrier.frequency"),
        (
            "subcarrier = { ratio = 4, frequency = 4000 }",
            "signal.subcarrier.frequency",
        ),
        (
            "subcarrier = { ratio = 4, waveform = 'triangle' }",
            "signal.subcarrier.waveform",
        ),
        ("subcarrier = true", "signal.subcarrier.frequency"),
        ("carrier_loop_order = 1", "signal.carrier_loop_order"),
        ("roll_off = 0.5", "signal.roll_off"),
        ("pulse = 'srrc'", "signal.pulse"),
        ("input = 'fm-audio'", "signal.input"),
    ] {
        let text = format!("[signal]\nmodulation = 'pm'\nsymbol_rate = 1000\n{keys}\n");
        let error = Profile::parse(&text, "pm").expect_err(keys).to_string();
        assert!(error.contains(key), "{keys}: {error}");
    }
    let error = Profile::parse(
        "[signal]\nmodulation = 'bpsk'\nsymbol_rate = 1000\nmodulation_index = 1\n",
        "bpsk",
    );
    assert!(
        error
            .expect_err("not with BPSK")
            .to_string()
            .contains("signal.modulation_index")
    );
}

#[test]
fn a_profile_is_written_as_it_is_read() {
    for (_, keys, ..) in SIGNALS {
        let text = format!("[signal]\nmodulation = 'pm'\n{keys}\n");
        let profile = Profile::parse(&text, "pm").expect("a profile");
        let written = profile.to_toml();
        assert_eq!(Profile::parse(&written, "pm").expect(&written), profile);
    }
}
