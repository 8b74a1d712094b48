//! Causes that no key of the profile mends, and what could be better where frames come out.

use super::base::ProfileSource;
use super::candidates;
use super::measure::roundest;
use super::report::{Cause, Link};
use super::signal::{Clues, RATE_ROUNDING};
use super::trial::{Bench, Outcome};
use super::walk::{clips, clips_heavily, has_dc};
use crate::profile::Profile;

/// Eb/N0 below which not even strong codes get far, and below which the weaker ones do not, dB.
const WEAK_DB: f64 = 2.0;
/// Difference of symbol rates from which on it is told, relative.
const RATE_OFF: f64 = 2e-3;

fn advice(link: Link, text: impl Into<String>, evidence: impl Into<String>, advice: &str) -> Cause {
    Cause {
        link,
        text: text.into(),
        evidence: evidence.into(),
        set: Vec::new(),
        advice: advice.to_owned(),
        proven: false,
        frames: 0,
    }
}

/// Nothing but silence.
pub fn silence() -> Cause {
    advice(
        Link::Level,
        "there is nothing in the samples",
        "every one of them is zero, or next to it",
        "look at what fills the input: is the receiver running, is it the right channel and sample format (--format)?",
    )
}

/// What the samples say of causes that no key mends.
pub fn without_key(
    clues: Option<&Clues>,
    outcome: &Outcome,
    profile: &Profile,
    found: &[Cause],
) -> Vec<Cause> {
    let proven = found.iter().any(|cause| cause.proven);
    let Some(clues) = clues else {
        return Vec::new();
    };
    let mut list = receiver_faults(clues);
    list.extend(sample_rate(clues, profile));
    if proven {
        return list;
    }
    if clues.measured.signals.is_empty() && !clues.audio && !received(outcome) {
        list.push(advice(
            Link::Spectrum,
            "there is no signal in the samples, only noise",
            format!(
                "the spectrum is flat over {:.0} Hz and no symbol clock stands out",
                clues.measured.rate_hz
            ),
            "is the satellite above the horizon and transmitting, the antenna pointed and connected, the receiver tuned?",
        ));
    }
    list.extend(interferer(clues));
    list.extend(weak(outcome, profile));
    list
}

fn received(outcome: &Outcome) -> bool {
    outcome
        .reception
        .as_ref()
        .is_some_and(|reception| reception.locked())
}

fn receiver_faults(clues: &Clues) -> Vec<Cause> {
    let level = &clues.measured.level;
    let mut list = Vec::new();
    if clips(clues) {
        let down = if clips_heavily(clues) { 10 } else { 6 };
        list.push(advice(
            Link::Level,
            "the samples are clipped",
            format!(
                "{:.2} % of them are at full scale, peak {:.1} dBFS",
                100.0 * level.clipped_share,
                level.peak_dbfs
            ),
            &format!("lower the gain of the receiver by {down} dB"),
        ));
    }
    if has_dc(clues) {
        list.push(advice(
            Link::Level,
            "a DC spike stands in the middle of the band",
            format!(
                "the mean of the samples is {:+.1} dB over all else",
                clues.measured.dc_over_rest_db()
            ),
            "tune the receiver beside the signal, so that it stands away from 0 Hz, or switch on its DC correction",
        ));
    }
    list
}

fn interferer(clues: &Clues) -> Option<Cause> {
    let wanted = clues.wanted?;
    let (strongest, _) = clues.elsewhere.first()?;
    let over = strongest.power_dbfs - wanted.power_dbfs;
    (over > 10.0).then(|| {
        advice(
            Link::Spectrum,
            format!(
                "an interferer at {:+.0} Hz is {over:.0} dB stronger than the signal",
                strongest.centre_hz
            ),
            format!("it is {:.0} Hz wide", strongest.width_hz),
            "filter before the receiver, or tune so that the interferer is out of the band",
        )
    })
}

fn sample_rate(clues: &Clues, profile: &Profile) -> Option<Cause> {
    let stated = profile.symbol_rate_hz()?;
    let clock = clues.clocks.first()?;
    let ratio = clock.rate_hz / stated;
    let near = [0.5, 2.0, 4.0, 0.25]
        .into_iter()
        .find(|r| (ratio / r - 1.0).abs() < 0.01)?;
    let rate = clues.measured.rate_hz / near;
    Some(advice(
        Link::Symbols,
        format!(
            "the sample rate may be {rate} S/s, not {}",
            clues.measured.rate_hz
        ),
        format!(
            "the symbol clock of {:.1} Bd is {near} times the profile's rate",
            clock.rate_hz
        ),
        &format!("state the sample rate: --rate {rate}"),
    ))
}

