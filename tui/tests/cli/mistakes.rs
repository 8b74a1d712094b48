//! Wrong usage and wrong input: one clear line and exit code 2.

use super::support::Folder;

fn refused(folder: &Folder, arguments: &str) -> String {
    let run = folder.run(arguments);
    assert_eq!(run.code, 2, "{arguments}: {}", run.stderr);
    assert_eq!(run.stdout, b"", "{arguments}");
    let complaint = run.complaint().to_owned();
    assert_eq!(run.stderr.lines().count(), 1, "{arguments}: {}", run.stderr);
    complaint
}

#[test]
fn wrong_inputs() {
    let folder = Folder::new();
    folder.write("empty.wav", b"");
    folder.write("noise.raw", [1, 2, 3]);
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for (input, expected) in [
        ("missing.wav", "missing.wav: no such file"),
        (
            "folder",
            "folder: is a directory; name a file in it, or - for standard input",
        ),
        ("empty.wav", "empty.wav: is empty"),
        ("-", "-: is empty"),
    ] {
        assert_eq!(refused(&folder, &format!("decode {input} -p demo")), expected);
        assert_eq!(refused(&folder, &format!("inspect {input}")), expected);
        for from in ["bits", "cadus", "frames", "packets"] {
            assert_eq!(
                refused(&folder, &format!("decode {input} -p demo --from {from}")),
                expected
            );
        }
    }
    assert_eq!(
        refused(&folder, "decode noise.raw -p demo"),
        "noise.raw: neither its content nor its name tells what the samples are; give --format and --rate"
    );
    let soft = refused(&folder, "decode noise.raw -p demo --from soft");
    assert!(
        soft.starts_with("noise.raw: its name does not tell how soft bits are written; give"),
        "{soft}"
    );
}

#[test]
fn live_inputs_that_cannot_be() {
    let folder = Folder::new();
    for (words, expected) in [
        (
            "decode http://radio:80 -p demo",
            "http://radio:80: \"http://radio:80\" is no input: the URLs of live ones begin with soapy:, rtl_tcp://, tcp://, \
             tcp-listen://, udp:// or vita49://",
        ),
        (
            "decode tcp://radio -p demo",
            "tcp://radio: \"radio\" is no address: write it as HOST:PORT",
        ),
        (
            "decode udp://9000 -p demo --format cu8",
            "udp://9000: does not say what its samples are; give --rate",
        ),
        (
            "decode udp://9000 -p demo --from soft",
            "live inputs are samples; they need --from iq",
        ),
        (
            "decode rtl_tcp://radio -p demo --rate 1M --antenna A",
            "rtl_tcp://radio: --antenna means nothing for rtl_tcp; it has --frequency, --gain, --agc, --ppm, \
             --device-setting (bias_tee, digital_agc, direct_sampling, offset_tuning), --silence and --reconnect",
        ),
        (
            "decode rtl_tcp://radio -p demo --rate 1M --start-time 2026-03-01T00:00:00Z",
            "rtl_tcp://radio: --start-time means nothing for a live input; it has a time of its own",
        ),
        (
            "inspect udp://9000",
            "udp://9000: is live and has no end; record it first",
        ),
    ] {
        assert_eq!(refused(&folder, words), expected);
    }
}

#[cfg(not(feature = "soapysdr"))]
#[test]
fn devices_are_told_how_to_be_built() {
    let folder = Folder::new();
    let how = "this program was built without SoapySDR; build it with --features soapysdr (on Debian that needs \
               libsoapysdr-dev and the modules of the devices, such as soapysdr-module-rtlsdr)";
    assert_eq!(refused(&folder, "devices"), how);
    let text = refused(&folder, "decode soapy:driver=rtlsdr -p demo");
    assert_eq!(text, format!("soapy:driver=rtlsdr: {how}"));
}

