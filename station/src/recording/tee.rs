//! A source whose samples go to the recording, too.

use super::backlog::Backlog;
use super::writer::Message;
use crate::input::{InputError, InputInfo, Read, SampleBlock, SampleSource};
use crossbeam_channel::{Receiver, Sender};
use num_complex::Complex32;
use std::sync::Arc;

/// Copies what it reads.
pub(super) struct Tee {
    source: Box<dyn SampleSource>,
    messages: Sender<Message>,
    spare: Receiver<Vec<Complex32>>,
    /// Of a live source; a replay waits for the disk instead.
    backlog: Option<Arc<Backlog>>,
}

impl Tee {
    pub(super) fn new(
        source: Box<dyn SampleSource>,
        messages: Sender<Message>,
        spare: Receiver<Vec<Complex32>>,
        backlog: Option<Arc<Backlog>>,
    ) -> Self {
        Self {
            source,
            messages,
            spare,
            backlog,
        }
    }

    fn copy(&mut self, block: &SampleBlock) {
        let count = block.samples.len();
        if self.backlog.as_ref().is_some_and(|backlog| !backlog.enter(count)) {
            return;
        }
        let mut samples = self.spare.try_recv().unwrap_or_default();
        samples.clear();
        samples.extend_from_slice(&block.samples);
        let message = Message {
            first: block.first,
            samples,
            capture: block.capture.clone(),
        };
        // The writer ends early only with an error, which the report tells.
        let _ = self.messages.send(message);
    }
}

impl SampleSource for Tee {
    fn info(&self) -> &InputInfo {
        self.source.info()
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        let read = self.source.read(block, max)?;
        if read == Read::Filled {
            self.copy(block);
        }
        Ok(read)
    }

    fn live(&self) -> bool {
        self.source.live()
    }

    fn begins_at(&self) -> u64 {
        self.source.begins_at()
    }

    fn warnings(&self) -> &[String] {
        self.source.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.source.bad_samples()
    }
}
