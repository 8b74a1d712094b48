//! Communications link control word: what the operational control field says of the telecommand link
//! (CCSDS 232.0-B-4 §4.2).

use std::fmt;

/// A communications link control word (Type-1 report of the operational control field).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clcw(u32);

impl Clcw {
    /// Reads an operational control field; `None` if it is not a CLCW (first bit set: Type-2 report).
    pub fn from_ocf(ocf: u32) -> Option<Self> {
        (ocf >> 31 == 0).then_some(Self(ocf))
    }

    /// The word itself, as transmitted.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// CLCW version number: 0 for version 1.
    pub fn version(self) -> u8 {
        self.field(29, 2)
    }

    /// Status field, 3 bits, mission-specific.
    pub fn status(self) -> u8 {
        self.field(26, 3)
    }

    /// COP in effect: 1 is COP-1.
    pub fn cop_in_effect(self) -> u8 {
        self.field(24, 2)
    }

    /// Telecommand virtual channel that the report is about, 6 bits.
    pub fn vcid(self) -> u8 {
        self.field(18, 6)
    }

    /// No RF available flag: set while the physical layer is not ready.
    pub fn no_rf_available(self) -> bool {
        self.flag(15)
    }

    /// No bit lock flag.
    pub fn no_bit_lock(self) -> bool {
        self.flag(14)
    }

    /// Lockout flag: FARM-1 is in lockout.
    pub fn lockout(self) -> bool {
        self.flag(13)
    }

    /// Wait flag: the receiver can take no more frames.
    pub fn wait(self) -> bool {
        self.flag(12)
    }

    /// Retransmit flag: frames were rejected or missed.
    pub fn retransmit(self) -> bool {
        self.flag(11)
    }

    /// FARM-B counter, 2 bits: bypass frames accepted, modulo 4.
    pub fn farm_b_counter(self) -> u8 {
        self.field(9, 2)
    }

    /// Report value: next expected telecommand frame sequence number.
    pub fn report_value(self) -> u8 {
        self.field(0, 8)
    }

    fn field(self, shift: u32, width: u32) -> u8 {
        (self.0 >> shift & ((1 << width) - 1)) as u8
    }

    fn flag(self, shift: u32) -> bool {
        self.0 >> shift & 1 != 0
    }
}

impl fmt::Display for Clcw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CLCW v{} COP-{} VC {}",
            self.version() + 1,
            self.cop_in_effect(),
            self.vcid()
        )?;
        let flags = [
            (self.no_rf_available(), "no RF"),
            (self.no_bit_lock(), "no bit lock"),
            (self.lockout(), "lockout"),
            (self.wait(), "wait"),
            (self.retransmit(), "retransmit"),
        ];
        for (_, name) in flags.iter().filter(|(set, _)| *set) {
            write!(f, ", {name}")?;
        }
        write!(
            f,
            ", FARM-B {}, report {}",
            self.farm_b_counter(),
            self.report_value()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aditya_l1_reports_two_virtual_channels() {
        // Aditya-L1, 2023: OCF of even and odd master channel counts.
        let even = Clcw::from_ocf(0x0104_2600).unwrap();
        let odd = Clcw::from_ocf(0x0108_2400).unwrap();
        assert_eq!((even.version(), even.status(), even.cop_in_effect()), (0, 0, 1));
        assert_eq!((even.vcid(), odd.vcid()), (1, 2));
        assert_eq!((even.farm_b_counter(), odd.farm_b_counter()), (3, 2));
        assert_eq!((even.report_value(), odd.report_value()), (0, 0));
        assert_eq!(
            even.to_string(),
            "CLCW v1 COP-1 VC 1, lockout, FARM-B 3, report 0"
        );
        assert_eq!(odd.to_string(), "CLCW v1 COP-1 VC 2, lockout, FARM-B 2, report 0");
    }

    #[test]
    fn each_flag_is_its_own_bit() {
        let flags = |ocf| {
            let w = Clcw::from_ocf(ocf).unwrap();
            [
                w.no_rf_available(),
                w.no_bit_lock(),
                w.lockout(),
                w.wait(),
                w.retransmit(),
            ]
        };
        for (i, bit) in [0x8000, 0x4000, 0x2000, 0x1000, 0x0800].into_iter().enumerate() {
            let mut expected = [false; 5];
            expected[i] = true;
            assert_eq!(flags(bit), expected);
        }
        assert_eq!(
            Clcw::from_ocf(0x7C00_00A5).map(|w| (w.version(), w.status(), w.report_value())),
            Some((3, 7, 0xA5))
        );
        assert_eq!(Clcw::from_ocf(0x8000_0000), None);
    }
}
