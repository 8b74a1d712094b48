//! Readers that go away, and signals while the input keeps us waiting.

use super::support::{Folder, Run};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Time in which a stopped run must have ended.
const PROMPT: Duration = Duration::from_secs(2);
/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what} never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn size(folder: &Folder, name: &str) -> u64 {
    std::fs::metadata(folder.path().join(name)).map_or(0, |meta| meta.len())
}

fn shell(folder: &Folder, command: &str) {
    let status = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success(), "{command}");
}

/// Sends the signal and waits for the end; stdin stays open until then.
fn signal(folder: &Folder, mut child: Child, signal: &str) -> Run {
    let stdin = child.stdin.take();
    let begin = Instant::now();
    // Twice, as `timeout` does it.
    let pid = child.id();
    shell(
        folder,
        &format!("kill -{signal} {pid}; kill -{signal} {pid}; true"),
    );
    let run = Run::of(child.wait_with_output().unwrap());
    assert!(begin.elapsed() < PROMPT, "{signal} took {:?}", begin.elapsed());
    drop(stdin);
    run
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::with_pass(150);
    shell(
        &folder,
        "cat pass.sigmf-data pass.sigmf-data pass.sigmf-data > long.ci16",
    );
    for arguments in [
        "decode long.ci16 --rate 80k -p demo --events -",
        "decode long.ci16 --rate 80k -p demo --soft -",
        "decode long.ci16 --rate 80k -p demo --frames -",
        "decode long.ci16 --rate 80k -p demo --report -",
        "inspect pass.sigmf-meta --json",
        "inspect pass.sigmf-meta",
        "profiles",
        "profiles demo",
        "completions bash",
        "--help",
    ] {
        let mut child = folder.spawn(arguments);
        let mut first = [0; 10];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        drop(child.stdout.take());
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{arguments}: {}", run.stderr);
        assert_eq!(
            run.stderr.matches("groundlink: ").count(),
            0,
            "{arguments}: {}",
            run.stderr
        );
    }
}

#[test]
fn nobody_reading_from_the_start_is_no_error_either() {
    let folder = Folder::with_pass(60);
    for arguments in [
        "decode pass.sigmf-meta -p demo --soft -",
        "profiles",
        "inspect pass.sigmf-meta --json",
    ] {
        let mut child = folder.spawn(arguments);
        drop(child.stdout.take());
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments}");
    }
}

#[test]
fn without_a_reader_of_stderr_the_data_still_come() {
    let folder = Folder::with_pass(4);
    for (arguments, code) in [
        ("decode pass.sigmf-meta -p demo --frames out", 0),
        ("decode missing -p demo", 2),
        ("decode", 2),
    ] {
        let mut child = folder.spawn(arguments);
        drop(child.stderr.take());
        assert_eq!(
            Run::of(child.wait_with_output().unwrap()).code,
            code,
            "{arguments}"
        );
    }
    assert_eq!(folder.read("out"), folder.read("sent"));
}

#[test]
fn a_signal_ends_a_run_on_a_slow_pipe_with_everything_written() {
    let folder = Folder::with_pass(12);
    let outputs = "-p demo --frames f --events e --report r";
    for (name, options) in [
        ("pass.sigmf-data", "--format ci16 --rate 80k"),
        ("sent", "--from frames"),
    ] {
        for what in ["INT", "TERM"] {
            let mut child = folder.spawn(&format!("decode - {options} {outputs}"));
            child
                .stdin
                .as_mut()
                .unwrap()
                .write_all(&folder.read(name))
                .unwrap();
            wait_until("a frame", || size(&folder, "f") >= 4 * 223);
            let run = signal(&folder, child, what);
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert!(
                run.stderr.ends_with("stopped before the input ended\n"),
                "{}",
                run.stderr
            );
            let frames = folder.read("f");
            assert!(folder.read("sent").starts_with(&frames));
            let report = folder.json("r");
            assert_eq!(
                (&report["stopped"], report["error"].is_null()),
                (&"request".into(), true)
            );
            assert_eq!(report["frames"]["good"], frames.len() / 223);
            assert_eq!(folder.lines("e").last().unwrap()["type"], "end");
            shell(&folder, "rm f e r");
        }
    }
}

#[test]
fn a_signal_ends_a_run_on_an_input_that_gives_nothing() {
    let folder = Folder::new();
    shell(&folder, "mkfifo fifo");
    for options in [
        "--format cu8 --rate 80k",
        "--from soft --soft-format s8",
        "--from bits",
        "--from cadus",
        "--from frames",
        "--from packets",
    ] {
        for input in ["-", "fifo"] {
            let child = folder.spawn(&format!("decode {input} {options} -p demo --report r"));
            // The handler is in place soon after the program has begun; the signal must not come before it.
            std::thread::sleep(Duration::from_millis(400));
            let run = signal(&folder, child, "INT");
            assert_eq!(run.code, 1, "{input} {options}: {}", run.stderr);
            assert_eq!(run.complaint(), format!("{input}: stopped before anything came"));
            assert_eq!(folder.json("r")["stopped"], "request");
            shell(&folder, "rm r");
        }
    }
}

#[test]
fn frames_of_a_live_input_come_at_once() {
    let folder = Folder::with_pass(6);
    let mut child = folder.spawn("decode - --from frames -p demo --frames -");
    let sent = folder.read("sent");
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (to_test, came) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut frame = [0; 223];
        while stdout.read_exact(&mut frame).is_ok() {
            to_test.send(frame).unwrap();
        }
    });
    // The beginning of an input is looked at, 512 bytes of it, before anything is decoded.
    let (first, rest) = sent.split_at(3 * 223);
    for written in std::iter::once(first).chain(rest.chunks(223)) {
        stdin.write_all(written).unwrap();
        for frame in written.chunks(223) {
            assert_eq!(came.recv_timeout(PATIENCE).unwrap(), frame);
        }
    }
    drop(stdin);
    assert_eq!(Run::of(child.wait_with_output().unwrap()).code, 0);
}

#[test]
fn programs_in_a_row_give_what_one_gives() {
    let folder = Folder::with_pass(6);
    let mut first = folder.command("decode pass.sigmf-meta -p demo -q --cadus -");
    let mut first = first.stdout(Stdio::piped()).spawn().unwrap();
    let mut second = folder.command("decode - -p demo -q --from cadus --frames -");
    let second = second.stdin(first.stdout.take().unwrap()).output().unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(Run::of(second).stdout, folder.read("sent"));
}
