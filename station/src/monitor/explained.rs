//! What a watcher learns of why there are no frames.

use crate::explain::Explanation;
use num_complex::Complex32;
use std::sync::Arc;

/// How far an explanation has come.
#[derive(Debug, Clone, Default)]
pub enum Explained {
    /// Nobody has asked.
    #[default]
    NotAsked,
    /// It is being worked out.
    Working,
    /// It is there.
    Done(Arc<Explanation>),
    /// There is none, for this reason.
    Failed(String),
}

/// The newest samples of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct NewestSamples {
    /// Index of the first of them.
    pub first: u64,
    /// Samples.
    pub samples: Vec<Complex32>,
}
