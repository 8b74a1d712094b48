//! Every signal with every coding; the frame protocols go round.

use crate::chain_support::link::Link;
use crate::chain_support::nothing_failed;
use groundlink_station::profile::Profile;

/// Symbols per second of every link here.
const RATE: f64 = 9_600.0;

/// Name, `[signal]` without the rate, complex samples or not, samples per second.
type Signal = (&'static str, &'static str, bool, f64);

const BPSK: [Signal; 3] = [
    ("bpsk srrc iq", "modulation = 'bpsk'", true, 48e3),
    (
        "bpsk rect iq",
        "modulation = 'bpsk'\npulse = 'rect'",
        true,
        38.4e3,
    ),
    (
        "bpsk srrc real",
        "modulation = 'bpsk'\nroll_off = 0.35\ncarrier = 11507",
        false,
        48e3,
    ),
];
/// Names as above; the line code comes with the signal here.
const BI_PHASE: [(&str, &str, &str); 4] = [
    ("bi-phase-l", "pulse = 'rect'", "convolutional = true"),
    ("bi-phase-m", "pulse = 'rect'\niq_swap = true\ncarrier = 900", ""),
    ("bi-phase-s", "roll_off = 0.6", "convolutional = true"),
    ("bi-phase-l", "roll_off = 0.5", "ldpc = { rate = '7/8' }"),
];
const DIFFERENTIAL: [Signal; 4] = [
    ("dbpsk", "modulation = 'dbpsk'\npulse = 'half-sine'", true, 57.6e3),
    ("dqpsk", "modulation = 'dqpsk'\niq_order = 'qi'", true, 40e3),
    (
        "pi4-dqpsk",
        "modulation = 'pi4-dqpsk'\nroll_off = 0.35",
        true,
        33e3,
    ),
    (
        "pi4-dqpsk real",
        "modulation = 'pi4-dqpsk'\ncarrier = 12000\niq_swap = true",
        false,
        60e3,
    ),
];
const UNBALANCED: [Signal; 2] = [
    ("uqpsk", "modulation = 'uqpsk'", true, 40e3),
    (
        "uqpsk q stronger",
        "modulation = 'uqpsk'\nunbalance = -3\npulse = 'half-sine'",
        true,
        76.8e3,
    ),
];
const EIGHT: [Signal; 1] = [("8psk", "modulation = '8psk'\nroll_off = 0.35", true, 38.4e3)];
const QPSK: [Signal; 3] = [
    ("qpsk srrc iq", "modulation = 'qpsk'", true, 31e3),
    ("qpsk rect iq", "modulation = 'qpsk'\npulse = 'rect'", true, 48e3),
    (
        "qpsk srrc real",
        "modulation = 'qpsk'\nroll_off = 0.6\ncarrier = 14000\niq_swap = true\niq_order = 'qi'",
        false,
        76.8e3,
    ),
];
const OQPSK: [Signal; 4] = [
    (
        "oqpsk srrc iq",
        "modulation = 'oqpsk'\nroll_off = 0.6",
        true,
        40e3,
    ),
    (
        "oqpsk rect iq",
        "modulation = 'oqpsk'\npulse = 'rect'",
        true,
        48e3,
    ),
    (
        "oqpsk srrc real",
        "modulation = 'oqpsk'\ncarrier = 12000",
        false,
        60e3,
    ),
    (
        "oqpsk half-sine",
        "modulation = 'oqpsk'\npulse = 'half-sine'",
        true,
        76.8e3,
    ),
];
const FSK: [Signal; 2] = [
    ("fsk iq", "modulation = 'fsk'\ndeviation = 4800", true, 57.6e3),
    ("fsk audio", "modulation = 'fsk'\ndeviation = 4800", false, 48e3),
];
const GFSK: [Signal; 2] = [
    ("gfsk iq", "modulation = 'gfsk'\ndeviation = 3200", true, 50e3),
    ("gfsk audio", "modulation = 'gfsk'\ndeviation = 3200", false, 48e3),
];
const FOUR: [Signal; 4] = [
    ("4fsk", "modulation = '4fsk'", true, 57.6e3),
    ("4fsk wide", "modulation = '4fsk'\ndeviation = 14400", true, 96e3),
    ("4gfsk", "modulation = '4gfsk'\niq_swap = true", true, 48e3),
    (
        "4fsk real",
        "modulation = '4fsk'\ninput = 'real'\ncarrier = 18000",
        false,
        80e3,
    ),
];
const GMSK: [Signal; 5] = [
    ("gmsk iq", "modulation = 'gmsk'", true, 48e3),
    (
        "gmsk precoded",
        "modulation = 'gmsk'\nbt = 0.25\nprecoding = true",
        true,
        31e3,
    ),
    ("msk", "modulation = 'msk'", true, 40e3),
    (
        "msk precoded real",
        "modulation = 'msk'\nprecoding = true\ninput = 'real'\ncarrier = 12000",
        false,
        60e3,
    ),
    ("gmsk audio", "modulation = 'gmsk'\nbt = 0.5", false, 48e3),
];

