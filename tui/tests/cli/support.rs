//! Running the program, and a folder to run it in.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Reads what a finished child left; none may ever have panicked or died of a signal.
    pub fn of(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!stderr.contains("panicked"), "{stderr}");
        let code = output
            .status
            .code()
            .unwrap_or_else(|| panic!("ended by a signal: {stderr}"));
        assert!((0..=2).contains(&code), "exit code {code}: {stderr}");
        Self {
            code,
            stdout: output.stdout,
            stderr,
        }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// The line that says why the run failed; all else on stderr is summary.
    pub fn complaint(&self) -> &str {
        let mut lines = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("groundlink: "));
        let line = lines
            .next()
            .unwrap_or_else(|| panic!("no complaint in {:?}", self.stderr));
        assert_eq!(lines.next(), None, "one line is enough");
        assert!(
            self.stderr.ends_with(&format!("{line}\n")),
            "the last line: {:?}",
            self.stderr
        );
        line.strip_prefix("groundlink: ").unwrap()
    }
}

/// A folder that goes away with the test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with `pass.sigmf-meta`: frames of the demo link, and `sent`, what was sent.
    pub fn with_pass(frames: u32) -> Self {
        let folder = Self::new();
        let run = folder.run(&format!(
            "simulate -p demo --out pass.sigmf-meta --frames {frames} --ebn0 7 --freq-offset 300 --clock-ppm 10 \
             --seed 3 --start 2026-03-01T12:00:00Z --sent-frames sent"
        ));
        assert_eq!(run.code, 0, "{}", run.stderr);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    pub fn lines(&self, name: &str) -> Vec<Value> {
        let text = String::from_utf8(self.read(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    /// The program in this folder, arguments separated by blanks, nothing on stdin.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundlink"));
        command
            .current_dir(self.path())
            .args(arguments.split_whitespace());
        command.env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &str) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// Runs with these bytes on stdin.
    pub fn pipe(&self, arguments: &str, input: &[u8]) -> Run {
        let mut child = self.spawn(arguments);
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // The program may have seen enough before the end.
                let _ = stdin.write_all(input);
            });
            Run::of(child.wait_with_output().unwrap())
        })
    }

    /// Starts with all three streams piped.
    pub fn spawn(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

/// Path of a published file, or `None` (and a line that says so).
pub fn published(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("GROUNDLINK_DATA") else {
        println!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    Some(Path::new(&folder).join(name).to_str().unwrap().to_owned())
}
