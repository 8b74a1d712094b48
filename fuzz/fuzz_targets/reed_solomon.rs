//! Any words through any Reed-Solomon code: no panic, all kernels agree, and a word that fails stays as it was.
#![no_main]

use groundlink_decoder::coding::reed_solomon::{Kernel, RsBlock};
use groundlink_decoder::coding::{ReedSolomonConfig, RsBasis};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [parity, shape, first_root, primitive, count, rest @ ..] = data else {
        return;
    };
    let parity = 2 + usize::from(parity % 16) * 2;
    let interleave = 1 + usize::from(shape % 8);
    let (erasures, rest) = rest.split_at(usize::from(count % 34).min(rest.len()));
    let information = (rest.len() / interleave)
        .saturating_sub(parity)
        .clamp(1, 255 - parity);
    let config = ReedSolomonConfig {
        parity,
        interleave,
        data_bytes: information * interleave,
        basis: if shape & 8 != 0 {
            RsBasis::Dual
        } else {
            RsBasis::Conventional
        },
        field: if shape & 24 == 16 { 0x11D } else { 0x187 },
        first_root: u32::from(*first_root),
        primitive: u32::from(*primitive),
        covers_asm: false,
    };
    let Ok(code) = RsBlock::new(&config) else { return };
    let plain = RsBlock::with_kernel(&config, Kernel::Plain).expect("as before");
    let mut received = rest.to_vec();
    received.resize(code.block_bytes(), 0);
    let run = |code: &RsBlock| {
        let (mut block, mut corrections) = (received.clone(), Vec::new());
        code.decode(&mut block, &mut corrections);
        let outcome = code.decode_erasures(&mut block, 0, erasures, 16);
        let mut encoded = received.clone();
        code.encode(&mut encoded);
        (block, corrections, outcome, encoded)
    };
    let (block, corrections, outcome, encoded) = run(&code);
    assert_eq!(
        run(&plain),
        (block.clone(), corrections.clone(), outcome, encoded)
    );
    for (n, corrected) in corrections.iter().enumerate() {
        if corrected.is_none() && (n > 0 || outcome.is_none()) {
            let word = |block: &[u8]| -> Vec<u8> { block[n..].iter().step_by(interleave).copied().collect() };
            assert_eq!(word(&block), word(&received));
        }
    }
});
