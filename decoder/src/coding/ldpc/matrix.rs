//! Parity-check matrices made of circulants.

/// A cyclically shifted identity: row `i` has its one in column `(i + shift) % size` of the block column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circulant {
    pub(super) column: usize,
    pub(super) shift: usize,
}

/// A parity-check matrix, a block row at a time. Several circulants of a row may share a column: they add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matrix {
    /// Rows and columns of a circulant.
    pub(super) size: usize,
    /// Block columns.
    pub(super) columns: usize,
    /// Circulants of each block row.
    pub(super) rows: Vec<Vec<Circulant>>,
}

impl Matrix {
    /// Bits of a word, sent or not.
    pub(super) fn word_bits(&self) -> usize {
        self.columns * self.size
    }

    /// Block rows in the order in which a layered decoder takes them: those first whose checks reach the
    /// fewest bits that the channel tells nothing of, because only with one such bit can a check say anything.
    pub(super) fn schedule(&self, sent_end: usize) -> Vec<usize> {
        let unknown = |&row: &usize| {
            self.rows[row]
                .iter()
                .filter(|circulant| circulant.column * self.size >= sent_end)
                .count()
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(unknown);
        order
    }
}

#[cfg(test)]
mod tests {
    use crate::coding::ldpc::{Ar4jaRate, LdpcCode};

    /// Two checks that share two bits would be the mark of a wrong constant: these codes have none.
    #[test]
    fn no_two_checks_share_two_bits() {
        let rates = [Ar4jaRate::R12, Ar4jaRate::R23];
        let ar4ja = rates
            .into_iter()
            .flat_map(|rate| [4096, 16384].map(|k| LdpcCode::Ar4ja { rate, k }));
        for code in ar4ja.chain([LdpcCode::C2]) {
            let matrix = code.matrix().expect("a code of the standard");
            let bits = |row: usize, index: usize| {
                let circulants = matrix.rows[row].iter();
                circulants.map(move |c| (c.column, (index + c.shift) % matrix.size))
            };
            let mut checks = std::collections::HashMap::<_, Vec<_>>::new();
            for row in 0..matrix.rows.len() {
                for index in 0..matrix.size {
                    bits(row, index).for_each(|bit| checks.entry(bit).or_default().push((row, index)));
                }
            }
            // The rows of a layer are alike: the first stands for all.
            for row in 0..matrix.rows.len() {
                let mut seen = std::collections::HashSet::new();
                for bit in bits(row, 0) {
                    for &check in checks[&bit].iter().filter(|&&check| check != (row, 0)) {
                        assert!(seen.insert(check), "{code:?}: {row} and {check:?}");
                    }
                }
            }
        }
    }
}
