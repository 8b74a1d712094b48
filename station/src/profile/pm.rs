//! Phase modulation with a residual carrier: its keys in `[signal]`.

use super::error::{Problem, ProfileError};
use super::section::{Quantity, Section};
use super::words::{Words, word};
use super::write::Lines;
use groundlink_dsp::{LoopOrder, PmConfig, Subcarrier, Waveform};

/// Keys of `[signal]` that go with this modulation alone.
pub(super) const KEYS: [&str; 3] = ["modulation_index", "subcarrier", "carrier_loop_order"];

/// Carriers of low rates are looked for at least so far, Hz.
pub(super) const LEAST_SEARCH_HZ: f64 = 500.0;

/// Smallest index that carries anything, rad.
const LEAST_INDEX: f64 = 0.01;
/// Fewest cycles of a subcarrier per symbol.
const LEAST_RATIO: f64 = 1.5;

const WAVEFORMS: Words<Waveform> = &[("sine", Waveform::Sine), ("square", Waveform::Square)];

/// The modulation of this section, with symbols of this rate.
pub(super) fn read(section: &Section<'_>, symbol_rate_hz: f64) -> Result<PmConfig, ProfileError> {
    let index_rad = section.quantity_or_auto("modulation_index", Quantity::Number)?;
    let loop_order = match section.whole("carrier_loop_order")? {
        Some(2) => LoopOrder::Second,
        Some(3) | None => LoopOrder::Third,
        Some(other) => return Err(section.refuse("carrier_loop_order", other.to_string(), "2 or 3")),
    };
    let subcarrier = match section.switch("subcarrier", false)? {
        Some(inner) => Some(subcarrier(&inner, symbol_rate_hz)?),
        None => None,
    };
    Ok(PmConfig {
        index_rad,
        subcarrier,
        loop_order,
    })
}

fn subcarrier(section: &Section<'_>, symbol_rate_hz: f64) -> Result<Subcarrier, ProfileError> {
    section.only(&["frequency", "ratio", "waveform"], "")?;
    section.not_both("frequency", "ratio")?;
    let ratio = section.quantity("ratio", Quantity::Number)?;
    let frequency = section.quantity("frequency", Quantity::Hertz)?;
    let frequency = frequency.or(ratio.map(|ratio| ratio * symbol_rate_hz));
    Ok(Subcarrier {
        frequency_hz: section.required(
            "frequency",
            frequency,
            "a frequency in Hz, or ratio, the cycles per symbol",
        )?,
        waveform: section.choice("waveform", WAVEFORMS)?.unwrap_or(Waveform::Sine),
    })
}

pub(super) fn write(out: &mut Lines, pm: &PmConfig) {
    let index = pm.index_rad.map_or("\"auto\"".into(), |index| index.to_string());
    out.key("modulation_index", index, "rad, peak; it is measured");
    let order = if pm.loop_order == LoopOrder::Second { 2 } else { 3 };
    out.key("carrier_loop_order", order, "3 follows the drift, too");
    match &pm.subcarrier {
        None => out.key("subcarrier", false, "or { frequency, waveform }"),
        Some(subcarrier) => {
            let waveform = word(WAVEFORMS, &subcarrier.waveform);
            let value = format!(
                "{{ frequency = {}, waveform = \"{waveform}\" }}",
                subcarrier.frequency_hz
            );
            out.key("subcarrier", value, "Hz, sine or square");
        }
    }
}

pub(super) fn check(pm: &PmConfig, symbol_rate_hz: f64) -> Result<(), Problem> {
    if let Some(index) = pm.index_rad {
        let most = (0.98 * pm.largest_index() * 1e4).floor() / 1e4;
        if !(LEAST_INDEX..=most).contains(&index) {
            let allowed = format!("{LEAST_INDEX} to {most} rad, which leaves a carrier");
            return Err(Problem::new("signal.modulation_index", index, allowed));
        }
    }
    if let Some(subcarrier) = &pm.subcarrier {
        let least = LEAST_RATIO * symbol_rate_hz;
        if !(least..=1e12).contains(&subcarrier.frequency_hz) {
            let allowed = format!("{LEAST_RATIO} times the symbol rate ({least} Hz) to 1e12 Hz");
            return Err(Problem::new(
                "signal.subcarrier.frequency",
                subcarrier.frequency_hz,
                allowed,
            ));
        }
    }
    Ok(())
}
