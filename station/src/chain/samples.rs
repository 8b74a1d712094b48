//! The two threads before the decoder: reading samples, and demodulating them.
//!
//! Blocks and soft batches travel in circles of two bounded queues each, full ones down and empty ones back,
//! so that nothing is allocated once the buffers have grown.

use super::doppler::{DopplerStage, Tuning};
use super::live::{RingSize, read_live};
use super::patience::{Silence, wait};
use super::plots::Plotter;
use crate::StationError;
use crate::doppler::DopplerAt;
use crate::input::{Capture, Loss, LossCause, Read, SampleBlock, SampleSource, note};
use crate::monitor::{Change, Monitor};
use crossbeam_channel::{Receiver as Queue, Sender, bounded, unbounded};
use groundlink_dsp::SoftBatch;
use groundlink_dsp::receiver::{Receiver, ReceiverStatus};
use std::thread;
use std::time::{Duration, Instant};

/// Buffers in each circle: enough that neither side waits for the other's scheduling.
const BUFFERS: usize = 8;

/// Signal that a step of a held replay lets through, seconds.
const STEP_SECONDS: f64 = 0.1;

/// What the source thread hands on.
#[derive(Debug)]
pub enum FromSource {
    /// Samples, and what was lost between the block before and this one.
    Samples {
        /// Samples.
        block: SampleBlock,
        /// What was lost, in order.
        losses: Vec<Loss>,
    },
    /// The input has ended, with this many samples that were not numbers, and what was odd about it.
    Ended {
        /// Samples that were not numbers.
        bad_samples: u64,
        /// What was odd.
        warnings: Vec<String>,
        /// Why it ended early, if it did.
        error: Option<StationError>,
    },
}

/// What the receiver thread hands on.
#[derive(Debug)]
pub enum FromReceiver {
    /// Soft bits of a block.
    Soft {
        /// Soft bits and marks.
        batch: SoftBatch,
        /// Samples read so far.
        position: u64,
        /// Time and frequency that became known with this block.
        capture: Option<Capture>,
        /// What was lost just before this block, in order.
        losses: Vec<Loss>,
        /// Snapshot after the block.
        status: ReceiverStatus,
    },
    /// What follows was received with another profile, as was asked for.
    Changed(Box<Changed>),
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

/// A profile that the receiver goes on with.
#[derive(Debug)]
pub struct Changed {
    /// What was asked for.
    pub change: Change,
    /// Samples read so far.
    pub position: u64,
    /// The signal, for people.
    pub signal: String,
    /// Doppler that is taken off from here on.
    pub doppler: Option<DopplerAt>,
}

/// Holds a replay back to the pace that the monitor asks for.
struct Pacer {
    sample_rate_hz: f64,
    pace: Option<f64>,
    since: Instant,
    from: u64,
}

impl Pacer {
    fn new(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            pace: None,
            since: Instant::now(),
            from: 0,
        }
    }

    /// Sleeps until the sample at `position` is due; while paused, until the pause ends.
    fn wait(&mut self, position: u64, monitor: &Monitor) {
        while monitor.paused() && !monitor.stopping() && !monitor.take_step() {
            thread::sleep(Duration::from_millis(20));
            self.pace = None;
        }
        let pace = monitor.pace();
        if pace != self.pace {
            (self.pace, self.since, self.from) = (pace, Instant::now(), position);
        }
        let Some(pace) = pace else { return };
        let due = (position - self.from) as f64 / (self.sample_rate_hz * pace);
        let ahead = due - self.since.elapsed().as_secs_f64();
        if ahead > 0.0 && !monitor.stopping() {
            thread::sleep(Duration::from_secs_f64(ahead.min(0.5)));
        }
    }
}

/// The ends of the source thread's queues that the chain holds.
#[derive(Debug)]
pub struct Source {
    /// Blocks of samples.
    pub blocks: Queue<FromSource>,
    /// Back to the source.
    pub spent: Sender<SampleBlock>,
}

