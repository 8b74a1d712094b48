//! The `[signal]` section.

use super::error::ProfileError;
use super::pm;
use super::section::{Quantity, Section, one_of};
use super::types::{Signal, SignalInput};
use super::words::{INPUTS, IQ_ORDERS, MODULATIONS, PULSES, PulseWord, pulses_of, word};
use groundlink_dsp::{Modulation, Pulse};

/// Keys that go with every modulation and pulse.
const COMMON: [&str; 9] = [
    "modulation",
    "symbol_rate",
    "pulse",
    "carrier",
    "search",
    "iq_swap",
    "input",
    "carrier_loop",
    "timing_loop",
];

/// Reads the section.
pub(super) fn signal(section: &Section<'_>) -> Result<Signal, ProfileError> {
    section.only(
        &[
            &COMMON[..],
            &[
                "roll_off",
                "bt",
                "deviation",
                "precoding",
                "iq_order",
                "unbalance",
            ],
            &pm::KEYS,
        ]
        .concat(),
        "",
    )?;
    let (modulation, shape) = keying(section)?;
    let rate = section.quantity("symbol_rate", Quantity::Baud)?;
    let symbol_rate_hz = section.required("symbol_rate", rate, "the symbols per second")?;
    let modulation = match modulation {
        Modulation::Pm(_) => Modulation::Pm(pm::read(section, symbol_rate_hz)?),
        other => other,
    };
    let search_hz = match modulation {
        Modulation::Pm(_) => (symbol_rate_hz / 10.0).max(pm::LEAST_SEARCH_HZ),
        _ => symbol_rate_hz / 10.0,
    };
    let frequency = |key| section.quantity(key, Quantity::Hertz);
    let or_auto = |key| section.quantity_or_auto(key, Quantity::Hertz);
    let unbalance = section.quantity("unbalance", Quantity::Number)?;
    let balanced = if modulation == Modulation::Uqpsk { 6.0 } else { 0.0 };
    Ok(Signal {
        modulation,
        symbol_rate_hz,
        pulse: pulse(section, shape)?,
        deviation_hz: or_auto("deviation")?,
        carrier_hz: frequency("carrier")?.unwrap_or(0.0),
        search_hz: frequency("search")?.unwrap_or(search_hz),
        iq_swap: section.boolean("iq_swap")?.unwrap_or(false),
        q_first: section.choice("iq_order", IQ_ORDERS)?.unwrap_or(false),
        unbalance_db: unbalance.unwrap_or(balanced),
        precoding: section.boolean("precoding")?.unwrap_or(false),
        input: section.choice("input", INPUTS)?.unwrap_or(SignalInput::Auto),
        carrier_loop_hz: or_auto("carrier_loop")?,
        timing_loop_hz: or_auto("timing_loop")?,
    })
}

/// Modulation and pulse, which together decide what other keys mean anything.
fn keying(section: &Section<'_>) -> Result<(Modulation, PulseWord), ProfileError> {
    let chosen = section.choice("modulation", MODULATIONS)?;
    let (modulation, gaussian) = section.required("modulation", chosen, &one_of(MODULATIONS))?;
    let name = word(MODULATIONS, &(modulation, gaussian));
    let pulses = pulses_of(modulation, gaussian);
    let chosen = section.choice_where("pulse", pulses, &format!(" with modulation {name}"))?;
    let shape = chosen.unwrap_or(pulses[0].1);
    let mut allowed = COMMON.to_vec();
    match shape {
        PulseWord::Srrc => allowed.push("roll_off"),
        PulseWord::Gaussian => allowed.push("bt"),
        PulseWord::Rect | PulseWord::HalfSine => {}
    }
    if matches!(modulation, Modulation::Fsk | Modulation::Fsk4) {
        allowed.push("deviation");
    }
    if modulation == Modulation::Gmsk {
        allowed.push("precoding");
    }
    if modulation.is_psk() && modulation.bits_per_symbol() == 2 {
        allowed.push("iq_order");
    }
    if modulation == Modulation::Uqpsk {
        allowed.push("unbalance");
    }
    if matches!(modulation, Modulation::Pm(_)) {
        allowed.extend(pm::KEYS);
    }
    section.only(
        &allowed,
        &format!(" with modulation {name} and pulse {}", word(PULSES, &shape)),
    )?;
    Ok((modulation, shape))
}

fn pulse(section: &Section<'_>, shape: PulseWord) -> Result<Pulse, ProfileError> {
    let number = |key| section.quantity(key, Quantity::Number);
    Ok(match shape {
        PulseWord::Srrc => Pulse::Srrc {
            roll_off: number("roll_off")?.unwrap_or(0.5),
        },
        PulseWord::Rect => Pulse::Rect,
        PulseWord::HalfSine => Pulse::HalfSine,
        PulseWord::Gaussian => Pulse::Gaussian {
            bt: number("bt")?.unwrap_or(0.5),
        },
    })
}
