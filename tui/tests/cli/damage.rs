//! Damaged, foreign and absurd input of every kind: an answer, never a panic.

use super::support::{Folder, Run};

/// Exit code 0 or 1 after decoding what is there, or 2 with one line.
fn answers(run: &Run, what: &str) {
    if run.code == 2 {
        assert!(!run.complaint().is_empty(), "{what}");
    }
}

fn try_everything(folder: &Folder, name: &str) {
    answers(&folder.run(&format!("decode {name} -p demo")), name);
    answers(
        &folder.run(&format!("decode {name} -p demo --format cf32 --rate 80k")),
        name,
    );
    answers(&folder.run(&format!("inspect {name}")), name);
    answers(
        &folder.run(&format!("decode {name} -p demo --from soft --soft-format f32")),
        name,
    );
    for from in ["bits", "cadus", "frames", "packets"] {
        answers(&folder.run(&format!("decode {name} -p demo --from {from}")), name);
    }
    answers(&folder.run(&format!("profiles {name}")), name);
}

/// Bytes without order, the same every time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

fn wav(channels: u16, rate: u32, bits: u16, size: u32, data: &[u8]) -> Vec<u8> {
    let align = channels * bits / 8;
    let mut bytes = b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0\x01\0".to_vec();
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate.wrapping_mul(align.into())).to_le_bytes());
    bytes.extend(align.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn wav_headers() {
    let folder = Folder::new();
    let whole = wav(2, 80_000, 16, 4000, &noise(4000));
    for (n, bytes) in [
        &whole[..4],
        &whole[..20],
        &whole[..44],
        &whole[..45],
        &wav(0, 80_000, 16, 100, &noise(100)),
        &wav(7, 80_000, 16, 100, &noise(100)),
        &wav(2, 0, 16, 100, &noise(100)),
        &wav(2, u32::MAX, 16, 100, &noise(100)),
        &wav(1, 80_000, 13, 100, &noise(100)),
        &wav(2, 80_000, 16, u32::MAX, &noise(101)),
        &wav(2, 80_000, 16, 10, &noise(1000)),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{n}.wav");
        folder.write(&name, bytes);
        try_everything(&folder, &name);
    }
}

#[test]
fn sigmf_metadata() {
    let folder = Folder::new();
    folder.write("x.sigmf-data", noise(4000));
    let meta =
        |global: &str, captures: &str| format!("{{\"global\":{{{global}}},\"captures\":[{captures}]}}");
    let plain = "\"core:datatype\":\"ci16_le\",\"core:version\":\"1.0.0\",\"core:sample_rate\":80000";
    for text in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "[".repeat(100_000),
        meta("", ""),
        meta("\"core:datatype\":\"cx99\"", ""),
        meta("\"core:datatype\":7", ""),
        meta(&plain.replace("80000", "-1"), ""),
        meta(&plain.replace("80000", "1e999"), ""),
        meta(&plain.replace("80000", "\"fast\""), ""),
        meta(plain, "{\"core:sample_start\":18446744073709551615}"),
        meta(
            plain,
            "{\"core:sample_start\":0,\"core:header_bytes\":18446744073709551615}",
        ),
        meta(
            plain,
            "{\"core:sample_start\":0,\"core:global_index\":18446744073709551615}",
        ),
        meta(plain, "{\"core:sample_start\":0,\"core:datetime\":\"yesterday\"}"),
        meta(&format!("{plain},\"core:num_channels\":0"), ""),
        meta(&format!("{plain},\"core:dataset\":\"../../etc/passwd\""), ""),
    ] {
        folder.write("x.sigmf-meta", &text);
        for arguments in [
            "decode x.sigmf-meta -p demo",
            "inspect x.sigmf-meta",
            "inspect x.sigmf-data",
        ] {
            answers(&folder.run(arguments), &text);
        }
    }
    std::fs::remove_file(folder.path().join("x.sigmf-data")).unwrap();
    folder.write("x.sigmf-meta", meta(plain, ""));
    assert_eq!(folder.run("decode x.sigmf-meta -p demo").code, 2);
}

#[test]
fn foreign_and_cut_files() {
    let folder = Folder::new();
    for (name, bytes) in [
        ("noise.cu8", noise(5000)),
        ("zeros.cf32", vec![0; 80_000]),
        ("ones.cf32", vec![0xFF; 80_000]),
        ("odd.ci16", noise(4001)),
        ("byte.bin", vec![7]),
        ("head.gz", vec![0x1F, 0x8B, 8, 0]),
        ("head.zst", vec![0x28, 0xB5, 0x2F, 0xFD]),
        ("noise.gz", [&[0x1F, 0x8B, 8, 0][..], &noise(500)].concat()),
        ("noise.zst", [&[0x28, 0xB5, 0x2F, 0xFD][..], &noise(500)].concat()),
        (
            "tar.sigmf",
            [noise(257), b"ustar\x0000".to_vec(), noise(800)].concat(),
        ),
        ("text.hex", b"1acffc1d zz".to_vec()),
        ("text.toml", b"name = 3".to_vec()),
    ] {
        folder.write(name, bytes);
        try_everything(&folder, name);
    }
}

#[test]
fn samples_that_are_no_numbers_are_counted() {
    let folder = Folder::new();
    let samples = [
        f32::NAN,
        1.0,
        f32::INFINITY,
        1.0,
        0.5,
        f32::NEG_INFINITY,
        0.1,
        0.1,
        f32::MAX,
        f32::MIN,
    ];
    let bytes: Vec<u8> = (0..20_000).flat_map(|n| samples[n % 10].to_le_bytes()).collect();
    folder.write("bad.cf32", bytes);
    let run = folder.run("decode bad.cf32 -p demo --rate 80k --report r");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(folder.json("r")["input"]["bad_samples"], 6000);
    assert!(
        run.stderr.contains("6000 samples were not finite numbers"),
        "{}",
        run.stderr
    );
    let run = folder.run("inspect bad.cf32 --rate 80k");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.text().contains("not numbers 6000 samples"), "{}", run.text());
}

#[test]
fn absurd_rates() {
    let folder = Folder::with_pass(1);
    for rate in ["1", "21053", "40001", "1G", "1e11"] {
        answers(
            &folder.run(&format!("decode pass.sigmf-meta -p demo --rate {rate}")),
            rate,
        );
        assert_eq!(
            folder.run(&format!("inspect pass.sigmf-meta --rate {rate}")).code,
            0
        );
    }
    for set in [
        "signal.symbol_rate=1e300",
        "signal.symbol_rate=1e-300",
        "signal.search=1e9",
        "signal.carrier=1e12",
    ] {
        answers(
            &folder.run(&format!("decode pass.sigmf-meta -p demo --set {set}")),
            set,
        );
    }
}
