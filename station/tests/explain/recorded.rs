//! Real recordings with a profile that was spoilt.

use crate::{explained, proven};
use groundlink_station::explain::Link;
use groundlink_station::input::OpenOptions;

/// Path of a published recording, or `None` (and a line that says so).
fn published(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("GROUNDLINK_DATA") else {
        println!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    Some(
        std::path::Path::new(&folder)
            .join(name)
            .to_str()
            .unwrap()
            .to_owned(),
    )
}

#[test]
fn meteor_with_a_wrong_key() {
    let Some(path) = published("iq/meteor_m2_lrpt_300ksps_cu8.raw.gz") else {
        return;
    };
    let open = OpenOptions {
        format: Some("cu8".parse().unwrap()),
        sample_rate_hz: Some(300e3),
        ..OpenOptions::default()
    };
    let explanation = explained(&path, &open, "meteor-m2-lrpt", &[]);
    assert_eq!(explanation.frames, 14, "{}", explanation.text());
    for (wrong, broken, remedy) in [
        (
            "signal.symbol_rate=73440",
            Link::Symbols,
            "signal.symbol_rate=72000",
        ),
        ("signal.carrier=-50000", Link::Spectrum, "signal.carrier=3000"),
        (
            "coding.reed_solomon.basis=dual",
            Link::Fec,
            "coding.reed_solomon.basis=conventional",
        ),
    ] {
        let explanation = explained(&path, &open, "meteor-m2-lrpt", &[wrong]);
        assert_eq!(
            proven(&explanation, broken, 14).set,
            [remedy],
            "{}",
            explanation.text()
        );
    }
}

#[test]
fn by70_and_trisat_with_a_wrong_key() {
    let open = OpenOptions::default();
    for (name, profile, wrong, remedy, frames) in [
        (
            "iq/by701_48k_real.wav",
            "by70-1",
            "coding.line_code=nrz-l",
            "coding.line_code=nrz-m",
            19,
        ),
        (
            "iq/trisat_48k_fmdemod.wav",
            "trisat",
            "coding.convolutional.order=g1-first",
            "coding.convolutional.order=g2-first",
            5,
        ),
    ] {
        let Some(path) = published(name) else {
            return;
        };
        let explanation = explained(&path, &open, profile, &[wrong]);
        assert_eq!(
            proven(&explanation, Link::Asm, frames).set,
            [remedy],
            "{}",
            explanation.text()
        );
    }
}
