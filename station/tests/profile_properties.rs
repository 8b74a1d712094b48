//! No text and no override makes the profile parser panic, and every refusal is one line.

use groundlink_station::profile::{Profile, ProfileError};
use proptest::prelude::*;

/// Pieces that profiles are made of, and some that they are not.
const PIECES: &[&str] = &[
    "[signal]",
    "[coding]",
    "[coding.asm]",
    "[coding.reed_solomon]",
    "[frame]",
    "[packets]",
    "[packets.time]",
    "name",
    "modulation",
    "symbol_rate",
    "pulse",
    "interleave",
    "data_bytes",
    "virtual_fill",
    "field",
    "first_root",
    "primitive",
    "length",
    "insert_zone",
    "vcids",
    "scid",
    "crc",
    "from",
    "to",
    "type",
    "e",
    "tail_bytes",
    "secondary_header",
    "time",
    "code",
    "epoch",
    "\"cuc\"",
    "\"cds\"",
    "\"2000-01-01T12:00:00Z\"",
    "covers_asm",
    "pattern",
    "tolerance",
    " = ",
    " = ",
    " = ",
    "\n",
    "\n",
    "\n",
    ".",
    "\"",
    "\"\"\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    "true",
    "false",
    "\"bpsk\"",
    "\"qpsk\"",
    "\"uqpsk\"",
    "\"8psk\"",
    "\"half-sine\"",
    "unbalance",
    "precoding",
    "\"msk\"",
    "\"bi-phase-m\"",
    "line_code",
    "iq_order",
    "\"gmsk\"",
    "\"4fsk\"",
    "\"aos\"",
    "\"opaque\"",
    "\"auto\"",
    "\"72 kBd\"",
    "\"FFFFFFFFFFFFFFFF\"",
    "0",
    "1",
    "223",
    "9223372036854775807",
    "-9223372036854775808",
    "1e308",
    "-0.0",
    "nan",
    "inf",
    "0x187",
    "1979-05-27T07:32:00Z",
    "\u{0}",
    "\u{1b}",
    "é",
    "#",
];

fn check(result: Result<Profile, ProfileError>) -> Result<(), TestCaseError> {
    let profile = match result {
        Ok(profile) => profile,
        Err(error) => return one_line(&error),
    };
    let text = profile.to_toml();
    prop_assert_eq!(
        Profile::parse(&text, "full.toml"),
        Ok(profile.clone()),
        "{}",
        text
    );
    prop_assert_eq!(
        profile.coding_config().unwrap().frame_bytes(),
        profile.frame.length
    );
    prop_assert_eq!(profile.link_config().unwrap().length, profile.frame.length);
    for complex in [true, false] {
        if let Err(error) = profile.signal_config(48_000.0, complex) {
            one_line(&error)?;
        }
    }
    Ok(())
}

fn one_line(error: &ProfileError) -> Result<(), TestCaseError> {
    let text = error.to_string();
    prop_assert!(
        !text.is_empty() && !text.chars().any(char::is_control),
        "{:?}",
        text
    );
    Ok(())
}

fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(PIECES)
}

/// A built-in profile in full, with some places of it replaced.
fn mutated() -> impl Strategy<Value = String> {
    let builtin = proptest::sample::select(Profile::builtin_names());
    let places = proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..12, piece()), 0..4);
    (builtin, places).prop_map(|(name, places)| {
        let mut text: Vec<char> = Profile::builtin(name)
            .map(|p| p.to_toml())
            .unwrap_or_default()
            .chars()
            .collect();
        for (place, length, piece) in places {
            let from = place.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, piece.chars());
        }
        text.into_iter().collect()
    })
}

/// Values that an override may carry, wild ones included.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        piece().prop_map(str::to_string),
        any::<i64>().prop_map(|n| n.to_string()),
        (0_i64..300).prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|x| format!("{x:?}")),
        "\\PC{0,12}",
    ]
}

/// Every key that a profile in full has.
fn key() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(
        &[
            "name",
            "description",
            "signal",
            "signal.modulation",
            "signal.symbol_rate",
            "signal.pulse",
            "signal.roll_off",
            "signal.bt",
            "signal.deviation",
            "signal.carrier",
            "signal.search",
            "signal.iq_swap",
            "signal.iq_order",
            "signal.unbalance",
            "signal.precoding",
            "signal.input",
            "signal.carrier_loop",
            "signal.timing_loop",
            "coding",
            "coding.convolutional",
            "coding.convolutional.order",
            "coding.convolutional.inverted",
            "coding.line_code",
            "coding.descrambler",
            "coding.randomizer",
            "coding.tail_bytes",
            "coding.asm.pattern",
            "coding.asm.tolerance",
            "coding.asm.flywheel",
            "coding.reed_solomon",
            "coding.reed_solomon.e",
            "coding.reed_solomon.interleave",
            "coding.reed_solomon.basis",
            "coding.reed_solomon.data_bytes",
            "coding.reed_solomon.virtual_fill",
            "coding.reed_solomon.field",
            "coding.reed_solomon.first_root",
            "coding.reed_solomon.primitive",
            "coding.reed_solomon.covers_asm",
            "frame.type",
            "frame.length",
            "frame.fecf",
            "frame.ocf",
            "frame.header_error_control",
            "frame.insert_zone",
            "frame.secondary_header",
            "frame.scid",
            "frame.vcids",
            "frame.crc",
            "frame.crc.to",
            "packets.type",
            "packets.max_bytes",
            "packets.crc",
            "packets.time",
            "packets.time.code",
            "packets.time.epoch",
            "packets.time.preamble",
            "packets.time.offset",
            "packets.time.coarse_bytes",
            "packets.time.fine_bytes",
            "packets.time.day_bytes",
            "packets.time.resolution",
        ][..],
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_profiles_are_refused_in_one_line_or_mean_something(text in mutated()) {
        check(Profile::parse(&text, "mutated.toml"))?;
    }

    #[test]
    fn assembled_texts_are_refused_in_one_line(pieces in proptest::collection::vec(piece(), 0..40)) {
        check(Profile::parse(&pieces.concat(), "assembled.toml"))?;
    }

    #[test]
    fn any_text_is_refused_in_one_line(text in any::<String>(), origin in any::<String>()) {
        check(Profile::parse(&text, &origin))?;
    }

    #[test]
    fn any_override_is_refused_in_one_line_or_means_something(
        name in proptest::sample::select(Profile::builtin_names()),
        sets in proptest::collection::vec((key(), value()), 1..3),
    ) {
        let overrides: Vec<String> = sets.iter().map(|(key, value)| format!("{key}={value}")).collect();
        check(Profile::load(name, &overrides))?;
    }

    #[test]
    fn any_text_as_override_is_refused_in_one_line(text in any::<String>()) {
        check(Profile::load("demo", &[text]))?;
    }
}
