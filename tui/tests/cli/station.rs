//! Several downlinks at once, from the command line.

use super::support::Folder;

const PROFILE: &str = "[signal]\nmodulation = 'gmsk'\nsymbol_rate = 9600\n[frame]\ntype = 'aos'\n";

const STATION: &str = "\
[[downlink]]
name = 'one'
profile = 'demo'
frequency = '437.62 MHz'
frames = 'one.frames'
events = 'one.jsonl'
[[downlink]]
name = 'two'
profile = 'own.toml'
frequency = 437_400_000
frames = 'two.frames'
[[downlink]]
name = 'three'
profile = 'own.toml'
set = ['signal.symbol_rate=4800']
frequency = 437_510_000
frames = 'three.frames'
report = 'three.json'
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("own.toml", PROFILE);
    folder.write("station.toml", STATION);
    folder
}

fn with_pass() -> Folder {
    let folder = folder();
    let run = folder.run(
        "simulate --station station.toml --out pass --frames 4 --ebn0 12 --rate 500k --lead 0.01 --freq-offset 100 \
         --sent-frames sent --seed 3",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.starts_with("pass: 12 frames, "), "{}", run.stderr);
    folder
}

#[test]
fn what_simulate_sends_decode_receives() {
    let folder = with_pass();
    let run = folder.run("decode pass --station station.toml --report whole.json");
    assert_eq!((run.code, run.stdout.len()), (0, 0), "{}", run.stderr);
    for name in ["one", "two", "three"] {
        let (frames, sent) = (
            folder.read(&format!("{name}.frames")),
            folder.read(&format!("sent.{name}")),
        );
        assert!(!sent.is_empty() && frames == sent, "{name}");
    }
    for line in [
        "input     pass (SigMF ci16_le), ",
        ", 3 downlinks",
        "downlink  one, profile demo, +110000.0 Hz\n",
        "downlink  two, profile own, -110000.0 Hz\n",
        "frames    4 good",
    ] {
        assert!(run.stderr.contains(line), "{line}: {}", run.stderr);
    }
    let whole = folder.json("whole.json");
    assert_eq!(
        (&whole["decoded"], &whole["center_frequency_hz"]),
        (&true.into(), &437_510_000.0.into())
    );
    assert_eq!(whole["downlinks"][2]["name"], "three");
    assert_eq!(whole["downlinks"][2]["report"], folder.json("three.json"));
    let events = folder.lines("one.jsonl");
    assert!(
        events
            .iter()
            .all(|line| line["downlink"] == "one" && line["v"] == 1)
    );
}

#[test]
fn a_pipe_a_lone_survivor_and_nothing_at_all() {
    let folder = with_pass();
    let samples = folder.read("pass.sigmf-data");
    folder.write(
        "offsets.toml",
        "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 110e3\nframes = '-'\n",
    );
    let run = folder.pipe(
        "decode - --format ci16 --rate 500k --station offsets.toml",
        &samples,
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout == folder.read("sent.one"));
    folder.write(
        "elsewhere.toml",
        "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 200e3\n",
    );
    let run = folder.run("decode pass --station elsewhere.toml");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.ends_with("nothing decoded\n"), "{}", run.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_one_downlink_and_leaves_the_others() {
    let folder = with_pass();
    folder.write("station.toml", STATION.replace("'two.frames'", "'/dev/full'"));
    let run = folder.run("decode pass --station station.toml --report whole.json");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(
        run.complaint(),
        "downlink two: cannot write /dev/full: No space left on device (os error 28)"
    );
    assert_eq!(folder.read("one.frames"), folder.read("sent.one"));
    assert_eq!(folder.read("three.frames"), folder.read("sent.three"));
    assert_eq!(folder.json("whole.json")["error"], run.complaint());
}

#[test]
fn mistakes_are_one_line() {
    let folder = with_pass();
    folder.write("raw.cu8", [128; 4000]);
    folder.write(
        "far.toml",
        "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 251e3\n",
    );
    folder.write("audio.raw", [0; 4000]);
    let fast = "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\nframes = 'kept'\n[[downlink]]\nname = 'b'\nprofile = 'snpp'\n\
                offset = 0\n";
    folder.write("fast.toml", fast);
    folder.write("kept", "frames of an earlier pass");
    for (arguments, expected) in [
        (
            "decode pass --station none.toml",
            "cannot read station file none.toml: No such file",
        ),
        (
            "decode pass --station own.toml",
            "own.toml:4: unknown key frame, allowed in a station file: center_frequency, site, downlink",
        ),
        (
            "decode pass -p demo --station station.toml",
            "the argument '--profile <NAME|FILE>' cannot be used with '--station <FILE>'",
        ),
        (
            "decode pass --station station.toml --frames x",
            "--frames means nothing with --station: give frames in the [[downlink]] sections of the station file",
        ),
        (
            "decode pass --station far.toml",
            "downlink a lies 251000 Hz from the centre of the samples, must be within 250000 Hz",
        ),
        (
            "decode pass --station fast.toml",
            "downlink b: profile snpp: symbol_rate_hz is 15000000, must be ",
        ),
        (
            "decode raw.cu8 --rate 500k --station station.toml",
            "downlink one has a frequency, but the input does not say at which it is centred: give offset",
        ),
        (
            "decode audio.raw --format ri16 --rate 500k --station far.toml",
            "audio.raw: the samples are real, a station takes its downlinks from complex ones",
        ),
        (
            "simulate --station station.toml --out x --payload pass",
            "--payload means nothing with --station: every downlink sends made-up frames",
        ),
        (
            "simulate --station station.toml --out x --format ri16",
            "--format ri16_le means nothing with --station: it needs a complex one",
        ),
        (
            "simulate --station station.toml --out x --adc-bits 4",
            "--station goes without Doppler courses, phase noise, fading, interferers, I/Q imbalance, DC, converter",
        ),
        (
            "simulate --out x",
            "required arguments were not provided: --profile <NAME|FILE>",
        ),
    ] {
        let run = folder.run(arguments);
        assert_eq!(
            (run.code, run.stderr.lines().count()),
            (2, 1),
            "{arguments}: {}",
            run.stderr
        );
        assert!(run.complaint().contains(expected), "{arguments}: {}", run.stderr);
    }
    assert_eq!(folder.read("kept"), b"frames of an earlier pass");
}
