//! GMSK bursts in USP framing: demodulated by the chain, the rest undone here from public pieces, as the framing is
//! not the chain's.

use crate::chain_support::{config, content, data, file, profile, run};
use groundlink_decoder::coding::reed_solomon::ReedSolomon;
use groundlink_decoder::coding::viterbi::Viterbi;
use groundlink_decoder::coding::{ReedSolomonConfig, RsBasis};

const SYNC: u64 = 0x5072_F64B_2D90_B1F5;
/// Bits of the physical layer signalling behind the sync word.
const PLS: usize = 64;
/// Wrong sync bits accepted: one chance in 10^9 per place in noise.
const TOLERANCE: u32 = 10;

/// Places just behind each sync word.
fn bursts(soft: &[i8]) -> Vec<usize> {
    let mut word = 0;
    let mut found = Vec::new();
    for (n, &llr) in soft.iter().enumerate() {
        word = word << 1 | u64::from(llr > 0);
        if n >= 63 && (word ^ SYNC).count_ones() <= TOLERANCE {
            found.push(n + 1);
        }
    }
    found
}

fn code(data_bytes: usize) -> ReedSolomon {
    ReedSolomon::new(&ReedSolomonConfig {
        parity: 32,
        interleave: 1,
        data_bytes,
        basis: RsBasis::Dual,
        field: 0x187,
        first_root: 112,
        primitive: 11,
        covers_asm: false,
    })
    .unwrap()
}

/// CCSDS 131.0-B-5 §10: x^8 + x^7 + x^5 + x^3 + 1, all ones at the start.
fn derandomise(bytes: &mut [u8]) {
    let mut register = 0xFFu8;
    for byte in bytes {
        let mut mask = 0;
        for _ in 0..8 {
            mask = mask << 1 | register >> 7;
            let next = (register >> 7 ^ register >> 4 ^ register >> 2 ^ register) & 1;
            register = register << 1 | next;
        }
        *byte ^= mask;
    }
}

/// A codeword of so many bytes from the channel bits that follow the signalling, corrected; and its corrections.
fn codeword(soft: &[i8], bytes: usize) -> (Vec<u8>, Option<u8>) {
    let coded = &soft[PLS..PLS + 16 * bytes];
    let g1: Vec<i8> = coded.iter().step_by(2).copied().collect();
    // The CCSDS code inverts G2.
    let g2: Vec<i8> = coded.iter().skip(1).step_by(2).map(|&llr| -llr).collect();
    let mut viterbi = Viterbi::default();
    let mut bits = Vec::new();
    viterbi.push(&g1, &g2);
    viterbi.finish(&mut bits);
    let mut word: Vec<u8> = bits
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect();
    derandomise(&mut word);
    let corrections = code(bytes - 32).decode(&mut word);
    word.truncate(bytes - 32);
    (word, corrections)
}

#[test]
fn orbicraft_zorkiy_bursts_match_after_viterbi() {
    let Some(folder) = data() else { return };
    let run = run(&config(
        profile("orbicraft-zorkiy", &[]),
        &file(&folder, "iq/orbicraft-z_48k_iq.wav"),
    ));
    let soft: Vec<i8> = run.soft.iter().map(|&byte| byte.cast_signed()).collect();
    let found = bursts(&soft);
    assert_eq!(found.len(), 3, "sync words at {found:?}");
    let known = [
        ("orbicraft_frame0.bin", 255, 1),
        ("orbicraft_frame1.bin", 80, 0),
        ("orbicraft_frame2.bin", 80, 2),
    ];
    for (start, (name, bytes, corrections)) in found.into_iter().zip(known) {
        let (data, corrected) = codeword(&soft[start..], bytes);
        // The published counts are those of another demodulator; a better one leaves less to correct.
        assert!(
            corrected.is_some_and(|n| n <= corrections),
            "{name}: {corrected:?} symbols corrected"
        );
        assert!(
            data == content(&folder, &format!("expected/{name}")),
            "{name} differs"
        );
    }
    // The chain's own frames are the channel bits behind the sync words; the recording ends within the third.
    assert_eq!((run.report.frames.good, run.frames.len()), (2, 2 * 518));
}
