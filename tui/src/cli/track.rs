//! `groundlink track`.

use super::orbit_args::Track;
use super::{say, stop_on_signal};
use anyhow::Context;
use groundlink_station::hamlib::{Rig, Rotator};
use groundlink_station::monitor::Monitor;
use groundlink_station::orbit::{Catalogue, Pass, Satellite};
use groundlink_station::time::utc_text;
use groundlink_station::track::{PassClock, ScaledClock, Tracker};
use hifitime::Epoch;
use std::process::ExitCode;

/// Follows the passes that are asked for, one after the other.
pub fn run(args: &Track) -> anyhow::Result<ExitCode> {
    let from = match args.from {
        Some(from) => from,
        None => Epoch::now()?,
    };
    let catalogue = Catalogue::load(&args.tle)?;
    let satellite = Satellite::new(catalogue.choose(&args.satellite.choice(), Some(from))?)?;
    if let Some(warning) = satellite.warning(from) {
        say(&format!("warning   {warning}\n"));
    }
    let mut tracker = Tracker {
        satellite,
        site: args.site,
        least_deg: args.min_elevation,
        frequency_hz: args.frequency,
        rotator: args.rotator.as_deref().map(Rotator::new),
        rig: args.rig.as_deref().map(Rig::new),
        every_s: args.interval,
    };
    tracker.check().context("cannot begin")?;
    let monitor = Monitor::new();
    let asked = monitor.clone();
    stop_on_signal(move || asked.stop())?;
    let clock = ScaledClock::new(from, args.speed);
    let mut followed = 0;
    let mut begin = from;
    while followed < args.passes && !monitor.stopping() {
        let Some(pass) = tracker.next_pass(begin)? else {
            say("no pass within ten days\n");
            break;
        };
        say(&announcement(&tracker, &pass));
        let done = tracker.follow(&pass, &clock, &|| monitor.stopping(), &mut |text| {
            say(&format!("warning   {text}\n"));
        })?;
        say(&format!(
            "{}   {} directions, {} frequencies, {} commands failed\n",
            if done.stopped { "stopped" } else { "done   " },
            done.directions,
            done.frequencies,
            done.failed
        ));
        followed += u64::from(!done.stopped);
        begin = clock.now().max(pass.los.at);
    }
    Ok(ExitCode::from(u8::from(followed == 0)))
}

fn announcement(tracker: &Tracker, pass: &Pass) -> String {
    format!(
        "pass      {}: AOS {} at {:.0} degrees, highest {:.0} degrees, LOS {} at {:.0} degrees\n",
        tracker.satellite.title(),
        utc_text(pass.aos.at),
        pass.aos.look.azimuth_deg,
        pass.tca.look.elevation_deg,
        utc_text(pass.los.at),
        pass.los.look.azimuth_deg,
    )
}
