//! Every FSK and BPSK recording of the shared collection: its symbol clock is found, and the demodulator runs.
//! Their framings are not the chain's.

use crate::chain_support::{config, data, nothing_failed, run};
use groundlink_station::input::OpenOptions;
use groundlink_station::inspect::inspect;
use groundlink_station::profile::Profile;

/// How far a found clock may be from the nominal one: transmitters are up to 1.5 % off.
const TOLERANCE: f64 = 0.02;

/// A row of the collection's table.
struct Recording {
    file: String,
    bpsk: bool,
    /// Symbols per second; several where the satellite has several signals.
    rates: Vec<f64>,
}

/// The rows whose signal is FSK or BPSK (AFSK, a subcarrier in FM, is among those whose frames are looked for).
fn table(text: &str) -> Vec<Recording> {
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(".wav"));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let signal = cells[4];
        let bpsk = signal.starts_with("BPSK") || signal.starts_with("DBPSK");
        let numbers = signal.split([' ', ';']).filter_map(|word| word.parse().ok());
        (bpsk || signal.starts_with("FSK")).then(|| Recording {
            file: cells[1].to_owned(),
            bpsk,
            rates: numbers.filter(|rate| *rate >= 1000.0).collect(),
        })
    })
    .collect()
}

/// What is wrong with a recording, if anything.
fn examine(path: &str, recording: &Recording) -> Result<(), String> {
    let findings = inspect(path, &OpenOptions::default()).map_err(|error| error.to_string())?;
    let clocks: Vec<f64> = findings.symbol_clocks.iter().map(|clock| clock.rate_hz).collect();
    let near = |nominal: f64| {
        clocks
            .iter()
            .any(|clock| (clock / nominal - 1.0).abs() <= TOLERANCE)
    };
    if !recording.rates.iter().any(|&rate| near(rate)) {
        return Err(format!("{:?} Bd, but found {clocks:.1?}", recording.rates));
    }
    let rate = recording.rates[0];
    let centre = findings.lines.first().map_or(12_000.0, |line| line.frequency_hz);
    let signal = if recording.bpsk {
        format!(
            "modulation = 'bpsk'\ncarrier = {}\nsearch = 2000",
            centre.clamp(2_001.0, 21_999.0)
        )
    } else {
        "modulation = 'fsk'".to_owned()
    };
    let text = format!(
        "[signal]\nsymbol_rate = {rate}\n{signal}\n[coding]\nreed_solomon = false\n[frame]\ntype = 'opaque'\nlength = 100\n"
    );
    let profile = Profile::parse(&text, "recording").map_err(|error| error.to_string())?;
    let run = run(&config(profile, path));
    // One soft bit a symbol, but for what is lost where the receiver begins anew between bursts.
    let symbols = findings.seconds * rate;
    let share = run.soft.len() as f64 / symbols;
    if !(0.85..=1.03).contains(&share) || run.report.error.is_some() {
        return Err(format!(
            "{} soft bits of {symbols:.0}, {:?}",
            run.soft.len(),
            run.report.error
        ));
    }
    Ok(())
}

#[test]
fn every_recording_shows_its_symbol_clock_and_is_demodulated() {
    let Some(folder) = data() else { return };
    let folder = folder.join("../recordings");
    let text = std::fs::read_to_string(folder.join("README.md")).expect("the collection's table");
    let recordings = table(&text);
    assert_eq!(recordings.len(), 38, "rows of FSK and BPSK");
    let mut failures = Vec::new();
    for recording in &recordings {
        if let Err(what) = examine(&folder.join(&recording.file).to_string_lossy(), recording) {
            failures.push(format!("{}: {what}", recording.file));
        }
    }
    nothing_failed(&failures);
}
