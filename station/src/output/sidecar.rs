//! The sidecar of `--soft FILE`: soft bits mean nothing to another tool unless sign and order are stated.

use crate::StationError;
use crate::profile::Profile;
use groundlink_dsp::{Modulation, SoftBatch};
use serde::Serialize;

#[derive(Serialize)]
struct Sidecar<'a> {
    datatype: &'static str,
    positive_is: u8,
    order: &'static str,
    bits_per_symbol: usize,
    llr_unit: Option<f32>,
    symbol_rate_hz: Option<f64>,
    profile: &'a str,
}

/// Writes `FILE.json` beside the soft bits of this profile, unless they go to stdout, a pipe or a device.
/// Only soft bits that are the receiver's own (`received`) have a known unit.
///
/// # Errors
/// When the system refuses.
pub fn write(soft: &str, profile: &Profile, received: bool) -> Result<(), StationError> {
    if soft == "-" || !std::fs::metadata(soft).is_ok_and(|meta| meta.is_file()) {
        return Ok(());
    }
    let bits_per_symbol = profile.bits_per_symbol();
    let sidecar = Sidecar {
        datatype: "i8",
        positive_is: 1,
        order: match profile.signal.as_ref().map(|signal| signal.modulation) {
            Some(Modulation::Fsk4) => "two bits a symbol, 01, 00, 10, 11 from the highest frequency",
            _ if bits_per_symbol == 2 => "I, Q",
            _ => "one bit a symbol",
        },
        bits_per_symbol,
        llr_unit: received.then_some(SoftBatch::LLR_UNIT),
        symbol_rate_hz: profile.symbol_rate_hz(),
        profile: &profile.name,
    };
    let name = format!("{soft}.json");
    let text = serde_json::to_string_pretty(&sidecar).map_err(|error| StationError::Output {
        name: name.clone(),
        source: error.into(),
    })?;
    std::fs::write(&name, text + "\n").map_err(|source| StationError::Output { name, source })
}
