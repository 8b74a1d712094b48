//! The command line's grammar: what others script against.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use super::impair::ImpairArgs;
use super::live_args::{DevicesArgs, LiveArgs};
use super::orbit_args::{DopplerArgs, Passes, Track};
use super::record_args::RecordArgs;
use super::work_args::Work;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use groundlink_station::attach::Endpoint;
use groundlink_station::chain::{DEFAULT_BLOCK, From};
use groundlink_station::input::{
    OpenOptions, SampleFormat, SoftFormat, parse_frequency, parse_rate, parse_utc,
};
use groundlink_station::output::stream::StreamSpec;
use groundlink_station::output::{BadFrames, OutputConfig};
use hifitime::Epoch;
use std::num::NonZero;
use std::path::PathBuf;

/// Ground-station modem and telemetry decoder: from IQ to verified frames to packets.
///
/// Without a command it opens the terminal UI on the bundled demo recording; with no terminal it decodes the
/// recording and prints the summary.
#[derive(Debug, Parser)]
#[command(name = "groundlink", version, after_long_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Do without colour (as the environment variable NO_COLOR does).
    #[arg(long, global = true, display_order = 1000, help_heading = "General")]
    pub no_color: bool,
}

const EXIT_CODES: &str = "Exit codes:
  0  something was decoded
  1  ran, but nothing was decoded
  2  bad usage or input, or an output that could not be written; stderr says why in one line

Ctrl-C (or SIGTERM) ends a run cleanly: what was decoded is written, the report made.";

const EXPLAIN_EXIT_CODES: &str = "Exit codes:
  0  it decodes: verified frames come out of the stretch that was looked at
  1  it does not decode; stdout says which link is broken, why, and what helps
  2  bad usage or input; stderr says why in one line";

const PASSES_EXIT_CODES: &str = "Exit codes:
  0  there are passes
  1  there are none
  2  bad usage or elements; stderr says why in one line";

const TRACK_EXIT_CODES: &str = "Exit codes:
  0  a pass was followed to its end
  1  none was
  2  bad usage or elements, or a rotator or radio that is not there; stderr says why in one line

Ctrl-C (or SIGTERM) parks the rotator and ends.";

const RUN_EXIT_CODES: &str = "Exit codes:
  0  ended by Ctrl-C or SIGTERM; with --plan, there are passes
  1  with --plan, there are none
  2  bad usage, a station file that is wrong, an output or a folder that cannot be used; stderr says why in one line

Ctrl-C (or SIGTERM) in a pass ends it cleanly: what was decoded is written, the reports made. What goes wrong in a pass is
told, and the station goes on.";

const WORK_EXIT_CODES: &str = "Exit codes:
  0  jobs were done, or handed back when the end was asked for
  1  a job was given up
  2  bad usage, or a queue that cannot be reached; stderr says why in one line

Ctrl-C (or SIGTERM) hands the jobs in hand back to the queue and ends; a second one ends at once.";

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a running decoder in the terminal.
    Monitor(Box<Monitor>),
    /// Decode an input to frames, packets and events.
    #[command(after_long_help = EXIT_CODES)]
    Decode(Box<Decode>),
    /// Make a test signal: the modulator and encoder of a link profile.
    Simulate(Box<Simulate>),
    /// Say what an input is: format, rate, level, clipping, noise, DC, lines, symbol clocks, spectrum.
    Inspect(Inspect),
    /// Say why an input does not decode: the first broken link of the chain, its cause, and a remedy that was tried.
    #[command(after_long_help = EXPLAIN_EXIT_CODES)]
    Explain(Box<Explain>),
    /// List the devices that SoapySDR finds, with what they can do.
    Devices(DevicesArgs),
    /// List the built-in link profiles, or show one in full.
    Profiles(Profiles),
    /// Predict when satellites pass over a site.
    #[command(after_long_help = PASSES_EXIT_CODES)]
    Passes(Passes),
    /// Run a station unattended: wait for passes, tune, record, decode, report, day after day.
    #[command(after_long_help = RUN_EXIT_CODES)]
    Run(Run),
    /// Follow a satellite with a rotator and a radio, through Hamlib.
    #[command(after_long_help = TRACK_EXIT_CODES)]
    Track(Box<Track>),
    /// Decode recordings from a work queue in NATS JetStream, together with any number of other machines.
    #[command(after_long_help = WORK_EXIT_CODES)]
    Work(Box<Work>),
    /// Print shell completions.
    Completions {
        /// Shell.
        shell: Shell,
    },
    /// Write the man pages into a folder.
    Man {
        /// Folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

/// Where the input enters the chain, in the order of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Stage {
    /// Samples: SigMF, WAV or raw.
    Iq,
    /// Soft symbols.
    Soft,
    /// Hard bits.
    Bits,
    /// CADUs.
    Cadus,
    /// Transfer frames, back to back.
    Frames,
    /// Space packets, back to back.
    Packets,
}

