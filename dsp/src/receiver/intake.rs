//! What receivers keep of the samples that they take: how many, and how strong.

/// Samples taken through a front end at a time.
pub(super) const CHUNK: usize = 8192;

/// The samples taken since the last gap, and their level.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Source sample at which the stages began.
    pub origin: u64,
    /// Source samples since.
    pub taken: u64,
    /// Whether no more of them follow.
    pub finished: bool,
    level: f64,
}

impl Intake {
    /// Counts the samples of a chunk of at most [`CHUNK`], and their energy.
    pub fn take(&mut self, samples: usize, energy: f64) {
        self.taken += samples as u64;
        self.level += (energy / samples as f64 - self.level) * (samples as f64 / CHUNK as f64);
    }

    /// Source sample behind the last one taken.
    pub fn end(&self) -> u64 {
        self.origin + self.taken
    }

    /// Mean level, dB relative to samples of magnitude 1.
    pub fn level_dbfs(&self) -> f32 {
        (10.0 * self.level.max(1e-20).log10()) as f32
    }

    /// Stages that begin at this source sample follow.
    pub fn restart_at(&mut self, origin: u64) {
        self.origin = origin;
        self.taken = 0;
        self.finished = false;
    }
}
