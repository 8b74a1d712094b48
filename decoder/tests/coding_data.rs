//! Soft symbols and CADUs of real spacecraft (found through `GROUNDLINK_DATA`), against what independent
//! decoders made of them.

mod coding_common;

use coding_common::{FREE, ccsds, data, levelled, rs};
use groundlink_decoder::coding::{
    AsmConfig, CodedFrame, CodingConfig, Descrambler, FrameDecoder, LineCode, Randomized, Randomizer,
    ReedSolomonConfig, RsBasis, SymbolBits,
};

/// Floats to soft bits, the mean magnitude at 32.
fn soft_of_f32(bytes: &[u8]) -> Vec<i8> {
    levelled(bytes)
        .iter()
        .map(|v| (v * 32.0).round().clamp(-127.0, 127.0) as i8)
        .collect()
}

/// Packed bits to sure soft bits.
fn soft_of_bits(bytes: &[u8]) -> Vec<i8> {
    bytes
        .iter()
        .flat_map(|byte| {
            (0..8)
                .rev()
                .map(move |n| if byte >> n & 1 == 1 { 127 } else { -127 })
        })
        .collect()
}

fn decode(config: &CodingConfig, soft: &[i8]) -> Vec<CodedFrame> {
    let mut decoder = FrameDecoder::new(config).expect("possible configuration");
    let mut frames = Vec::new();
    for part in soft.chunks(1000) {
        decoder.feed(part, &mut frames);
    }
    decoder.finish(&mut frames);
    frames
}

fn corrections(frame: &CodedFrame) -> Vec<Option<u8>> {
    frame
        .quality
        .reed_solomon
        .as_ref()
        .map_or_else(Vec::new, |rs| rs.corrections.clone())
}

/// CCSDS CADUs, not convolutionally coded.
fn cadus(interleave: usize, basis: RsBasis, randomizer: Randomizer) -> CodingConfig {
    CodingConfig {
        convolutional: None,
        randomizer,
        reed_solomon: Some(rs(interleave, basis)),
        ..ccsds(interleave)
    }
}

#[test]
fn voyager_1_frames_come_out_with_the_known_corrections() {
    let (Some(symbols), Some(expected)) = (
        data("soft/voyager1_2020_symbols_0011.f32"),
        data("expected/voyager1_2020_0011_rscodewords.bin"),
    ) else {
        return;
    };
    let config = CodingConfig {
        symbols: SymbolBits::One,
        convolutional: Some(FREE),
        line_code: LineCode::NrzL,
        descrambler: None,
        asm: AsmConfig {
            pattern: vec![0x03, 0x91, 0x5E, 0xD3],
            bits: 32,
            tolerance: None,
            flywheel: 3,
        },
        randomizer: Randomizer::None,
        randomized: Randomized::Codeblock,
        reed_solomon: Some(ReedSolomonConfig {
            parity: 32,
            interleave: 4,
            data_bytes: 828,
            basis: RsBasis::Conventional,
            field: 0x11D,
            first_root: 1,
            primitive: 1,
            covers_asm: true,
        }),
        iterative: None,
        cltu: None,
        block_bytes: 956,
        tail_bytes: 4,
    };
    let frames = decode(&config, &soft_of_f32(&symbols));
    let corrections: Vec<_> = frames.iter().map(corrections).collect();
    let known = [
        [1, 3, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 1],
        [2, 2, 2, 1],
    ];
    assert_eq!(corrections, known.map(|frame| frame.map(Some).to_vec()));
    let blocks: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.cadu[..956].to_vec())
        .collect();
    assert!(blocks == expected, "codeblocks differ");
    for pair in frames.windows(2) {
        assert_eq!(pair[1].soft_index - pair[0].soft_index, 2 * 7680);
    }
}