impl std::convert::From<Stage> for From {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Iq => Self::Iq,
            Stage::Soft => Self::Soft,
            Stage::Bits => Self::Bits,
            Stage::Cadus => Self::Cadus,
            Stage::Frames => Self::Frames,
            Stage::Packets => Self::Packets,
        }
    }
}

/// A link profile with changes.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// Link profile: the name of a built-in one (see `groundlink profiles`) or a TOML file.
    #[arg(long, short, value_name = "NAME|FILE")]
    pub profile: String,
    /// Change a key of the profile, e.g. signal.symbol_rate=9600; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// A link profile with changes, or the several links of a station file.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Link profile: the name of a built-in one (see `groundlink profiles`) or a TOML file.
    #[arg(long, short, value_name = "NAME|FILE", required_unless_present = "station")]
    pub profile: Option<String>,
    /// Change a key of the profile, e.g. signal.symbol_rate=9600; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "station")]
    pub set: Vec<String>,
    /// Station file: several downlinks in one stream of samples, each with its profile, frequency and outputs.
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    pub station: Option<String>,
}

/// What the user states of samples.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Sample format: cf32, ci16, ci8, cu8, rf32, ri16, … with _le or _be.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<SampleFormat>,
    /// Samples per second: 48000, 48k, 6e6, 6M.
    #[arg(
        long,
        visible_aliases = ["samp_rate", "samplerate"],
        value_name = "RATE",
        value_parser = parse_rate,
        allow_negative_numbers = true
    )]
    pub rate: Option<f64>,
    /// UTC of the first sample, ISO-8601 with Z; goes before what the input says.
    #[arg(long, value_name = "UTC", value_parser = parse_utc)]
    pub start_time: Option<Epoch>,
}

impl InputArgs {
    /// What is stated of the samples.
    pub fn options(&self) -> OpenOptions {
        OpenOptions {
            live: (&self.live).into(),
            ..self.samples.options()
        }
    }
}

impl SampleArgs {
    /// What is stated of the samples.
    pub fn options(&self) -> OpenOptions {
        OpenOptions {
            format: self.format,
            sample_rate_hz: self.rate,
            start: self.start_time,
            ..OpenOptions::default()
        }
    }
}

/// An input of any kind.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Input: SigMF, WAV, raw samples or other data, gzip and zstd included; `-` for stdin; or the URL of a live input.
    #[arg(value_name = "INPUT")]
    pub input: String,
    /// Where the input enters the chain.
    #[arg(long, value_name = "STAGE", value_enum, default_value = "iq")]
    pub from: Stage,
    /// Samples.
    #[command(flatten)]
    pub samples: SampleArgs,
    /// Live inputs.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Format of soft symbols or bits: s8, u8, f32, packed, unpacked; with -neg where negative means 1, with
    /// -swap where Q comes before I.
    #[arg(long, value_name = "FORMAT")]
    pub soft_format: Option<SoftFormat>,
    /// Samples (or bytes) read at a time; changes nothing that comes out.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_BLOCK, value_parser = block_size)]
    pub block_size: usize,
    /// Threads that decode turbo or LDPC codewords, or the downlinks of a station file [default: all processors];
    /// changes nothing that comes out.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
}

/// `decode`.
#[derive(Debug, Args)]
pub struct Decode {
    /// Input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Profile, or station file.
    #[command(flatten)]
    pub link: LinkArgs,
    /// Doppler.
    #[command(flatten)]
    pub doppler: DopplerArgs,
    /// Outputs.
    #[command(flatten)]
    pub outputs: OutputArgs,
    /// Recording.
    #[command(flatten)]
    pub record: RecordArgs,
    /// Let viewers watch at this address: HOST:PORT (port 0 takes any and says which) or unix:PATH. See docs/attach.md.
    #[arg(long, value_name = "ADDR", conflicts_with = "station")]
    pub serve: Option<Endpoint>,
    /// Say nothing on stderr but errors.
    #[arg(long, short, help_heading = "General")]
    pub quiet: bool,
}

