//! Self-synchronising scrambler of IESS-308: 1 + x^3 + x^20 with an adverse-state counter, as drawn in
//! ETSI ETR 192, figure 8.
//!
//! The counter counts bits whose two predecessors one and nine bits ago are equal; when it reaches 31 the bit is
//! inverted, which breaks up periodic fill. The output is inverted as well. An inverted input gives an inverted
//! output.

/// The register of received (when receiving) or sent (when sending) bits, newest lowest, and the counter.
#[derive(Debug, Clone, Default)]
struct Register {
    bits: u32,
    count: u8,
}

impl Register {
    /// What is added to the next bit.
    fn mask(&self) -> u32 {
        (self.bits >> 2 ^ self.bits >> 19 ^ u32::from(self.count == 31) ^ 1) & 1
    }

    fn shift(&mut self, channel_bit: u32) {
        let differ = (self.bits ^ self.bits >> 8) & 1 == 1;
        self.count = if differ { 0 } else { (self.count + 1) % 32 };
        self.bits = self.bits << 1 | channel_bit;
    }
}

/// Descrambler on soft bits; magnitudes pass through.
#[derive(Debug, Clone, Default)]
pub(crate) struct Iess308Descrambler(Register);

impl Iess308Descrambler {
    pub(crate) fn process(&mut self, soft: &mut [i8]) {
        for value in soft {
            let bit = u32::from(*value > 0);
            let out = bit ^ self.0.mask();
            self.0.shift(bit);
            if out != bit {
                // A value of zero decides for 0 and must decide for 1 when inverted.
                *value = if *value == 0 { 1 } else { value.saturating_neg() };
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.0 = Register::default();
    }
}

/// Scrambler on bits (0 or 1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Iess308Scrambler(Register);

impl Iess308Scrambler {
    pub(crate) fn encode(&mut self, bit: u8) -> u8 {
        let out = u32::from(bit) ^ self.0.mask();
        self.0.shift(out);
        out as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descrambles_its_scrambler_from_any_state_after_the_register_has_filled() {
        let bits: Vec<u8> = (0..3000u32)
            .map(|n| if n < 900 { 0 } else { (n * n / 5 % 2) as u8 })
            .collect();
        let mut scrambler = Iess308Scrambler::default();
        let sent: Vec<u8> = bits.iter().map(|&bit| scrambler.encode(bit)).collect();
        for (late, sign) in [(0, 1), (0, -1), (137, 1)] {
            let mut soft: Vec<i8> = sent[late..]
                .iter()
                .map(|&b| sign * (if b == 1 { 90 } else { -90 }))
                .collect();
            Iess308Descrambler::default().process(&mut soft);
            let got: Vec<u8> = soft.iter().map(|&s| u8::from(s * sign > 0)).collect();
            // The counter is right once it was reset by a difference, at the latest some tens of bits on.
            let settle = if late == 0 && sign == 1 { 0 } else { 120 };
            assert_eq!(got[settle..], bits[late + settle..], "late {late} sign {sign}");
        }
    }
}
