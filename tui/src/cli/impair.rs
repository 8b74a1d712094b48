//! The impairments that `simulate` can be asked for, as options.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use anyhow::Context;
use clap::Args;
use groundlink_dsp::channel::{Course, Fading, Interferer, linewidth_hz};
use groundlink_station::input::parse_frequency;
use groundlink_station::simulate::{Impairments, read_doppler};

/// Impairments of the signal.
#[derive(Debug, Args)]
#[command(next_help_heading = "Impairments")]
pub struct ImpairArgs {
    /// Doppler over time: a text file with a line for each point, seconds from the first sample and Hz.
    #[arg(long, value_name = "FILE", conflicts_with = "pass")]
    pub doppler: Option<String>,
    /// Doppler of a pass: second of the closest approach, greatest offset (Hz), greatest rate (Hz/s).
    #[arg(long, value_name = "S:HZ:HZ/S", allow_hyphen_values = true, value_parser = pass)]
    pub pass: Option<Course>,
    /// Radio frequency of the carrier: the symbol clock then follows the Doppler.
    #[arg(long, value_name = "Hz", value_parser = parse_frequency)]
    pub rf_carrier: Option<f64>,
    /// Phase noise: the carrier's linewidth, or its level so far beside the carrier (it falls by 20 dB a decade).
    #[arg(long, value_name = "HZ|DBC/HZ@HZ", default_value = "0", hide_default_value = true,
        allow_hyphen_values = true, value_parser = phase_noise)]
    pub phase_noise: f64,
    /// Rician fading: power of the steady path over the scattered ones (dB), and their Doppler spread (Hz).
    #[arg(long, value_name = "DB:HZ", allow_hyphen_values = true, value_parser = fading)]
    pub fading: Option<Fading>,
    /// Another signal: offset from the carrier (Hz), level over the signal (dB), and, unless it is a bare carrier,
    /// width (Hz); may be repeated.
    #[arg(long, value_name = "HZ:DB[:HZ]", allow_hyphen_values = true, value_parser = interferer)]
    pub interferer: Vec<Interferer>,
    /// Constant added to I and Q, full scale = 1.
    #[arg(long, value_name = "I,Q", default_value = "0,0", hide_default_value = true,
        allow_hyphen_values = true, value_parser = dc)]
    pub dc: (f64, f64),
    /// Gain of I over Q, dB.
    #[arg(long, value_name = "dB", default_value_t = 0.0, allow_hyphen_values = true)]
    pub iq_gain: f64,
    /// Quadrature error, degrees.
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_hyphen_values = true)]
    pub iq_phase: f64,
    /// Bits of the converter, if fewer than those of the format.
    #[arg(long, value_name = "BITS")]
    pub adc_bits: Option<u32>,
    /// Mean level of what is written, signals and noise together: the nearer to full scale, the more is clipped.
    /// Without it about -14.
    #[arg(long, value_name = "dBFS", allow_hyphen_values = true)]
    pub level: Option<f64>,
}

impl ImpairArgs {
    /// What is to be simulated.
    pub fn impairments(&self) -> anyhow::Result<Impairments> {
        let read = |path: &String| {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read Doppler table {path}"))?;
            anyhow::Ok(read_doppler(path, &text)?)
        };
        let table = self.doppler.as_ref().map(read).transpose()?;
        Ok(Impairments {
            doppler: table.or_else(|| self.pass.clone()),
            rf_carrier_hz: self.rf_carrier,
            linewidth_hz: self.phase_noise,
            fading: self.fading,
            interferers: self.interferer.clone(),
            dc: self.dc.into(),
            iq_gain_db: self.iq_gain,
            iq_phase_deg: self.iq_phase,
            adc_bits: self.adc_bits,
            level_dbfs: self.level,
        })
    }
}

/// As many numbers as the text has between separators, each with an optional k, M or G.
fn numbers(text: &str, separator: char) -> Result<Vec<f64>, String> {
    text.split(separator)
        .map(|part| parse_frequency(part).map_err(|_| format!("{part:?} is no number")))
        .collect()
}

fn pass(text: &str) -> Result<Course, String> {
    match numbers(text, ':')?[..] {
        [closest_s, max_hz, max_rate_hz_s] => Ok(Course::Pass {
            closest_s,
            max_hz,
            max_rate_hz_s,
        }),
        _ => Err("must be three numbers: seconds:Hz:Hz/s".into()),
    }
}

fn phase_noise(text: &str) -> Result<f64, String> {
    match numbers(text, '@')?[..] {
        [linewidth] if linewidth >= 0.0 => Ok(linewidth),
        [level, offset] if offset > 0.0 => Ok(linewidth_hz(level, offset)),
        _ => Err("must be a linewidth in Hz, or a level in dBc/Hz @ an offset in Hz".into()),
    }
}

fn fading(text: &str) -> Result<Fading, String> {
    match numbers(text, ':')?[..] {
        [k_db, spread_hz] => Ok(Fading { k_db, spread_hz }),
        _ => Err("must be two numbers: dB:Hz".into()),
    }
}

fn interferer(text: &str) -> Result<Interferer, String> {
    let (frequency_hz, level_db, width_hz) = match numbers(text, ':')?[..] {
        [frequency_hz, level_db] => (frequency_hz, level_db, 0.0),
        [frequency_hz, level_db, width_hz] => (frequency_hz, level_db, width_hz),
        _ => return Err("must be two or three numbers: Hz:dB or Hz:dB:Hz".into()),
    };
    Ok(Interferer {
        frequency_hz,
        level_db,
        width_hz,
    })
}

fn dc(text: &str) -> Result<(f64, f64), String> {
    match numbers(text, ',')?[..] {
        [i, q] => Ok((i, q)),
        _ => Err("must be two numbers: I,Q".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_documented() {
        assert_eq!(
            pass("300:50k:500"),
            Ok(Course::Pass {
                closest_s: 300.0,
                max_hz: 50e3,
                max_rate_hz_s: 500.0
            })
        );
        assert_eq!(phase_noise("2.5"), Ok(2.5));
        assert!((phase_noise("-80@1k").unwrap() - 0.062_83).abs() < 1e-5);
        assert_eq!(fading("6:0.5").unwrap().spread_hz, 0.5);
        assert_eq!(interferer("-12k:20").unwrap().width_hz, 0.0);
        assert_eq!(interferer("5k:-3:1k").unwrap().width_hz, 1000.0);
        assert_eq!(dc("0.01,-0.02"), Ok((0.01, -0.02)));
        for wrong in ["", "1:2:3:4", "1:x"] {
            assert!(pass(wrong).is_err() && fading(wrong).is_err() && interferer(wrong).is_err());
            assert!(phase_noise(wrong).is_err() && dc(wrong).is_err());
        }
        assert!(phase_noise("-1").is_err() && phase_noise("-80@0").is_err());
    }
}
