//! `groundlink passes`.

use super::complain;
use super::orbit_args::Passes;
use groundlink_station::orbit::{Catalogue, Elements, OrbitError, Pass, PassPoint, Satellite, passes};
use groundlink_station::time::utc_text;
use hifitime::{Epoch, Unit};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// A pass and whose it is.
struct Found {
    name: String,
    norad: Option<u64>,
    pass: Pass,
}

/// Predicts and prints.
pub fn run(args: &Passes) -> anyhow::Result<ExitCode> {
    let from = match args.from {
        Some(from) => from,
        None => Epoch::now()?,
    };
    let catalogue = Catalogue::load(&args.tle)?;
    let choice = args.satellite.choice();
    let wanted = if choice.norad.is_some() || choice.name.is_some() {
        vec![catalogue.choose(&choice, Some(from))?]
    } else {
        catalogue.satellites(Some(from))
    };
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    for elements in &wanted {
        match of_satellite(args, elements, from, &mut found) {
            Ok(warning) => warnings.extend(warning),
            // One of many that has come down keeps nobody from the others.
            Err(error) if wanted.len() > 1 => warnings.push(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_by_key(|found| found.pass.aos.at);
    let text = match (args.json, args.csv) {
        (true, _) => format!("{:#}\n", as_json(args, from, &found, &warnings)),
        (_, true) => as_csv(args, &found),
        _ => as_table(args, from, &found),
    };
    if !args.json {
        for warning in &warnings {
            complain(warning);
        }
    }
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(found.is_empty())))
}

/// The passes of one satellite, and a warning about old elements.
fn of_satellite(
    args: &Passes,
    elements: &Elements,
    from: Epoch,
    found: &mut Vec<Found>,
) -> Result<Option<String>, OrbitError> {
    let satellite = Satellite::new(elements)?;
    let seconds = args.days * 86_400.0;
    let list = passes(&satellite, &args.site, from, seconds, args.min_elevation)?;
    found.extend(list.into_iter().map(|pass| Found {
        name: satellite.title(),
        norad: elements.norad,
        pass,
    }));
    Ok(satellite
        .warning(from)
        .or_else(|| satellite.warning(from + Unit::Second * seconds)))
}

fn as_table(args: &Passes, from: Epoch, found: &[Found]) -> String {
    if found.is_empty() {
        return format!(
            "no passes above {} degrees from {} on for {} days\n",
            args.min_elevation,
            second(from),
            args.days
        );
    }
    let width = found
        .iter()
        .map(|found| found.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(9);
    let mut text = format!(
        "{:<width$}  {:<20}  {:>4}  {:<9} {:>4} {:>4}  {:<9} {:>4}  {:>6}",
        "satellite", "AOS", "az", "TCA", "el", "az", "LOS", "az", "min:s"
    );
    if args.frequency.is_some() {
        text.push_str("  Doppler at AOS and LOS, Hz");
    }
    text.push('\n');
    for Found { name, pass, .. } in found {
        // Writing to a string cannot fail.
        let _ = table_line(&mut text, args, name, width, pass);
    }
    if found
        .iter()
        .any(|found| found.pass.in_progress || found.pass.goes_on)
    {
        text.push_str("<  had begun before, >  goes on after the time looked at\n");
    }
    text
}

fn table_line(text: &mut String, args: &Passes, name: &str, width: usize, pass: &Pass) -> std::fmt::Result {
    let clock = |point: &PassPoint| second(point.at)[11..].to_owned();
    let degrees = |value: f64| format!("{value:.0}");
    let whole = pass.seconds().round() as u64;
    write!(
        text,
        "{name:<width$}  {}{} {:>4}  {} {:>4} {:>4}  {}{} {:>3}  {:>6}",
        second(pass.aos.at),
        if pass.in_progress { '<' } else { ' ' },
        degrees(pass.aos.look.azimuth_deg),
        clock(&pass.tca),
        degrees(pass.tca.look.elevation_deg),
        degrees(pass.tca.look.azimuth_deg),
        clock(&pass.los),
        if pass.goes_on { '>' } else { ' ' },
        degrees(pass.los.look.azimuth_deg),
        format!("{}:{:02}", whole / 60, whole % 60),
    )?;
    if let Some(hz) = args.frequency {
        let [aos, los] = [pass.aos, pass.los].map(|point| point.look.doppler_hz(hz));
        write!(text, "  {aos:+9.0} {los:+9.0}")?;
    }
    text.push('\n');
    Ok(())
}

/// UTC to the second.
pub fn second(at: Epoch) -> String {
    format!("{}Z", &utc_text(at.round(Unit::Second * 1))[..19])
}

const COLUMNS: &str = "satellite,norad,aos_utc,aos_azimuth_deg,tca_utc,max_elevation_deg,tca_azimuth_deg,tca_range_km,\
                       los_utc,los_azimuth_deg,duration_s,in_progress,goes_on,aos_doppler_hz,los_doppler_hz\n";

fn as_csv(args: &Passes, found: &[Found]) -> String {
    let mut text = COLUMNS.to_owned();
    for Found { name, norad, pass } in found {
        let Pass { aos, tca, los, .. } = pass;
        let doppler = |point: &PassPoint| {
            args.frequency
                .map_or_else(String::new, |hz| format!("{:.1}", point.look.doppler_hz(hz)))
        };
        let cells = [
            quoted(name),
            norad.map_or_else(String::new, |norad| norad.to_string()),
            utc_text(aos.at),
            format!("{:.3}", aos.look.azimuth_deg),
            utc_text(tca.at),
            format!("{:.3}", tca.look.elevation_deg),
            format!("{:.3}", tca.look.azimuth_deg),
            format!("{:.3}", tca.look.range_km),
            utc_text(los.at),
            format!("{:.3}", los.look.azimuth_deg),
            format!("{:.3}", pass.seconds()),
            pass.in_progress.to_string(),
            pass.goes_on.to_string(),
            doppler(aos),
            doppler(los),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell of CSV, in quotes where it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

fn as_json(args: &Passes, from: Epoch, found: &[Found], warnings: &[String]) -> Value {
    let point = |point: &PassPoint| {
        json!({
            "utc": utc_text(point.at),
            "azimuth_deg": point.look.azimuth_deg,
            "elevation_deg": point.look.elevation_deg,
            "range_km": point.look.range_km,
            "range_rate_km_s": point.look.range_rate_km_s,
            "doppler_hz": args.frequency.map(|hz| point.look.doppler_hz(hz)),
        })
    };
    let pass = |Found { name, norad, pass }: &Found| {
        json!({
            "satellite": name,
            "norad": norad,
            "aos": point(&pass.aos),
            "tca": point(&pass.tca),
            "los": point(&pass.los),
            "duration_s": pass.seconds(),
            "in_progress": pass.in_progress,
            "goes_on": pass.goes_on,
        })
    };
    json!({
        "v": 1,
        "site": {
            "latitude_deg": args.site.latitude_deg(),
            "longitude_deg": args.site.longitude_deg(),
            "altitude_m": args.site.altitude_m(),
        },
        "from": utc_text(from),
        "to": utc_text(from + Unit::Day * args.days),
        "min_elevation_deg": args.min_elevation,
        "frequency_hz": args.frequency,
        "passes": found.iter().map(pass).collect::<Vec<_>>(),
        "warnings": warnings,
    })
}