#[test]
fn wrong_options() {
    let folder = Folder::with_pass(1);
    for (options, expected) in [
        (
            "-p demo --rate abc",
            "\"abc\" is not a sample rate: write it as 250000, 6e6, 250k, 6M or 6MS/s",
        ),
        (
            "-p demo --rate 0",
            "a sample rate of 0 Hz is outside 1 to 1e11 Hz",
        ),
        (
            "-p demo --rate -1",
            "a sample rate of -1 Hz is outside 1 to 1e11 Hz",
        ),
        (
            "-p demo --rate 1",
            "profile demo: symbol_rate_hz is 20000, must be",
        ),
        (
            "-p demo --format cf16",
            "unknown sample format \"cf16\"; allowed are cf32, cf64",
        ),
        (
            "-p demo --from soft --soft-format s9",
            "unknown format of soft bits \"s9\"; allowed are s8, u8, f32",
        ),
        ("-p demo --from frams", "(a similar value exists: 'frames')"),
        (
            "-p demo --frame f",
            "unexpected argument '--frame' found (a similar argument exists: '--frames')",
        ),
        ("", "required arguments were not provided: --profile <NAME|FILE>"),
        (
            "-p demos",
            "no profile or file demos; built-in profiles: demo, by70-1,",
        ),
        (
            "-p demo --block-size 0",
            "must be a whole number from 1 to 67108864",
        ),
        (
            "-p solar-orbiter",
            "profile solar-orbiter has no [signal]: decode with --from soft, bits, cadus, frames",
        ),
        (
            "-p demo --set signal.rate=1",
            "--set signal.rate=1: unknown key signal.rate, allowed in [signal]: modu",
        ),
        (
            "-p demo --set signal",
            "--set signal: must be key=value, as signal.symbol_rate=9600",
        ),
        (
            "-p demo --set signal.symbol_rate=fast",
            "signal.symbol_rate is \"fast\", must be a number in Bd",
        ),
        (
            "-p demo --from frames --rate 9k",
            "--rate means nothing with --from frames; it needs --from iq",
        ),
        (
            "-p demo --from frames --soft s",
            "--soft has nothing to write with --from frames",
        ),
        (
            "-p demo --frames - --events -",
            "--frames and --events cannot both go to stdout",
        ),
        (
            "-p demo --frames f --events ./f",
            "--frames and --events cannot both go to f",
        ),
        (
            "-p demo --frames pass.sigmf-meta",
            "--frames pass.sigmf-meta would overwrite the input",
        ),
        ("-p demo --frames no/where", "cannot write no/where: No such file"),
        ("-p demo --report no/where", "cannot write no/where: No such file"),
        (
            "-p demo --bad-frames mark --frames -",
            "--bad-frames mark with --frames - needs --events FILE",
        ),
    ] {
        let complaint = refused(&folder, &format!("decode pass.sigmf-meta {options}"));
        assert!(complaint.contains(expected), "{options}: {complaint}");
        assert_eq!(
            complaint.matches("No such file").count(),
            expected.matches("No such file").count()
        );
    }
}

#[test]
fn wrong_profiles_are_named_with_their_line() {
    let folder = Folder::with_pass(1);
    folder.write(
        "key.toml",
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = 1200\nspeed = 3\n",
    );
    folder.write("syntax.toml", "name = \"x\"\n[signal\n");
    folder.write(
        "unit.toml",
        "[signal]\nmodulation = \"bpsk\"\nsymbol_rate = \"12 MHz\"\n",
    );
    folder.write("bytes.toml", [0xFF, 0xFE, 0]);
    for (profile, expected) in [
        (
            "key.toml",
            "key.toml:4: unknown key signal.speed, allowed in [signal]: ",
        ),
        ("syntax.toml", "syntax.toml:2: "),
        ("unit.toml", "unit.toml:3: signal.symbol_rate is "),
        ("bytes.toml", "bytes.toml"),
    ] {
        for command in ["decode pass.sigmf-meta -p", "simulate --out x -p", "profiles"] {
            let complaint = refused(&folder, &format!("{command} {profile}"));
            assert!(complaint.contains(expected), "{profile}: {complaint}");
        }
    }
}

