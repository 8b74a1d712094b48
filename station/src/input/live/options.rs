//! What the user states of a live input.

use super::LiveError;
use std::str::FromStr;
use std::time::Duration;

/// Silence of a live input that counts as lost samples unless told otherwise.
const SILENCE: Duration = Duration::from_secs(5);

/// Gain of a receiver.
#[derive(Debug, Clone, PartialEq)]
pub enum Gain {
    /// Of the whole receiver, dB.
    Overall(f64),
    /// Of its elements, dB.
    Elements(Vec<(String, f64)>),
}

impl FromStr for Gain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let finite = |text: &str| text.trim().parse::<f64>().ok().filter(|gain| gain.is_finite());
        if let Some(gain) = finite(text) {
            return Ok(Self::Overall(gain));
        }
        let element = |part: &str| {
            let (name, gain) = part.split_once('=')?;
            Some((name.trim().to_owned(), finite(gain)?)).filter(|(name, _)| !name.is_empty())
        };
        text.split(',')
            .map(element)
            .collect::<Option<_>>()
            .map(Self::Elements)
            .ok_or_else(|| "write it in dB as 30, or for each element as LNA=20,VGA=10".to_owned())
    }
}

/// A setting by its name, as the device or server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self {
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
            }),
            _ => Err("write it as KEY=VALUE".to_owned()),
        }
    }
}

/// How to tune a receiver, and what to do when it falls silent.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveOptions {
    /// Centre of the samples, Hz.
    pub frequency_hz: Option<f64>,
    /// Gain; without one the device's own control, or what it is set to.
    pub gain: Option<Gain>,
    /// Automatic gain control.
    pub agc: bool,
    /// Error of the device's reference, parts per million.
    pub ppm: Option<f64>,
    /// Antenna, by its name.
    pub antenna: Option<String>,
    /// Bandwidth of the device's filter, Hz.
    pub bandwidth_hz: Option<f64>,
    /// Channel of the device.
    pub channel: Option<usize>,
    /// Settings by their names.
    pub settings: Vec<Setting>,
    /// Silence that counts as lost samples.
    pub silence: Duration,
    /// For how long a lost input is looked for, seconds; `None` for what suits its kind.
    pub reconnect_s: Option<f64>,
    /// Let a TCP stream wait for the chain.
    pub hold_back: bool,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            frequency_hz: None,
            gain: None,
            agc: false,
            ppm: None,
            antenna: None,
            bandwidth_hz: None,
            channel: None,
            settings: Vec::new(),
            silence: SILENCE,
            reconnect_s: None,
            hold_back: false,
        }
    }
}

impl LiveOptions {
    /// The options that devices understand.
    #[cfg(feature = "soapysdr")]
    pub(crate) const OF_DEVICES: [&'static str; 10] = [
        "--frequency",
        "--gain",
        "--agc",
        "--ppm",
        "--antenna",
        "--bandwidth",
        "--channel",
        "--device-setting",
        "--silence",
        "--reconnect",
    ];

    /// Refuses options that a kind of input does not have.
    pub(crate) fn only(
        &self,
        understood: &[&str],
        kind: &'static str,
        has: &'static str,
    ) -> Result<(), LiveError> {
        match self
            .given()
            .into_iter()
            .find(|option| !understood.contains(option))
        {
            None => Ok(()),
            Some(option) => Err(LiveError::Unsupported {
                option: option.to_owned(),
                kind,
                has,
            }),
        }
    }

    /// The tuning options that are given, by their names on the command line.
    pub fn given(&self) -> Vec<&'static str> {
        [
            ("--frequency", self.frequency_hz.is_some()),
            ("--gain", self.gain.is_some()),
            ("--agc", self.agc),
            ("--ppm", self.ppm.is_some()),
            ("--antenna", self.antenna.is_some()),
            ("--bandwidth", self.bandwidth_hz.is_some()),
            ("--channel", self.channel.is_some()),
            ("--device-setting", !self.settings.is_empty()),
            ("--silence", self.silence != SILENCE),
            ("--reconnect", self.reconnect_s.is_some()),
            ("--hold-back", self.hold_back),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_overall_or_by_element() {
        assert_eq!("30".parse(), Ok(Gain::Overall(30.0)));
        assert_eq!(" -3.5 ".parse(), Ok(Gain::Overall(-3.5)));
        assert_eq!(
            "LNA=20, VGA=1.5".parse(),
            Ok(Gain::Elements(vec![("LNA".into(), 20.0), ("VGA".into(), 1.5)]))
        );
        for text in [
            "", "x", "LNA", "=3", "LNA=", "LNA=x", "LNA=1,", "nan", "inf", "LNA=inf",
        ] {
            assert!(text.parse::<Gain>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn settings_are_keys_with_values() {
        let setting: Setting = " bias_tee = 1".parse().unwrap();
        assert_eq!((setting.key.as_str(), setting.value.as_str()), ("bias_tee", "1"));
        assert_eq!("a=".parse::<Setting>().unwrap().value, "");
        assert!("a".parse::<Setting>().is_err() && "=1".parse::<Setting>().is_err());
    }
}
