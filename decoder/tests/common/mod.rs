//! What the tests of the decoder share: random numbers, the shared data and forms of bits.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;

/// Small deterministic generator (`SplitMix64`).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A file of the shared data, `None` (and a line that says so) when there are none.
pub fn data(name: &str) -> Option<Vec<u8>> {
    let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
        eprintln!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    Some(std::fs::read(Path::new(&root).join(name)).unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// A text among the shared vectors.
pub fn vector(name: &str) -> Option<String> {
    let bytes = data(&format!("vectors/{name}"))?;
    Some(String::from_utf8(bytes).expect("text"))
}

/// Published vectors of Reed-Solomon and of the telecommand codes.
pub fn published_vectors() -> Option<serde_json::Value> {
    let text = vector("rs_crc_prn_ldpctc_vectors.json")?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

pub fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim();
    (0..text.len() / 2)
        .map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).expect("hex"))
        .collect()
}

/// Bits of packed bytes, one a byte, the first of each highest.
pub fn bits_of(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect()
}

/// Recorded floats, brought to a mean magnitude of one.
pub fn levelled(bytes: &[u8]) -> Vec<f32> {
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let mean = values.iter().map(|v| v.abs()).sum::<f32>() / values.len() as f32;
    values.iter().map(|v| v / mean).collect()
}
