//! Transfer frames in the information of a CLTU.

use crate::link::{TC_HEADER_BYTES, TcFrame};

/// TC transfer frames at the beginning of `data`, one after the other, each as long as its header has it
/// (CCSDS 232.0-B-4 §4.3.4). What is behind the last is fill: other than a whole frame, and at most `fill` bytes long.
/// More than that is a frame too, cut where the data end or not a frame at all: to be judged, not to be lost.
pub(crate) fn tc_frames(data: &[u8], fill: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let stated = TcFrame::new(rest).map_or(usize::MAX, |header| match header.version() {
            0 => header.length().max(TC_HEADER_BYTES),
            _ => usize::MAX,
        });
        if rest.is_empty() || stated > rest.len() && rest.len() <= fill && rest.len() < data.len() {
            return None;
        }
        let (frame, after) = rest.split_at(stated.min(rest.len()));
        rest = after;
        Some(frame)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8 bytes.
    const FRAME: [u8; 8] = [0x01, 0x55, 0x24, 0x07, 77, 0xC3, 1, 2];

    #[test]
    fn frames_end_where_fill_begins() {
        let lengths = |data: &[u8]| tc_frames(data, 6).map(<[u8]>::len).collect::<Vec<_>>();
        let two = [FRAME, FRAME].concat();
        assert_eq!(lengths(&two), [8, 8]);
        for fill in 1..=6 {
            assert_eq!(lengths(&[&two[..], &[0x55; 6][..fill]].concat()), [8, 8]);
        }
        // Fill that comes out as something else, where it was not randomised.
        assert_eq!(
            lengths(&[&two[..], &[0x01, 0x55, 0x27, 0xFF, 0]].concat()),
            [8, 8]
        );
        // Cut in its data, and longer than fill can be; cut like fill.
        assert_eq!(lengths(&two[..15]), [8, 7]);
        assert_eq!(lengths(&two[..14]), [8]);
        assert_eq!(lengths(&two[..5]), [5]);
        // No frame at all: given once, to be rejected.
        assert_eq!(lengths(&[0x55; 14]), [14]);
        assert_eq!(lengths(&[]), [0; 0]);
        // Shorter than its own header, by what it says.
        assert_eq!(lengths(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), [5, 5]);
    }
}
