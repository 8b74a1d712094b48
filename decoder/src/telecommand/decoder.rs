//! Soft bits to CLTUs.
//!
//! A place that fits the start sequence is a candidate; its codeblocks judge it. A candidate whose first
//! codeblock is rejected was none. One that ends otherwise than with the tail sequence may be an accident that
//! hides the real one, so it is given out only after no start sequence in its span led further. Even one that
//! reaches the tail may have begun too early, in the noise before, if its codeblocks happen to lie as the real
//! ones do; it then has wrong bits where the real one has none. Every decision is taken when the bits it depends on
//! are there, so that the output does not depend on how the input was cut.

use super::codeblock::{BlockDecoder, randomizer};
use super::config::{BchRandomized, CltuCode, CltuConfig, CltuError};
use super::reading::{Cltu, CltuEnd, Reader, Wait};
use super::start::{Start, StartSearch};

/// Soft bits that have been decided on are dropped when there are so many.
const KEPT: usize = 1 << 14;

/// Wrong bits from which on a CLTU with tail sequence is doubted: an accident in noise has one in the start
/// sequence and one in the first codeblock, hardly ever fewer.
const DOUBTFUL_ERRORS: u32 = 2;

/// Snapshot of a [`CltuDecoder`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CltuStatus {
    /// Whether codeblocks are being read.
    pub reading: bool,
    /// CLTUs given out.
    pub cltus: u64,
    /// Of these, those that did not end with the tail sequence though the link has one.
    pub without_tail: u64,
    /// Codeblocks of all CLTUs.
    pub codeblocks: u64,
    /// Bits corrected in them.
    pub corrections: u64,
    /// Start sequences whose first codeblock was rejected.
    pub rejected: u64,
    /// Start sequences that led less far than one that overlaps them, and were dropped for it.
    pub superseded: u64,
    /// Probability for each bit of noise that a false CLTU begins there: [`CltuConfig::false_cltu_per_bit`].
    pub false_cltu_per_bit: f64,
}

/// Soft bits in, CLTUs out.
///
/// Soft bits are `i8`, positive = 1, magnitude = reliability (±127 for hard decisions; -128 counts as -127), in
/// either polarity.
#[derive(Debug)]
pub struct CltuDecoder {
    start: StartSearch,
    reader: Reader,
    /// The randomizer's bytes, where a CLTU's information is randomised.
    randomizer: Option<Vec<u8>>,
    has_tail: bool,
    soft: Vec<i8>,
    /// Index of the first soft bit kept.
    first: u64,
    /// First place that has not been searched.
    from: u64,
    reading: Option<Cltu>,
    /// A doubtful CLTU, in whose span the search is.
    held: Option<Cltu>,
    last: bool,
    status: CltuStatus,
}

