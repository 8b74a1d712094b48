//! The sidecar of `--soft FILE`: soft bits mean nothing to another tool unless sign and order are stated.

use crate::StationError;
use groundlink_dsp::{Modulation, SoftBatch};
use serde::Serialize;

#[derive(Serialize)]
struct Sidecar<'a> {
    datatype: &'static str,
    positive_is: u8,
    order: &'static str,
    bits_per_symbol: usize,
    llr_unit: f32,
    symbol_rate_hz: f64,
    profile: &'a str,
}

/// Writes `FILE.json` beside the soft bits.
///
/// # Errors
/// When the system refuses.
pub fn write(soft: &str, modulation: Modulation, symbol_rate_hz: f64, profile: &str) -> Result<(), StationError> {
    let bits_per_symbol = modulation.bits_per_symbol();
    let sidecar = Sidecar {
        datatype: "i8",
        positive_is: 1,
        order: if bits_per_symbol == 2 { "I, Q" } else { "one bit a symbol" },
        bits_per_symbol,
        llr_unit: SoftBatch::LLR_UNIT,
        symbol_rate_hz,
        profile,
    };
    let name = format!("{soft}.json");
    let text = serde_json::to_string_pretty(&sidecar)
        .map_err(|error| StationError::Output { name: name.clone(), source: error.into() })?;
    std::fs::write(&name, text + "\n").map_err(|source| StationError::Output { name, source })
}
