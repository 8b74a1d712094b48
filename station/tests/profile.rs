//! Link profiles: what they mean, what is refused and with which words.

use groundlink_decoder::coding::{InvertedBranch, LineCode, Randomizer, RsBasis, SymbolBits, SymbolOrder};
use groundlink_decoder::link::{
    CdsFormat, CdsResolution, CrcSpan, CucFormat, FrameKind, LinkDecoder, PacketConfig, TimeEpoch, TimeField,
    TimeLayout,
};
use groundlink_dsp::modulator::Modulator;
use groundlink_dsp::{FskInput, Modulation, Pulse};
use groundlink_station::profile::{Profile, ProfileError};

const FIVE_LINES: &str = "\
[signal]
modulation = \"bpsk\"
symbol_rate = 9600
[frame]
type = \"aos\"
";

fn load(name: &str, overrides: &[&str]) -> Result<Profile, ProfileError> {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Profile::load(name, &overrides)
}

fn parse_error(text: &str) -> String {
    Profile::parse(text, "x.toml").expect_err(text).to_string()
}

#[test]
fn every_builtin_profile_parses_converts_and_round_trips() {
    let names = "demo by70-1 trisat orbicraft-zorkiy meteor-m2-lrpt meteor-m2-2-lrpt voyager-1 lev-1 \
                 solar-orbiter hera mars-2020 lucy osiris-rex stereo-a equuleus tianwen-2 lunar-flashlight \
                 snpp emm aditya-l1";
    assert_eq!(Profile::builtin_names().join(" "), names);
    for name in Profile::builtin_names() {
        let profile = load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(Profile::builtin(name).as_ref(), Some(&profile));
        assert_eq!(profile.name, *name);
        assert!(
            !profile.description.is_empty() && !profile.source.is_empty(),
            "{name}"
        );
        let text = profile.to_toml();
        assert_eq!(
            Profile::parse(&text, "full.toml").as_ref(),
            Ok(&profile),
            "{text}"
        );
        let link = profile.link_config().unwrap();
        assert_eq!(link.length, profile.frame.length);
        LinkDecoder::new(&link).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            profile.coding_config().unwrap().frame_bytes(),
            profile.frame.length,
            "{name}"
        );
        let rate = 8.0 * profile.symbol_rate_hz().unwrap_or(1.0);
        let signal = profile.signal_config(rate.max(48_000.0), true);
        assert_eq!(signal.is_ok(), profile.signal.is_some(), "{name}");
        if let Ok(signal) = signal {
            Modulator::new(&signal).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
    assert_eq!(Profile::builtin("no-such"), None);
}

#[test]
fn five_lines_describe_a_plain_ccsds_link() {
    let profile = Profile::parse(FIVE_LINES, "passes/plain.toml").unwrap();
    assert_eq!(profile.name, "plain");
    let signal = profile.signal_config(48_000.0, true).unwrap();
    assert_eq!(signal.modulation, Modulation::Bpsk);
    assert_eq!(signal.pulse, Pulse::Srrc { roll_off: 0.5 });
    assert_eq!((signal.carrier_hz, signal.search_hz), (0.0, 960.0));
    let coding = profile.coding_config().unwrap();
    assert_eq!((coding.convolutional, coding.descrambler), (None, None));
    assert_eq!(
        (coding.line_code, coding.randomizer),
        (LineCode::NrzL, Randomizer::Ccsds255)
    );
    assert_eq!(
        (coding.asm.pattern, coding.asm.bits, coding.asm.tolerance),
        (vec![0x1A, 0xCF, 0xFC, 0x1D], 32, None)
    );
    let rs = coding.reed_solomon.unwrap();
    assert_eq!(
        (rs.parity, rs.interleave, rs.data_bytes, rs.basis),
        (32, 1, 223, RsBasis::Dual)
    );
    assert_eq!(
        (rs.field, rs.first_root, rs.primitive, rs.covers_asm),
        (0x187, 112, 11, false)
    );
    assert_eq!((coding.block_bytes, coding.tail_bytes), (255, 0));
    let link = profile.link_config().unwrap();
    assert_eq!(
        (link.kind, link.length, link.fecf, link.ocf),
        (FrameKind::Aos, 223, false, false)
    );
    assert_eq!(
        (link.scid, link.vcids, link.packets),
        (None, vec![], Some(PacketConfig::default()))
    );
}

#[test]
fn the_frame_error_control_field_is_expected_where_no_outer_code_vouches() {
    let with = |text: &str| Profile::parse(text, "x.toml").unwrap().frame.fecf;
    assert!(!with("[frame]\ntype = \"tm\"\n"));
    assert!(with(
        "[coding]\nreed_solomon = false\n[frame]\ntype = \"tm\"\nlength = 1115\n"
    ));
    assert!(!with(
        "[coding]\nreed_solomon = false\n[frame]\ntype = \"opaque\"\nlength = 1115\n"
    ));
}

#[test]
fn voyager_has_a_code_of_its_own_that_covers_the_marker() {
    let coding = load("voyager-1", &[]).unwrap().coding_config().unwrap();
    let inner = coding.convolutional.unwrap();
    assert_eq!(
        (inner.order, inner.inverted),
        (Some(SymbolOrder::G2First), Some(InvertedBranch::G1))
    );
    let rs = coding.reed_solomon.unwrap();
    assert_eq!(
        (rs.data_bytes, rs.field, rs.first_root, rs.primitive),
        (828, 0x11D, 1, 1)
    );
    assert!(rs.covers_asm);
    // 960 bytes from marker to marker, of which 4 are the marker.
    assert_eq!((coding.block_bytes, coding.tail_bytes), (956, 4));
}

#[test]
fn lev_1_counts_its_crc_behind_the_marker() {
    let profile = load("lev-1", &[]).unwrap();
    assert_eq!(
        profile.link_config().unwrap().opaque_crc,
        Some(CrcSpan { from: 3, to: 63 })
    );
    let coding = profile.coding_config().unwrap();
    assert_eq!(
        (coding.asm.pattern, coding.asm.bits, coding.block_bytes),
        (vec![0xFA, 0xF3, 0x20], 24, 67)
    );
}

#[test]
fn soft_bits_are_grouped_as_the_modulation_sends_them() {
    let symbols = |name| load(name, &[]).unwrap().coding_config().unwrap().symbols;
    assert_eq!(symbols("meteor-m2-lrpt"), SymbolBits::Two);
    assert_eq!(symbols("meteor-m2-2-lrpt"), SymbolBits::TwoOffset);
    assert_eq!(symbols("by70-1"), SymbolBits::One);
    assert_eq!(symbols("orbicraft-zorkiy"), SymbolBits::One);
    assert_eq!(symbols("lucy"), SymbolBits::One);
}

#[test]
fn real_samples_are_a_passband_for_psk_and_fm_audio_for_fsk() {
    let by70 = load("by70-1", &[]).unwrap();
    let real = by70.signal_config(48_000.0, false).unwrap();
    assert_eq!(
        (real.carrier_hz, real.search_hz, real.fsk_input),
        (11_507.0, 1000.0, FskInput::Iq)
    );
    let trisat = load("trisat", &["signal.carrier=500"]).unwrap();
    let audio = trisat.signal_config(48_000.0, false).unwrap();
    assert_eq!((audio.fsk_input, audio.carrier_hz), (FskInput::FmAudio, 0.0));
    let iq = trisat.signal_config(48_000.0, true).unwrap();
    assert_eq!((iq.fsk_input, iq.carrier_hz), (FskInput::Iq, 500.0));
    let passband = load("trisat", &["signal.input=real", "signal.carrier=12 kHz"]).unwrap();
    let passband = passband.signal_config(48_000.0, false).unwrap();
    assert_eq!(
        (passband.fsk_input, passband.carrier_hz),
        (FskInput::Iq, 12_000.0)
    );
}

#[test]
fn samples_of_the_wrong_kind_are_refused() {
    let error = |name, set: &[&str], rate, complex| {
        load(name, set)
            .unwrap()
            .signal_config(rate, complex)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("lucy", &[], 48e3, true),
        "profile lucy has no [signal]: decode with --from soft, bits, cadus, frames or packets"
    );
    assert_eq!(
        error("demo", &["signal.input=iq"], 48e3, false),
        "profile demo: signal.input is iq, but the samples are real"
    );
    assert_eq!(
        error("trisat", &["signal.input=fm-audio"], 48e3, true),
        "profile trisat: signal.input is fm-audio, but the samples are complex"
    );
    assert_eq!(
        error("demo", &[], 48e3, false),
        "profile demo: signal.carrier is 0 Hz, must be above 0 and below 24000 in a real passband"
    );
    assert_eq!(
        error("by70-1", &[], 16e3, false),
        "profile by70-1: signal.carrier is 11507 Hz, must be above 0 and below 8000 in a real passband"
    );
    assert!(
        load("by70-1", &[])
            .unwrap()
            .signal_config(f64::NAN, false)
            .is_err()
    );
}

#[test]
fn eb_n0_counts_information_bits() {
    // QPSK, r=1/2, RS(255,223): 2 * 1/2 * 223/255 information bits a symbol.
    let demo = load("demo", &[]).unwrap();
    assert_eq!(demo.bits_per_symbol(), 2);
    assert!((demo.code_rate() - 0.437_254_901_960_784_3).abs() < 1e-15);
    assert!((demo.eb_n0_from_es_n0_db(3.0) - 3.582_353_174).abs() < 1e-9);
    let lev = load("lev-1", &[]).unwrap();
    assert!((lev.eb_n0_offset_db() - 3.010_299_957).abs() < 1e-9);
    // Shortened: 114 of 146.
    assert!((load("by70-1", &[]).unwrap().code_rate() - 57.0 / 146.0).abs() < 1e-15);
}

#[test]
fn quantities_take_their_units() {
    let signal = |line: &str| {
        let text = format!("[signal]\nmodulation = \"bpsk\"\n{line}\n[frame]\ntype = \"tm\"\n");
        Profile::parse(&text, "x.toml").map(|p| p.signal.unwrap())
    };
    assert_eq!(signal("symbol_rate = 72e3").unwrap().symbol_rate_hz, 72_000.0);
    assert_eq!(
        signal("symbol_rate = \"72 kBd\"").unwrap().symbol_rate_hz,
        72_000.0
    );
    assert_eq!(
        signal("symbol_rate = \"0.072MBd\"").unwrap().symbol_rate_hz,
        72_000.0
    );
    assert_eq!(
        signal("symbol_rate = 1\ncarrier = \"-1.5 kHz\"")
            .unwrap()
            .carrier_hz,
        -1500.0
    );
    for wrong in ["72 kHz", "72 k", "72", "kBd", "inf Bd", "nan Bd", "1 2 Bd"] {
        signal(&format!("symbol_rate = \"{wrong}\"")).expect_err(wrong);
    }
}

/// Texts and the one line that refuses each.
const REFUSED: &[(&str, &str)] = &[
    (
        "[signal]\nmodulation = bpsk\n",
        "x.toml:2: string values must be quoted, expected literal string",
    ),
    (
        "name = \"a\"\nnmae = \"b\"\n",
        "x.toml:2: unknown key nmae, allowed in a profile: name, description, source, signal, coding, \
             frame, packets",
    ),
    (
        "[signal]\n\nsymbolrate = 9600\n",
        "x.toml:3: unknown key signal.symbolrate, allowed in [signal]: modulation, symbol_rate, pulse, \
             carrier, search, iq_swap, input, carrier_loop, timing_loop, roll_off, bt, deviation, precoding, iq_order, unbalance, modulation_index, subcarrier, carrier_loop_order",
    ),
    (
        "[signal]\nmodulation = \"gmsk\"\nsymbol_rate = 9600\nroll_off = 0.5\n",
        "x.toml:4: unknown key signal.roll_off, allowed in [signal] with modulation gmsk and pulse gaussian: \
             modulation, symbol_rate, pulse, carrier, search, iq_swap, input, carrier_loop, timing_loop, bt, precoding",
    ),
    (
        "[frame]\ntype = \"tm\"\nocf = true\n",
        "x.toml:3: unknown key frame.ocf, allowed in [frame] of type tm: type, length, fecf, secondary_header, scid, vcids",
    ),
    (
        "[signal]\nmodulation = \"16psk\"\n",
        "x.toml:2: signal.modulation is \"16psk\", must be \"bpsk\", \"qpsk\", \"oqpsk\", \"uqpsk\", \"8psk\", \
             \"dbpsk\", \"dqpsk\", \"pi4-dqpsk\", \"fsk\", \"gfsk\", \"4fsk\", \"4gfsk\", \"gmsk\", \"msk\" or \"pm\"",
    ),
    (
        "[signal]\nmodulation = \"uqpsk\"\nsymbol_rate = 1\nunbalance = 2\n",
        "x.toml:4: signal.unbalance is 2, must be 3 to 20 or -20 to -3 dB",
    ),
    (
        "[signal]\nmodulation = \"8psk\"\nsymbol_rate = 1\n[coding]\nconvolutional = true\n",
        "x.toml:5: coding.convolutional is a section, must be false with modulation 8psk",
    ),
    (
        "[signal]\nmodulation = \"8psk\"\nsymbol_rate = 1\n[coding]\ncltu = true\n[frame]\nlength = 9\n",
        "x.toml:2: signal.modulation is 8psk, must be of one bit a symbol with telecommand coding",
    ),
    (
        "[signal]\nmodulation = \"fsk\"\nsymbol_rate = 1\npulse = \"srrc\"\n",
        "x.toml:4: signal.pulse is \"srrc\", must be \"rect\" with modulation fsk",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\n",
        "x.toml:1: signal.symbol_rate is missing, must be the symbols per second",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = \"72 kHz\"\n",
        "x.toml:3: signal.symbol_rate is \"72 kHz\", must be a number in Bd or text with the unit Bd, kBd or \
             MBd",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = -9600\n",
        "x.toml:3: signal.symbol_rate is -9600, must be 0.001 to 1e10 Bd",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = nan\n",
        "x.toml:3: signal.symbol_rate is NaN, must be 0.001 to 1e10 Bd",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = 1\ninput = \"fm-audio\"\n",
        "x.toml:4: signal.input is \"fm-audio\", must be \"auto\", \"iq\" or \"real\" with modulation bpsk",
    ),
    (
        "[signal]\nmodulation = \"4gfsk\"\nsymbol_rate = 1\ninput = \"fm-audio\"\n",
        "x.toml:4: signal.input is \"fm-audio\", must be \"auto\", \"iq\" or \"real\" with modulation 4gfsk",
    ),
    (
        "[signal]\nmodulation = \"4fsk\"\nsymbol_rate = 1\niq_order = \"qi\"\n",
        "x.toml:4: unknown key signal.iq_order, allowed in [signal] with modulation 4fsk and pulse rect: modulation, \
             symbol_rate, pulse, carrier, search, iq_swap, input, carrier_loop, timing_loop, deviation",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = 1\ntiming_loop = 2\n",
        "x.toml:4: signal.timing_loop is 2, must be above 0 and at most the symbol rate, 1 Hz",
    ),
    (
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = 1\niq_order = \"qi\"\n",
        "x.toml:4: unknown key signal.iq_order, allowed in [signal] with modulation bpsk and pulse srrc: modulation, \
             symbol_rate, pulse, carrier, search, iq_swap, input, carrier_loop, timing_loop, roll_off",
    ),
    (
        "[signal]\nmodulation = \"qpsk\"\nsymbol_rate = 1\n[coding]\nline_code = \"bi-phase-l\"\n",
        "x.toml:5: coding.line_code is a bi-phase code, must be \"nrz-l\", \"nrz-m\" or \"nrz-s\" with modulation qpsk",
    ),
    (
        "[coding]\nrandomizer = true\n",
        "x.toml:2: coding.randomizer is true, must be \"none\", \"ccsds\", \"ccsds-131071\" or \"telecommand\"",
    ),
    (
        "[coding]\nconvolutional = \"yes\"\n",
        "x.toml:2: coding.convolutional is \"yes\", must be a section, or false for none",
    ),
    (
        "[coding.convolutional]\ninverted = \"no\"\n",
        "x.toml:2: coding.convolutional.inverted is \"no\", must be \"auto\", \"none\", \"g1\" or \"g2\"",
    ),
    (
        "[coding.asm]\npattern = 0x1ACFFC1D\n",
        "x.toml:2: coding.asm.pattern is 449838109, must be text of 4 to 48 hexadecimal digits",
    ),
    (
        "[coding.asm]\npattern = \"1ACFFC1G\"\n",
        "x.toml:2: coding.asm.pattern is \"1ACFFC1G\", must be text of 4 to 48 hexadecimal digits",
    ),
    (
        "[coding.asm]\ntolerance = 16\n",
        "x.toml:2: coding.asm.tolerance is 16, must be 0 to 15",
    ),
    (
        "[coding.reed_solomon]\ninterleave = 9\n",
        "x.toml:2: coding.reed_solomon.interleave is 9, must be 1 to 8",
    ),
    (
        "[coding.reed_solomon]\ne = 32\n",
        "x.toml:2: coding.reed_solomon.e is 32, must be 16 or 8",
    ),
    (
        "[coding.reed_solomon]\ninterleave = 4\ndata_bytes = 890\n",
        "x.toml:3: coding.reed_solomon.data_bytes is 890, must be a multiple of interleave from 4 to 892",
    ),
    (
        "[coding.reed_solomon]\ndata_bytes = 9\nvirtual_fill = 9\n",
        "x.toml:2: coding.reed_solomon.data_bytes and coding.reed_solomon.virtual_fill exclude each other, give \
             one of them",
    ),
    (
        "[coding.reed_solomon]\nfield = 0x11B\n",
        "x.toml:2: coding.reed_solomon.field is 0x11B, must be a primitive polynomial of degree 8 with its x^8 \
             term, as 0x187 or 0x11D",
    ),
    (
        "[coding.reed_solomon]\nprimitive = 15\n",
        "x.toml:2: coding.reed_solomon.primitive is 15, must be 1 to 254 without a factor of 3, 5 or 17",
    ),
    (
        "[coding.reed_solomon]\nfield = 0x11D\n",
        "x.toml:1: coding.reed_solomon.basis is \"dual\", must be \"conventional\" with field 0x11D",
    ),
    (
        "[coding]\nreed_solomon = false\n[frame]\ntype = \"aos\"\n",
        "x.toml:3: frame.length is missing, must be the bytes of a frame, as no code gives them",
    ),
    (
        "[frame]\nlength = 1115\n",
        "x.toml:2: frame.length is 1115, must be 223 as coding.reed_solomon has it (data_bytes; a shortened \
             code needs its own)",
    ),
    (
        "[coding]\nreed_solomon = false\n[frame]\ntype = \"aos\"\nlength = 18\nocf = true\ninsert_zone = 8\n",
        "x.toml:5: frame.length is 18, must be 21 to 2048 with these fields",
    ),
    (
        "[frame]\nscid = 1024\n",
        "x.toml:2: frame.scid is 1024, must be 0 to 1023",
    ),
    (
        "[frame]\nscid = -1\n",
        "x.toml:2: frame.scid is -1, must be a whole number from 0 or \"any\"",
    ),
    (
        "[frame]\nvcids = [1, 8]\n",
        "x.toml:2: frame.vcids is [1, 8], must be different numbers from 0 to 7",
    ),
    (
        "[frame]\nvcids = 1\n",
        "x.toml:2: frame.vcids is 1, must be a list of whole numbers from 0",
    ),
    (
        "[frame]\ntype = \"opaque\"\ncrc = { from = 0, to = 222 }\n",
        "x.toml:3: frame.crc.to is 222, must be 1 to 221, two bytes before the end of the frame",
    ),
    (
        "[frame]\ntype = \"opaque\"\n[packets]\ntype = \"space-packets\"\n",
        "x.toml:4: packets.type is \"space-packets\", must be \"none\" in opaque frames",
    ),
    (
        "[packets]\ntype = \"none\"\ncrc = true\n",
        "x.toml:3: unknown key packets.crc, allowed in [packets] of type none: type",
    ),
    (
        "[packets]\ntype = \"none\"\ntime = { code = \"cuc\" }\n",
        "x.toml:3: unknown key packets.time, allowed in [packets] of type none: type",
    ),
    (
        "[packets]\ntime = true\n",
        "x.toml:2: packets.time.code is missing, must be \"cuc\" or \"cds\"",
    ),
    (
        "[packets.time]\ncode = \"ccs\"\n",
        "x.toml:2: packets.time.code is \"ccs\", must be \"cuc\" or \"cds\"",
    ),
    (
        "[packets.time]\ncode = \"cuc\"\nday_bytes = 2\n",
        "x.toml:3: unknown key packets.time.day_bytes, allowed in [packets.time] of code cuc: code, epoch, preamble, \
         offset, coarse_bytes, fine_bytes",
    ),
    (
        "[packets.time]\ncode = \"cds\"\nfine_bytes = 2\n",
        "x.toml:3: unknown key packets.time.fine_bytes, allowed in [packets.time] of code cds: code, epoch, preamble, \
         offset, day_bytes, resolution",
    ),
    (
        "[packets.time]\ncode = \"cuc\"\ncoarse_bytes = 8\n",
        "x.toml:3: packets.time.coarse_bytes is 8, must be 1 to 7",
    ),
    (
        "[packets.time]\ncode = \"cuc\"\nfine_bytes = 11\n",
        "x.toml:3: packets.time.fine_bytes is 11, must be 0 to 10",
    ),
    (
        "[packets.time]\ncode = \"cds\"\nday_bytes = 4\n",
        "x.toml:3: packets.time.day_bytes is 4, must be 2 or 3",
    ),
    (
        "[packets.time]\ncode = \"cds\"\nepoch = \"2000-01-01T12:00:00Z\"\n",
        "x.toml:3: packets.time.epoch is 2000-01-01T12:00:00.000000000Z, must be at midnight with code \"cds\"",
    ),
    (
        "[packets.time]\ncode = \"cuc\"\nepoch = \"J2000\"\n",
        "x.toml:3: packets.time.epoch is \"J2000\", must be \"ccsds\" or text with a UTC time of the years 1950 to \
         2199, as \"2000-01-01T12:00:00Z\"",
    ),
    (
        "[packets]\nmax_bytes = 15\ntime = { code = \"cuc\", offset = 4 }\n",
        "x.toml:2: packets.max_bytes is 15, must be 16 to 65542",
    ),
    (
        "[frame]\ntype = \"tm\"\nsecondary_header = 1\n",
        "x.toml:3: frame.secondary_header is 1, must be 0, or 2 to 64",
    ),
    (
        "[frame]\ntype = \"aos\"\nsecondary_header = 4\n",
        "x.toml:3: unknown key frame.secondary_header, allowed in [frame] of type aos: type, length, fecf, ocf, \
         header_error_control, insert_zone, scid, vcids",
    ),
    (
        "[packets]\nmax_bytes = 6\n",
        "x.toml:2: packets.max_bytes is 6, must be 7 to 65542",
    ),
    (
        "name = \"\"\n",
        "x.toml:1: name is \"\", must be 1 to 60 printable characters",
    ),
    (
        "\nsource = \"\\u001b[2J\"\n",
        "x.toml:2: source is \"\\u{1b}[2J\", must be text without control characters",
    ),
];

#[test]
fn errors_name_key_line_and_what_is_allowed() {
    for (text, expected) in REFUSED {
        assert_eq!(parse_error(text), *expected);
    }
}

#[test]
fn overrides_change_any_key_and_errors_name_them() {
    let profile = load(
        "demo",
        &[
            "signal.symbol_rate = 9600",
            "signal.pulse=rect",
            "coding.convolutional.order=auto",
            "frame.vcids=[5]",
        ],
    );
    // The roll-off of the demo profile has no place in a rectangular pulse.
    assert_eq!(
        profile.unwrap_err().to_string(),
        "built-in demo:8: unknown key signal.roll_off, allowed in [signal] with modulation qpsk and pulse rect: \
         modulation, symbol_rate, pulse, carrier, search, iq_swap, input, carrier_loop, timing_loop, iq_order"
    );
    let set = [
        "signal.symbol_rate = 9600",
        "coding.convolutional.order=auto",
        "frame.vcids=[5]",
        "name=42",
    ];
    let profile = load("demo", &set).unwrap();
    assert_eq!(profile.symbol_rate_hz(), Some(9600.0));
    assert_eq!(profile.coding.convolutional.unwrap().order, None);
    assert_eq!((profile.frame.vcids, profile.name.as_str()), (vec![5], "42"));
    let rectangular = load("demo", &["signal.pulse=rect", "signal.roll_off="]).unwrap();
    assert_eq!(rectangular.signal.unwrap().pulse, Pulse::Rect);
    assert_eq!(load("demo", &["frame.scid="]).unwrap().frame.scid, None);
    let marker = load("demo", &["coding.asm.pattern=00123456"]).unwrap().coding.asm;
    assert_eq!((marker.pattern, marker.bits), (vec![0x00, 0x12, 0x34, 0x56], 32));
    let cases = [
        (
            "frame.length",
            "--set frame.length: must be key=value, as signal.symbol_rate=9600",
        ),
        (
            "frame.length=",
            "--set frame.length=: the key is not there to be taken away",
        ),
        (
            "frame..length=3",
            "--set frame..length=3: the key must be words joined by dots, as signal.symbol_rate",
        ),
        (
            "frame.length=[1",
            "--set frame.length=[1: the value must be TOML or plain words",
        ),
        (
            "frame.length=1\nx=2",
            "--set frame.length=1\\nx=2: the value must be one line of at most 1000 bytes",
        ),
        (
            "name.first=x",
            "--set name.first=x: name is \"demo\", not a section: set name itself",
        ),
        (
            "frame.length=bpsk",
            "--set frame.length=bpsk: frame.length is \"bpsk\", must be a whole number from 0",
        ),
        (
            "frame.lenght=3",
            "--set frame.lenght=3: unknown key frame.lenght, allowed in [frame] of type aos: type, length, fecf, \
             ocf, header_error_control, insert_zone, scid, vcids",
        ),
        (
            "coding.reed_solomon.interleave=9",
            "--set coding.reed_solomon.interleave=9: coding.reed_solomon.interleave is 9, must be 1 to 8",
        ),
        (
            "coding.reed_solomon={interleave=9}",
            "--set coding.reed_solomon={interleave=9}: coding.reed_solomon.interleave is 9, must be 1 to 8",
        ),
    ];
    for (set, expected) in cases {
        assert_eq!(load("demo", &[set]).expect_err(set).to_string(), expected);
    }
}

#[test]
fn the_manual_names_every_key_and_every_builtin_profile() {
    let manual = include_str!("../../docs/profiles.md");
    for name in Profile::builtin_names() {
        assert!(manual.contains(&format!("\n| `{name}` |")), "{name}");
        for line in load(name, &[]).unwrap().to_toml().lines() {
            let Some((key, _)) = line.split_once(" = ") else {
                continue;
            };
            let documented = manual.contains(&format!("`{key}` |")) || manual.contains(&format!(".{key}` |"));
            assert!(documented, "{key}");
        }
    }
}

#[test]
fn times_of_packets_have_the_layout_that_is_written() {
    let parsed = |keys: &str| {
        let profile = Profile::parse(&format!("[packets.time]\n{keys}"), "x.toml").expect(keys);
        let time = profile.packet_time.expect("a time");
        (time.field, time.epoch.map(|epoch| epoch.to_string()))
    };
    let cuc = |epoch, coarse_bytes, fine_bytes| {
        TimeLayout::Cuc(CucFormat {
            epoch,
            coarse_bytes,
            fine_bytes,
        })
    };
    let cds = |epoch, long_day, resolution| {
        TimeLayout::Cds(CdsFormat {
            epoch,
            long_day,
            resolution,
        })
    };
    let (ccsds, agency) = (TimeEpoch::Ccsds1958, TimeEpoch::Agency);
    let field = |offset, preamble, layout| TimeField {
        offset,
        preamble,
        layout,
    };
    let gps = Some("1980-01-06T00:00:00 UTC".to_owned());
    for (keys, expected) in [
        ("code = 'cuc'", (field(0, false, cuc(ccsds, 4, 2)), None)),
        (
            "code = 'cuc'\npreamble = true\noffset = 3\ncoarse_bytes = 7\nfine_bytes = 10\nepoch = 'ccsds'",
            (field(3, true, cuc(ccsds, 7, 10)), None),
        ),
        (
            "code = 'cuc'\nepoch = '1980-01-06T00:00:00Z'",
            (field(0, false, cuc(agency, 4, 2)), gps.clone()),
        ),
        (
            "code = 'cds'",
            (
                field(0, false, cds(ccsds, false, CdsResolution::Millisecond)),
                None,
            ),
        ),
        (
            "code = 'cds'\nepoch = '1980-01-06T00:00:00Z'\nday_bytes = 3\nresolution = 'ps'",
            (field(0, false, cds(agency, true, CdsResolution::Picosecond)), gps),
        ),
    ] {
        assert_eq!(parsed(keys), expected, "{keys}");
    }
    for text in ["", "[packets]\ntime = false"] {
        assert_eq!(Profile::parse(text, "x.toml").expect(text).packet_time, None);
    }
}

#[test]
fn profiles_load_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, FIVE_LINES).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(load(path, &["frame.scid=7"]).unwrap().frame.scid, Some(7));
    let error = load(path, &["frame.scid=256"]).unwrap_err().to_string();
    assert_eq!(error, "--set frame.scid=256: frame.scid is 256, must be 0 to 255");
    std::fs::write(path, "[frame]\ntype = 3\n").unwrap();
    let error = load(path, &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{path}:2: frame.type is 3, must be \"tm\", \"aos\", \"tc\" or \"opaque\"")
    );
    let error = load("no-such", &[]).unwrap_err().to_string();
    assert!(
        error.starts_with("no profile or file no-such; built-in profiles: demo, by70-1, "),
        "{error}"
    );
    let error = load(folder.path().to_str().unwrap(), &[])
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot read profile "), "{error}");
    std::fs::write(path, "#".repeat(70_000)).unwrap();
    let error = load(path, &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{path}:1: 65537 bytes are too long for a profile, must be at most 65536")
    );
}