fn weak(outcome: &Outcome, profile: &Profile) -> Option<Cause> {
    let reception = outcome
        .reception
        .as_ref()
        .filter(|reception| reception.locked())?;
    let eb_n0 = reception.es_n0_db + profile.eb_n0_offset_db();
    (eb_n0 < WEAK_DB).then(|| {
        advice(
            Link::Symbols,
            "the signal is too weak for its code",
            format!("Eb/N0 is {eb_n0:.1} dB"),
            "point the antenna better, or wait until the satellite is higher",
        )
    })
}

/// A symbol rate that is not quite that of the profile.
fn rate(clues: Option<&Clues>, outcome: &Outcome, profile: &Profile) -> Option<Cause> {
    let reception = outcome.reception.as_ref()?;
    let stated = profile.symbol_rate_hz()?;
    let off = reception.symbol_rate_hz / stated - 1.0;
    if clues?.fitting_clock(profile).is_some() || off.abs() < RATE_OFF {
        return None;
    }
    let rate = roundest(reception.symbol_rate_hz, RATE_ROUNDING);
    Some(Cause {
        set: vec![format!("signal.symbol_rate={rate}")],
        ..advice(
            Link::Symbols,
            format!("the symbol rate is {:+.2} % off the profile's", 100.0 * off),
            format!("the receiver follows {:.1} Bd", reception.symbol_rate_hz),
            "",
        )
    })
}

/// What could be better where frames come out.
pub fn better(clues: Option<&Clues>, outcome: &Outcome, profile: &Profile) -> Vec<Cause> {
    let mut list = clues.map_or_else(Vec::new, |clues| {
        let mut list = receiver_faults(clues);
        list.extend(interferer(clues));
        list
    });
    let search = profile.signal.as_ref().map_or(0.0, |signal| signal.search_hz);
    if let Some(reception) = &outcome.reception
        && search > 0.0
        && reception.offset_hz.abs() > 0.8 * search
        && let Some(signal) = &profile.signal
    {
        let carrier = (signal.carrier_hz + reception.offset_hz).round();
        list.push(Cause {
            set: vec![format!("signal.carrier={carrier}")],
            ..advice(
                Link::Carrier,
                "the signal is near the edge of the range searched",
                format!("{:+.0} Hz of ±{search:.0} Hz", reception.offset_hz),
                "",
            )
        });
    }
    list.extend(rate(clues, outcome, profile));
    list.extend(weak(outcome, profile));
    let decoded = &outcome.decoded;
    if decoded.idle == decoded.good {
        list.push(advice(
            Link::Packets,
            "all frames are idle",
            format!(
                "{} of {} good frames carry idle data only",
                decoded.idle, decoded.good
            ),
            "nothing is wrong with the reception: the spacecraft has nothing to send at this time",
        ));
    }
    list
}

/// Where no packet comes out of good frames: other places of the packets in the frame, tried.
pub fn packets(
    source: &ProfileSource,
    profile: &Profile,
    outcome: &Outcome,
    bench: &mut Bench<'_>,
    tried: &mut usize,
) -> Option<Cause> {
    let decoded = &outcome.decoded;
    let (all, _, resyncs) = decoded.packets;
    if profile.packets.is_none() || decoded.idle == decoded.good || all > 2 * resyncs {
        return None;
    }
    let mut best: Option<(u64, Cause)> = None;
    for candidate in candidates::packets(profile) {
        *tried += 1;
        let Some(outcome) = source
            .with(&candidate.set)
            .ok()
            .and_then(|profile| bench.run(&profile))
        else {
            continue;
        };
        let (now, _, lost) = outcome.decoded.packets;
        let most = best.as_ref().map_or(all, |(most, _)| *most);
        if now > most.max(4 * lost) {
            let cause = Cause {
                link: Link::Packets,
                text: candidate.text,
                evidence: format!("{now} packets come out with it, the place in them is lost {lost} times"),
                set: candidate.set,
                advice: String::new(),
                proven: true,
                frames: outcome.decoded.verified,
            };
            best = Some((now, cause));
        }
    }
    best.map(|(_, cause)| cause)
}
