//! Samples out of a stream of bytes, the last step of every container.

use super::bytes::is_defect;
use super::convert::Encoding;
use super::{InputError, InputInfo, LossCause, Read, SampleBlock, SampleSource};
use std::io;

/// Bytes read at a time; with it, memory use does not depend on the input's length.
const CHUNK: usize = 256 * 1024;
/// Most samples in a block, however many are asked for.
const MAX_BLOCK: usize = 1 << 22;

/// From the sample with this number on (in the file), indices are higher by `lost` samples that the recorder
/// says it lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jump {
    pub at: u64,
    pub lost: u64,
}

/// What there is to know before a stream is read.
pub(crate) struct StreamSetup {
    pub info: InputInfo,
    pub encoding: Encoding,
    /// Hand on what is there instead of waiting for full blocks.
    pub live: bool,
    /// Samples that the header promises, where it does.
    pub declared: Option<u64>,
    /// Places where the recorder lost samples, in order.
    pub jumps: Vec<Jump>,
    pub warnings: Vec<String>,
}

/// A [`SampleSource`] over any reader that delivers nothing but samples.
pub(crate) struct SampleStream {
    setup: StreamSetup,
    reader: Box<dyn io::Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Samples delivered.
    delivered: u64,
    /// Samples lost before the next one.
    lost: u64,
    next_jump: usize,
    bad: u64,
    ended: bool,
}

impl SampleStream {
    pub fn new(setup: StreamSetup, reader: Box<dyn io::Read + Send>) -> Self {
        let buffer = vec![0; CHUNK];
        Self {
            setup,
            reader,
            buffer,
            start: 0,
            end: 0,
            delivered: 0,
            lost: 0,
            next_jump: 0,
            bad: 0,
            ended: false,
        }
    }

    fn whole_samples(&self) -> usize {
        (self.end - self.start) / self.setup.encoding.bytes()
    }

    /// Reads until there is a whole sample or the input ends.
    fn refill(&mut self) -> Result<(), InputError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.whole_samples() == 0 && !self.ended {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.finish(),
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_defect(&e) => {
                    self.setup.warnings.push(e.to_string());
                    self.finish();
                }
                Err(e) => return Err(InputError::read(&self.setup.info.name, e)),
            }
        }
        Ok(())
    }

    /// Says what is missing at the end.
    fn finish(&mut self) {
        self.ended = true;
        let rest = self.end - self.start;
        if rest > 0 {
            let plural = if rest == 1 { "byte" } else { "bytes" };
            self.setup
                .warnings
                .push(format!("file ends inside a sample: last {rest} {plural} ignored"));
        }
        if let Some(declared) = self.setup.declared.filter(|declared| *declared > self.delivered) {
            let found = self.delivered;
            self.setup.warnings.push(format!(
                "data shorter than the header says: {found} of {declared} samples"
            ));
        }
    }

    /// Applies the jump at the next sample, and returns how many samples may follow before another.
    fn until_jump(&mut self) -> u64 {
        while let Some(jump) = self.setup.jumps.get(self.next_jump) {
            if jump.at > self.delivered {
                return jump.at - self.delivered;
            }
            self.lost = jump.lost;
            self.next_jump += 1;
        }
        u64::MAX
    }
}

impl SampleSource for SampleStream {
    fn info(&self) -> &InputInfo {
        &self.setup.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        let limit = max.clamp(1, MAX_BLOCK);
        let lost_before = self.lost;
        let limit = usize::try_from(self.until_jump()).map_or(limit, |n| limit.min(n));
        block.begin(self.delivered + self.lost);
        block.lost = (self.lost > lost_before).then_some(LossCause::Recorder);
        while block.samples.len() < limit {
            if self.whole_samples() == 0 {
                if self.ended || (self.setup.live && !block.samples.is_empty()) {
                    break;
                }
                self.refill()?;
            }
            let count = self.whole_samples().min(limit - block.samples.len());
            let bytes = count * self.setup.encoding.bytes();
            let piece = &self.buffer[self.start..self.start + bytes];
            self.bad += self.setup.encoding.append(piece, &mut block.samples);
            self.start += bytes;
            self.delivered += count as u64;
        }
        Ok(if block.samples.is_empty() {
            Read::Ended
        } else {
            Read::Filled
        })
    }

    fn warnings(&self) -> &[String] {
        &self.setup.warnings
    }