/// Starts the source thread. It is not joined: a source that blocks for ever (a silent pipe) must not keep a stopped
/// run from ending.
pub fn start_source(
    source: Box<dyn SampleSource>,
    sample_rate_hz: f64,
    block_samples: usize,
    monitor: &Monitor,
) -> Source {
    let (monitor, block_samples) = (monitor.clone(), block_samples.max(1));
    if source.live() {
        let size = RingSize::of(sample_rate_hz, block_samples);
        let (full, blocks) = bounded(size.blocks);
        let (spent, spent_out) = unbounded();
        thread::spawn(move || read_live(source, size.block, &monitor, &full, &spent_out));
        return Source { blocks, spent };
    }
    let (full, blocks, spent, spent_out) = circle();
    thread::spawn(move || read_source(source, sample_rate_hz, block_samples, &monitor, &full, &spent_out));
    Source { blocks, spent }
}

/// Reads the source to its end (or until asked to stop), `block_samples` at a time.
fn read_source(
    mut source: Box<dyn SampleSource>,
    sample_rate_hz: f64,
    block_samples: usize,
    monitor: &Monitor,
    full: &Sender<FromSource>,
    empty: &Queue<SampleBlock>,
) {
    let mut pacer = Pacer::new(sample_rate_hz);
    let (mut error, mut position, mut spare) = (None, source.begins_at(), None);
    while !monitor.stopping() {
        let Some(mut block) = spare.take().or_else(|| empty.recv().ok()) else {
            break;
        };
        // At a stated pace blocks are short, so that the picture moves; while it is held they are steps.
        let paced = match monitor.pace() {
            _ if monitor.paused() => sample_rate_hz * STEP_SECONDS,
            Some(pace) => sample_rate_hz * pace / 20.0,
            None => f64::INFINITY,
        };
        let paced = paced.max(1.0) as usize;
        match source.read(&mut block, block_samples.min(paced)) {
            Ok(Read::Filled) => {
                let mut losses = Vec::new();
                note(&mut losses, lost_before(&block, position));
                position = block.first + block.samples.len() as u64;
                pacer.wait(position, monitor);
                if full.send(FromSource::Samples { block, losses }).is_err() {
                    return;
                }
            }
            Ok(Read::Waiting) => {
                spare = Some(block);
            }
            Ok(Read::Ended) => break,
            Err(cause) => {
                error = Some(cause.into());
                break;
            }
        }
    }
    let ended = last_words(&*source, error);
    drop(source);
    // Nobody listens any more when the run was ended by a failing output.
    let _ = full.send(ended);
}

/// What there is to say when a source has ended.
pub fn last_words(source: &dyn SampleSource, error: Option<StationError>) -> FromSource {
    FromSource::Ended {
        bad_samples: source.bad_samples(),
        warnings: source.warnings().to_vec(),
        error,
    }
}

/// What is missing before a block, where samples up to `position` have been read.
pub fn lost_before(block: &SampleBlock, position: u64) -> Loss {
    Loss {
        first: position,
        samples: block.first.saturating_sub(position),
        // Sources that leave samples out without saying why had no room for them.
        cause: block.lost.unwrap_or(LossCause::Overflow),
    }
}

/// Nobody listens any more.
struct Deaf;

/// What the receiver thread runs.
#[derive(Debug)]
pub struct ReceiverStages {
    /// Demodulator.
    pub receiver: Receiver,
    /// Takes Doppler off before it.
    pub doppler: Option<DopplerStage>,
    /// Taps for watchers.
    pub plotter: Plotter,
    /// Tells when to stop.
    pub monitor: Monitor,
    /// What a receiver of another profile is made with.
    pub tuning: Tuning,
}

