//! The other commands: `inspect`, `profiles`, `simulate`, `completions`, `man`, and none at all.

use super::support::{Folder, Run, published};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const BUILT_IN: [&str; 20] = [
    "demo",
    "by70-1",
    "trisat",
    "orbicraft-zorkiy",
    "meteor-m2-lrpt",
    "meteor-m2-2-lrpt",
    "voyager-1",
    "lev-1",
    "solar-orbiter",
    "hera",
    "mars-2020",
    "lucy",
    "osiris-rex",
    "stereo-a",
    "equuleus",
    "tianwen-2",
    "lunar-flashlight",
    "snpp",
    "emm",
    "aditya-l1",
];

fn near(value: &Value, expected: f64, share: f64) -> bool {
    value
        .as_f64()
        .is_some_and(|value| (value / expected - 1.0).abs() < share)
}

#[test]
fn inspect_says_what_an_input_is() {
    let folder = Folder::with_pass(20);
    let run = folder.run("inspect pass.sigmf-meta --png p.png");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for line in [
        "format      SigMF ci16_le, complex\n",
        "rate        80000 S/s\n",
        "start       2026-03-01T12:00:00.000000Z\n",
    ] {
        assert!(run.text().contains(line), "{line:?} in {}", run.text());
    }
    assert!(
        run.text()
            .lines()
            .any(|line| line.ends_with("40000 Hz") && line.contains("-40000")),
        "{}",
        run.text()
    );
    let picture = folder.read("p.png");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1A\n") && picture.ends_with(b"IEND\xAE\x42\x60\x82"));

    let found = folder.run("inspect pass.sigmf-meta --json").json();
    assert_eq!(
        (&found["complex"], &found["sample_rate_hz"]),
        (&json!(true), &json!(80_000.0))
    );
    assert_eq!(
        found["samples"].as_u64().unwrap() * 4,
        folder.read("pass.sigmf-data").len() as u64
    );
    assert!(
        near(&found["symbol_clocks"][0]["rate_hz"], 20_000.2, 1e-4),
        "{found}"
    );
}

#[test]
fn inspect_finds_the_clocks_of_published_recordings() {
    for (file, rate, complex, clock) in [
        ("iq/by701_48k_real.wav", 48e3, false, 9600.0),
        ("iq/trisat_48k_fmdemod.wav", 48e3, false, 9766.0),
        ("iq/orbicraft-z_48k_iq.wav", 48e3, true, 9600.0),
        ("iq/meteor_m2_lrpt_300ksps_cu8.raw.gz", 300e3, true, 72e3),
    ] {
        let Some(path) = published(file) else { return };
        let folder = Folder::new();
        let found = folder.run(&format!("inspect --json --png p.png {path}")).json();
        assert_eq!(
            (&found["sample_rate_hz"], &found["complex"]),
            (&json!(rate), &json!(complex))
        );
        let clocks = found["symbol_clocks"].as_array().unwrap();
        assert!(
            clocks.iter().any(|found| near(&found["rate_hz"], clock, 1e-3)),
            "{file}: {clocks:?}"
        );
        assert!(folder.read("p.png").starts_with(b"\x89PNG"));
    }
}

#[test]
fn a_published_recording_decodes_from_the_command_line() {
    let Some(path) = published("iq/by701_48k_real.wav") else {
        return;
    };
    let folder = Folder::new();
    let run = folder.run(&format!("decode {path} -p by70-1 --frames f --report r"));
    assert_eq!(
        (run.code, folder.read("f").len()),
        (0, 27 * 114),
        "{}",
        run.stderr
    );
    assert_eq!(folder.json("r")["warnings"], json!([]));
}

#[test]
fn profiles_lists_the_built_in_ones() {
    let run = Folder::new().run("profiles");
    let names: Vec<&str> = run
        .text()
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!((run.code, names.as_slice()), (0, &BUILT_IN[..]));
}

#[test]
fn a_profile_in_full_is_a_profile() {
    let folder = Folder::new();
    for name in BUILT_IN {
        let full = folder.run(&format!("profiles {name}"));
        assert_eq!(full.code, 0);
        folder.write("again.toml", &full.stdout);
        assert_eq!(folder.run("profiles again.toml").text(), full.text());
    }
    let set = folder.run("profiles demo --set signal.symbol_rate=9600 --set frame.scid=7");
    assert!(
        set.text().contains("symbol_rate = 9600 ") && set.text().contains("scid = 7 "),
        "{}",
        set.text()
    );
}

#[test]
fn simulate_gives_the_same_for_the_same_seed() {
    let folder = Folder::new();
    for (out, seed) in [("a", 5), ("b.sigmf-meta", 5), ("c.sigmf-data", 6)] {
        let run = folder.run(&format!(
            "simulate -p demo --out {out} --frames 3 --ebn0 5 --seed {seed}"
        ));
        assert_eq!((run.code, run.stdout.len()), (0, 0), "{}", run.stderr);
        assert!(run.stderr.contains(": 3 frames, "), "{}", run.stderr);
    }
    assert!(folder.read("a.sigmf-data") == folder.read("b.sigmf-data"));
    assert!(folder.read("a.sigmf-data") != folder.read("c.sigmf-data"));
    assert!(folder.json("c.sigmf-meta")["global"]["core:datatype"] == "ci16_le");
}

