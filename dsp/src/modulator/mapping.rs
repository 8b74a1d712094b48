//! Bits to the amplitudes of the two arms.

use crate::{Modulation, SignalConfig};
use std::f32::consts::FRAC_1_SQRT_2;

/// Labels of the points of 8PSK, from 0° in steps of 45°: the first bit of three is the highest.
pub(crate) const EIGHT_LABELS: [u8; 8] = [0b001, 0b000, 0b100, 0b110, 0b010, 0b011, 0b111, 0b101];
/// Levels of FSK with four frequencies, from the lowest, and their bits.
pub(crate) const FOUR_LEVELS: [f64; 4] = [-1.0, -1.0 / 3.0, 1.0 / 3.0, 1.0];
pub(crate) const LEVEL_LABELS: [u8; 4] = [0b11, 0b10, 0b00, 0b01];
/// Bits of the changes of phase of DQPSK, in steps of 90°.
pub(crate) const CHANGE_LABELS: [u8; 4] = [0b00, 0b01, 0b11, 0b10];

/// The arms of the point of unit energy at so many eighths of a turn.
pub(crate) fn eighth_turns(eighths: usize) -> [f32; 2] {
    const COSINES: [f32; 8] = [
        1.0,
        FRAC_1_SQRT_2,
        0.0,
        -FRAC_1_SQRT_2,
        -1.0,
        -FRAC_1_SQRT_2,
        0.0,
        FRAC_1_SQRT_2,
    ];
    [COSINES[eighths % 8], COSINES[(eighths + 6) % 8]]
}

/// What a symbol is made of.
#[derive(Debug)]
enum Kind {
    /// One bit, a level of the I arm.
    Level,
    /// Two bits, one of four levels.
    Levels,
    /// Two bits, the levels of the arms.
    Arms([f32; 2]),
    /// Three bits, one of eight points.
    Eighths,
    /// One bit, whose frequency pulse makes its level the sign of an arm: `(-1)^(k+1) d[k] d[k-1]` for level `d[k]`,
    /// which are both kept, `d[-1]` being 1.
    Precoded { last: f32, sign: f32 },
    /// Changes of phase, in eighths of a turn, by the value of a symbol's bits, and the phase reached.
    Changes {
        changes: &'static [usize],
        phase: usize,
        referred: bool,
    },
}

/// The precoder before the first bit.
const PRECODER: Kind = Kind::Precoded {
    last: 1.0,
    sign: -1.0,
};

/// Collects the bits of symbols.
#[derive(Debug)]
pub(super) struct Mapper {
    kind: Kind,
    bits_per_symbol: usize,
    q_first: bool,
    /// Bits of the symbol begun, the first one highest, and their number.
    begun: usize,
    count: usize,
}

impl Mapper {
    pub(super) fn new(config: &SignalConfig) -> Self {
        let changes = |changes, phase| Kind::Changes {
            changes,
            phase,
            referred: false,
        };
        let in_phase = 10f64.powf(config.unbalance_db / 10.0);
        let in_phase = in_phase / (1.0 + in_phase);
        let kind = match config.modulation {
            Modulation::Qpsk | Modulation::Oqpsk => Kind::Arms([1.0; 2]),
            Modulation::Uqpsk => Kind::Arms([in_phase, 1.0 - in_phase].map(|p| p.sqrt() as f32)),
            Modulation::Psk8 => Kind::Eighths,
            Modulation::Fsk4 => Kind::Levels,
            Modulation::Dbpsk => changes(&[0, 4], 0),
            Modulation::Dqpsk => changes(&[0, 2, 6, 4], 1),
            Modulation::Pi4Dqpsk => changes(&[1, 3, 7, 5], 1),
            Modulation::Gmsk if config.precoding => PRECODER,
            Modulation::Bpsk | Modulation::Fsk | Modulation::Gmsk | Modulation::Pm(_) => Kind::Level,
        };
        Self {
            kind,
            bits_per_symbol: config.modulation.bits_per_symbol(),
            q_first: config.q_first,
            begun: 0,
            count: 0,
        }
    }

    /// Symbols before the first one that carries bits: the reference of a differential modulation.
    pub(super) fn leading(&self) -> usize {
        usize::from(matches!(self.kind, Kind::Changes { .. }))
    }

    /// The reference, if it has to be sent now.
    pub(super) fn reference(&mut self) -> Option<[f32; 2]> {
        match &mut self.kind {
            Kind::Changes { phase, referred, .. } if !*referred => {
                *referred = true;
                Some(eighth_turns(*phase))
            }
            _ => None,
        }
    }

