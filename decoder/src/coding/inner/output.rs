//! What the inner decoder gives out.

/// Decoded bits, in runs of consecutive soft bits.
#[derive(Debug, Default)]
pub(crate) struct InnerBits {
    /// Decoded bits as sure soft bits, in as many streams as there are masks.
    pub(crate) streams: Vec<Vec<i8>>,
    /// Which of each bit's channel symbols it contradicts.
    pub(crate) contradictions: Vec<u8>,
    /// Channel symbols of both generators.
    pub(crate) g1: Vec<i8>,
    pub(crate) g2: Vec<i8>,
    /// Runs: number of bits before, and index of the soft bit at which the first of the run begins (less than
    /// zero where its pattern began before the first soft bit).
    pub(crate) runs: Vec<(usize, i64)>,
    /// For each run what node synchronisation found, for people.
    pub(crate) nodes: Vec<String>,
}

impl InnerBits {
    /// Decoded bits.
    pub(super) fn len(&self) -> usize {
        self.contradictions.len()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.streams.iter_mut().for_each(Vec::clear);
        self.contradictions.clear();
        self.g1.clear();
        self.g2.clear();
        self.runs.clear();
        self.nodes.clear();
    }
}
