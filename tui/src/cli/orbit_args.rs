//! Options about orbits, passes and Doppler.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use anyhow::bail;
use clap::Args;
use groundlink_station::doppler::{Curve, DopplerConfig, Motion};
use groundlink_station::input::{parse_frequency, parse_utc};
use groundlink_station::orbit::{Catalogue, Choice, Site};
use hifitime::Epoch;
use std::sync::Arc;

/// Which satellite of a file of elements.
#[derive(Debug, Args)]
pub struct SatelliteArgs {
    /// The satellite of this NORAD catalogue number.
    #[arg(long, value_name = "N")]
    pub norad: Option<u64>,
    /// The satellite of this name.
    #[arg(long, value_name = "NAME")]
    pub satellite: Option<String>,
}

impl SatelliteArgs {
    /// What it says.
    pub fn choice(&self) -> Choice {
        Choice {
            norad: self.norad,
            name: self.satellite.clone(),
        }
    }
}

/// Doppler to take off before the receiver.
#[derive(Debug, Args)]
#[command(next_help_heading = "Doppler")]
pub struct DopplerArgs {
    /// Take off the Doppler of an orbit: elements, TLE or OMM.
    #[arg(
        long,
        visible_alias = "omm",
        value_name = "FILE",
        requires = "site",
        conflicts_with = "doppler"
    )]
    pub tle: Option<String>,
    /// Satellite.
    #[command(flatten)]
    pub satellite: SatelliteArgs,
    /// Site: degrees north, degrees east, metres above the ellipsoid.
    #[arg(
        long,
        value_name = "LAT,LON,ALT",
        allow_hyphen_values = true,
        requires = "tle"
    )]
    pub site: Option<Site>,
    /// Take off a Doppler that was measured: CSV of UTC or seconds, and Hz.
    #[arg(long, value_name = "FILE")]
    pub doppler: Option<String>,
    /// Frequency of the carrier as sent [default: that of the samples' centre and the profile's signal.carrier].
    #[arg(long, value_name = "Hz", value_parser = parse_frequency)]
    pub rf_carrier: Option<f64>,
}

impl DopplerArgs {
    /// The first of its options that is given.
    pub fn given(&self) -> Option<&'static str> {
        [
            ("--tle", self.tle.is_some()),
            ("--norad", self.satellite.norad.is_some()),
            ("--satellite", self.satellite.satellite.is_some()),
            ("--site", self.site.is_some()),
            ("--doppler", self.doppler.is_some()),
            ("--rf-carrier", self.rf_carrier.is_some()),
        ]
        .into_iter()
        .find_map(|(option, given)| given.then_some(option))
    }

    /// Reads the files that are named.
    pub fn config(&self) -> anyhow::Result<DopplerConfig> {
        let choice = self.satellite.choice();
        let motion = match (&self.tle, self.site, &self.doppler) {
            (Some(tle), Some(site), _) => {
                let catalogue = Catalogue::load(tle)?;
                catalogue.choose(&choice, None)?;
                Some(Motion::Orbit {
                    catalogue: Arc::new(catalogue),
                    choice,
                    site,
                })
            }
            _ if choice != Choice::default() => bail!("--norad and --satellite mean nothing without --tle"),
            (_, _, Some(file)) => Some(Motion::Measured(Arc::new(Curve::load(file)?))),
            _ => None,
        };
        Ok(DopplerConfig {
            motion,
            carrier_hz: self.rf_carrier,
        })
    }
}

/// `passes`.
#[derive(Debug, Args)]
pub struct Passes {
    /// Orbital elements: TLE, or OMM as JSON, XML, KVN or CSV; of all satellites in the file unless one is named.
    #[arg(long, visible_alias = "omm", value_name = "FILE")]
    pub tle: String,
    /// Satellite.
    #[command(flatten)]
    pub satellite: SatelliteArgs,
    /// Site: degrees north, degrees east, metres above the ellipsoid.
    #[arg(long, value_name = "LAT,LON,ALT", allow_hyphen_values = true)]
    pub site: Site,
    /// First moment looked at, ISO-8601 with Z [default: now].
    #[arg(long, value_name = "UTC", value_parser = parse_utc)]
    pub from: Option<Epoch>,
    /// Days looked at from there on.
    #[arg(long, value_name = "D", default_value_t = 1.0, value_parser = days)]
    pub days: f64,
    /// Elevation above which a pass counts, degrees.
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_hyphen_values = true, value_parser = elevation)]
    pub min_elevation: f64,
    /// Frequency as sent: Doppler at AOS and LOS is that of it.
    #[arg(long, value_name = "Hz", value_parser = parse_frequency)]
    pub frequency: Option<f64>,
    /// Print them as JSON.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print them as CSV.
    #[arg(long)]
    pub csv: bool,
}

/// `track`.
#[derive(Debug, Args)]
pub struct Track {
    /// Orbital elements: TLE, or OMM as JSON, XML, KVN or CSV.
    #[arg(long, visible_alias = "omm", value_name = "FILE")]
    pub tle: String,
    /// Satellite.
    #[command(flatten)]
    pub satellite: SatelliteArgs,
    /// Site: degrees north, degrees east, metres above the ellipsoid.
    #[arg(long, value_name = "LAT,LON,ALT", allow_hyphen_values = true)]
    pub site: Site,
    /// Rotator: a rotctld of Hamlib, on port 4533 without one.
    #[arg(long, value_name = "HOST[:PORT]", required_unless_present = "rig")]
    pub rotator: Option<String>,
    /// Radio: a rigctld of Hamlib, on port 4532 without one.
    #[arg(long, value_name = "HOST[:PORT]", requires = "frequency")]
    pub rig: Option<String>,
    /// Frequency as sent; the radio is tuned to what is received of it.
    #[arg(long, value_name = "Hz", value_parser = parse_frequency)]
    pub frequency: Option<f64>,
    /// Elevation above which a pass counts, degrees.
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_hyphen_values = true, value_parser = elevation)]
    pub min_elevation: f64,
    /// Passes to follow.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub passes: u64,
    /// Seconds between two commands.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = interval)]
    pub interval: f64,
    /// Rehearse: begin at this time, ISO-8601 with Z, instead of now.
    #[arg(long, value_name = "UTC", value_parser = parse_utc)]
    pub from: Option<Epoch>,
    /// Rehearse: let time run faster.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.05..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be a number from 0.05 to 60".to_owned()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (1.0..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 1 to 10000".to_owned()),
    }
}

fn days(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(days) if days > 0.0 && days <= 366.0 => Ok(days),
        _ => Err("must be a number above 0, to 366".to_owned()),
    }
}

fn elevation(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(degrees) if (-90.0..=90.0).contains(&degrees) => Ok(degrees),
        _ => Err("must be a number from -90 to 90".to_owned()),
    }
}
