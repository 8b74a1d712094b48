//! An input from a later sample on.

use super::{InputError, InputInfo, Read, SampleBlock, SampleSource};

/// Samples read at a time on the way to the first that is wanted.
const SKIPPED: usize = 1 << 18;

/// A source without its first samples. The others keep their indices, and with them their time.
pub struct Later {
    source: Box<dyn SampleSource>,
    begins_at: u64,
    /// Samples read with the last that were left out.
    rest: Option<SampleBlock>,
}

impl Later {
    /// Reads on to this sample. The source may end before: nothing is left of it then.
    ///
    /// # Errors
    /// A failing read.
    pub fn new(
        mut source: Box<dyn SampleSource>,
        sample: u64,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, InputError> {
        let mut block = SampleBlock::default();
        let mut rest = None;
        let begins_at = source.begins_at().max(sample);
        while rest.is_none() && begins_at > 0 && !stop() && source.read(&mut block, SKIPPED)? != Read::Ended {
            rest = (block.first + block.samples.len() as u64 > begins_at).then(|| std::mem::take(&mut block));
        }
        if let Some(block) = &mut rest {
            let skip = begins_at.saturating_sub(block.first);
            block.samples.drain(..skip as usize);
            block.first += skip;
            block.lost = block.lost.filter(|_| skip == 0);
        }
        Ok(Self {
            source,
            begins_at,
            rest,
        })
    }
}

impl SampleSource for Later {
    fn info(&self) -> &InputInfo {
        self.source.info()
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        let Some(rest) = &mut self.rest else {
            return self.source.read(block, max);
        };
        let count = rest.samples.len().min(max.max(1));
        block.begin(rest.first);
        block.samples.extend(rest.samples.drain(..count));
        block.capture = rest.capture.take();
        block.lost = rest.lost.take();
        rest.first += count as u64;
        if rest.samples.is_empty() {
            self.rest = None;
        }
        Ok(Read::Filled)
    }

    fn live(&self) -> bool {
        self.source.live()
    }

    fn begins_at(&self) -> u64 {
        self.begins_at
    }

    fn warnings(&self) -> &[String] {
        self.source.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.source.bad_samples()
    }
}
