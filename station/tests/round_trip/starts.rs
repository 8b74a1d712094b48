//! Recordings that begin with the first symbol of a frame, and bursts that begin anywhere in the noise.

use crate::chain_support::link::Link;
use crate::chain_support::nothing_failed;

const MODULATIONS: [&str; 9] = [
    "bpsk",
    "qpsk",
    "oqpsk",
    "uqpsk",
    "dbpsk",
    "pi4-dqpsk",
    "fsk",
    "gfsk",
    "gmsk",
];

fn check(leads_s: &[f64]) {
    let mut failures = Vec::new();
    for modulation in MODULATIONS {
        let text = format!(
            "[signal]\nsymbol_rate = 9600\nmodulation = '{modulation}'\n[coding]\nconvolutional = true\n\
             reed_solomon = {{ data_bytes = 100 }}\n[frame]\ntype = 'aos'\nscid = 9\n"
        );
        for &lead_s in leads_s {
            let mut link = Link::clean(&text, 4);
            link.lead_s = lead_s;
            if let Err(what) = link.judge(&link.trip()) {
                failures.push(format!("{modulation}, {lead_s} s before the first frame: {what}"));
            }
        }
    }
    nothing_failed(&failures);
}

#[test]
fn a_recording_may_begin_with_a_frame() {
    check(&[0.0, 0.000_5, 0.002]);
}

#[test]
fn the_first_frame_of_a_burst_is_received() {
    check(&[0.01, 0.025, 0.04, 0.07, 0.1, 0.15]);
}
