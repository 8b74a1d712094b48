//! The options of `work`.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use super::args::{Bad, SampleArgs, Stage};
use clap::{Args, Subcommand, ValueEnum};
use groundlink_station::input::SoftFormat;
use groundlink_station::output::stream::WorkQueue;
use std::num::NonZero;
use std::path::PathBuf;

/// `work`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Work {
    /// What else to do than to work.
    #[command(subcommand)]
    pub command: Option<WorkCommand>,
    /// How to work.
    #[command(flatten)]
    pub worker: Worker,
}

/// What else there is to do with the queue.
#[derive(Debug, Subcommand)]
pub enum WorkCommand {
    /// Put jobs into the queue, one for each recording.
    Submit(Box<Submit>),
    /// Print what became of the jobs that are over, a line of JSON each.
    Results(Box<Told>),
}

/// What became of jobs.
#[derive(Debug, Args)]
pub struct Told {
    /// The queue, as for the workers.
    #[arg(long, value_name = "URL")]
    pub nats: WorkQueue,
}

/// A worker.
#[derive(Debug, Args)]
pub struct Worker {
    /// The queue: nats://HOST:PORT or nats+tls://HOST:PORT, with ?KEY=VALUE&… for its names and the login; see
    /// docs/work.md.
    #[arg(long, value_name = "URL", required = true)]
    pub nats: Option<WorkQueue>,
    /// Folder that paths of jobs are relative to, and that none of them leads out of.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Jobs at a time.
    #[arg(long, value_name = "N", default_value = "1")]
    pub jobs: NonZero<usize>,
    /// Name of the worker in what it tells [default: this machine's name and the process's number].
    #[arg(long, value_name = "NAME", value_parser = plain)]
    pub name: Option<String>,
    /// How often a job is handed out before it is given up.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub deliveries: u64,
    /// Folder for recordings from object stores while they are decoded [default: the system's for temporary files].
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Largest object that is taken, GiB.
    #[arg(long, value_name = "GiB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub most_object: u64,
    /// End when there is no job left, waiting or in any worker's hands.
    #[arg(long)]
    pub until_empty: bool,
    /// Say nothing on stderr but errors.
    #[arg(long, short, help_heading = "General")]
    pub quiet: bool,
}

/// What a result has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Product {
    /// Soft bits.
    Soft,
    /// CADUs.
    Cadus,
    /// Frames.
    Frames,
    /// Packets.
    Packets,
    /// Events.
    Events,
}

/// Jobs to put into the queue.
#[derive(Debug, Args)]
pub struct Submit {
    /// Recordings: paths relative to the workers' root (with --root: any paths in that folder), or names of objects.
    #[arg(value_name = "RECORDING", required = true)]
    pub recordings: Vec<String>,
    /// The queue, as for the workers.
    #[arg(long, value_name = "URL")]
    pub nats: WorkQueue,
    /// The workers' root as it is seen from here.
    #[arg(long, value_name = "DIR", conflicts_with = "objects")]
    pub root: Option<PathBuf>,
    /// The recordings are objects in this object store.
    #[arg(long, value_name = "BUCKET")]
    pub objects: Option<String>,
    /// Link profile: the name of a built-in one, or a TOML file here, the text of which goes into the jobs.
    #[arg(long, short, value_name = "NAME|FILE", required_unless_present_any = ["profile_file", "station"])]
    pub profile: Option<String>,
    /// Link profile: a TOML file in the workers' root.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["profile", "station"])]
    pub profile_file: Option<String>,
    /// Station file in the workers' root; its downlinks' outputs go into folders of their names.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["profile", "set"])]
    pub station: Option<String>,
    /// Change a key of the profile, e.g. signal.symbol_rate=9600; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Where the recordings enter the chain.
    #[arg(long, value_name = "STAGE", value_enum, default_value = "iq")]
    pub from: Stage,
    /// What is written beside the report.
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        value_delimiter = ',',
        default_value = "frames,packets,events"
    )]
    pub to: Vec<Product>,
    /// What becomes of frames that failed a check.
    #[arg(long, value_name = "WHAT", value_enum, default_value = "drop")]
    pub bad_frames: Bad,
    /// Samples.
    #[command(flatten)]
    pub samples: SampleArgs,
    /// Format of soft symbols or bits.
    #[arg(long, value_name = "FORMAT")]
    pub soft_format: Option<SoftFormat>,
    /// Folder in the workers' root; each recording has a folder of its name in it.
    #[arg(long, value_name = "PATH", required_unless_present = "out_objects")]
    pub out: Option<String>,
    /// Object store for the results instead: NAME/frames and so on.
    #[arg(long, value_name = "BUCKET", conflicts_with = "out")]
    pub out_objects: Option<String>,
    /// Say nothing on stderr but errors.
    #[arg(long, short, help_heading = "General")]
    pub quiet: bool,
}

fn plain(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 100 || text.contains(char::is_control) {
        return Err("must be 1 to 100 bytes of text".to_owned());
    }
    Ok(text.to_owned())
}
