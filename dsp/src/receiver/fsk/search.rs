//! FSK of unknown deviation from IQ: receivers for all of them side by side, until one of them has found its signal.

use super::FskReceiver;
use crate::receiver::ReceiverStatus;
use crate::{Complex32, ConfigError, SignalConfig, SoftBatch};

/// Indices that are tried, each within 13 % of all between it and the next: receivers follow deviations 15 % away. The
/// first is minimum shift, which is what is said to be there as long as nothing is found.
const INDICES: [f64; 11] = [0.5, 0.4, 0.63, 0.8, 1.0, 1.26, 1.6, 2.0, 2.5, 3.2, 4.0];
/// Symbols from one decision to the next: eight stretches.
const CHUNK: f64 = 512.0;
/// Locked stretches that decide. With fewer the next chunk is waited for, as a burst may have begun.
const ENOUGH: usize = 3;
/// Unlocked stretches in a row after which the deviation is looked for anew.
const PATIENCE: usize = 256;
/// Part of the most that is said from where on it is as much.
const ALIKE: f64 = 0.9;
/// Most that one stretch's Es/N0, as a power ratio, says for a receiver.
const CLEAR: f64 = 100.0;

/// A receiver that is tried, and what came out of it since the last decision.
#[derive(Debug)]
struct Candidate {
    index: f64,
    receiver: FskReceiver,
    soft: SoftBatch,
}

impl Candidate {
    /// How far the index told is from this one, as a logarithm.
    fn aside(&self, index: f64) -> f64 {
        (self.index / index).ln().abs()
    }

    /// Locked stretches, and the sum of what they say.
    fn evidence(&self) -> (usize, f64) {
        let locked = self.soft.marks.iter().filter(|mark| mark.locked);
        locked.fold((0, 0.0), |(count, sum), mark| {
            let ratio = 10f64.powf(f64::from(mark.es_n0_db) / 10.0);
            (
                count + 1,
                sum + if ratio.is_finite() { ratio.min(CLEAR) } else { 0.0 },
            )
        })
    }
}

/// Receiver of binary FSK that is not told the deviation. It takes as long as all that it tries, until the signal is found;
/// soft bits before that come with the decisions, 512 symbols late.
#[derive(Debug)]
pub(crate) struct FskSearch {
    config: SignalConfig,
    /// All candidates, or only that of the signal.
    candidates: Vec<Candidate>,
    /// Source samples of a chunk, those left of the present one, and all so far.
    chunk: usize,
    left: usize,
    position: u64,
    /// The chunk before showed a signal, but little of it.
    waited: bool,
    /// Unlocked stretches since the last locked one.
    unlocked: usize,
}

