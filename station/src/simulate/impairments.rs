//! What `simulate` does to the signal besides noise and constant offsets.

use super::LEVEL;
use crate::StationError;
use groundlink_dsp::channel::{ChannelConfig, Course, Doppler, Fading, Interferer, Quantiser};
use groundlink_dsp::{FskInput, SignalConfig};
use num_complex::Complex32;

/// Impairments; the default has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Impairments {
    /// Doppler over time, from the recording's first sample on.
    pub doppler: Option<Course>,
    /// Radio frequency of the carrier, Hz: the symbol clock then follows the Doppler.
    pub rf_carrier_hz: Option<f64>,
    /// Linewidth of the carrier, Hz.
    pub linewidth_hz: f64,
    /// Fading.
    pub fading: Option<Fading>,
    /// Other signals, their frequencies relative to the profile's carrier.
    pub interferers: Vec<Interferer>,
    /// Constant added to I and Q, full scale = 1.
    pub dc: [f64; 2],
    /// Gain of I over Q, dB.
    pub iq_gain_db: f64,
    /// Quadrature error, degrees.
    pub iq_phase_deg: f64,
    /// Bits of the converter; `None` for those of the format.
    pub adc_bits: Option<u32>,
    /// Mean level of what is written, all signals and noise together, dBFS; `None` for −14.
    pub level_dbfs: Option<f64>,
}

impl Impairments {
    /// An error when one of them cannot be in samples of this kind.
    pub(super) fn check(&self, signal: &SignalConfig, complex: bool) -> Result<(), StationError> {
        let refuse = |option, samples| Err(StationError::Impairment { option, samples });
        if self.rf_carrier_hz.is_some() && self.doppler.is_none() {
            return refuse("--rf-carrier", "a simulation without --doppler or --pass");
        }
        let audio = signal.fsk_input == FskInput::FmAudio;
        for (there, option) in [
            (self.doppler.is_some(), "a Doppler course"),
            (self.linewidth_hz != 0.0, "--phase-noise"),
            (self.fading.is_some(), "--fading"),
            (!self.interferers.is_empty(), "--interferer"),
        ] {
            if audio && there {
                return refuse(option, "FM-demodulated audio");
            }
        }
        if !complex && (self.iq_gain_db != 0.0 || self.iq_phase_deg != 0.0 || self.dc[1] != 0.0) {
            return refuse("I/Q imbalance and DC on Q", "real samples");
        }
        Ok(())
    }

    /// Amplitude of a signal of unit power in noise of this deviation that gives the level.
    pub(super) fn scale(&self, noise_sigma: f64) -> f64 {
        let level = self.level_dbfs.map_or(LEVEL, |db| 10f64.powf(db / 20.0));
        let others: f64 = self
            .interferers
            .iter()
            .map(|i| 10f64.powf(i.level_db / 10.0))
            .sum();
        level / (1.0 + others + noise_sigma * noise_sigma).sqrt()
    }

    /// Adds them to a channel of this signal.
    pub(super) fn add_to(&self, channel: &ChannelConfig, signal: &SignalConfig) -> ChannelConfig {
        let doppler = |course: &Course| Doppler {
            course: course.clone(),
            carrier_hz: self.rf_carrier_hz,
        };
        let moved = |interferer: &Interferer| Interferer {
            frequency_hz: interferer.frequency_hz + signal.carrier_hz,
            ..*interferer
        };
        ChannelConfig {
            doppler: self.doppler.as_ref().map(doppler),
            linewidth_hz: self.linewidth_hz,
            fading: self.fading,
            interferers: self.interferers.iter().map(moved).collect(),
            dc: Complex32::new(self.dc[0] as f32, self.dc[1] as f32),
            iq_gain_db: self.iq_gain_db,
            iq_phase_deg: self.iq_phase_deg,
            quantiser: self.adc_bits.map(|bits| Quantiser {
                bits,
                full_scale: 1.0,
            }),
            ..channel.clone()
        }
    }
}

/// Reads a table of Doppler: a line for each point with seconds and Hz, between them a comma or spaces; empty lines and
/// what follows a `#` mean nothing.
///
/// # Errors
/// [`StationError::DopplerTable`] with the first line that is none, or that does not lie later than the one before.
pub fn read_doppler(name: &str, text: &str) -> Result<Course, StationError> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |what| StationError::DopplerTable {
            name: name.to_owned(),
            line: number + 1,
            what,
        };
        let mut fields = line
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|field| !field.is_empty())
            .map(str::parse::<f64>);
        let (Some(Ok(at)), Some(Ok(hz)), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(wrong("is not two numbers, seconds and Hz"));
        };
        if !at.is_finite() || points.last().is_some_and(|before| before.0 >= at) {
            return Err(wrong("is not later than the one before"));
        }
        points.push((at, hz));
    }
    if points.is_empty() {
        return Err(StationError::DopplerTable {
            name: name.to_owned(),
            line: 1,
            what: "and all others hold no point",
        });
    }
    Ok(Course::Table(points))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_strictly() {
        let text = "# pass of today\n0, 1000\n\n10.5\t-20.5 # closest\n11 -400\r\n";
        let expected = Course::Table(vec![(0.0, 1000.0), (10.5, -20.5), (11.0, -400.0)]);
        assert_eq!(read_doppler("t", text).unwrap(), expected);
        let error = |text| read_doppler("t", text).unwrap_err().to_string();
        assert_eq!(
            error("0 1\n0 2"),
            "Doppler table t: line 2 is not later than the one before"
        );
        assert_eq!(
            error("0 1 2"),
            "Doppler table t: line 1 is not two numbers, seconds and Hz"
        );
        assert_eq!(
            error("\n#"),
            "Doppler table t: line 1 and all others hold no point"
        );
        assert!(read_doppler("t", "NaN 1").is_err());
    }
}
