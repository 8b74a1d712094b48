//! Every channel code beyond those of the pairs, over one modulation of each kind of symbol grouping.

use crate::chain_support::link::Link;
use crate::chain_support::nothing_failed;
use groundlink_station::profile::Profile;

/// `[coding]`, `[frame]`.
const CODES: [(&str, &str); 22] = [
    ("convolutional = { rate = '2/3' }", "type = 'aos'"),
    (
        "convolutional = { rate = '3/4' }\nline_code = 'nrz-m'",
        "type = 'aos'",
    ),
    (
        "convolutional = { rate = '5/6', order = 'auto', inverted = 'auto' }",
        "type = 'tm'",
    ),
    (
        "convolutional = { rate = '7/8' }\nrandomizer = 'ccsds-131071'",
        "type = 'aos'",
    ),
    (
        "reed_solomon = { e = 8, interleave = 3 }\nrandomized = 'frame'\nrandomizer = 'telecommand'",
        "type = 'aos'",
    ),
    ("turbo = { rate = '1/2', k = 1784 }", "type = 'tm'"),
    ("turbo = { rate = '1/3', k = 3568 }", "type = 'aos'"),
    (
        "turbo = { rate = '1/4', k = 7136 }\nrandomizer = 'none'",
        "type = 'aos'",
    ),
    ("turbo = { rate = '1/6', k = 8920 }", "type = 'aos'"),
    ("ldpc = { rate = '1/2', k = 1024 }", "type = 'tm'"),
    ("ldpc = { rate = '1/2', k = 16384 }", "type = 'aos'"),
    ("ldpc = { rate = '2/3', k = 4096 }", "type = 'aos'"),
    ("ldpc = { rate = '4/5', k = 1024, codewords = 3 }", "type = 'aos'"),
    (
        "ldpc = { rate = '7/8' }\nrandomizer = 'ccsds-131071'",
        "type = 'aos'",
    ),
    (
        "ldpc = { rate = '4/5', k = 4096, codewords = 2, sliced = true }",
        "type = 'aos'\nlength = 301",
    ),
    ("cltu = true", "length = 100"),
    (
        "cltu = { code = 'bch', mode = 'detect', randomized = 'none' }",
        "length = 56",
    ),
    ("cltu = true", "type = 'tc'"),
    (
        "cltu = { randomized = 'data' }",
        "type = 'tc'\nlength = 60\nsegment_header = true\nscid = 500\nvcids = [0, 40]",
    ),
    (
        "cltu = { code = 'ldpc-512' }",
        "type = 'tc'\nlength = 300\nfecf = false",
    ),
    ("cltu = { code = 'ldpc-128' }", "length = 70"),
    ("cltu = { code = 'ldpc-512' }", "length = 250"),
];

fn check(modulation: &str, telecommand: bool) {
    let mut failures = Vec::new();
    for (number, (coding, frame)) in CODES.iter().enumerate() {
        if coding.starts_with("cltu") && !telecommand {
            continue;
        }
        if coding.starts_with("convolutional") && modulation == "8psk" {
            continue;
        }
        let text = format!(
            "[signal]\nsymbol_rate = 9600\nmodulation = '{modulation}'\n[coding]\n{coding}\n[frame]\n{frame}\n"
        );
        let link = Link {
            profile: Profile::parse(&text, "code").unwrap_or_else(|error| panic!("{error}\n{text}")),
            frames: 3,
            sample_rate_hz: 40e3,
            format: "cf32_le".parse().expect("a format"),
            eb_n0_db: 16.0,
            offset_hz: 300.0,
            phase_rad: 0.7,
            clock_ppm: 20.0,
            lead_s: 0.02,
            seed: number as u64,
            start: None,
        };
        if let Err(what) = link.judge(&link.trip()) {
            failures.push(format!("{modulation} | {coding}: {what}"));
        }
    }
    nothing_failed(&failures);
}

#[test]
fn over_bpsk() {
    check("bpsk", true);
}

#[test]
fn over_qpsk() {
    check("qpsk", false);
}

#[test]
fn over_oqpsk() {
    check("oqpsk", false);
}

#[test]
fn over_pi4_dqpsk() {
    check("pi4-dqpsk", true);
}

#[test]
fn over_8psk() {
    check("8psk", false);
}

#[test]
fn over_gmsk() {
    check("gmsk", true);
}
