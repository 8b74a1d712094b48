//! Times that a source learns while it runs.

use groundlink_station::input::{Capture, InputError, InputInfo, Read, SampleBlock, SampleSource};

/// A source that tells its captures with the samples, and none of them beforehand.
pub struct Told {
    inner: Box<dyn SampleSource>,
    info: InputInfo,
    captures: Vec<Capture>,
}

impl Told {
    /// `inner` with these captures, which begin at multiples of 100 samples.
    pub fn new(inner: Box<dyn SampleSource>, captures: Vec<Capture>) -> Self {
        let info = InputInfo {
            captures: Vec::new(),
            ..inner.info().clone()
        };
        Self {
            inner,
            info,
            captures,
        }
    }
}

impl SampleSource for Told {
    fn info(&self) -> &InputInfo {
        &self.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        let outcome = self.inner.read(block, max.min(100))?;
        let here = |capture: &&Capture| capture.sample_start == block.first;
        block.capture = self.captures.iter().find(here).cloned();
        Ok(outcome)
    }

    fn warnings(&self) -> &[String] {
        self.inner.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.inner.bad_samples()
    }
}
