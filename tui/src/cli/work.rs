//! `groundlink work`.

use super::work_args::Work;
#[cfg(feature = "nats")]
use super::work_args::WorkCommand;
use std::process::ExitCode;

/// Without NATS there is no queue.
#[cfg(not(feature = "nats"))]
pub fn run(_: Work) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this program was built without the feature nats")
}

/// Works, or puts jobs into the queue.
#[cfg(feature = "nats")]
pub fn run(args: Work) -> anyhow::Result<ExitCode> {
    match args.command {
        Some(WorkCommand::Submit(args)) => submit::run(&args),
        Some(WorkCommand::Results(args)) => results(&args.nats),
        None => worker::run(args.worker),
    }
}

/// What became of jobs, a line of JSON each on stdout.
#[cfg(feature = "nats")]
fn results(queue: &groundlink_station::output::stream::WorkQueue) -> anyhow::Result<ExitCode> {
    use std::io::Write;

    let mut out = std::io::stdout().lock();
    for line in groundlink_station::work::results(queue)? {
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "nats")]
mod worker {
    use super::super::work_args::Worker;
    use super::super::{say, stop_on_signal};
    use anyhow::Context;
    use groundlink_station::work::{Root, Stop, WorkConfig, work};
    use std::process::ExitCode;

    pub fn run(args: Worker) -> anyhow::Result<ExitCode> {
        let root = args.root.map(|folder| {
            let named = format!("--root {}", folder.display());
            Root::open(&folder).context(named)
        });
        let config = WorkConfig {
            queue: args.nats.context("--nats is missing")?,
            name: args.name.unwrap_or_else(name),
            root: root.transpose()?,
            scratch: args.scratch.unwrap_or_else(std::env::temp_dir),
            most_object_bytes: args.most_object << 30,
            jobs: args.jobs,
            deliveries: args.deliveries,
            until_empty: args.until_empty,
        };
        let stop = Stop::new();
        let asked = stop.clone();
        stop_on_signal(move || asked.ask())?;
        let tally = work(&config, &stop, &|text| {
            if !args.quiet {
                say(&format!("{text}\n"));
            }
        })?;
        if !args.quiet {
            say(&format!(
                "{} done, {} given up, {} handed back\n",
                tally.done, tally.failed, tally.handed_back
            ));
        }
        Ok(ExitCode::from(u8::from(tally.failed > 0)))
    }

    fn name() -> String {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() {
            "worker"
        } else {
            host.trim()
        };
        format!("{host}-{}", std::process::id())
    }
}

#[cfg(feature = "nats")]
mod submit {
    use super::super::say;
    use super::super::work_args::{Product, Submit};
    use anyhow::{Context, bail};
    use groundlink_station::profile::Profile;
    use groundlink_station::time::utc_text;
    use groundlink_station::work::{self, JOB_VERSION, Job, Link, Object, Prefix, Recording, Results};
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::ExitCode;

    pub fn run(args: &Submit) -> anyhow::Result<ExitCode> {
        let link = link(args)?;
        let set = set(args, &link)?;
        let mut places = BTreeSet::new();
        let mut jobs = Vec::new();
        for recording in &args.recordings {
            let (recording, name) = named(args, recording)?;
            if !places.insert(name.clone()) {
                bail!("{name}: the results of two recordings would be in one place");
            }
            jobs.push(job(args, recording, &name, &link, &set));
        }
        let submitted = work::submit(&args.nats, &jobs)?;
        if !args.quiet {
            let (new, old) = (submitted.queued.len(), submitted.waiting.len());
            say(&format!("{new} jobs queued, {old} were there already\n"));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn link(args: &Submit) -> anyhow::Result<Link> {
        if let Some(path) = &args.station {
            return Ok(Link::Station(path.clone()));
        }
        if let Some(path) = &args.profile_file {
            return Ok(Link::ProfileFile(path.clone()));
        }
        let profile = args.profile.clone().unwrap_or_default();
        // What cannot be is told here rather than by the workers.
        Profile::load(&profile, &args.set)?;
        if Profile::builtin_names().contains(&profile.as_str()) {
            return Ok(Link::Profile(profile));
        }
        Ok(Link::ProfileText(std::fs::read_to_string(&profile)?))
    }

    /// Changes of the profile; one that has its name from its file keeps it.
    fn set(args: &Submit, link: &Link) -> anyhow::Result<Vec<String>> {
        let mut set = args.set.clone();
        if let (Link::ProfileText(text), Some(file)) = (link, &args.profile) {
            let name = Profile::load(file, &args.set)?.name;
            if Profile::parse_with(text, "job", &args.set)?.name != name {
                set.push(format!("name={}", serde_json::to_string(&name)?));
            }
        }
        Ok(set)
    }

    /// The recording as a job names it, and what its results are called.
    fn named(args: &Submit, recording: &str) -> anyhow::Result<(Recording, String)> {
        let path = match &args.root {
            Some(root) => below(root, recording)?,
            None => recording.to_owned(),
        };
        let name = [".sigmf-meta", ".sigmf-data", ".sigmf"]
            .iter()
            .find_map(|ending| path.strip_suffix(ending))
            .unwrap_or(&path)
            .to_owned();
        let recording = match &args.objects {
            Some(bucket) => Recording::Object(Object {
                bucket: bucket.clone(),
                name: path,
            }),
            None => Recording::Path(path),
        };
        Ok((recording, name))
    }

    /// A path as it is seen from the root.
    fn below(root: &Path, path: &str) -> anyhow::Result<String> {
        let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
        let (root, full) = (real(root)?, real(Path::new(path))?);
        let inner = full
            .strip_prefix(&root)
            .with_context(|| format!("{path} is not in {}", root.display()))?;
        let text = inner.to_str().with_context(|| format!("{path}: not UTF-8"))?;
        Ok(text.to_owned())
    }

    fn job(args: &Submit, recording: Recording, name: &str, link: &Link, set: &[String]) -> Job {
        let results = match (&args.out_objects, &args.out) {
            (Some(bucket), _) => Results::Objects(Prefix {
                bucket: bucket.clone(),
                prefix: name.to_owned(),
            }),
            (None, out) => Results::Folder(format!("{}/{name}", out.as_deref().unwrap_or_default())),
        };
        Job {
            v: JOB_VERSION,
            recording,
            link: link.clone(),
            set: set.to_vec(),
            from: args.from.into(),
            to: args.to.iter().copied().map(product).collect(),
            bad_frames: args.bad_frames.into(),
            format: args.samples.format.map(|format| format.to_string()),
            sample_rate_hz: args.samples.rate,
            start_time: args.samples.start_time.map(utc_text),
            soft_format: args.soft_format.map(|format| format.to_string()),
            results,
        }
    }

    fn product(product: Product) -> work::Product {
        match product {
            Product::Soft => work::Product::Soft,
            Product::Cadus => work::Product::Cadus,
            Product::Frames => work::Product::Frames,
            Product::Packets => work::Product::Packets,
            Product::Events => work::Product::Events,
        }
    }
}
