//! Work from a queue, with the program itself in several processes and a real `nats-server`.

use super::support::{Folder, Run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server of the test's own, at an address of its own.
struct Server {
    child: Child,
    address: &'static str,
    _store: TempDir,
}

impl Server {
    /// Starts one; `None`, and a line that says so, where it is not installed.
    fn start(address: &'static str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|folder| folder.join("nats-server"))
            .find(|path| path.is_file());
        let Some(program) = found else {
            println!("skipped: nats-server is not installed");
            return None;
        };
        let store = tempfile::tempdir().unwrap();
        let child = Command::new(program)
            .args(["-js", "-a", address, "-p", "4222", "-sd"])
            .arg(store.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            child,
            address,
            _store: store,
        };
        wait_for(|| std::net::TcpStream::connect((address, 4222)).ok());
        Some(server)
    }

    fn url(&self) -> String {
        format!("nats://{}:4222?ack_wait=2", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain");
        sleep(Duration::from_millis(1));
    }
}

fn signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    let kill = Command::new("kill").args([signal, &pid]).status();
    assert!(kill.unwrap().success());
}

/// Everything in a folder and below, by its path.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name, fs::read(entry.path()).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

/// Makes recordings `archive/NN.sigmf-meta`; gives their names.
fn archive(folder: &Folder, count: usize) -> Vec<String> {
    fs::create_dir(folder.path().join("archive")).unwrap();
    (0..count)
        .map(|n| {
            let name = format!("archive/{n:02}");
            let run = folder.run(&format!(
                "simulate -p demo --out {name}.sigmf-meta --frames {} --ebn0 7 --freq-offset 300 --seed {n} --start \
                 2026-03-01T12:{n:02}:00Z",
                20 + n
            ));
            assert_eq!(run.code, 0, "{}", run.stderr);
            name
        })
        .collect()
}

/// What became of the jobs.
fn results(folder: &Folder, server: &Server) -> Vec<Value> {
    let run = folder.run(&format!("work results --nats {}", server.url()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn submit(folder: &Folder, server: &Server, rest: &str) -> Run {
    folder.run(&format!("work submit --nats {} {rest}", server.url()))
}

fn worker(folder: &Folder, server: &Server, rest: &str) -> Child {
    folder.spawn(&format!("work --nats {} --root . {rest}", server.url()))
}

/// A draft of results that a worker writes now.
fn draft(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "part"))
}

#[test]
fn an_archive_is_decoded_once_though_a_worker_is_killed() {
    let Some(server) = Server::start("127.77.2.1") else {
        return;
    };
    let folder = Folder::new();
    let recordings = archive(&folder, 12);
    let given = recordings.join(".sigmf-meta ") + ".sigmf-meta";
    let jobs = format!("-p demo --to frames,packets,events --out decoded --root . {given}");
    let run = submit(&folder, &server, &jobs);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "12 jobs queued, 0 were there already\n")
    );
    let run = submit(&folder, &server, &jobs);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "0 jobs queued, 12 were there already\n")
    );

    let mut killed = worker(&folder, &server, "--name killed");
    let decoded = folder.path().join("decoded/archive");
    // Stopped first, so that it is in the middle of a job for certain when it is killed.
    let left = wait_for(|| {
        draft(&decoded)?;
        signal(&killed, "-STOP");
        let left = draft(&decoded);
        if left.is_none() {
            signal(&killed, "-CONT");
        }
        left
    });
    let other = worker(&folder, &server, "--name other --until-empty");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let other = Run::of(other.wait_with_output().unwrap());
    assert_eq!(other.code, 0, "{}", other.stderr);

    let found = tree(&decoded);
    assert!(
        !left.exists() && found.keys().all(|name| !name.contains(".part")),
        "{left:?}"
    );
    for name in &recordings {
        let run = folder.run(&format!(
            "decode {name}.sigmf-meta -p demo --frames f --packets p --events e --report r -q"
        ));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let of = |file: &str| &found[&format!("{}/{file}", name.trim_start_matches("archive/"))];
        assert!(
            *of("frames") == folder.read("f") && !of("frames").is_empty(),
            "{name}"
        );
        assert!(*of("packets") == folder.read("p"), "{name}");
        assert!(*of("events.jsonl") == folder.read("e"), "{name}");
        assert!(*of("report.json") == folder.read("r"), "{name}");
    }
    assert_eq!(found.len(), 12 * 5);

    let told = results(&folder, &server);
    assert_eq!(told.len(), 12);
    let again: Vec<&Value> = told.iter().filter(|told| told["delivery"] != 1).collect();
    assert_eq!(again.len(), 1, "{told:?}");
    assert_eq!(
        (&again[0]["delivery"], &again[0]["worker"]),
        (&2.into(), &"other".into())
    );
    let place = again[0]["request"]["results"]["folder"].as_str().unwrap();
    let name = left.file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with(&format!(".{}.", place.rsplit('/').next().unwrap())),
        "{name}"
    );
    assert!(
        told.iter()
            .all(|told| told["decoded"] == true && told["reason"].is_null())
    );
    assert!(
        told.iter()
            .all(|told| told["report"]["frames"]["good"].as_u64() >= Some(20))
    );
    assert!(told.iter().all(|told| told["seconds"].as_f64() > Some(0.0)));

    // A result that is there is not made again: nothing is written.
    fs::write(decoded.join("00/frames"), "kept").unwrap();
    let first = format!("-p demo --out decoded {}.sigmf-meta", recordings[0]);
    wait_for(|| {
        let run = submit(&folder, &server, &first);
        (run.stderr == "1 jobs queued, 0 were there already\n").then_some(())
    });
    let last = Run::of(
        worker(&folder, &server, "--until-empty")
            .wait_with_output()
            .unwrap(),
    );
    assert!(
        last.stderr.ends_with("1 done, 0 given up, 0 handed back\n"),
        "{}",
        last.stderr
    );
    assert_eq!(folder.read("decoded/archive/00/frames"), b"kept");
}

