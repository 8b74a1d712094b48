//! What the targets of the coding layer share.

use groundlink_decoder::coding::{CodingConfig, FrameDecoder};

/// Decodes soft bits in parts of `cut` and in one: the frames are the same.
pub fn cuts_change_nothing(config: &CodingConfig, soft: &[u8], cut: u8) {
    let soft: Vec<i8> = soft.iter().map(|&byte| byte.cast_signed()).collect();
    let decode = |chunk: usize| {
        let mut frames = Vec::new();
        let mut decoder = FrameDecoder::new(config).expect("a valid configuration");
        for part in soft.chunks(chunk) {
            decoder.feed(part, &mut frames);
        }
        decoder.finish(&mut frames);
        frames
    };
    assert_eq!(decode(usize::from(cut).max(1)), decode(soft.len().max(1)));
}
