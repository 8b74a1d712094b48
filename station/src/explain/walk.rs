//! The chain walked from the antenna inwards: the state of each link, with what it is judged by.

use super::report::{Finding, Link, State};
use super::signal::Clues;
use super::trial::{Decoded, Outcome, Reception};
use crate::profile::Profile;
use groundlink_decoder::coding::MarkerSurvey;

/// Share of clipped samples from which on it matters, and from which on it is to blame.
const CLIPPED: [f64; 2] = [1e-3, 0.05];
/// A constant so far below the rest matters, dB.
const DC_DB: f64 = -10.0;
/// Imbalance that matters: gain in dB, phase in degrees.
const IMBALANCE: (f64, f64) = (1.5, 8.0);

/// The links of the chain.
pub fn walk(profile: &Profile, clues: Option<&Clues>, outcome: &Outcome, decodes: bool) -> Vec<Finding> {
    let mut list = Vec::new();
    if let Some(clues) = clues {
        list.push(level(clues));
        list.push(spectrum(profile, clues, outcome, decodes));
    }
    if let Some(reception) = &outcome.reception {
        list.push(carrier(profile, clues, reception));
        list.push(symbols(profile, clues, reception));
    }
    if let Some(survey) = &outcome.survey {
        if profile.coding.convolutional.is_some() {
            list.push(node(survey));
        }
        list.push(asm(survey, outcome, decodes));
    }
    let decoded = &outcome.decoded;
    if profile.coding.reed_solomon.is_some()
        || profile.coding.iterative.is_some()
        || profile.coding.cltu.is_some()
    {
        list.push(fec(decoded));
    }
    list.push(frames(decoded));
    if profile.packets.is_some() {
        list.push(packets(decoded));
    }
    silence_behind(&mut list);
    list
}

/// Behind a broken link nothing can be judged.
fn silence_behind(list: &mut [Finding]) {
    let broken = list.iter().position(|finding| finding.state == State::Broken);
    for finding in list.iter_mut().skip(broken.map_or(usize::MAX, |at| at + 1)) {
        finding.state = State::Unknown;
    }
}

fn finding(link: Link, state: State, evidence: String) -> Finding {
    Finding {
        link,
        state,
        evidence,
    }
}

fn level(clues: &Clues) -> Finding {
    let level = &clues.measured.level;
    if clues.measured.silent() {
        let evidence = format!("{} samples, all of them silence", level.samples);
        return finding(Link::Level, State::Broken, evidence);
    }
    let mut words = vec![format!(
        "mean {:.1} dBFS, peak {:.1} dBFS",
        level.mean_dbfs, level.peak_dbfs
    )];
    let mut state = State::Good;
    if level.clipped_share > CLIPPED[0] {
        state = State::Poor;
    }
    words.push(format!("{:.2} % clipped", 100.0 * level.clipped_share));
    let dc = clues.measured.dc_over_rest_db();
    if dc > DC_DB && !clues.audio {
        state = State::Poor;
        words.push(format!("DC {dc:+.1} dB over all else"));
    }
    if let Some(imbalance) = level.imbalance.filter(|_| clues.complex)
        && (imbalance.gain_db.abs() > IMBALANCE.0 || imbalance.phase_deg.abs() > IMBALANCE.1)
    {
        state = State::Poor;
        words.push(format!(
            "I/Q imbalance {:+.1} dB, {:+.0}°",
            imbalance.gain_db, imbalance.phase_deg
        ));
    }
    if level.not_finite > 0 {
        state = State::Poor;
        words.push(format!("{} samples are no numbers", level.not_finite));
    }
    finding(Link::Level, state, words.join(", "))
}

/// Whether clipping is so heavy that it may be to blame.
pub fn clips_heavily(clues: &Clues) -> bool {
    clues.measured.level.clipped_share > CLIPPED[1]
}

/// Whether clipping matters.
pub fn clips(clues: &Clues) -> bool {
    clues.measured.level.clipped_share > CLIPPED[0]
}

/// Whether a constant matters.
pub fn has_dc(clues: &Clues) -> bool {
    !clues.audio && clues.measured.dc_over_rest_db() > DC_DB
}

