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
