//! Line codes NRZ-L, NRZ-M and NRZ-S (CCSDS 401.0-B §2.4.11): on soft bits when receiving, on bits when sending.

use super::config::LineCode;

/// Decoder with the level before as its only state; the level before the first is taken as zero.
#[derive(Debug, Clone)]
pub(crate) struct LineDecoder {
    code: LineCode,
    last: i8,
}

impl LineDecoder {
    pub(crate) fn new(code: LineCode) -> Self {
        Self { code, last: -127 }
    }

    /// Decodes in place. A decision from two levels is as sure as the less sure of both.
    pub(crate) fn process(&mut self, soft: &mut [i8]) {
        let on_change = match self.code {
            LineCode::NrzL => return,
            LineCode::NrzM => 1,
            LineCode::NrzS => -1,
        };
        for value in soft {
            let changed = if (*value > 0) == (self.last > 0) {
                -on_change
            } else {
                on_change
            };
            let magnitude = value.saturating_abs().min(self.last.saturating_abs());
            self.last = *value;
            *value = changed * magnitude;
        }
    }

    pub(crate) fn reset(&mut self) {
        self.last = -127;
    }
}

/// Encoder; the level starts at zero.
#[derive(Debug, Clone)]
pub(crate) struct LineEncoder {
    code: LineCode,
    level: u8,
}

impl LineEncoder {
    pub(crate) fn new(code: LineCode) -> Self {
        Self { code, level: 0 }
    }

    /// The level of the next bit (0 or 1).
    pub(crate) fn encode(&mut self, bit: u8) -> u8 {
        self.level = match self.code {
            LineCode::NrzL => bit,
            LineCode::NrzM => self.level ^ bit,
            LineCode::NrzS => self.level ^ bit ^ 1,
        };
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_changes_the_level_of_mark_and_a_zero_of_space() {
        let bits = [1, 1, 0, 0, 1];
        let levels = |code| -> Vec<u8> {
            let mut encoder = LineEncoder::new(code);
            bits.iter().map(|&bit| encoder.encode(bit)).collect()
        };
        assert_eq!(levels(LineCode::NrzL), [1, 1, 0, 0, 1]);
        assert_eq!(levels(LineCode::NrzM), [1, 0, 0, 0, 1]);
        assert_eq!(levels(LineCode::NrzS), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn decoding_takes_the_smaller_magnitude_and_ignores_inversion() {
        let mut soft = [-100, 50, 60, -128, -3];
        LineDecoder::new(LineCode::NrzM).process(&mut soft);
        assert_eq!(soft, [-100, 50, -50, 60, -3]);
        let mut inverted = [100, -50, -60, 127, 3];
        LineDecoder::new(LineCode::NrzM).process(&mut inverted);
        assert_eq!(inverted[1..], soft[1..]);
        let mut space = [-100, 50, 60, -128, -3];
        LineDecoder::new(LineCode::NrzS).process(&mut space);
        assert_eq!(space, [100, -50, 50, -60, 3]);
    }
}
