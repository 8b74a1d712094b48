//! LDPC codes against published matrices and codewords (found through `GROUNDLINK_DATA`).

use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode, LdpcEncoder};
use std::path::Path;

/// A file of the shared vectors, `None` (and a line that says so) when there are none.
fn vector(name: &str) -> Option<String> {
    let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
        eprintln!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    let path = Path::new(&root).join("vectors").join(name);
    Some(std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}")))
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let hex = hex.trim();
    (0..hex.len() / 2)
        .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hex"))
        .collect()
}

fn bits_of(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect()
}

fn encode(code: LdpcCode, info: &[u8]) -> Vec<u8> {
    let mut bits = Vec::new();
    LdpcEncoder::new(code).expect("a code").encode(info, &mut bits);
    bits
}

#[test]
fn ar4ja_codewords_are_the_published_ones() {
    let rates = [
        (Ar4jaRate::R12, "12"),
        (Ar4jaRate::R23, "23"),
        (Ar4jaRate::R45, "45"),
    ];
    for (k, length) in [(1024, "1k"), (4096, "4k"), (16384, "16k")] {
        for (rate, name) in rates {
            if (k, rate) == (16384, Ar4jaRate::R45) {
                continue;
            }
            let Some(message) = vector(&format!("ldpc/ar4ja_{length}_{name}.msg.hex")) else {
                return;
            };
            let codeword = vector(&format!("ldpc/ar4ja_{length}_{name}.cw.hex")).expect("its codeword");
            let code = LdpcCode::Ar4ja { rate, k };
            assert_eq!(
                encode(code, &bytes_of_hex(&message)),
                bits_of(&bytes_of_hex(&codeword)),
                "{code:?}"
            );
        }
    }
}
