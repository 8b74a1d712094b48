//! `groundlink simulate`.

use super::args::Simulate;
use super::say;
use anyhow::{Context, bail};
use groundlink_station::input::parse_utc;
use groundlink_station::profile::Profile;
use groundlink_station::simulate::{
    Content, Impairments, SimulateConfig, StationSimulation, simulate, simulate_station,
};
use groundlink_station::station_file::Station;
use std::process::ExitCode;

/// Frames sent when the user does not say how many.
const DEFAULT_FRAMES: u64 = 20;

/// Makes the recording and says what is in it.
pub fn run(args: &Simulate) -> anyhow::Result<ExitCode> {
    if args.out == "-" {
        bail!("--out - cannot be: a SigMF recording is two files");
    }
    let made = match &args.link.station {
        Some(file) => simulate_station(&station(file, args)?)?,
        None => simulate(&config(args)?)?,
    };
    say(&format!(
        "{}: {} frames, {} samples at {} S/s ({:.2} s), {} clipped\n",
        args.out,
        made.frames,
        made.samples,
        made.sample_rate_hz,
        made.samples as f64 / made.sample_rate_hz,
        made.clipped
    ));
    Ok(ExitCode::SUCCESS)
}

fn station(file: &str, args: &Simulate) -> anyhow::Result<StationSimulation> {
    if args.payload.is_some() {
        bail!("--payload means nothing with --station: every downlink sends made-up frames");
    }
    if !args.format.complex {
        bail!(
            "--format {} means nothing with --station: it needs a complex one",
            args.format
        );
    }
    if args.impair.impairments()? != Impairments::default() {
        bail!(
            "--station goes without Doppler courses, phase noise, fading, interferers, I/Q imbalance, DC, converter and \
             level"
        );
    }
    Ok(StationSimulation {
        station: Station::load(file)?,
        out: args.out.clone(),
        frames: args.frames.unwrap_or(DEFAULT_FRAMES),
        sent_frames: args.sent_frames.clone(),
        eb_n0_db: args.ebn0,
        offset_hz: args.freq_offset,
        doppler_hz_s: args.doppler_rate,
        phase_rad: args.phase.to_radians(),
        clock_ppm: args.clock_ppm,
        seed: args.seed,
        sample_rate_hz: args.rate,
        format: args.format,
        lead_s: args.lead,
        start: args.start.as_deref().map(parse_utc).transpose()?,
    })
}

fn config(args: &Simulate) -> anyhow::Result<SimulateConfig> {
    let content = match &args.payload {
        Some(path) => {
            Content::Payload(std::fs::read(path).with_context(|| format!("cannot read payload {path}"))?)
        }
        None => Content::Frames(args.frames.unwrap_or(DEFAULT_FRAMES)),
    };
    Ok(SimulateConfig {
        profile: Profile::load(args.link.profile.as_deref().unwrap_or_default(), &args.link.set)?,
        out: args.out.clone(),
        content,
        sent_frames: args.sent_frames.clone(),
        eb_n0_db: args.ebn0,
        offset_hz: args.freq_offset,
        doppler_hz_s: args.doppler_rate,
        phase_rad: args.phase.to_radians(),
        clock_ppm: args.clock_ppm,
        impairments: args.impair.impairments()?,
        seed: args.seed,
        sample_rate_hz: args.rate,
        format: args.format,
        lead_s: args.lead,
        start: args.start.as_deref().map(parse_utc).transpose()?,
    })
}