    /// Takes a bit; the levels of the arms when it completes a symbol.
    pub(super) fn take(&mut self, bit: u8) -> Option<[f32; 2]> {
        self.begun = self.begun << 1 | usize::from(bit & 1);
        self.count += 1;
        (self.count == self.bits_per_symbol).then(|| self.complete())
    }

    /// The symbol begun, if any: the missing arm empty, other missing bits zero. The next bits begin a burst.
    pub(super) fn finish(&mut self) -> Option<[f32; 2]> {
        let missing = self.bits_per_symbol - self.count;
        let last = (self.count > 0).then(|| {
            self.begun <<= missing;
            let mut levels = self.complete();
            if let Kind::Arms(_) = self.kind {
                levels[usize::from(!self.q_first)] = 0.0;
            }
            levels
        });
        match &mut self.kind {
            Kind::Changes { referred, .. } => *referred = false,
            Kind::Precoded { .. } => self.kind = PRECODER,
            Kind::Level | Kind::Levels | Kind::Arms(_) | Kind::Eighths => {}
        }
        last
    }

    fn complete(&mut self) -> [f32; 2] {
        let mut value = std::mem::take(&mut self.begun);
        self.count = 0;
        if self.q_first {
            value = value >> 1 | (value & 1) << 1;
        }
        let level = |bit: usize| if bit & 1 == 1 { 1.0 } else { -1.0 };
        match &mut self.kind {
            Kind::Level => [level(value), 0.0],
            Kind::Precoded { last, sign } => {
                let pulse = *sign * level(value) * *last;
                (*last, *sign) = (level(value), -*sign);
                [pulse, 0.0]
            }
            Kind::Levels => {
                let label = |l: &u8| usize::from(*l) == value;
                let place = LEVEL_LABELS.iter().position(label).unwrap_or(0);
                [FOUR_LEVELS[place] as f32, 0.0]
            }
            Kind::Arms([i, q]) => [*i * level(value >> 1), *q * level(value)],
            Kind::Eighths => {
                let label = |l: &u8| usize::from(*l) == value;
                eighth_turns(EIGHT_LABELS.iter().position(label).unwrap_or(0))
            }
            Kind::Changes { changes, phase, .. } => {
                *phase = (*phase + changes[value]) % 8;
                eighth_turns(*phase)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pulse;

    fn phases(modulation: Modulation, bits: &[u8]) -> Vec<i32> {
        let config = SignalConfig::new(modulation, Pulse::Rect, 1.0, 8.0);
        let mut mapper = Mapper::new(&config);
        let degrees = |[i, q]: [f32; 2]| q.atan2(i).to_degrees().round() as i32;
        let reference = mapper.reference().map(degrees);
        let symbols = bits.iter().filter_map(|&bit| mapper.take(bit)).map(degrees);
        reference.into_iter().chain(symbols).collect()
    }

    #[test]
    fn neighbouring_points_differ_by_one_bit() {
        for pair in LEVEL_LABELS.windows(2) {
            assert_eq!((pair[0] ^ pair[1]).count_ones(), 1);
        }
        for labels in [&EIGHT_LABELS[..], &CHANGE_LABELS[..]] {
            for (n, label) in labels.iter().enumerate() {
                let next = labels[(n + 1) % labels.len()];
                assert_eq!((label ^ next).count_ones(), 1);
            }
        }
    }

    #[test]
    fn bits_are_the_changes_of_phase_that_they_should_be() {
        assert_eq!(phases(Modulation::Dbpsk, &[0, 1, 1, 0]), [0, 0, 180, 0, 0]);
        let dibits = [0, 0, 0, 1, 1, 1, 1, 0];
        assert_eq!(phases(Modulation::Dqpsk, &dibits), [45, 45, 135, -45, -135]);
        assert_eq!(phases(Modulation::Pi4Dqpsk, &dibits), [45, 90, -135, 90, 45]);
        assert_eq!(
            phases(Modulation::Psk8, &[0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1]),
            [0, 45, 180, -90]
        );
    }

    #[test]
    fn changes_of_dqpsk_are_those_of_their_labels() {
        for (quarter, label) in CHANGE_LABELS.into_iter().enumerate() {
            let bits = [label >> 1, label & 1];
            assert_eq!(
                phases(Modulation::Dqpsk, &bits)[1] - 45,
                [0, 90, -180, -90][quarter]
            );
        }
    }
}
