//! The analogue-to-digital converter.

use crate::modulator::within;
use crate::{Complex32, ConfigError};

/// A converter, one for I and one for Q.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantiser {
    /// Bits of a sample's part, 1 to 24.
    pub bits: u32,
    /// Amplitude from which on a part is clipped.
    pub full_scale: f64,
}

/// Quantises and counts what it clips.
#[derive(Debug)]
pub(super) struct Converter {
    step: f32,
    highest: f32,
    full_scale: f32,
    /// Samples of which a part lay beyond full scale.
    pub clipped: u64,
}

impl Converter {
    pub fn new(config: &Quantiser) -> Result<Self, ConfigError> {
        within("quantiser.bits", config.bits.into(), 1.0, 24.0)?;
        within("quantiser.full_scale", config.full_scale, 1e-9, 1e9)?;
        let half_levels = 2f64.powi(config.bits as i32 - 1);
        Ok(Self {
            step: (config.full_scale / half_levels) as f32,
            highest: half_levels as f32 - 0.5,
            full_scale: config.full_scale as f32,
            clipped: 0,
        })
    }

    /// The middle of the step that each part lies in: an even number of levels, none at zero.
    pub fn convert(&mut self, value: Complex32) -> Complex32 {
        self.clipped += u64::from(value.re.abs() > self.full_scale || value.im.abs() > self.full_scale);
        Complex32::new(self.part(value.re), self.part(value.im))
    }

    /// One part alone.
    pub fn part(&self, value: f32) -> f32 {
        ((value / self.step).floor() + 0.5).clamp(-self.highest, self.highest) * self.step
    }
}
