//! A day of signal through a running station: does its memory stay as it is, and do all counters add up?
//!
//! A player sends the samples of a slow link as VITA-49 over a real socket, as fast as the chain takes them, and
//! provokes faults; consumers read the outputs, well or badly. What came out is held against what was sent.

mod consumers;
mod faults;
mod health;
mod player;
mod verdict;

pub use faults::{Fault, Plan};
pub use health::{Health, Sample};
pub use verdict::Verdict;

use crate::link::Link;
use anyhow::{Context, Result, anyhow};
use consumers::{Consumers, Received};
use groundlink_station::chain::{self, DEFAULT_BLOCK, From, RunConfig};
use groundlink_station::doppler::DopplerConfig;
use groundlink_station::input::{LiveOptions, OpenOptions};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::output::report::Report;
use groundlink_station::profile::Profile;
use groundlink_station::recording::RecordConfig;
use player::{Player, Sent};
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

/// The link: 1200 symbols a second, 600 bit/s of frames.
const PROFILE: &str = "name = 'soak'\n[signal]\nsymbol_rate = 1200\nmodulation = 'bpsk'\nsearch = 100\n[coding]\n\
                       convolutional = true\nreed_solomon = false\n[frame]\ntype = 'aos'\nlength = 128\nfecf = true\n\
                       scid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n";
const SAMPLES_PER_SYMBOL: f64 = 6.0;
/// Recordings begin anew after so many seconds, and may take so many bytes: a few of them.
const ROTATE_S: f64 = 600.0;
const QUOTA: u64 = 32 << 20;
/// Longest time in which nothing moves.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the process, seconds of signal.
const LOOK_EVERY_S: f64 = 60.0;

/// What to try.
#[derive(Debug, Clone)]
pub struct Soak {
    /// Seconds of signal.
    pub signal_s: f64,
    /// Seconds of signal between two faults.
    pub fault_every_s: f64,
    /// Eb/N0 of an information bit, dB.
    pub eb_n0_db: f64,
    /// Seed of content and noise.
    pub seed: u64,
}

/// Everything that is known of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What was sent.
    pub sent: Sent,
    /// What the station says.
    pub report: Report,
    /// What the consumers got.
    pub received: Received,
    /// How the process was.
    pub health: Health,
    /// Recordings that are left.
    pub recordings: u64,
    /// Their bytes.
    pub recorded_bytes: u64,
    /// Wall-clock time.
    pub elapsed: Duration,
}

impl Soak {
    /// The link that is sent.
    ///
    /// # Errors
    /// Never, unless profiles have changed beyond recognition.
    pub fn link() -> Result<Link> {
        let profile = Profile::parse(PROFILE, "soak")?;
        let symbol_rate_hz = profile.symbol_rate_hz().context("a signal")?;
        Ok(Link {
            signal: profile.signal_config(symbol_rate_hz * SAMPLES_PER_SYMBOL, true)?,
            coding: profile.coding_config()?,
            frames: profile.link_config()?,
            profile,
        })
    }

    /// Runs the station over the signal, with recordings in this folder.
    ///
    /// # Errors
    /// When something fails by itself; what does not add up is for the [`Verdict`].
    pub fn run(&self, folder: &Path) -> Result<Outcome> {
        let begun = Instant::now();
        let link = Self::link()?;
        let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        let monitor = Monitor::new();
        let config = run_config(&link, port, folder)?;
        let watch = monitor.clone();
        let station = thread::spawn(move || chain::run(&config, &watch));
        let progress = Arc::new(AtomicU64::new(0));
        let played = Player::new(self, &link, port, &monitor, Arc::clone(&progress)).and_then(|player| {
            let consumers = Consumers::start(&monitor, &link, self.seed, progress, player.sent().clone())?;
            play(player, consumers, &monitor)
        });
        monitor.stop();
        let report = station.join().map_err(|_| anyhow!("the station panicked"))?;
        let (sent, consumers, health) = played?;
        let (recordings, recorded_bytes) = recordings(&folder.join("recordings"))?;
        Ok(Outcome {
            sent,
            report: report?,
            received: consumers.finish()?,
            health,
            recordings,
            recorded_bytes,
            elapsed: begun.elapsed(),
        })
    }
}

/// Plays all of it, looking at the process from time to time.
fn play(
    mut player: Player,
    mut consumers: Consumers,
    monitor: &Monitor,
) -> Result<(Sent, Consumers, Health)> {
    let mut health = Health::default();
    let mut due = 0.0;
    while player.play_some()? {
        if player.seconds() >= due {
            due += LOOK_EVERY_S;
            consumers.scrape()?;
            health.look(player.seconds())?;
        }
    }
    let sent = player.finish()?;
    let begun = Instant::now();
    loop {
        let totals = monitor.status().totals;
        if totals.frames_good + totals.frames_lost >= sent.frames || begun.elapsed() > PATIENCE {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    consumers.scrape()?;
    Ok((sent, consumers, health))
}

fn run_config(link: &Link, port: u16, folder: &Path) -> Result<RunConfig> {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let streams = consumers::OUTPUTS.iter().map(|spec| spec.parse());
    Ok(RunConfig {
        input: format!("vita49://127.0.0.1:{port}"),
        from: From::Iq,
        open: OpenOptions {
            live: LiveOptions {
                silence: Duration::from_millis(200),
                ..LiveOptions::default()
            },
            ..OpenOptions::default()
        },
        soft: None,
        profile: link.profile.clone(),
        outputs: OutputConfig {
            frames: Some(path("frames")),
            streams: streams.collect::<Result<_, _>>()?,
            ..OutputConfig::default()
        },
        block: DEFAULT_BLOCK,
        threads: None,
        doppler: DopplerConfig::default(),
        record: Some(RecordConfig {
            folder: folder.join("recordings"),
            format: "ci8".parse()?,
            zstd: false,
            trigger: None,
            rotate_s: Some(ROTATE_S),
            quota_bytes: Some(QUOTA),
        }),
    })
}

/// Recordings in a folder, and their bytes.
fn recordings(folder: &Path) -> Result<(u64, u64)> {
    let (mut count, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        count += u64::from(
            entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "sigmf-meta"),
        );
        bytes += entry.metadata()?.len();
    }
    Ok((count, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_with_faults_add_up() {
        let soak = Soak {
            signal_s: 600.0,
            fault_every_s: 60.0,
            eb_n0_db: 9.0,
            seed: 2,
        };
        let folder = tempfile::tempdir().unwrap();
        let outcome = soak.run(folder.path()).unwrap();
        println!("{outcome}");
        let verdict = Verdict::on(&outcome);
        assert_eq!(verdict.wrong, Vec::<String>::new());
        let faults = (
            outcome.sent.gaps.len(),
            outcome.sent.stalls,
            outcome.sent.repeated,
        );
        assert_eq!(faults, (5, 2, 2));
    }
}
