//! A real `nats-server`.

use super::support::installed;
use async_nats::ConnectOptions;
use async_nats::jetstream::message::StreamMessage;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A connection without a login.
pub fn nobody() -> ConnectOptions {
    ConnectOptions::new()
}

/// A server of the test's own, at an address of its own, whose store outlives it.
pub struct Server {
    program: PathBuf,
    address: &'static str,
    /// Its store, and room for the files of a test.
    pub folder: TempDir,
    options: Vec<String>,
    running: Option<Child>,
}

impl Server {
    pub fn new(address: &'static str, options: &[&str]) -> Option<Self> {
        Some(Self {
            program: installed("nats-server").or_else(|| sbin("nats-server"))?,
            address,
            folder: tempfile::tempdir().unwrap(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            running: None,
        })
    }

    /// What it says.
    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn start(&mut self) {
        let child = Command::new(&self.program)
            .args(["-js", "-a", self.address, "-p", "4222", "-sd"])
            .arg(self.folder.path())
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(File::create(self.log()).unwrap())
            .spawn()
            .unwrap();
        self.running = Some(child);
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.running.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Kills it without a chance to tidy up.
    pub fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Everything in the stream, as these may read it.
    pub fn stored(&self, options: ConnectOptions) -> Vec<StreamMessage> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let url = format!("nats://{}:4222", self.address);
            let client = options.connect(url).await.unwrap();
            let context = async_nats::jetstream::new(client);
            let stream = context.get_stream("GROUNDLINK").await.unwrap();
            let state = stream.get_info().await.unwrap().state;
            let mut messages = Vec::new();
            for sequence in state.first_sequence..=state.last_sequence {
                messages.push(stream.get_raw_message(sequence).await.unwrap());
            }
            messages
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
        if std::thread::panicking() {
            println!("{}", std::fs::read_to_string(self.log()).unwrap_or_default());
        }
    }
}

fn sbin(program: &str) -> Option<PathBuf> {
    Some(Path::new("/usr/sbin").join(program)).filter(|path| path.is_file())
}