/// Outputs; each a path, or `-` for stdout.
#[derive(Debug, Args)]
#[command(next_help_heading = "Outputs (a path, or - for stdout)")]
pub struct OutputArgs {
    /// Write frames, back to back.
    #[arg(long, value_name = "FILE")]
    pub frames: Option<String>,
    /// Write packets, back to back.
    #[arg(long, value_name = "FILE")]
    pub packets: Option<String>,
    /// Write CADUs (marker and block as sent, corrected), back to back.
    #[arg(long, value_name = "FILE")]
    pub cadus: Option<String>,
    /// Write soft bits (i8, positive = 1), with a sidecar FILE.json.
    #[arg(long, value_name = "FILE")]
    pub soft: Option<String>,
    /// Write events, JSON Lines.
    #[arg(long, value_name = "FILE")]
    pub events: Option<String>,
    /// Write the report, JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<String>,
    /// Hand frames, CADUs, packets or records on to other programs, live; may be repeated. See docs/outputs.md for all
    /// forms: tcp-listen://:10017?what=frames, tcp://HOST:PORT, udp://HOST:PORT, kiss-listen://:8001, kiss:FILE,
    /// zmq://:5556, jsonl-listen://:6002, http://:8080 (status and metrics), parquet:FOLDER,
    /// nats://HOST:4222, sids+https://…
    #[arg(long, value_name = "SPEC")]
    pub output: Vec<StreamSpec>,
    /// Write the Doppler that the receiver measures: CSV, or a CCSDS TDM where FILE ends in .tdm.
    #[arg(long, value_name = "FILE")]
    pub doppler_out: Option<String>,
    /// What becomes of frames that failed a check: dropped, or written and marked in the events.
    #[arg(long, value_name = "WHAT", value_enum, default_value = "drop")]
    pub bad_frames: Bad,
}

/// `--bad-frames`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Bad {
    /// Counted, not written.
    Drop,
    /// Written too, labelled in the events (or in FILE.labels).
    Mark,
}

impl std::convert::From<Bad> for BadFrames {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Drop => Self::Drop,
            Bad::Mark => Self::Mark,
        }
    }
}