#[test]
fn what_can_never_be_is_given_up_with_its_reason() {
    let Some(server) = Server::start("127.77.2.2") else {
        return;
    };
    let folder = Folder::with_pass(3);
    fs::create_dir(folder.path().join("root")).unwrap();
    std::os::unix::fs::symlink("../pass.sigmf-meta", folder.path().join("root/link.sigmf-meta")).unwrap();
    folder.write("root/noise.raw", [0; 4000]);
    for (link, recording) in [
        ("-p demo", "../pass.sigmf-meta"),
        ("-p demo", "link.sigmf-meta"),
        ("-p demo", "none.sigmf-meta"),
        ("-p demo", "noise.raw"),
        ("--profile-file ../own.toml", "noise.raw"),
        ("--station none.toml", "noise.raw"),
    ] {
        let run = submit(&folder, &server, &format!("{link} --out out {recording}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let run = submit(&folder, &server, "-p demo --out ../out noise.raw");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = folder.run(&format!("work --nats {} --root root --until-empty", server.url()));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.ends_with("0 done, 7 given up, 0 handed back\n"),
        "{}",
        run.stderr
    );
    let mut reasons: Vec<String> = results(&folder, &server)
        .iter()
        .map(|told| {
            assert!(told["decoded"].is_null() && told["delivery"] == 1 && told["request"]["v"] == 1);
            told["reason"].as_str().unwrap().to_owned()
        })
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "../out/noise.raw: paths are relative to the worker's root, without ..",
            "../own.toml: paths are relative to the worker's root, without ..",
            "link.sigmf-meta: leads out of the worker's root",
            "noise.raw: neither its content nor its name tells what the samples are; give --format and --rate",
            "none.sigmf-meta: no such file",
            "none.toml: no such file",
            "out/../pass: paths are relative to the worker's root, without ..",
        ]
    );
    assert!(
        tree(&folder.path().join("root"))
            .keys()
            .eq(["link.sigmf-meta", "noise.raw"])
    );
}

#[test]
fn sigterm_hands_the_job_back() {
    let Some(server) = Server::start("127.77.2.3") else {
        return;
    };
    let folder = Folder::with_pass(2);
    // Nobody writes into it: the worker waits for its samples.
    let pipe = folder.path().join("pipe.cf32");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let run = submit(&folder, &server, "-p demo --rate 48k --out out pipe.cf32");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let busy = worker(&folder, &server, "--name busy");
    wait_for(|| draft(&folder.path().join("out")));
    signal(&busy, "-TERM");
    let run = Run::of(busy.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("(delivery 1): the worker was asked to end\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.ends_with("0 done, 0 given up, 1 handed back\n"),
        "{}",
        run.stderr
    );
    assert!(tree(&folder.path().join("out")).is_empty());
    // Another one takes it at once.
    fs::remove_file(&pipe).unwrap();
    let run = Run::of(
        worker(&folder, &server, "--until-empty")
            .wait_with_output()
            .unwrap(),
    );
    assert!(
        run.stderr.contains("(delivery 2): pipe.cf32: no such file\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_queue_that_is_not_there_is_one_line() {
    let folder = Folder::new();
    let run = folder.run("work --nats nats://127.77.2.4:4222 --root .");
    assert_eq!(run.code, 2);
    assert!(
        run.complaint()
            .starts_with("cannot connect to nats://127.77.2.4:4222: "),
        "{}",
        run.stderr
    );
    let run = folder.run("work --root .");
    assert_eq!(run.code, 2);
    assert!(run.complaint().contains("--nats <URL>"), "{}", run.stderr);
    let run = folder.run("work --nats nats://a:secret@h:1 --root .");
    assert!(run.code == 2 && !run.stderr.contains("secret"), "{}", run.stderr);
}
