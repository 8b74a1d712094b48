//! Samples lost on the way.

use groundlink_station::input::{InputError, InputInfo, Read, SampleBlock, SampleSource};
use std::ops::Range;

/// A source from which stretches are missing, as from a receiver that could not keep up.
pub struct Leaky {
    pub inner: Box<dyn SampleSource>,
    pub missing: Vec<Range<u64>>,
}

impl SampleSource for Leaky {
    fn info(&self) -> &InputInfo {
        self.inner.info()
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        loop {
            // Blocks small enough that none reaches over the end of a missing stretch unnoticed.
            let outcome = self.inner.read(block, max.min(100))?;
            let here = block.first..block.first + block.samples.len() as u64;
            let Some(hole) = self
                .missing
                .iter()
                .find(|hole| hole.start < here.end && here.start < hole.end)
            else {
                return Ok(outcome);
            };
            let before = hole.start.saturating_sub(here.start) as usize;
            let after = here.end.saturating_sub(hole.end) as usize;
            if before > 0 {
                block.samples.truncate(before);
                return Ok(outcome);
            }
            if after > 0 {
                block.samples.drain(..block.samples.len() - after);
                block.first = hole.end;
                return Ok(outcome);
            }
        }
    }

    fn warnings(&self) -> &[String] {
        self.inner.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.inner.bad_samples()
    }
}
