//! Runs with outputs, frames to run on, and consumers.

use groundlink_station::StationError;
use groundlink_station::chain::{self, DEFAULT_BLOCK, From, RunConfig};
use groundlink_station::doppler::DopplerConfig;
use groundlink_station::input::OpenOptions;
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::output::report::Report;
use groundlink_station::output::stream::StreamReport;
use groundlink_station::profile::Profile;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Bundled recording.
pub fn demo() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../recordings/demo.sigmf").to_owned()
}

/// Frames of any content, as a file and as bytes.
pub struct Frames {
    folder: TempDir,
    pub length: usize,
    pub bytes: Vec<u8>,
}

impl Frames {
    /// So many frames, each beginning with its number.
    pub fn new(count: usize, length: usize) -> Self {
        let mut bytes = Vec::with_capacity(count * length);
        for n in 0..count as u32 {
            bytes.extend(n.to_be_bytes());
            bytes.extend((4..length as u32).map(|k| (n.wrapping_mul(31).wrapping_add(k * 7) >> 2) as u8));
        }
        Self::of(bytes, length)
    }

    /// These frames.
    pub fn of(bytes: Vec<u8>, length: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("frames"), &bytes).unwrap();
        let profile = format!(
            "name = \"any\"\n[coding]\nrandomizer = \"none\"\nreed_solomon = false\n[coding.asm]\npattern = \
             \"1ACFFC1D\"\n[frame]\ntype = \"opaque\"\nlength = {length}\n"
        );
        std::fs::write(folder.path().join("any.toml"), profile).unwrap();
        Self {
            folder,
            length,
            bytes,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A run over them.
    pub fn run(&self, outputs: &[&str]) -> Running {
        Running::start(self.config(outputs))
    }

    /// Why there can be no run with this output.
    pub fn refusal(&self, output: &str) -> String {
        chain::run(&self.config(&[output]), &Monitor::default())
            .unwrap_err()
            .to_string()
    }

    fn config(&self, outputs: &[&str]) -> RunConfig {
        let profile = self.path().join("any.toml");
        let input = self.path().join("frames");
        config(
            &profile.to_string_lossy(),
            &input.to_string_lossy(),
            From::Frames,
            outputs,
        )
    }
}

pub fn config(profile: &str, input: &str, from: From, outputs: &[&str]) -> RunConfig {
    RunConfig {
        doppler: DopplerConfig::default(),
        input: input.to_owned(),
        from,
        open: OpenOptions::default(),
        soft: None,
        profile: Profile::load(profile, &[]).unwrap(),
        outputs: OutputConfig {
            streams: outputs.iter().map(|text| text.parse().unwrap()).collect(),
            ..OutputConfig::default()
        },
        block: DEFAULT_BLOCK,
        threads: None,
        record: None,
    }
}

/// A run in a thread.
pub struct Running {
    pub monitor: Monitor,
    run: JoinHandle<Result<Report, StationError>>,
}

impl Running {
    pub fn start(config: RunConfig) -> Self {
        let monitor = Monitor::new();
        let watch = monitor.clone();
        let run = thread::spawn(move || chain::run(&config, &watch));
        Self { monitor, run }
    }

    /// Where the output of this number listens.
    pub fn address(&self, nth: usize) -> SocketAddr {
        wait_for(|| {
            let outputs = self.monitor.status().outputs;
            outputs.get(nth)?.listens_at.as_ref()?.parse().ok()
        })
    }

    pub fn connect(&self, nth: usize) -> TcpStream {
        TcpStream::connect(self.address(nth)).unwrap()
    }

    /// The report, in which every output adds up.
    pub fn finish(self) -> Report {
        let report = self.run.join().unwrap().unwrap();
        for output in &report.outputs {
            adds_up(output);
        }
        report
    }
}

/// What was offered was delivered or is lost by cause.
pub fn adds_up(output: &StreamReport) {
    assert_eq!(output.queued, 0, "{output:?}");
    assert_eq!(
        output.offered,
        output.delivered + output.dropped_total(),
        "{output:?}"
    );
}

/// Waits until there is something.
pub fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn read_to_end(mut stream: TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A program of the system, or a line that says that there is none.
pub fn installed(program: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: {program} is not installed");
    }
    found
}

/// The system's Python with a module, or a line that says that there is none.
pub fn python(module: &str) -> Option<&'static str> {
    let python = "/usr/bin/python3";
    let import = Command::new(python)
        .args(["-c", &format!("import {module}")])
        .output();
    if import.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    println!("skipped: Python's {module} is not installed");
    None
}

/// Starts a program whose input and outputs are pipes.
pub fn spawn(program: &Path, arguments: &[&str]) -> Child {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Gives a program its input and takes what it says.
pub fn feed(mut child: Child, input: &[u8]) -> Output {
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}