impl FskSearch {
    /// Builds the receivers of all deviations that the samples have room for.
    ///
    /// # Errors
    /// As of [`FskReceiver::new`] with the deviation of minimum-shift keying.
    pub(crate) fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        let chunk = CHUNK * config.sample_rate_hz / config.symbol_rate_hz;
        let mut this = Self {
            candidates: Vec::new(),
            config: config.clone(),
            chunk: chunk as usize,
            left: chunk as usize,
            position: 0,
            waited: false,
            unlocked: 0,
        };
        for (n, index) in INDICES.into_iter().enumerate() {
            let told = SignalConfig {
                deviation_hz: Some(index / 2.0 * config.symbol_rate_hz),
                ..config.clone()
            };
            match FskReceiver::new(&told) {
                Ok(receiver) => this.candidates.push(Candidate {
                    index,
                    receiver,
                    soft: SoftBatch::default(),
                }),
                Err(error) if n == 0 => return Err(error),
                Err(_) => {}
            }
        }
        Ok(this)
    }

    /// As of [`FskReceiver::process`].
    pub(crate) fn process(&mut self, mut samples: &[Complex32], out: &mut SoftBatch) {
        while !samples.is_empty() {
            let (now, rest) = samples.split_at(samples.len().min(self.left));
            samples = rest;
            self.left -= now.len();
            self.position += now.len() as u64;
            self.each(out, |receiver, soft| receiver.process(now, soft));
            if self.left == 0 {
                self.left = self.chunk;
                self.decide(out);
            }
        }
    }

    /// As of [`FskReceiver::gap`].
    pub(crate) fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        self.position += missing;
        self.left = self.chunk;
        self.each(out, |receiver, soft| receiver.gap(missing, soft));
        self.choose(out);
    }

    /// As of [`FskReceiver::finish`].
    pub(crate) fn finish(&mut self, out: &mut SoftBatch) {
        self.each(out, FskReceiver::finish);
        self.choose(out);
    }

    /// Snapshot for display.
    pub(crate) fn status(&self) -> ReceiverStatus {
        self.candidates
            .first()
            .map_or_else(ReceiverStatus::default, |first| first.receiver.status())
    }

    /// The newest symbols' values.
    pub(crate) fn constellation(&self) -> &[Complex32] {
        self.candidates
            .first()
            .map_or(&[], |first| first.receiver.constellation())
    }

    /// Lets all receivers run: the only one into `out`, several each into what is its own.
    fn each(&mut self, out: &mut SoftBatch, mut run: impl FnMut(&mut FskReceiver, &mut SoftBatch)) {
        let marks = out.marks.len();
        if let [found] = &mut self.candidates[..] {
            run(&mut found.receiver, out);
            for mark in &out.marks[marks..] {
                self.unlocked = if mark.locked { 0 } else { self.unlocked + 1 };
            }
            return;
        }
        for candidate in &mut self.candidates {
            run(&mut candidate.receiver, &mut candidate.soft);
        }
    }

    /// At the end of a chunk.
    fn decide(&mut self, out: &mut SoftBatch) {
        if self.candidates.len() > 1 {
            let most = self.candidates.iter().map(|c| c.evidence().0).max().unwrap_or(0);
            if (1..ENOUGH).contains(&most) && !self.waited {
                self.waited = true;
            } else {
                self.choose(out);
            }
        } else if self.unlocked > PATIENCE {
            self.search_again(out);
        }
    }

    /// Stays with the candidate that says most, if any is locked; what came out of it, or of the first, goes to `out`.
    fn choose(&mut self, out: &mut SoftBatch) {
        if self.candidates.len() < 2 {
            return;
        }
        self.waited = false;
        let best = self.best();
        let chosen = &mut self.candidates[best.unwrap_or(0)];
        if let Some(first) = chosen.soft.marks.first_mut() {
            first.restart |= best.is_some_and(|best| best != 0);
        }
        append(&chosen.soft, out);
        if let Some(best) = best {
            self.candidates.swap(0, best);
            self.candidates.truncate(1);
            self.unlocked = 0;
        }
        for candidate in &mut self.candidates {
            candidate.soft.clear();
        }
    }

    /// The candidate that says most; neighbours, which say as much, measure what it is that they receive.
    fn best(&self) -> Option<usize> {
        let sums: Vec<f64> = self.candidates.iter().map(|c| c.evidence().1).collect();
        let clearest = (0..sums.len())
            .filter(|&n| sums[n] > 0.0)
            .max_by(|&a, &b| sums[a].total_cmp(&sums[b]))?;
        let told = self.candidates[clearest].index;
        let measured = self.candidates[clearest].receiver.stages.deviation();
        let index = measured.map_or(told, |deviation| 2.0 * deviation);
        (0..sums.len())
            .filter(|&n| sums[n] > ALIKE * sums[clearest])
            .min_by(|&a, &b| {
                self.candidates[a]
                    .aside(index)
                    .total_cmp(&self.candidates[b].aside(index))
            })
    }

    /// Ends the receiver of a signal that has gone, and begins with all.
    fn search_again(&mut self, out: &mut SoftBatch) {
        let Ok(mut fresh) = Self::new(&self.config) else {
            return;
        };
        if let [gone] = &mut self.candidates[..] {
            gone.receiver.finish(out);
        }
        for candidate in &mut fresh.candidates {
            candidate.receiver.origin = self.position;
        }
        fresh.position = self.position;
        *self = fresh;
    }
}

/// Appends a batch to another.
fn append(batch: &SoftBatch, out: &mut SoftBatch) {
    let bits = out.llrs.len();
    out.llrs.extend_from_slice(&batch.llrs);
    out.marks.extend(batch.marks.iter().map(|mark| crate::Mark {
        bit: mark.bit + bits,
        ..*mark
    }));
}