/// Name, `[coding]`, frame length.
const CODINGS: [(&str, &str, usize); 10] = [
    ("marker only", "reed_solomon = false\nrandomizer = 'ccsds'", 200),
    ("rs", "", 223),
    ("conv", "convolutional = true\nreed_solomon = false", 128),
    ("conv + rs", "convolutional = true", 223),
    (
        "conv + rs conventional I=2",
        "convolutional = true\nreed_solomon = { basis = 'conventional', interleave = 2 }",
        446,
    ),
    (
        "conv dsn + rs shortened",
        "convolutional = { order = 'g2-first' }\nreed_solomon = { data_bytes = 114 }",
        114,
    ),
    (
        "conv + nrz-m + rs",
        "convolutional = true\nline_code = 'nrz-m'",
        223,
    ),
    (
        "nrz-m",
        "line_code = 'nrz-m'\nreed_solomon = { data_bytes = 150 }",
        150,
    ),
    (
        "conv + iess-308",
        "convolutional = true\nreed_solomon = false\nrandomizer = 'none'\ndescrambler = 'iess-308'",
        160,
    ),
    ("rs e=8", "reed_solomon = { e = 8 }", 239),
];

/// Name, `[frame]`.
const FRAMES: [(&str, &str); 6] = [
    (
        "tm fecf ocf",
        "type = 'tm'\nfecf = true\nscid = 5\nvcids = [0, 3, 7]",
    ),
    ("tm", "type = 'tm'\nfecf = false\nscid = 1000"),
    (
        "aos insert fhec",
        "type = 'aos'\nfecf = false\ninsert_zone = 7\nheader_error_control = true\nscid = 40",
    ),
    (
        "aos fecf ocf",
        "type = 'aos'\nfecf = true\nocf = true\nscid = 200\nvcids = [1, 2, 63]",
    ),
    ("opaque", "type = 'opaque'"),
    ("opaque crc", "type = 'opaque'\ncrc = { from = 2, to = 60 }"),
];

fn profile(signal: Signal, coding: usize, frame: usize) -> Profile {
    let (_, modulation, ..) = signal;
    let (_, stages, length) = CODINGS[coding];
    let (name, fields) = FRAMES[frame];
    let text = format!(
        "[signal]\nsymbol_rate = {RATE}\n{modulation}\n[coding]\n{stages}\n[frame]\nlength = {length}\n{fields}\n"
    );
    let mut profile = Profile::parse(&text, "pair").unwrap_or_else(|error| panic!("{error}\n{text}"));
    // Frames of TM say themselves whether they have one; only the sender needs to know.
    profile.frame.ocf |= name == "tm fecf ocf";
    profile
}

fn link(signal: Signal, number: usize, coding: usize) -> Link {
    let (.., complex, sample_rate_hz) = signal;
    let profile = profile(signal, coding, (number + coding) % FRAMES.len());
    let sign = if (number + coding).is_multiple_of(2) {
        1.0
    } else {
        -1.0
    };
    Link {
        profile,
        frames: 5,
        sample_rate_hz,
        format: if complex { "cf32_le" } else { "rf32_le" }
            .parse()
            .expect("a format"),
        eb_n0_db: 16.0,
        offset_hz: sign * RATE * [0.1, 0.03, 0.077, 0.0][coding % 4],
        phase_rad: 0.7 * coding as f64,
        clock_ppm: sign * [50.0, -50.0, 20.0][coding % 3],
        lead_s: 0.031 + 0.0137 * coding as f64,
        seed: (100 * number + coding) as u64,
        start: None,
    }
}

/// All codings over these signals, the first of which has this number.
fn check(signals: &[Signal], first: usize) {
    let mut failures = Vec::new();
    for (n, &signal) in signals.iter().enumerate() {
        for (coding, (name, stages, _)) in CODINGS.iter().enumerate() {
            if signal.0 == "8psk" && stages.contains("convolutional") {
                continue;
            }
            let link = link(signal, first + n, coding);
            if let Err(what) = link.judge(&link.trip()) {
                let frame = FRAMES[(first + n + coding) % FRAMES.len()].0;
                failures.push(format!("{} | {name} | {frame}: {what}", signal.0));
            }
        }
    }
    nothing_failed(&failures);
}

#[test]
fn bpsk() {
    check(&BPSK, 0);
}

#[test]
fn bi_phase() {
    for (number, (line_code, signal, coding)) in BI_PHASE.into_iter().enumerate() {
        let text = format!(
            "[signal]\nmodulation = 'bpsk'\nsymbol_rate = {RATE}\n{signal}\n\
             [coding]\nline_code = '{line_code}'\n{coding}\n[frame]\ntype = 'aos'\n"
        );
        let profile = Profile::parse(&text, "bi-phase").unwrap_or_else(|error| panic!("{error}\n{text}"));
        for frames in [5, 40] {
            let link = Link {
                profile: profile.clone(),
                frames,
                sample_rate_hz: 96e3,
                ..link(BPSK[0], number, 0)
            };
            link.judge(&link.trip())
                .unwrap_or_else(|what| panic!("{line_code} {coding} {frames}: {what}"));
        }
    }
}

#[test]
fn qpsk() {
    check(&QPSK, 3);
}

#[test]
fn oqpsk() {
    check(&OQPSK, 6);
}

#[test]
fn differential() {
    check(&DIFFERENTIAL, 15);
}

#[test]
fn unbalanced() {
    check(&UNBALANCED, 19);
}

#[test]
fn eight_phases() {
    check(&EIGHT, 21);
}

#[test]
fn fsk() {
    check(&FSK, 9);
}

#[test]
fn gfsk() {
    check(&GFSK, 11);
}

#[test]
fn four_frequencies() {
    check(&FOUR, 28);
}

#[test]
fn gmsk() {
    check(&GMSK, 23);
}
