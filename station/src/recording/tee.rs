//! A source whose samples go to the recording, too.

use super::writer::Message;
use crate::input::{InputError, InputInfo, Read, SampleBlock, SampleSource};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use num_complex::Complex32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Copies what it reads.
pub(super) struct Tee {
    source: Box<dyn SampleSource>,
    messages: Sender<Message>,
    spare: Receiver<Vec<Complex32>>,
    dropped: Arc<AtomicU64>,
}

impl Tee {
    pub(super) fn new(
        source: Box<dyn SampleSource>,
        messages: Sender<Message>,
        spare: Receiver<Vec<Complex32>>,
        dropped: Arc<AtomicU64>,
    ) -> Self {
        Self {
            source,
            messages,
            spare,
            dropped,
        }
    }

    fn copy(&mut self, block: &SampleBlock) {
        let mut samples = self.spare.try_recv().unwrap_or_default();
        samples.clear();
        samples.extend_from_slice(&block.samples);
        let message = Message {
            first: block.first,
            samples,
            capture: block.capture.clone(),
        };
        if !self.source.live() {
            // The writer ends early only with an error, which the report tells.
            let _ = self.messages.send(message);
            return;
        }
        if let Err(TrySendError::Full(message)) = self.messages.try_send(message) {
            self.dropped
                .fetch_add(message.samples.len() as u64, Ordering::Relaxed);
        }
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

    fn warnings(&self) -> &[String] {
        self.source.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.source.bad_samples()
    }
}
