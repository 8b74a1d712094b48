//! LDPC codes against published matrices and codewords (found through `GROUNDLINK_DATA`).

mod common;

use common::{bits_of, published_vectors, unhex, vector};
use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode, LdpcEncoder};

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
                encode(code, &unhex(&message)),
                bits_of(&unhex(&codeword)),
                "{code:?}"
            );
        }
    }
}

#[test]
fn telecommand_codewords_are_the_published_ones() {
    let Some(json) = published_vectors() else { return };
    let lines = json["ldpc_tc_labrador"].as_array().expect("vectors");
    for (name, code) in [("TC128", LdpcCode::Tc128), ("TC512", LdpcCode::Tc512)] {
        let line = lines
            .iter()
            .find_map(|line| line.as_str()?.strip_prefix(name)?.strip_prefix(" msg="))
            .expect("a vector of this code");
        let (message, codeword) = line.split_once(" cw=").expect("a codeword");
        assert_eq!(encode(code, &unhex(message)), bits_of(&unhex(codeword)), "{name}");
    }
}

/// First rows of circulants of the (8176,7154) generator as CCSDS 131.0-B-5 prints them, with a zero before:
/// the parity of the word whose only one is the first bit of information circulant `circulant` (from 0).
#[test]
fn c2_parity_is_that_of_the_printed_generator() {
    let printed = [
        (
            1,
            "62B21CF0AEE0649FA67B7D0EA6551C1CD194CA77501E0FCF8C85867B9CF679C18BCF7939E10F8550661848A4E0A9E9EDB7DAB9EDABA18C168C8E28AACDDEAB1E",
            "64B71F486AD57125660C4512247B229F0017BA649C6C11148FB00B70808286F1A9790748D296A593FA4FD2C6D7AAF7750F0C71B31AEE5B400C7F5D73AAF00710",
        ),
        (
            2,
            "681A8E51420BD8294ECE13E491D618083FFBBA830DB5FAF330209877D801F92B5E07117C57E75F6F0D873B3E520F21EAFD78C1612C6228111A369D5790F5929A",
            "04DF1DD77F1C20C1FB570D7DD7A1219EAECEA4B2877282651B0FFE713DF338A63263BC0E324A87E2DC1AD64C9F10AAA585ED6905946EE167A73CF04AD2AF9218",
        ),
    ];
    for (circulant, first, second) in printed {
        let bit = circulant * 511 - 18;
        let mut info = [0; 892];
        info[bit / 8] = 0x80 >> (bit % 8);
        let bits = encode(LdpcCode::C2, &info);
        assert_eq!(bits[7136..7136 + 511], bits_of(&unhex(first))[1..]);
        assert_eq!(bits[7136 + 511..8158], bits_of(&unhex(second))[1..]);
        assert_eq!(bits[8158..], [0, 0]);
    }
}