    fn bad_samples(&self) -> u64 {
        self.bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex32;

    /// Delivers at most `step` bytes at a time.
    struct Trickle {
        bytes: Vec<u8>,
        step: usize,
        at: usize,
    }

    impl io::Read for Trickle {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.step.min(buf.len()).min(self.bytes.len() - self.at);
            buf[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
            self.at += n;
            Ok(n)
        }
    }

    fn stream(bytes: Vec<u8>, step: usize, live: bool, jumps: Vec<Jump>) -> SampleStream {
        let encoding = Encoding::raw("ci16".parse().unwrap());
        let info = InputInfo {
            name: "test".into(),
            format: "raw".into(),
            complex: true,
            sample_rate_hz: Some(1.0),
            length: None,
            captures: Vec::new(),
            hardware: None,
        };
        let setup = StreamSetup {
            info,
            encoding,
            live,
            declared: Some(1000),
            jumps,
            warnings: Vec::new(),
        };
        SampleStream::new(setup, Box::new(Trickle { bytes, step, at: 0 }))
    }

    fn ramp(samples: usize) -> Vec<u8> {
        (0..samples as i16)
            .flat_map(|i| [i.to_le_bytes(), (-i).to_le_bytes()].concat())
            .collect()
    }

    fn drain(source: &mut SampleStream, max: usize) -> (Vec<Complex32>, Vec<(u64, usize)>) {
        let mut block = SampleBlock::default();
        let (mut all, mut blocks) = (Vec::new(), Vec::new());
        while source.read(&mut block, max).unwrap() == Read::Filled {
            blocks.push((block.first, block.samples.len()));
            all.extend_from_slice(&block.samples);
        }
        assert!(block.samples.is_empty());
        (all, blocks)
    }

    #[test]
    fn blocks_and_trickles_of_any_size_give_the_same_samples() {
        let (expected, _) = drain(&mut stream(ramp(1000), 1 << 20, false, vec![]), 1 << 20);
        assert_eq!(expected.len(), 1000);
        assert_eq!(expected[999], Complex32::new(999.0 / 32768.0, -999.0 / 32768.0));
        for (max, step, live) in [
            (1, 3, false),
            (7, 4096, true),
            (1000, 1, true),
            (0, 5, false),
            (usize::MAX, 7, false),
        ] {
            let mut source = stream(ramp(1000), step, live, vec![]);
            let (all, blocks) = drain(&mut source, max);
            assert!(all == expected, "{max} {step}");
            assert!(blocks.windows(2).all(|w| w[0].0 + w[0].1 as u64 == w[1].0));
            assert!(source.warnings().is_empty());
        }
    }

    #[test]
    fn files_fill_blocks_and_pipes_do_not_wait() {
        let (_, blocks) = drain(&mut stream(ramp(1000), 40, false, vec![]), 300);
        assert_eq!(blocks, [(0, 300), (300, 300), (600, 300), (900, 100)]);
        let (_, blocks) = drain(&mut stream(ramp(1000), 400, true, vec![]), 300);
        assert_eq!(blocks, (0..10).map(|i| (i * 100, 100)).collect::<Vec<_>>());
    }

    #[test]
    fn a_truncated_file_is_read_to_its_last_whole_sample() {
        let mut bytes = ramp(1000);
        bytes.truncate(4 * 900 + 3);
        let mut source = stream(bytes, 1 << 20, false, vec![]);
        assert_eq!(drain(&mut source, 64).0.len(), 900);
        assert_eq!(
            source.warnings(),
            [
                "file ends inside a sample: last 3 bytes ignored",
                "data shorter than the header says: 900 of 1000 samples",
            ]
        );
    }

    #[test]
    fn lost_samples_are_a_jump_of_the_index() {
        let jumps = vec![Jump { at: 100, lost: 11 }, Jump { at: 150, lost: 30 }];
        let (all, blocks) = drain(&mut stream(ramp(200), 1 << 20, false, jumps), 64);
        assert_eq!(all.len(), 200);
        assert_eq!(blocks, [(0, 64), (64, 36), (111, 50), (180, 50)]);
    }

    #[test]
    fn blocks_are_recycled() {
        let mut source = stream(ramp(1000), 1 << 20, false, vec![]);
        let mut block = SampleBlock::default();
        source.read(&mut block, 100).unwrap();
        let (place, capacity) = (block.samples.as_ptr(), block.samples.capacity());
        while source.read(&mut block, 100).unwrap() == Read::Filled {
            assert_eq!(
                (block.samples.as_ptr(), block.samples.capacity()),
                (place, capacity)
            );
        }
    }
}
