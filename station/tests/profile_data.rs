//! The built-in profiles against the frames that they say they describe.

use groundlink_decoder::link::{FrameKind, LinkDecoder, LinkOutput};
use groundlink_station::profile::Profile;
use std::path::PathBuf;

/// Profile, file of frames, frames in it, undamaged frames of the profile's spacecraft.
const FRAMES: &[(&str, &str, usize, usize)] = &[
    ("solar-orbiter", "frames/solar_orbiter.u8", 1656, 1654),
    ("hera", "frames/hera_low_rate.u8", 56, 56),
    ("mars-2020", "frames/mars2020_10kbps.u8", 950, 946),
    ("lucy", "frames/lucy_bochum_20211024.u8", 1356, 1356),
    ("osiris-rex", "frames/osiris_rex.u8", 2073, 2073),
    ("stereo-a", "frames/stereo_a.raw", 94, 94),
    ("equuleus", "frames/equuleus.u8", 591, 589),
    ("tianwen-2", "frames/tianwen2_ldr_220.u8", 299, 299),
    ("lunar-flashlight", "frames/lunar_flashlight.u8", 102, 102),
    ("emm", "frames/emm_hope.u8", 553, 553),
    ("aditya-l1", "frames/aditya_l1.u8", 1230, 1230),
    ("meteor-m2-lrpt", "expected/r2cloud_lrpt_vcdus.bin", 14, 14),
    ("meteor-m2-2-lrpt", "expected/meteormn22_72k_vcdus.bin", 8, 8),
];

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("GROUNDLINK_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: GROUNDLINK_DATA is not set");
    }
    folder
}

/// Version and spacecraft ID as the frame's first bytes have them (CCSDS 132.0-B-3 §4.1.2, 732.0-B-4 §4.1.2).
fn version_and_scid(frame: &[u8]) -> (u8, u16) {
    let word = u16::from_be_bytes([frame[0], frame[1]]);
    match frame[0] >> 6 {
        0 => (0, word >> 4 & 0x3FF),
        version => (version, word >> 6 & 0xFF),
    }
}

#[test]
fn builtin_profiles_fit_the_published_frames() {
    let Some(folder) = data() else { return };
    for (name, file, count, known) in FRAMES {
        let link = Profile::builtin(name).unwrap().link_config().unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        assert_eq!(
            (bytes.len() / link.length, bytes.len() % link.length),
            (*count, 0),
            "{name}"
        );
        let version = u8::from(link.kind == FrameKind::Aos);
        let fits = |frame: &&[u8]| {
            let good = !link.fecf || crc16(frame) == 0;
            good && version_and_scid(frame) == (version, link.scid.unwrap())
        };
        assert_eq!(bytes.chunks(link.length).filter(fits).count(), *known, "{name}");
    }
}

#[test]
fn builtin_profiles_take_published_frames_to_their_packets() {
    let Some(folder) = data() else { return };
    let cases = [
        ("solar-orbiter", "frames/solar_orbiter.u8", 983 + 227 + 207),
        ("hera", "frames/hera_low_rate.u8", 256),
        ("mars-2020", "frames/mars2020_10kbps.u8", 813),
        ("lucy", "frames/lucy_bochum_20211024.u8", 134),
        ("osiris-rex", "frames/osiris_rex.u8", 1818),
        ("stereo-a", "frames/stereo_a.raw", 352),
        ("equuleus", "frames/equuleus.u8", 587),
        ("tianwen-2", "frames/tianwen2_ldr_220.u8", 706),
        ("lunar-flashlight", "frames/lunar_flashlight.u8", 311),
        ("emm", "frames/emm_hope.u8", 0),
        ("aditya-l1", "frames/aditya_l1.u8", 0),
        ("meteor-m2-lrpt", "expected/r2cloud_lrpt_vcdus.bin", 53),
        ("meteor-m2-2-lrpt", "expected/meteormn22_72k_vcdus.bin", 42),
    ];
    for (name, file, packets) in cases {
        let link = Profile::builtin(name).unwrap().link_config().unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let mut decoder = LinkDecoder::new(&link).unwrap();
        let mut output = LinkOutput::default();
        for frame in bytes.chunks(link.length) {
            decoder.feed(frame, true, &mut output);
        }
        decoder.finish(&mut output);
        assert_eq!(output.packets.len(), packets, "{name}");
        if name == "hera" {
            let good = output
                .packets
                .iter()
                .filter(|packet| packet.crc_good == Some(true))
                .count();
            assert_eq!(good, 250);
        }
    }
}

#[test]
fn block_lengths_fit_the_published_blocks() {
    let Some(folder) = data() else { return };
    let coding = |name| Profile::builtin(name).unwrap().coding_config().unwrap();
    let cadus = std::fs::read(folder.join("frames/snpp_65cadus.dat")).unwrap();
    let snpp = coding("snpp");
    let cadu = (snpp.asm.bits / 8) as usize + snpp.block_bytes;
    assert_eq!(cadus.len(), 65 * cadu);
    let marker = &snpp.asm.pattern;
    assert!(cadus.chunks(cadu).all(|c| c.starts_with(marker)));

    let codeblocks = std::fs::read(folder.join("expected/voyager1_2020_0011_rscodewords.bin")).unwrap();
    let voyager = coding("voyager-1");
    let marker = &voyager.asm.pattern;
    let codeblock = marker.len() + voyager.block_bytes - voyager.tail_bytes;
    assert_eq!(codeblocks.len(), 5 * codeblock);
    assert!(codeblocks.chunks(codeblock).all(|c| c.starts_with(marker)));
}

#[test]
fn lev_1_frames_have_their_crc_where_the_profile_says() {
    let Some(folder) = data() else { return };
    let profile = Profile::builtin("lev-1").unwrap();
    let (coding, span) = (
        profile.coding_config().unwrap(),
        profile.link_config().unwrap().opaque_crc.unwrap(),
    );
    // The published bits are inverted, one per byte.
    let file = std::fs::read(folder.join("soft/lev1_bits_descrambled.u8")).unwrap();
    let bits: Vec<u64> = file.iter().map(|&bit| u64::from(bit == 0)).collect();
    let (marker, block) = (coding.asm.bits as usize, 8 * coding.block_bytes);
    let word = |bits: &[u64]| bits.iter().fold(0, |word, bit| word << 1 | bit);
    let pattern = coding
        .asm
        .pattern
        .iter()
        .fold(0, |word, &byte| word << 8 | u64::from(byte));
    let mut synchronised = 0;
    let mut good = 0;
    for window in bits.windows(marker + block) {
        if (word(&window[..marker]) ^ pattern).count_ones() > 1 {
            continue;
        }
        let frame: Vec<u8> = window[marker..].chunks(8).map(|byte| word(byte) as u8).collect();
        synchronised += 1;
        good += usize::from(crc16(&frame[span.from..span.to]).to_be_bytes() == frame[span.to..span.to + 2]);
    }
    assert_eq!((synchronised, good), (30, 27));
}

/// CRC-16 of polynomial 0x1021, preset 0xFFFF, bit by bit.
fn crc16(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |i| u16::from(byte >> i & 1)))
        .fold(0xFFFF, |crc, bit| {
            let feedback = (crc >> 15) ^ bit;
            (crc << 1) ^ (feedback * 0x1021)
        })
}