#[test]
fn impaired_signals_are_made_and_received() {
    let folder = Folder::new();
    folder.write("pass.txt", b"# s, Hz\n0 400\n1 -100\n");
    let run = folder.run(
        "simulate -p demo --out a --frames 10 --ebn0 12 --doppler pass.txt --rf-carrier 137.9M --phase-noise -75@1k \
         --fading 20:2 --interferer -35k:10 --interferer 30k:0:5k --dc 0.01,-0.005 --iq-gain 0.3 --iq-phase 1 \
         --adc-bits 6 --level -4",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let clipped = run.stderr.rsplit(", ").next().unwrap();
    assert_ne!(clipped, "0 clipped\n", "{}", run.stderr);
    let run = folder.run("decode a.sigmf-meta -p demo --report r.json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = folder.json("r.json");
    assert_eq!(report["frames"]["good"], 10, "{report}");
    let offset = &report["signal"]["offset_hz"];
    assert!(
        offset["max"].as_f64() > offset["min"].as_f64().map(|min| min + 100.0),
        "{offset}"
    );
}

#[test]
fn a_payload_travels() {
    let folder = Folder::new();
    let payload = b"what was to be said ".repeat(100);
    folder.write("payload", &payload);
    folder.run("simulate -p demo --out pass --payload payload");
    let run = folder.run("decode pass.sigmf-meta -p demo --packets -");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut found = Vec::new();
    let mut rest = run.stdout.as_slice();
    while let [a, b, _, _, high, low, ..] = rest {
        let end = 7 + usize::from(u16::from_be_bytes([*high, *low]));
        if u16::from_be_bytes([*a, *b]) & 0x7FF != 0x7FF {
            // Two bytes of day, four of milliseconds, two of microseconds: the time of the demo's packets.
            found.extend_from_slice(&rest[6 + 8..end]);
        }
        rest = &rest[end..];
    }
    assert!(found == payload, "{} bytes of {}", found.len(), payload.len());
}

#[test]
fn completions_and_man_pages_name_every_command() {
    let folder = Folder::new();
    let commands = [
        "monitor",
        "decode",
        "simulate",
        "inspect",
        "profiles",
        "completions",
        "man",
        "work",
    ];
    for shell in ["bash", "zsh", "fish"] {
        let run = folder.run(&format!("completions {shell}"));
        assert_eq!(run.code, 0);
        assert!(
            commands.iter().all(|command| run.text().contains(command)),
            "{shell}"
        );
        assert!(run.text().contains("bad-frames"), "{shell}");
    }
    assert_eq!(folder.run("man pages").code, 0);
    let page = String::from_utf8(folder.read("pages/groundlink-decode.1")).unwrap();
    for word in ["bad\\-frames", "soft\\-format", "Exit codes"] {
        assert!(page.contains(word), "{word}");
    }
    for command in commands {
        assert!(!folder.read(&format!("pages/groundlink-{command}.1")).is_empty());
    }
}

#[test]
fn colour_is_left_out_when_asked() {
    let folder = Folder::new();
    for (arguments, variable) in [
        ("--help", Some("1")),
        ("--no-color --help", None),
        ("decode --no-color", None),
    ] {
        let mut command = folder.command(arguments);
        // Elsewhere this makes programs colour what goes into a pipe.
        command.env("CLICOLOR_FORCE", "1");
        if let Some(value) = variable {
            command.env("NO_COLOR", value);
        }
        let run = Run::of(command.output().unwrap());
        assert!(
            !run.stdout.contains(&0x1B) && !run.stderr.contains('\x1B'),
            "{arguments}"
        );
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let folder = Folder::new();
    for arguments in ["--help", "-h", "decode --help", "help simulate", "--version"] {
        let run = folder.run(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments}");
        assert!(!run.stdout.is_empty());
    }
    assert!(folder.run("decode --help").text().contains("Exit codes:"));
}

#[test]
fn without_a_terminal_the_demo_is_decoded() {
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundlink"));
        Run::of(
            command
                .args(arguments)
                .current_dir(&recordings)
                .stdin(Stdio::null())
                .output()
                .unwrap(),
        )
    };
    let (demo, decode) = (run(&[]), run(&["decode", "demo.sigmf", "-p", "demo"]));
    assert_eq!((demo.code, decode.code), (0, 0), "{}", demo.stderr);
    let said = demo
        .stderr
        .strip_prefix(&decode.stderr)
        .expect("the summary of decode comes first");
    assert_eq!(
        said,
        "no terminal here, so the bundled recording was only decoded; in a terminal it is shown live\n"
    );
    assert_eq!(demo.stdout, b"");
}