fn spectrum(profile: &Profile, clues: &Clues, outcome: &Outcome, decodes: bool) -> Finding {
    let Some(signal) = &profile.signal else {
        return finding(Link::Spectrum, State::Unknown, String::new());
    };
    if clues.audio {
        let evidence = "FM audio: the discriminator has taken the carrier away".to_owned();
        return finding(Link::Spectrum, State::Good, evidence);
    }
    let received = outcome
        .reception
        .as_ref()
        .is_some_and(|reception| reception.locked());
    let range = format!("{:+.0} ± {:.0} Hz", signal.carrier_hz, signal.search_hz);
    let strongest = clues.measured.signals.first();
    let elsewhere = clues.elsewhere.first().map(|(found, _)| {
        format!(
            "{} signal elsewhere: at {:+.0} Hz, {:.0} Hz wide, {:.1} dB-Hz",
            if strongest == Some(found) {
                "strongest"
            } else {
                "other"
            },
            found.centre_hz,
            found.width_hz,
            found.c_n0_db_hz
        )
    });
    let mut words = Vec::new();
    let mut state = State::Good;
    match clues.wanted {
        Some(found) => words.push(format!(
            "a signal at {:+.0} Hz, {:.0} Hz wide, {:.1} dB-Hz over the noise; looked for at {range}",
            found.centre_hz, found.width_hz, found.c_n0_db_hz
        )),
        None if received && (decodes || !clues.astray(profile)) => {
            words.push(format!("no signal stands out, though one is received at {range}"));
        }
        None if strongest.is_some() => {
            state = State::Broken;
            words.push(format!("no signal at {range}"));
        }
        None => {
            state = State::Broken;
            words.push(format!(
                "no signal in the whole band of {:.0} Hz: noise of {:.1} dBFS/Hz",
                clues.measured.rate_hz, clues.measured.floor_dbfs_hz
            ));
        }
    }
    words.extend(elsewhere);
    finding(Link::Spectrum, state, words.join("; "))
}

fn carrier(profile: &Profile, clues: Option<&Clues>, reception: &Reception) -> Finding {
    if !reception.locked() {
        let evidence = format!("locked in {:.1} % of the stretch", 100.0 * reception.locked_share);
        // A carrier cannot be found with a wrong symbol rate.
        let another_rate =
            clues.is_some_and(|clues| !clues.clocks.is_empty() && clues.fitting_clock(profile).is_none());
        let state = if another_rate {
            State::Unknown
        } else {
            State::Broken
        };
        return finding(Link::Carrier, state, evidence);
    }
    let search = profile.signal.as_ref().map_or(0.0, |signal| signal.search_hz);
    let edge = reception.offset_hz.abs() > 0.8 * search && search > 0.0;
    let state = if edge { State::Poor } else { State::Good };
    let again = match reception.restarts {
        0 => String::new(),
        n => format!(", found again {n} times"),
    };
    let evidence = format!(
        "locked in {:.0} % of the stretch, {:+.0} Hz off, searched to ±{search:.0} Hz{again}",
        100.0 * reception.locked_share,
        reception.offset_hz
    );
    finding(Link::Carrier, state, evidence)
}

fn symbols(profile: &Profile, clues: Option<&Clues>, reception: &Reception) -> Finding {
    let stated = profile.symbol_rate_hz().unwrap_or(0.0);
    let fitting = clues.and_then(|clues| clues.fitting_clock(profile));
    let first = clues.and_then(|clues| clues.clocks.first());
    let clock = match (fitting, first) {
        (Some(clock), _) => format!(
            "symbol clock at {:.1} Bd ({:.0} dB), the profile's rate is {stated} Bd",
            clock.rate_hz, clock.strength_db
        ),
        (None, Some(clock)) => format!(
            "symbol clock at {:.1} Bd ({:.0} dB), the profile's rate is {stated} Bd: {:+.2} %",
            clock.rate_hz,
            clock.strength_db,
            100.0 * (clock.rate_hz / stated - 1.0)
        ),
        (None, None) => format!("no symbol clock stands out; the profile's rate is {stated} Bd"),
    };
    if !reception.locked() {
        return finding(Link::Symbols, State::Broken, clock);
    }
    let es_n0 = reception.es_n0_db;
    let offset = profile.eb_n0_offset_db();
    let state = if es_n0 + offset < 2.0 {
        State::Poor
    } else {
        State::Good
    };
    let evidence = format!("Es/N0 {es_n0:.1} dB (Eb/N0 {:.1} dB); {clock}", es_n0 + offset);
    finding(Link::Symbols, state, evidence)
}