impl std::convert::From<OutputArgs> for OutputConfig {
    fn from(args: OutputArgs) -> Self {
        Self {
            frames: args.frames,
            packets: args.packets,
            cadus: args.cadus,
            soft: args.soft,
            events: args.events,
            report: args.report,
            doppler: args.doppler_out,
            bad_frames: args.bad_frames.into(),
            downlink: None,
            streams: args.output,
        }
    }
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Profile.
    #[command(flatten)]
    pub profile: ProfileArgs,
    /// Print the explanation as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `monitor`.
#[derive(Debug, Args)]
pub struct Monitor {
    /// Input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Profile.
    #[command(flatten)]
    pub profile: ProfileArgs,
    /// Doppler.
    #[command(flatten)]
    pub doppler: DopplerArgs,
    /// Outputs.
    #[command(flatten)]
    pub outputs: OutputArgs,
    /// Recording.
    #[command(flatten)]
    pub record: RecordArgs,
    /// Replay at this multiple of real time; 0 for as fast as possible.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = pace)]
    pub pace: f64,
    /// Instead of showing anything, write every view as it is at the end to this folder, as SVG.
    #[arg(long, value_name = "FOLDER")]
    pub screens: Option<PathBuf>,
    /// Columns and rows of these.
    #[arg(long, value_name = "WxH", default_value = "140x45", value_parser = screen_size, requires = "screens")]
    pub screen_size: (u16, u16),
    /// Let viewers watch at this address: HOST:PORT (port 0 takes any and says which) or unix:PATH. See docs/attach.md.
    #[arg(long, value_name = "ADDR")]
    pub serve: Option<Endpoint>,
    /// Watch the station that serves at this address, instead of an input: HOST:PORT or unix:PATH.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["serve", "input", "profile"])]
    pub attach: Option<Endpoint>,
}

fn screen_size(text: &str) -> Result<(u16, u16), String> {
    let size = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let allowed = |&(w, h): &(u16, u16)| (20..=500).contains(&w) && (8..=200).contains(&h);
    size.filter(allowed)
        .ok_or_else(|| "a screen is 20x8 to 500x200 cells".to_owned())
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Profile, or station file.
    #[command(flatten)]
    pub link: LinkArgs,
    /// SigMF recording to write.
    #[arg(long, value_name = "NAME.sigmf-meta")]
    pub out: String,
    /// Frames to send (on each downlink of a station file).
    #[arg(long, value_name = "N", conflicts_with = "payload")]
    pub frames: Option<u64>,
    /// File to send: in packets for TM, AOS and TC links, as frames for opaque ones.
    #[arg(long, value_name = "FILE")]
    pub payload: Option<String>,
    /// Write the frames that were sent to this file, back to back; with a station file those of each downlink to
    /// FILE.NAME.
    #[arg(long, value_name = "FILE")]
    pub sent_frames: Option<String>,
    /// Information-bit energy to noise density, dB; without it no noise is added.
    #[arg(long, value_name = "dB", allow_hyphen_values = true)]
    pub ebn0: Option<f64>,
    /// Carrier offset from the profile's, Hz.
    #[arg(long, value_name = "Hz", default_value = "0", allow_hyphen_values = true, value_parser = parse_frequency)]
    pub freq_offset: f64,
    /// Change of the carrier, Hz per second.
    #[arg(long, value_name = "Hz/s", default_value_t = 0.0, allow_hyphen_values = true)]
    pub doppler_rate: f64,
    /// Carrier phase at the start, degrees.
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_hyphen_values = true)]
    pub phase: f64,
    /// Error of the transmitter's symbol clock, parts per million.
    #[arg(long, value_name = "PPM", default_value_t = 0.0, allow_hyphen_values = true)]
    pub clock_ppm: f64,
    /// Seed of noise and content; the same seed gives the same file.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Samples per second; without it a rate that suits the signal.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// Sample format to write: cf32_le, ci16_le, ci8, cu8, rf32_le, ri16_le.
    #[arg(long, value_name = "FORMAT", default_value = "ci16_le")]
    pub format: SampleFormat,
    /// Seconds of noise (or silence) before and after the signal.
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    pub lead: f64,
    /// UTC of the first sample, ISO-8601 with Z.
    #[arg(long, value_name = "UTC")]
    pub start: Option<String>,
    /// Impairments.
    #[command(flatten)]
    pub impair: ImpairArgs,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Station file: site, receiver, satellites, results. See docs/station-file.md.
    #[arg(value_name = "FILE")]
    pub station: String,
    /// Print what would be received, and why what not, and end.
    #[arg(long, visible_alias = "dry-run")]
    pub plan: bool,
    /// Print the plan as JSON.
    #[arg(long, requires = "plan")]
    pub json: bool,
    /// The plan from this time on, ISO-8601 with Z [default: now].
    #[arg(long, value_name = "UTC", value_parser = parse_utc, requires = "plan")]
    pub from: Option<Epoch>,
    /// Append what happens to this file, JSON Lines; - for stdout.
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub events: Option<String>,
    /// Let viewers watch the passes at this address: HOST:PORT (port 0 takes any and says which) or unix:PATH. See docs/attach.md.
    #[arg(long, value_name = "ADDR", conflicts_with = "plan")]
    pub serve: Option<Endpoint>,
    /// Say nothing on stderr but what went wrong.
    #[arg(long, short, help_heading = "General")]
    pub quiet: bool,
}

/// `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Input: SigMF, WAV or raw samples, gzip and zstd included; `-` for stdin.
    #[arg(value_name = "INPUT")]
    pub input: String,
    /// Samples.
    #[command(flatten)]
    pub samples: SampleArgs,
    /// Write the spectrum as a picture.
    #[arg(long, value_name = "FILE.png")]
    pub png: Option<PathBuf>,
    /// Print the findings as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `profiles`.
#[derive(Debug, Args)]
pub struct Profiles {
    /// Profile to show in full: a built-in name or a TOML file.
    #[arg(value_name = "NAME|FILE")]
    pub name: Option<String>,
    /// Change a key of the profile before showing it; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", requires = "name")]
    pub set: Vec<String>,
}

fn block_size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(size) if (1..=1 << 26).contains(&size) => Ok(size),
        _ => Err("must be a whole number from 1 to 67108864".to_owned()),
    }
}

fn pace(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(pace) if (0.0..=1e6).contains(&pace) => Ok(pace),
        _ => Err("must be a number from 0 to 1000000".to_owned()),
    }
}