#[test]
fn meteor_m2_2_hard_bits_give_all_vcdus() {
    let (Some(bits), Some(expected)) = (
        data("soft/meteor_mn22_72k.hard"),
        data("expected/meteormn22_72k_vcdus.bin"),
    ) else {
        return;
    };
    let config = CodingConfig {
        convolutional: Some(FREE),
        line_code: LineCode::NrzM,
        ..cadus(4, RsBasis::Conventional, Randomizer::Ccsds255)
    };
    let frames = decode(&config, &soft_of_bits(&bits));
    let vcdus: Vec<u8> = frames.iter().flat_map(|frame| frame.bytes.clone()).collect();
    assert!(vcdus == expected, "VCDUs differ");
    assert!(frames.iter().all(|frame| corrections(frame) == [Some(0); 4]));
}

#[test]
fn lev_1_frames_come_out_of_conv_and_iess_308() {
    let Some(symbols) = data("soft/lev1_symbols.f32") else {
        return;
    };
    let config = CodingConfig {
        convolutional: Some(FREE),
        descrambler: Some(Descrambler::Iess308),
        asm: AsmConfig {
            pattern: vec![0xFA, 0xF3, 0x20],
            bits: 24,
            tolerance: None,
            flywheel: 3,
        },
        reed_solomon: None,
        iterative: None,
        cltu: None,
        block_bytes: 67,
        ..cadus(1, RsBasis::Conventional, Randomizer::None)
    };
    let frames = decode(&config, &soft_of_f32(&symbols));
    let syncs = frames.iter().filter(|frame| !frame.quality.flywheel).count();
    // The reference has 29 markers; one frame between two of them has a wrong marker and comes by the flywheel.
    assert_eq!((syncs, frames.len()), (29, 30));
    assert_eq!(
        frames[0].soft_index,
        1 + 2 * 736,
        "the reference's first marker is at bit 736"
    );
    assert!(frames.iter().all(|frame| frame.quality.inverted));
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740);
    let good = frames
        .iter()
        .filter(|frame| crc.checksum(&frame.cadu[6..68]) == 0)
        .count();
    assert_eq!(good, 27);
}

#[test]
fn snpp_cadus_are_clean() {
    let Some(bytes) = data("frames/snpp_65cadus.dat") else {
        return;
    };
    let config = cadus(4, RsBasis::Dual, Randomizer::Ccsds255);
    let frames = decode(&config, &soft_of_bits(&bytes));
    assert_eq!(frames.len(), 65);
    assert!(frames.iter().all(|frame| corrections(frame) == [Some(0); 4]));
    let again: Vec<u8> = frames.iter().flat_map(|frame| frame.cadu.clone()).collect();
    assert!(again == bytes, "re-encoded CADUs differ");
}

#[test]
fn meteor_cadus_need_the_known_corrections() {
    let Some(bytes) = data("frames/meteor_2cadus.bin") else {
        return;
    };
    let config = cadus(4, RsBasis::Conventional, Randomizer::None);
    let frames = decode(&config, &soft_of_bits(&bytes));
    let mut all: Vec<_> = frames.iter().flat_map(corrections).collect();
    all.sort_unstable();
    assert_eq!(all, [0, 0, 0, 0, 0, 0, 2, 2].map(Some));
}

#[test]
fn published_cadus_of_four_and_five_codewords_are_clean() {
    for (name, interleave) in [
        ("cadu_aos_rs_i4_not_randomised", 4),
        ("cadu_rs_i5_not_randomised", 5),
    ] {
        let Some(text) = data(&format!("vectors/{name}.hex")) else {
            return;
        };
        let digits: Vec<u8> = text.iter().filter(|c| c.is_ascii_hexdigit()).copied().collect();
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
            .collect();
        let unit = 4 + 255 * interleave;
        assert_eq!(bytes.len() % unit, 0);
        let frames = decode(
            &cadus(interleave, RsBasis::Dual, Randomizer::None),
            &soft_of_bits(&bytes),
        );
        assert_eq!(frames.len(), bytes.len() / unit);
        assert!(
            frames
                .iter()
                .all(|frame| corrections(frame) == vec![Some(0); interleave])
        );
    }
}
