//! What goes wrong on the way, and when: the same in every run.

/// Packets that are withheld, one after the other.
const WITHHELD: [u64; 6] = [1, 7, 2, 20, 3, 41];

/// What becomes of the packets from one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many are lost on the way: their numbers are missing.
    Lost(u64),
    /// The sender had no room for so many: its numbers go on, its time stamps jump.
    Overflow(u64),
    /// Nothing is sent for a while, and nothing is missing behind it.
    Stall,
    /// The packet before comes again.
    Repeated,
}

/// Faults at equal distances.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Packets from one fault to the next.
    pub every: u64,
}

impl Plan {
    /// What happens before the packet of this number.
    pub fn at(&self, packet: u64) -> Option<Fault> {
        if packet == 0 || !packet.is_multiple_of(self.every) {
            return None;
        }
        let number = packet / self.every - 1;
        let withheld = WITHHELD[(number / 4) as usize % WITHHELD.len()];
        Some(match number % 4 {
            0 => Fault::Lost(withheld),
            1 => Fault::Overflow(withheld),
            2 => Fault::Stall,
            _ => Fault::Repeated,
        })
    }
}
