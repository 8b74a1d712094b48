//! The thread between the source and the downlinks: what they share of the way.

use super::patience::{Silence, wait};
use super::samples::FromSource;
use crate::StationError;
use crate::input::{Capture, Loss, SampleBlock};
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver as Queue, Sender};
use groundlink_dsp::downlink::Splitter;
use num_complex::Complex32;

/// How a stretch without gaps ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Samples of the stretch.
    pub length: u64,
    /// Samples missing behind it; `None` at the end of the input.
    pub missing: Option<u64>,
}

/// Samples on their way to the downlinks, wide and by channels.
#[derive(Debug, Default)]
pub struct Slab {
    /// Index of the stretch's first sample.
    pub origin: u64,
    /// Index behind the last sample read so far.
    pub position: u64,
    /// The wide stream; empty where the stretch ends.
    pub wide: Vec<Complex32>,
    /// Channels of the filter bank.
    pub channels: Vec<Vec<Complex32>>,
    /// Whether and how the stretch ends with these.
    pub ending: Option<Ending>,
    /// What was lost behind the stretch, where it ends.
    pub losses: Vec<Loss>,
    /// Time and frequency that became known with these.
    pub capture: Option<Capture>,
}

impl Slab {
    fn empty_for(&mut self, channels: usize) {
        self.wide.clear();
        self.channels.resize_with(channels, Vec::new);
        self.channels.iter_mut().for_each(Vec::clear);
    }
}

/// What is handed on.
#[derive(Debug)]
pub enum FromSplitter {
    /// Samples.
    Slab(Slab),
    /// As [`FromSource::Ended`].
    Ended {
        /// Samples that were not numbers.
        bad_samples: u64,
        /// What was odd.
        warnings: Vec<String>,
        /// Why it ended early, if it did.
        error: Option<StationError>,
    },
}

/// The ends of the queues that the thread holds.
#[derive(Debug)]
pub struct SplitterQueues {
    /// From the source.
    pub blocks: Queue<FromSource>,
    /// Back to it.
    pub spent_blocks: Sender<SampleBlock>,
    /// To the downlinks.
    pub slabs: Sender<FromSplitter>,
    /// Back from them.
    pub spent_slabs: Queue<Slab>,
}

/// Nobody listens any more: the run was ended by failing outputs.
struct Deaf;

/// Splits what the source thread sends, to the end.
pub fn run(splitter: Splitter, queues: SplitterQueues, monitor: &Monitor) {
    let mut stage = Stage {
        splitter,
        queues,
        origin: 0,
        position: 0,
    };
    // An error means that nobody is left to tell.
    let _ = stage.run(monitor);
}

struct Stage {
    splitter: Splitter,
    queues: SplitterQueues,
    origin: u64,
    position: u64,
}

impl Stage {
    fn run(&mut self, monitor: &Monitor) -> Result<(), Deaf> {
        loop {
            match next(&self.queues.blocks, monitor) {
                FromSource::Samples { block, losses } => self.block(block, losses)?,
                FromSource::Ended {
                    bad_samples,
                    warnings,
                    error,
                } => {
                    self.end(None, Vec::new())?;
                    return self.send(FromSplitter::Ended {
                        bad_samples,
                        warnings,
                        error,
                    });
                }
            }
        }
    }

    fn block(&mut self, mut block: SampleBlock, losses: Vec<Loss>) -> Result<(), Deaf> {
        let missing = block.first.saturating_sub(self.position);
        if missing > 0 {
            self.end(Some(missing), losses)?;
            self.origin = block.first;
        }
        let mut slab = self.slab()?;
        std::mem::swap(&mut slab.wide, &mut block.samples);
        self.splitter.process(&mut slab.wide, &mut slab.channels);
        self.position = block.first + slab.wide.len() as u64;
        slab.position = self.position;
        slab.capture = block.capture.take();
        // The source thread may have ended already; then nobody needs the buffer back.
        let _ = self.queues.spent_blocks.send(block);
        self.send(FromSplitter::Slab(slab))
    }

    /// Ends the stretch.
    fn end(&mut self, missing: Option<u64>, losses: Vec<Loss>) -> Result<(), Deaf> {
        let mut slab = self.slab()?;
        slab.losses = losses;
        self.splitter.finish(&mut slab.channels);
        slab.ending = Some(Ending {
            length: self.position - self.origin,
            missing,
        });
        self.send(FromSplitter::Slab(slab))
    }

    fn slab(&self) -> Result<Slab, Deaf> {
        let mut slab = self.queues.spent_slabs.recv().map_err(|_| Deaf)?;
        slab.empty_for(self.splitter.channels());
        slab.origin = self.origin;
        slab.position = self.position;
        slab.ending = None;
        slab.losses.clear();
        slab.capture = None;
        Ok(slab)
    }

    fn send(&self, message: FromSplitter) -> Result<(), Deaf> {
        self.queues.slabs.send(message).map_err(|_| Deaf)
    }
}

/// The next message of the source thread; when it is silent and the run is to stop, its end.
pub fn next(from: &Queue<FromSource>, monitor: &Monitor) -> FromSource {
    wait(from, monitor).unwrap_or_else(|silence| FromSource::Ended {
        bad_samples: 0,
        warnings: Vec::new(),
        error: (silence == Silence::Dead).then_some(StationError::Thread { stage: "source" }),
    })
}
