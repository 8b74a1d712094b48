//! KISS framing (Chepponis and Karn, "The KISS TNC", 1987), and the time-stamped logs of `gr_satellites`.

const FEND: u8 = 0xC0;
const FESC: u8 = 0xDB;
const TFEND: u8 = 0xDC;
const TFESC: u8 = 0xDD;
/// Command: data on port 0.
const DATA: u8 = 0x00;
/// Command by which `gr_satellites` marks the time of the next frame.
const TIME: u8 = 0x09;

/// Appends a frame: FEND, command 0x00, the frame with FEND and FESC escaped, FEND.
pub fn data(frame: &[u8], out: &mut Vec<u8>) {
    block(DATA, frame, out);
}

/// Appends the time of the next frame: command 0x09, then milliseconds since the beginning of 1970, UTC, as 8 bytes with
/// the most significant first.
pub fn time(unix_ms: u64, out: &mut Vec<u8>) {
    block(TIME, &unix_ms.to_be_bytes(), out);
}

fn block(command: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 3);
    out.extend([FEND, command]);
    for &byte in bytes {
        match byte {
            FEND => out.extend([FESC, TFEND]),
            FESC => out.extend([FESC, TFESC]),
            other => out.push(other),
        }
    }
    out.push(FEND);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The receiving side, as the specification has it.
    fn parse(stream: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let blocks = stream
            .split(|&byte| byte == FEND)
            .filter(|block| !block.is_empty());
        let unescape = |block: &[u8]| {
            let mut bytes = Vec::new();
            let mut rest = block.iter();
            while let Some(&byte) = rest.next() {
                bytes.push(match (byte, byte == FESC) {
                    (_, true) => match rest.next() {
                        Some(&TFEND) => FEND,
                        Some(&TFESC) => FESC,
                        other => panic!("FESC before {other:?}"),
                    },
                    (byte, false) => byte,
                });
            }
            (bytes[0], bytes[1..].to_vec())
        };
        blocks.map(unescape).collect()
    }

    #[test]
    fn the_bytes_are_those_of_the_specification() {
        let mut out = Vec::new();
        data(&[0x01, 0xC0, 0x02, 0xDB, 0xDC], &mut out);
        assert_eq!(out, [0xC0, 0x00, 0x01, 0xDB, 0xDC, 0x02, 0xDB, 0xDD, 0xDC, 0xC0]);
        out.clear();
        // 2020-01-01T00:00:00.192Z, whose last byte is FEND.
        time(1_577_836_800_192, &mut out);
        assert_eq!(
            out,
            [
                0xC0, 0x09, 0x00, 0x00, 0x01, 0x6F, 0x5E, 0x66, 0xE8, 0xDB, 0xDC, 0xC0
            ]
        );
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(frames in proptest::collection::vec(
            (any::<u64>(), proptest::collection::vec(prop_oneof![Just(FEND), Just(FESC), any::<u8>()], 0..80)), 0..8)
        ) {
            let mut out = Vec::new();
            let mut expected = Vec::new();
            for (ms, frame) in &frames {
                time(*ms, &mut out);
                data(frame, &mut out);
                expected.push((TIME, ms.to_be_bytes().to_vec()));
                expected.push((DATA, frame.clone()));
            }
            prop_assert_eq!(parse(&out), expected);
        }
    }
}
