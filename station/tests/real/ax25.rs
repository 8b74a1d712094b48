//! AX.25 frames in the soft bits of the shared collection's recordings: FSK, AFSK and BPSK, deframed by the test
//! itself since the chain has no such framing. As many different ones as the collection knows of (its column
//! `best known`) must come out.

use crate::chain_support::{config, data, run};
use crc::{CRC_16_IBM_SDLC, Crc};
use groundlink_station::profile::Profile;
use std::collections::BTreeSet;

const AUDIO: &str = "modulation = 'fsk'\ninput = 'fm-audio'\ndeviation = 3000";
const BELL_202: &str = "modulation = 'fsk'\ninput = 'real'\ncarrier = 1700\nsearch = 200\ndeviation = 500";
const SLOW_BPSK: &str = "modulation = 'bpsk'\ncarrier = 6000\nsearch = 4500";
const FAST_BPSK: &str = "modulation = 'bpsk'\ncarrier = 12000\nsearch = 3000";

/// Recording, signal, symbols per second, whether G3RUH scrambled it, and its different frames.
const RECORDINGS: [(&str, &str, f64, bool, usize); 15] = [
    ("aalto1", AUDIO, 9600.0, true, 1),
    ("az02", AUDIO, 9600.0, true, 1),
    ("koyo", AUDIO, 9600.0, true, 3),
    ("se01", AUDIO, 9600.0, true, 1),
    ("ubakusat", AUDIO, 9600.0, true, 1),
    // One less than is known.
    ("us04", AUDIO, 9600.0, true, 2),
    ("swiatowid-ax25", BELL_202, 1200.0, false, 2),
    ("ao27", BELL_202, 1240.0, false, 2),
    ("kr01", SLOW_BPSK, 1200.0, true, 1),
    ("picsat", SLOW_BPSK, 1200.0, true, 1),
    // Its clock is 0.3 % slow.
    ("pwsat2", SLOW_BPSK, 1196.2, true, 3),
    ("duchifat_3", FAST_BPSK, 9600.0, true, 1),
    ("fmn1", FAST_BPSK, 9600.0, true, 1),
    ("il01", FAST_BPSK, 9600.0, true, 1),
    ("zhou_enlai", FAST_BPSK, 9600.0, true, 1),
];

/// NRZI: a zero is a change of level.
fn nrzi(soft: &[u8]) -> Vec<u8> {
    let level = |soft: u8| u8::from(soft.cast_signed() > 0);
    soft.windows(2)
        .map(|pair| 1 - (level(pair[0]) ^ level(pair[1])))
        .collect()
}

/// The scrambler of G3RUH's modem, 1 + x^12 + x^17, undone.
fn descramble(bits: &[u8]) -> Vec<u8> {
    (17..bits.len())
        .map(|n| bits[n] ^ bits[n - 12] ^ bits[n - 17])
        .collect()
}

/// HDLC frames, least significant bit first, with a good frame check sequence.
fn frames(bits: &[u8]) -> BTreeSet<Vec<u8>> {
    const SHORTEST: usize = 17;
    let check = Crc::<u16>::new(&CRC_16_IBM_SDLC);
    let (mut found, mut frame) = (BTreeSet::new(), Vec::new());
    let (mut newest, mut ones) = (0u8, 0);
    for &bit in bits {
        newest = newest << 1 | bit;
        if newest == 0x7E {
            // The flag's bits but for its last are in it too.
            frame.truncate(frame.len().saturating_sub(7));
            let bytes: Vec<u8> = frame
                .chunks_exact(8)
                .map(|bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit))
                .collect();
            if frame.len() % 8 == 0 && bytes.len() >= SHORTEST {
                let (content, sum) = bytes.split_at(bytes.len() - 2);
                if check.checksum(content).to_le_bytes() == sum {
                    found.insert(bytes);
                }
            }
            frame.clear();
            ones = 0;
        } else if ones == 5 && bit == 0 {
            // Stuffed.
            ones = 0;
        } else {
            ones = if bit == 1 { ones + 1 } else { 0 };
            frame.push(bit);
        }
    }
    found
}

#[test]
fn recorded_ax25_frames_are_in_the_soft_bits() {
    let Some(folder) = data() else { return };
    for (name, signal, rate, scrambled, expected) in RECORDINGS {
        let profile = format!(
            "[signal]\n{signal}\nsymbol_rate = {rate}\n[coding]\nreed_solomon = false\n[frame]\ntype = 'opaque'\nlength = 100\n"
        );
        let profile = Profile::parse(&profile, name).expect("a profile");
        let path = folder.join(format!("../recordings/{name}.wav"));
        let bits = nrzi(&run(&config(profile, &path.to_string_lossy())).soft);
        let bits = if scrambled { descramble(&bits) } else { bits };
        assert_eq!(frames(&bits).len(), expected, "{name}");
    }
}
