//! Soft symbols and hard bits to frames.

use crate::chain_support::{Run, config, content, data, file, profile, run};
use groundlink_station::chain::From;
use groundlink_station::input::{SoftFormat, SoftNumber};
use std::collections::BTreeMap;

fn decode(name: &str, from: From, folder: &std::path::Path, input: &str) -> Run {
    let mut config = config(profile(name, &[]), &file(folder, input));
    config.from = from;
    run(&config)
}

#[test]
fn voyager_1_gives_five_frames_with_the_known_corrections() {
    let Some(folder) = data() else { return };
    let run = decode(
        "voyager-1",
        From::Soft,
        &folder,
        "soft/voyager1_2020_symbols_0011.f32",
    );
    let known = [
        [1, 3, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 1],
        [2, 2, 2, 1],
    ];
    assert_eq!(run.corrections(), known.map(|words| words.map(Some).to_vec()));
    assert_eq!(run.field("frame", "inverted"), [false; 5]);
    // The published codeblocks are 956 bytes from the marker on, of which the frame is the first 828.
    let blocks = content(&folder, "expected/voyager1_2020_0011_rscodewords.bin");
    let frames: Vec<u8> = blocks
        .chunks(956)
        .flat_map(|block| block[..828].to_vec())
        .collect();
    assert!(run.frames == frames, "frames differ");
    let cadus: Vec<u8> = run
        .cadus
        .chunks(960)
        .flat_map(|cadu| cadu[..956].to_vec())
        .collect();
    assert!(cadus == blocks, "codeblocks differ");
    for pair in run.numbers("frame", "soft_bit").windows(2) {
        assert_eq!(pair[1] - pair[0], 2 * 7_680);
    }
}

#[test]
fn meteor_m2_2_hard_bits_give_eight_vcdus_and_their_packets() {
    let Some(folder) = data() else { return };
    let run = decode(
        "meteor-m2-2-lrpt",
        From::Bits,
        &folder,
        "soft/meteor_mn22_72k.hard",
    );
    assert!(
        run.frames == content(&folder, "expected/meteormn22_72k_vcdus.bin"),
        "VCDUs differ"
    );
    assert_eq!(run.corrections(), vec![vec![Some(0); 4]; 8]);
    assert_eq!(
        run.numbers("frame", "vc_count"),
        (745_973..=745_980).collect::<Vec<_>>()
    );
    let mut apids = BTreeMap::new();
    for apid in run.numbers("packet", "apid") {
        *apids.entry(apid).or_insert(0) += 1;
    }
    assert_eq!(apids, [(64, 14), (65, 14), (66, 13), (70, 1)].into());
    assert_eq!(
        (run.report.frames.good, run.report.frames.lost, run.report.packets),
        (8, 0, 42)
    );
}

/// The link at three places: channel symbols, soft bits behind the inner decoder, bits behind the descrambler.
/// File, number format, overrides, soft bits of a frame, markers.
type Case<'a> = (&'a str, Option<SoftNumber>, &'a [&'a str], u64, usize);

#[test]
fn lev_1_gives_its_frames_with_good_crc() {
    let Some(folder) = data() else { return };
    let inner_done = ["coding.convolutional=false"];
    let all_done = ["coding.convolutional=false", "coding.descrambler=none"];
    // Soft bits show a marker more than hard ones do, of a frame with wrong bits.
    let cases: [Case<'_>; 3] = [
        ("soft/lev1_symbols.f32", None, &[], 1_120, 29),
        ("soft/lev1_LLRs.f32", None, &inner_done, 560, 30),
        (
            "soft/lev1_bits_descrambled.u8",
            Some(SoftNumber::Unpacked),
            &all_done,
            560,
            29,
        ),
    ];
    for (input, number, changes, spacing, markers) in cases {
        let mut config = config(profile("lev-1", changes), &file(&folder, input));
        config.from = From::Soft;
        config.soft = number.map(SoftFormat::plain);
        let run = run(&config);
        let frames = &run.report.frames;
        let found = run
            .field("frame", "flywheel")
            .into_iter()
            .filter(|flywheel| flywheel == false)
            .count();
        assert_eq!(
            (found, frames.good, frames.uncorrectable),
            (markers, 27, 0),
            "{input}"
        );
        assert_eq!(
            (frames.fecf_good, frames.fecf_bad),
            (27, frames.rejected),
            "{input}"
        );
        assert_eq!(run.frames.len(), 27 * 67, "{input}");
        let places = run.numbers("frame", "soft_bit");
        assert!(
            places.windows(2).all(|pair| (pair[1] - pair[0]) % spacing == 0),
            "{input}: {places:?}"
        );
    }
}