#[test]
fn other_commands_complain_alike() {
    let folder = Folder::with_pass(1);
    for (arguments, expected) in [
        (
            "dcode",
            "unrecognized subcommand 'dcode' (a similar subcommand exists: 'decode'); see --help",
        ),
        (
            "simulate -p demo --out -",
            "--out - cannot be: a SigMF recording is two files",
        ),
        (
            "simulate -p demo --out no/where",
            "no/where.sigmf-data: No such file or directory (os error 2)",
        ),
        (
            "simulate -p demo --out x --rate 1k",
            "profile demo: symbol_rate_hz is 20000, must be",
        ),
        (
            "simulate -p demo --out x --payload none",
            "cannot read payload none: No such file or directory (os error 2)",
        ),
        (
            "simulate -p demo --out x --start noon",
            "\"noon\" is not a time: write it as 2026-03-01T12:00:00Z (UTC)",
        ),
        ("simulate -p lucy --out x", "profile lucy has no [signal]"),
        (
            "simulate -p demo --out x --fading 3",
            "invalid value '3' for '--fading <DB:HZ>': must be two numbers: dB:Hz",
        ),
        (
            "simulate -p demo --out x --interferer 50k:3",
            "profile demo: interferer.frequency_hz is 50000, must be from -40000 to 40000",
        ),
        (
            "simulate -p demo --out x --doppler pass.sigmf-meta",
            "Doppler table pass.sigmf-meta: line 1 is not two numbers, seconds and Hz",
        ),
        (
            "simulate -p demo --out x --rf-carrier 1G",
            "--rf-carrier cannot be in a simulation without --doppler or --pass",
        ),
        (
            "simulate -p trisat --out x --format ri16_le --fading 3:1",
            "--fading cannot be in FM-demodulated audio",
        ),
        (
            "inspect pass.sigmf-meta --png no/where.png",
            "cannot write no/where.png: No such file or directory (os error 2)",
        ),
        (
            "profiles --set signal.symbol_rate=1",
            "required arguments were not provided",
        ),
        (
            "completions tcsh",
            "invalid value 'tcsh' for '<SHELL>' [possible values: bash, elvish, fish,",
        ),
        (
            "man pass.sigmf-meta/x",
            "cannot write man pages into pass.sigmf-meta/x: Not a directory (os error 20)",
        ),
        ("monitor missing -p demo", "missing: no such file"),
    ] {
        let complaint = refused(&folder, arguments);
        assert!(complaint.contains(expected), "{arguments}: {complaint}");
    }
}

#[test]
fn a_run_that_cannot_begin_leaves_a_report_that_says_so() {
    let folder = Folder::new();
    folder.write("r", "the report of an earlier pass");
    let complaint = refused(&folder, "decode missing -p demo --report r");
    let report = folder.json("r");
    assert_eq!(report["error"], complaint);
    assert_eq!(report["decoded"], false);
    assert_eq!(report["input"]["name"], "missing");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_after_what_could_be_done() {
    let folder = Folder::with_pass(6);
    for output in ["frames", "packets", "cadus", "soft", "events", "report"] {
        let run = folder.run(&format!("decode pass.sigmf-meta -p demo --{output} /dev/full"));
        assert_eq!(run.code, 2, "{output}: {}", run.stderr);
        assert_eq!(
            run.complaint(),
            "cannot write /dev/full: No space left on device (os error 28)"
        );
    }
    let run = folder.run("decode pass.sigmf-meta -p demo -q --frames /dev/full --report r");
    assert_eq!(run.stderr.lines().count(), 1);
    assert_eq!(folder.json("r")["error"], run.complaint());
    for arguments in [
        "inspect pass.sigmf-meta --png /dev/full",
        "simulate -p demo --out x --sent-frames /dev/full",
    ] {
        assert!(refused(&folder, arguments).contains("No space left on device (os error 28)"));
    }
}