fn node(survey: &MarkerSurvey) -> Finding {
    if survey.node_share < 0.02 {
        let evidence = "no assignment of the symbols to the code's branches fits".to_owned();
        return finding(Link::Node, State::Broken, evidence);
    }
    let evidence = format!(
        "locked in {:.0} % of the stretch ({}), {:.2} % of the channel symbols wrong",
        100.0 * survey.node_share,
        survey.node,
        100.0 * survey.channel_ber
    );
    finding(Link::Node, State::Good, evidence)
}

fn asm(survey: &MarkerSurvey, outcome: &Outcome, decodes: bool) -> Finding {
    let bytes = |bits: u64| format!("{bits} bits ({} bytes)", bits as f64 / 8.0);
    let expected = bytes(outcome.unit_bits);
    let spacing = survey.spacing_bits.filter(|_| survey.periodic());
    // Those that fit by chance are of either sign.
    let inverted = match 4 * survey.inverted {
        n if n < survey.markers => "",
        n if n > 3 * survey.markers => " with all bits inverted",
        _ => ", some with all bits inverted",
    };
    let markers = survey.pairs + 1;
    let (state, evidence) = match spacing {
        Some(bits) if bits == outcome.unit_bits => (
            State::Good,
            format!("{markers} markers{inverted}, {} apart as expected", bytes(bits)),
        ),
        Some(bits) if decodes => (
            State::Good,
            format!(
                "frames of {expected} decode, though most markers{inverted} are {} apart",
                bytes(bits)
            ),
        ),
        Some(bits) => (
            State::Broken,
            format!(
                "{markers} markers{inverted}, {} apart; expected {expected}",
                bytes(bits)
            ),
        ),
        None => (
            if decodes { State::Good } else { State::Broken },
            format!(
                "{} places look like the marker{inverted}, {:.1} would by chance; no common distance",
                survey.markers, survey.by_chance
            ),
        ),
    };
    finding(Link::Asm, state, evidence)
}

fn fec(decoded: &Decoded) -> Finding {
    if decoded.coded_good == 0 {
        let evidence = format!("{} blocks begun, none could be corrected", decoded.blocks);
        return finding(Link::Fec, State::Broken, evidence);
    }
    let lost = decoded.blocks - decoded.coded_good;
    let state = if 10 * lost > decoded.blocks {
        State::Poor
    } else {
        State::Good
    };
    let evidence = format!(
        "{} of {} blocks good, {} symbols corrected in {} of them",
        decoded.coded_good, decoded.blocks, decoded.corrected.1, decoded.corrected.0
    );
    finding(Link::Fec, state, evidence)
}

fn frames(decoded: &Decoded) -> Finding {
    let reasons: Vec<String> = decoded
        .rejected
        .iter()
        .filter(|(reason, _)| **reason != "uncorrectable")
        .map(|(reason, count)| format!("{count} for their {}", reason_words(reason)))
        .collect();
    let rejected = if reasons.is_empty() {
        String::new()
    } else {
        format!(", rejected: {}", reasons.join(", "))
    };
    if decoded.good == 0 {
        let evidence = format!("no good frame{rejected}");
        return finding(Link::Frames, State::Broken, evidence);
    }
    let state = if reasons.is_empty() {
        State::Good
    } else {
        State::Poor
    };
    let evidence = format!(
        "{} good ({} verified), {} of them idle{rejected}",
        decoded.good, decoded.verified, decoded.idle
    );
    finding(Link::Frames, state, evidence)
}

fn reason_words(reason: &str) -> &str {
    match reason {
        "length" => "length",
        "fecf" => "FECF (CRC)",
        "header_error_control" => "header error control",
        "version" => "version",
        "scid" => "spacecraft",
        "vcid" => "virtual channel",
        "secondary_header" => "secondary header",
        other => other,
    }
}

fn packets(decoded: &Decoded) -> Finding {
    let (all, content, resyncs) = decoded.packets;
    let evidence = if decoded.good > 0 && decoded.idle == decoded.good {
        "every frame is idle: the spacecraft sends no packets".to_owned()
    } else {
        format!(
            "{all} packets, {} of them idle, place lost {resyncs} times",
            all - content
        )
    };
    let state = match (all, content) {
        (0, _) if decoded.good > 0 && decoded.idle < decoded.good => State::Broken,
        _ if resyncs > all => State::Poor,
        (_, 0) => State::Poor,
        _ => State::Good,
    };
    finding(Link::Packets, state, evidence)
}
