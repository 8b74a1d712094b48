//! The figures that the records give of the signal, against what was simulated.

use crate::chain_support::link::Link;
use groundlink_station::profile::Profile;

fn link(modulation: &str, eb_n0_db: f64) -> Link {
    let text = format!(
        "[signal]\nsymbol_rate = 20000\nmodulation = '{modulation}'\n[coding]\nconvolutional = true\n[frame]\ntype = 'aos'\n"
    );
    Link {
        profile: Profile::parse(&text, "figures").expect("a profile"),
        frames: 30,
        sample_rate_hz: 80e3,
        format: "ci16_le".parse().expect("a format"),
        eb_n0_db,
        offset_hz: -777.0,
        phase_rad: 1.0,
        clock_ppm: 30.0,
        lead_s: 0.0,
        seed: 5,
        start: None,
    }
}

#[test]
fn eb_n0_offset_and_symbol_rate_are_those_of_the_signal() {
    let mut failures = Vec::new();
    for modulation in ["bpsk", "qpsk"] {
        for eb_n0_db in [4.0, 6.0, 8.0] {
            let link = link(modulation, eb_n0_db);
            let trip = link.trip();
            let signal = &trip.run.report.signal;
            let (Some(eb_n0), Some(offset), Some(rate)) =
                (signal.eb_n0_db, signal.offset_hz, signal.symbol_rate_hz)
            else {
                failures.push(format!("{modulation} {eb_n0_db} dB: nothing decoded"));
                continue;
            };
            let true_rate = 20_000.0 * (1.0 + 30e-6);
            if (eb_n0.mean - eb_n0_db).abs() > 0.7
                || (offset.mean + 777.0).abs() > 3.0
                || (rate.mean - true_rate).abs() > 0.4
            {
                failures.push(format!(
                    "{modulation} {eb_n0_db} dB: {eb_n0:?} {offset:?} {rate:?}"
                ));
            }
            let good = trip.run.report.frames.good;
            if trip.run.frames != trip.sent {
                failures.push(format!("{modulation} {eb_n0_db} dB: {good} of 30 frames"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