impl ReceiverStages {
    /// Demodulates what the source thread sends, to the end.
    pub fn run(
        mut self,
        from: &Queue<FromSource>,
        blocks: &Sender<SampleBlock>,
        full: &Sender<FromReceiver>,
        empty: &Queue<SoftBatch>,
    ) {
        let mut position = 0;
        while let Ok(mut batch) = empty.recv() {
            batch.clear();
            let (mut block, losses) = match self.next(from) {
                FromSource::Samples { block, losses } => (block, losses),
                FromSource::Ended {
                    bad_samples,
                    warnings,
                    error,
                } => {
                    let ended = FromReceiver::Ended {
                        bad_samples,
                        warnings,
                        error,
                    };
                    return self.end(full, batch, position, ended);
                }
            };
            if let Some(change) = self.monitor.take_change() {
                let Ok(next) = self.change(change, &mut position, batch, full, empty) else {
                    return;
                };
                batch = next;
            }
            if let Some(capture) = &block.capture {
                self.tuning.learn(capture);
            }
            let missing = block.first.saturating_sub(position);
            if missing > 0 {
                self.receiver.gap(missing, &mut batch);
            }
            let removed = match &mut self.doppler {
                Some(doppler) => doppler.remove(&mut block, missing),
                None => Ok(()),
            };
            if let Err(error) = removed {
                let ended = FromReceiver::Ended {
                    bad_samples: 0,
                    warnings: Vec::new(),
                    error: Some(error.into()),
                };
                return self.end(full, batch, position, ended);
            }
            self.receiver.process(&block.samples, &mut batch);
            self.plotter
                .look((block.first, &block.samples), &batch, &self.receiver);
            position = block.first + block.samples.len() as u64;
            let status = self.status(position);
            if full
                .send(FromReceiver::Soft {
                    batch,
                    position,
                    capture: block.capture.take(),
                    losses,
                    status,
                })
                .is_err()
            {
                return;
            }
            // The source thread may have ended already; then nobody needs the buffer back.
            let _ = blocks.send(block);
        }
    }

    /// Ends the receiver, whose last soft bits go into this batch, and goes on with one of the new profile as if all
    /// samples up to `position` were missing; returns an empty batch.
    fn change(
        &mut self,
        change: Change,
        position: &mut u64,
        mut batch: SoftBatch,
        full: &Sender<FromReceiver>,
        empty: &Queue<SoftBatch>,
    ) -> Result<SoftBatch, Deaf> {
        let tuned = self.tuning.tune(&change.profile);
        self.receiver.finish(&mut batch);
        let status = self.status(*position);
        let soft = FromReceiver::Soft {
            batch,
            position: *position,
            capture: None,
            losses: Vec::new(),
            status,
        };
        full.send(soft).map_err(|_| Deaf)?;
        let next = match tuned {
            Ok(tuned) => {
                (self.receiver, self.doppler) = (tuned.receiver, tuned.stage);
                self.plotter.follow(&tuned.signal);
                let changed = Changed {
                    change,
                    position: std::mem::take(position),
                    signal: super::signal_text(&tuned.signal),
                    doppler: tuned.doppler,
                };
                FromReceiver::Changed(Box::new(changed))
            }
            Err(error) => FromReceiver::Ended {
                bad_samples: 0,
                warnings: Vec::new(),
                error: Some(error),
            },
        };
        full.send(next).map_err(|_| Deaf)?;
        let mut batch = empty.recv().map_err(|_| Deaf)?;
        batch.clear();
        Ok(batch)
    }

    /// Hands on what is still inside the receiver, and that nothing follows.
    fn end(mut self, full: &Sender<FromReceiver>, mut batch: SoftBatch, position: u64, ended: FromReceiver) {
        self.receiver.finish(&mut batch);
        let status = self.status(position);
        let _ = full.send(FromReceiver::Soft {
            batch,
            position,
            capture: None,
            losses: Vec::new(),
            status,
        });
        let _ = full.send(ended);
    }

    /// Snapshot after this sample, with the frequency as it was received.
    fn status(&self, position: u64) -> ReceiverStatus {
        let mut status = self.receiver.status();
        if let Some(doppler) = &self.doppler {
            doppler.restore(&mut status, position);
        }
        status
    }

    /// The next message of the source thread; when it is silent and the run is to stop, its end.
    fn next(&self, from: &Queue<FromSource>) -> FromSource {
        wait(from, &self.monitor).unwrap_or_else(|silence| {
            let error = (silence == Silence::Dead).then_some(StationError::Thread { stage: "source" });
            FromSource::Ended {
                bad_samples: 0,
                warnings: Vec::new(),
                error,
            }
        })
    }
}

/// A circle of buffers: the queue of full ones and the queue of empty ones, filled.
pub fn circle<Full, Empty: Default>() -> (Sender<Full>, Queue<Full>, Sender<Empty>, Queue<Empty>) {
    let (full_in, full_out) = bounded(BUFFERS);
    let (empty_in, empty_out) = bounded(BUFFERS + 1);
    for _ in 0..BUFFERS {
        // Cannot fail: the queue has room and its other end is held here.
        let _ = empty_in.send(Empty::default());
    }
    (full_in, full_out, empty_in, empty_out)
}
