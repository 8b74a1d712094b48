//! Simulated signals.

use crate::{explained, proven};
use groundlink_dsp::channel::{Channel, ChannelConfig, Interferer};
use groundlink_station::explain::{
    Explanation, Link, Material, ProfileSource, State, Stretch, explain_material,
};
use groundlink_station::input::OpenOptions;
use groundlink_station::profile::Profile;
use groundlink_station::simulate::{Content, Impairments, SimulateConfig, simulate};
use num_complex::Complex32;
use std::path::Path;

/// QPSK beside the middle of the band, concatenated code with interleaving and fill, AOS frames.
const QPSK: &str = "
[signal]
modulation = 'qpsk'
symbol_rate = 20000
carrier = 12000
[coding]
convolutional = true
reed_solomon = { interleave = 2, data_bytes = 300 }
[frame]
type = 'aos'
scid = 42
";
/// Frames sent.
const FRAMES: u64 = 12;
/// Carrier offset, Hz. What is measured of the spectrum is told in steps of 200 Hz here, within the range searched.
const OFFSET_HZ: f64 = 150.0;

struct Sent {
    folder: tempfile::TempDir,
}

impl Sent {
    /// Sends frames of the profile, with changes of it and impairments.
    fn new(profile: &str, set: &[&str], impairments: Impairments) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("link.toml");
        std::fs::write(&file, profile).unwrap();
        let set: Vec<String> = set.iter().map(|&set| set.to_owned()).collect();
        let profile = Profile::load(file.to_str().unwrap(), &set).unwrap();
        let config = SimulateConfig {
            profile,
            out: path(folder.path(), "pass"),
            content: Content::Frames(FRAMES),
            sent_frames: None,
            eb_n0_db: Some(9.0),
            offset_hz: OFFSET_HZ,
            doppler_hz_s: 0.0,
            phase_rad: 0.4,
            clock_ppm: 10.0,
            impairments,
            seed: 5,
            sample_rate_hz: Some(100e3),
            format: "ci16_le".parse().unwrap(),
            lead_s: 0.05,
            start: None,
        };
        simulate(&config).unwrap();
        Self { folder }
    }

    fn plain() -> Self {
        Self::new(QPSK, &[], Impairments::default())
    }

    fn explained(&self, set: &[&str]) -> Explanation {
        let profile = path(self.folder.path(), "link.toml");
        explained(
            &path(self.folder.path(), "pass"),
            &OpenOptions::default(),
            &profile,
            set,
        )
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_right_profile_decodes_and_every_link_is_good() {
    let explanation = Sent::plain().explained(&[]);
    assert!(
        explanation.decodes && explanation.frames == FRAMES,
        "{}",
        explanation.text()
    );
    assert_eq!(explanation.broken, None);
    assert_eq!(explanation.causes, []);
    for finding in &explanation.chain {
        assert_eq!(finding.state, State::Good, "{}", explanation.text());
    }
}

#[test]
fn every_wrong_key_is_named_and_its_right_value_proven() {
    let sent = Sent::plain();
    for (wrong, broken, remedy) in [
        (
            vec!["signal.symbol_rate=20400"],
            Link::Symbols,
            vec!["signal.symbol_rate=20000"],
        ),
        (
            vec!["signal.symbol_rate=19600"],
            Link::Symbols,
            vec!["signal.symbol_rate=20000"],
        ),
        (
            vec!["signal.carrier=-25000"],
            Link::Spectrum,
            vec!["signal.carrier=12200"],
        ),
        (
            vec!["signal.modulation=oqpsk"],
            Link::Carrier,
            vec!["signal.modulation=qpsk"],
        ),
        (
            vec!["coding.convolutional.rate='3/4'"],
            Link::Asm,
            vec!["coding.convolutional={ rate = \"1/2\", order = \"auto\", inverted = \"auto\" }"],
        ),
        (
            vec!["coding.convolutional=false"],
            Link::Asm,
            vec!["coding.convolutional=true"],
        ),
        (
            vec!["coding.line_code=nrz-m"],
            Link::Asm,
            vec!["coding.line_code=nrz-l"],
        ),
        (
            vec!["coding.asm.pattern=352EF853"],
            Link::Asm,
            vec!["coding.asm.pattern=1ACFFC1D"],
        ),
        (
            vec!["coding.reed_solomon.basis=conventional"],
            Link::Fec,
            vec!["coding.reed_solomon.basis=dual"],
        ),
        (
            // Shortened, the randomizer's sequence is no codeword.
            vec!["coding.randomizer=none"],
            Link::Fec,
            vec!["coding.randomizer=ccsds"],
        ),
        (vec!["frame.scid=7"], Link::Frames, vec!["frame.scid=42"]),
        (
            vec!["frame.type=tm", "frame.scid="],
            Link::Frames,
            vec!["frame.type=aos"],
        ),
        (
            vec!["coding.reed_solomon.data_bytes=350"],
            Link::Asm,
            vec!["coding.reed_solomon.data_bytes=300"],
        ),
        (
            vec!["coding.reed_solomon.interleave=4"],
            Link::Asm,
            vec!["coding.reed_solomon.interleave=2"],
        ),
    ] {
        let explanation = sent.explained(&wrong);
        let cause = proven(&explanation, broken, FRAMES);
        assert_eq!(cause.set, remedy, "{}", explanation.text());
    }
}

#[test]
fn a_length_that_loses_every_other_frame_is_told_though_it_decodes() {
    // Ten bytes too many are ten errors, which the code corrects; the next marker is in the middle of the block.
    let explanation = Sent::plain().explained(&["coding.reed_solomon.data_bytes=310"]);
    let text = explanation.text();
    assert!(explanation.decodes && explanation.frames == FRAMES / 2, "{text}");
    assert_eq!(
        explanation.causes[0].set,
        ["coding.reed_solomon.data_bytes=300"],
        "{text}"
    );
    assert_eq!(explanation.causes[0].frames, FRAMES, "{text}");
}

#[test]
fn two_wrong_keys_are_mended_together() {
    let explanation = Sent::plain().explained(&[
        "signal.symbol_rate=20400",
        "coding.reed_solomon.basis=conventional",
    ]);
    let cause = proven(&explanation, Link::Symbols, FRAMES);
    let remedy = ["signal.symbol_rate=20000", "coding.reed_solomon.basis=dual"];
    assert_eq!(cause.set, remedy, "{}", explanation.text());
}

#[test]
fn exchanged_i_and_q_are_told_from_another_frequency() {
    let swapped = Sent::new(
        QPSK,
        &["signal.iq_swap=true", "signal.carrier=-12000"],
        Impairments::default(),
    );
    let explanation = swapped.explained(&[]);
    let cause = proven(&explanation, Link::Spectrum, FRAMES);
    assert!(
        cause.text.starts_with("I and Q are exchanged"),
        "{}",
        explanation.text()
    );
    assert_eq!(cause.set, ["signal.carrier=-11800", "signal.iq_swap=true"]);
}

#[test]
fn faults_of_the_receiver_are_told_beside_what_decodes() {
    let interferer = Interferer {
        frequency_hz: -40e3,
        level_db: 25.0,
        width_hz: 3e3,
    };
    for (impairments, words) in [
        (
            Impairments {
                dc: [0.3, 0.2],
                ..Impairments::default()
            },
            "DC spike",
        ),
        (
            Impairments {
                level_dbfs: Some(1.0),
                ..Impairments::default()
            },
            "clipped",
        ),
        (
            Impairments {
                interferers: vec![interferer],
                ..Impairments::default()
            },
            "an interferer at -2",
        ),
    ] {
        let explanation = Sent::new(QPSK, &[], impairments).explained(&[]);
        let text = explanation.text();
        assert!(explanation.decodes, "{text}");
        assert!(
            explanation.causes.iter().any(|cause| cause.text.contains(words)),
            "{text}"
        );
        assert!(
            explanation.causes.iter().all(|cause| !cause.advice.is_empty()),
            "{text}"
        );
    }
}

fn material(samples: Vec<Complex32>) -> Explanation {
    let stretch = Stretch {
        first: 0,
        length: samples.len() as u64,
        seconds: None,
        part: false,
    };
    let material = Material::Samples {
        samples,
        rate_hz: 100e3,
        complex: true,
    };
    let profile = Profile::parse(QPSK, "link").unwrap();
    explain_material("it", &material, stretch, &ProfileSource::InUse(Box::new(profile))).unwrap()
}

#[test]
fn noise_is_no_signal_and_nothing_is_proven_with_it() {
    let config = ChannelConfig {
        noise_sigma: 0.1,
        trailing: 200_000,
        ..ChannelConfig::ideal(100e3)
    };
    let mut noise = Vec::new();
    Channel::new(&config).unwrap().finish(&mut noise);
    let explanation = material(noise);
    let text = explanation.text();
    assert_eq!(explanation.broken, Some(Link::Spectrum), "{text}");
    assert!(explanation.causes.iter().all(|cause| !cause.proven), "{text}");
    assert!(explanation.causes[0].text.contains("only noise"), "{text}");
}

#[test]
fn silence_and_nonsense_are_told_at_the_first_link() {
    for samples in [
        vec![Complex32::ZERO; 50_000],
        vec![Complex32::new(f32::NAN, f32::INFINITY); 50_000],
        Vec::new(),
    ] {
        let explanation = material(samples);
        assert_eq!(explanation.broken, Some(Link::Level), "{}", explanation.text());
        assert_eq!(explanation.tried, 0);
    }
}

#[test]
fn frames_that_are_all_idle_are_no_fault() {
    let mut bytes = Vec::new();
    for count in 0..20u8 {
        // Version 1, spacecraft 42, virtual channel 63.
        let mut frame = vec![0x55; 300];
        frame[..6].copy_from_slice(&[0x4A, 0xBF, 0, 0, count, 0]);
        bytes.extend_from_slice(&frame);
    }
    let profile = Profile::parse(QPSK, "link").unwrap();
    let source = ProfileSource::InUse(Box::new(profile));
    let stretch = Stretch {
        first: 0,
        length: bytes.len() as u64,
        seconds: None,
        part: false,
    };
    let explanation = explain_material("it", &Material::Frames(bytes), stretch, &source).unwrap();
    let text = explanation.text();
    assert!(explanation.decodes, "{text}");
    assert_eq!(explanation.causes[0].text, "all frames are idle", "{text}");
}