impl CltuDecoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &CltuConfig) -> Result<Self, CltuError> {
        config.check()?;
        let decoder = BlockDecoder::new(config.code)?;
        let randomized = matches!(
            config.code,
            CltuCode::Bch {
                randomized: BchRandomized::Data | BchRandomized::DataAndFill,
                ..
            }
        );
        Ok(Self {
            start: StartSearch::new(config),
            reader: Reader::new(config.code, decoder, config.max_codeblocks),
            randomizer: randomized.then(randomizer),
            has_tail: !config.code.tail().is_empty(),
            soft: Vec::new(),
            first: 0,
            from: 0,
            reading: None,
            held: None,
            last: false,
            status: CltuStatus {
                false_cltu_per_bit: config.false_cltu_per_bit(),
                ..CltuStatus::default()
            },
        })
    }

    /// Takes the next soft bits, appends the CLTUs they complete.
    pub fn feed(&mut self, soft: &[i8], out: &mut Vec<Cltu>) {
        for part in soft.chunks(KEPT) {
            self.soft.extend(part);
            self.advance(out);
        }
    }

    /// The next soft bit does not continue the one before: gives what can still be given and starts the search
    /// again. Soft-bit indices go on counting.
    pub fn restart(&mut self, out: &mut Vec<Cltu>) {
        self.last = true;
        self.advance(out);
        self.last = false;
        self.from = self.end();
        self.forget();
    }

    /// The input has ended: appends what can still be given.
    pub fn finish(&mut self, out: &mut Vec<Cltu>) {
        self.restart(out);
    }

    /// Snapshot for display and report.
    pub fn status(&self) -> CltuStatus {
        CltuStatus {
            reading: self.reading.is_some(),
            ..self.status
        }
    }

    fn end(&self) -> u64 {
        self.first + self.soft.len() as u64
    }

    fn advance(&mut self, out: &mut Vec<Cltu>) {
        while self.step(out).is_ok() {}
        self.forget();
    }

    /// Drops the soft bits that no decision can need any more.
    fn forget(&mut self) {
        let needed = self.reading.as_ref().map_or(self.from, |cltu| cltu.soft_index);
        let count = (needed - self.first) as usize;
        if count >= KEPT || count == self.soft.len() {
            self.soft.drain(..count);
            self.first = needed;
        }
    }

    fn step(&mut self, out: &mut Vec<Cltu>) -> Result<(), Wait> {
        if let Some(mut cltu) = self.reading.take() {
            let result = self.reader.read(&mut cltu, &self.soft, self.first, self.last);
            if result.is_err() {
                self.reading = Some(cltu);
                return result;
            }
            self.conclude(cltu, out);
            return Ok(());
        }
        if let Some(start) = self.find() {
            self.reading = Some(self.begin(start));
            return Ok(());
        }
        if self.last
            || self
                .held
                .as_ref()
                .is_some_and(|held| self.from >= self.span(held))
        {
            let held = self.held.take().ok_or(Wait)?;
            self.give(held, out);
            return Ok(());
        }
        Err(Wait)
    }

    /// The place before which a start sequence may lead further than the CLTU held.
    fn span(&self, held: &Cltu) -> u64 {
        if held.ended == CltuEnd::Tail {
            held.soft_end - self.start.bits() as u64
        } else {
            held.soft_end
        }
    }

    /// The next start sequence that is whole, within the span of the CLTU held if there is one.
    fn find(&mut self) -> Option<Start> {
        let bits = self.start.bits();
        let whole = (self.end() + 1).saturating_sub(bits as u64);
        let limit = self
            .held
            .as_ref()
            .map_or(whole, |held| self.span(held).min(whole));
        if self.from >= limit {
            return None;
        }
        let from = (self.from - self.first) as usize;
        let to = (limit - self.first) as usize + bits - 1;
        let found = self.start.find(&self.soft[from..to]);
        self.from = found.map_or(limit, |start| self.from + start.place as u64);
        found
    }

    /// The CLTU that begins at the start sequence just found.
    fn begin(&self, start: Start) -> Cltu {
        let bits = self.start.bits() as u32;
        Cltu {
            soft_index: self.from,
            soft_end: self.from + u64::from(bits),
            bytes: Vec::new(),
            codeblocks: 0,
            corrections: 0,
            iterations: 0,
            ended: CltuEnd::Cut,
            inverted: start.inverted,
            start_errors: start.errors,
            channel_errors: (start.errors, bits),
        }
    }

    /// Judges a CLTU that has ended.
    fn conclude(&mut self, cltu: Cltu, out: &mut Vec<Cltu>) {
        self.from = cltu.soft_index + 1;
        if cltu.codeblocks == 0 {
            self.status.rejected += 1;
            return;
        }
        if let Some(held) = self.held.take() {
            self.status.superseded += 1;
            if !leads_further(&cltu, &held) {
                self.held = Some(held);
                return;
            }
        }
        if cltu.ended == CltuEnd::Tail && cltu.channel_errors.0 < DOUBTFUL_ERRORS {
            self.give(cltu, out);
        } else {
            self.held = Some(cltu);
        }
    }

    fn give(&mut self, mut cltu: Cltu, out: &mut Vec<Cltu>) {
        for (byte, random) in cltu
            .bytes
            .iter_mut()
            .zip(self.randomizer.iter().flatten().cycle())
        {
            *byte ^= random;
        }
        self.from = cltu.soft_end;
        self.status.cltus += 1;
        self.status.without_tail += u64::from(self.has_tail && cltu.ended != CltuEnd::Tail);
        self.status.codeblocks += u64::from(cltu.codeblocks);
        self.status.corrections += u64::from(cltu.corrections);
        out.push(cltu);
    }
}

/// Whether a CLTU that begins later is the better reading of the same soft bits.
fn leads_further(cltu: &Cltu, held: &Cltu) -> bool {
    match (cltu.ended == CltuEnd::Tail, held.ended == CltuEnd::Tail) {
        (true, true) => cltu.channel_errors.0 == 0,
        (false, false) => cltu.codeblocks > held.codeblocks,
        (tail, _) => tail,
    }
}
