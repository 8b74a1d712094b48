//! Hex text as bytes.

use super::bytes::StreamDefect;
use std::io::{self, BufReader, Read};

/// Delivers the bytes that hex digits stand for; white space between them means nothing.
pub(crate) struct HexReader<R> {
    text: BufReader<R>,
    chunk: Vec<u8>,
    offset: u64,
    high: Option<u8>,
    defect: Option<StreamDefect>,
    ended: bool,
}

impl<R: Read> HexReader<R> {
    pub fn new(inner: R) -> Self {
        Self {
            text: BufReader::new(inner),
            chunk: Vec::new(),
            offset: 0,
            high: None,
            defect: None,
            ended: false,
        }
    }

    /// Decodes one piece of text into `buf`, which is at least half as long.
    fn decode(&mut self, buf: &mut [u8]) -> usize {
        let mut written = 0;
        for &character in &self.chunk {
            if character.is_ascii_whitespace() {
                self.offset += 1;
                continue;
            }
            let Some(digit) = (character as char).to_digit(16) else {
                self.defect = Some(StreamDefect::Hex { offset: self.offset });
                break;
            };
            self.offset += 1;
            match self.high.take() {
                None => self.high = Some(digit as u8),
                Some(high) => {
                    buf[written] = high << 4 | digit as u8;
                    written += 1;
                }
            }
        }
        written
    }
}

impl<R: Read> Read for HexReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(defect) = self.defect.take() {
                self.ended = true;
                return Err(defect.into_io());
            }
            if self.ended {
                return Ok(0);
            }
            self.chunk.resize((buf.len() * 2 - 1).min(64 * 1024), 0);
            let n = self.text.read(&mut self.chunk)?;
            self.chunk.truncate(n);
            if n == 0 {
                self.defect = self.high.take().map(|_| StreamDefect::HalfByte);
                self.ended = self.defect.is_none();
                continue;
            }
            let written = self.decode(buf);
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let failure = HexReader::new(text).read_to_end(&mut out).err();
        (out, failure.map(|e| e.to_string()))
    }

    #[test]
    fn digits_in_lines_become_bytes() {
        assert_eq!(
            decode(b"1aCf\nFC 1D\r\n\n00"),
            (vec![0x1A, 0xCF, 0xFC, 0x1D, 0], None)
        );
        let long: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        let text: String = long
            .chunks(37)
            .flat_map(|l| l.iter().map(|b| format!("{b:02x}")).chain(["\n".to_owned()]))
            .collect();
        assert!(decode(text.as_bytes()) == (long, None));
    }

    #[test]
    fn reads_of_one_byte_lose_nothing() {
        let mut reader = HexReader::new(&b"a1\nb2 c3"[..]);
        let mut byte = [0];
        let mut out = Vec::new();
        while reader.read(&mut byte).unwrap() == 1 {
            out.push(byte[0]);
        }
        assert_eq!(out, [0xA1, 0xB2, 0xC3]);
    }

    #[test]
    fn what_is_no_hex_is_said_after_what_is() {
        let (out, failure) = decode(b"0102\n0x03");
        assert_eq!(out, [1, 2]);
        assert_eq!(
            failure.unwrap(),
            "byte 6 of the hex text is no hex digit; everything up to there is used"
        );
        let (out, failure) = decode(b"01020");
        assert_eq!(out, [1, 2]);
        assert_eq!(
            failure.unwrap(),
            "the hex text ends with half a byte, which is ignored"
        );
    }
}
