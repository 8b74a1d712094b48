//! Where nothing was decoded: what may be the reason.

use groundlink_station::input::OpenOptions;
use groundlink_station::inspect::{SymbolClock, inspect};
use groundlink_station::output::report::Report;
use std::path::Path;

/// How far a symbol clock may be off the profile's rate to pass for it.
const NEAR: f64 = 0.02;
/// Samples beyond which the input is not read again.
const MOST_SAMPLES: u64 = 1 << 27;

/// What the counts, and for a file of samples its symbol clocks, say about a run without a single good frame.
pub fn of(report: &Report, options: &OpenOptions) -> Vec<String> {
    if report.decoded || report.error.is_some() || report.stopped.is_some() {
        return Vec::new();
    }
    let mut hints: Vec<String> = frames(report).into_iter().collect();
    hints.extend(signal(report, options));
    hints
}

fn frames(report: &Report) -> Option<String> {
    let frames = &report.frames;
    if report.input.from == "packets" {
        return None;
    }
    Some(match (frames.rejected, frames.uncorrectable) {
        (0, 0) => "not one marker was found".to_owned(),
        (0, _) => "markers were found, but not one block could be corrected: does [coding] fit?".to_owned(),
        (_, _) => {
            "frames came through the coding, but all were rejected: do [frame] and coding.randomizer fit?"
                .to_owned()
        }
    })
}

fn signal(report: &Report, options: &OpenOptions) -> Option<String> {
    let input = &report.input;
    let stated = report.signal.stated_symbol_rate_hz?;
    let readable_again =
        input.name != "-" && std::fs::metadata(Path::new(&input.name)).is_ok_and(|m| m.is_file());
    if input.from != "iq" || !readable_again || input.read > MOST_SAMPLES {
        return None;
    }
    // The run has read this input already: what could be wrong with it has been said.
    let clocks = inspect(&input.name, options).ok()?.symbol_clocks;
    Some(clock_hint(&clocks, stated))
}

fn clock_hint(clocks: &[SymbolClock], stated: f64) -> String {
    if clocks.is_empty() {
        return "no symbol clock stands out in the samples: is there a signal? groundlink inspect shows"
            .to_owned();
    }
    if let Some(near) = clocks
        .iter()
        .find(|clock| (clock.rate_hz / stated - 1.0).abs() <= NEAR)
    {
        return format!(
            "the samples have a symbol clock of {:.2} Bd, near the profile's {stated} Bd: the rates fit",
            near.rate_hz
        );
    }
    let found: Vec<String> = clocks
        .iter()
        .take(3)
        .map(|clock| {
            format!(
                "{:.2} Bd ({:.3} times that)",
                clock.rate_hz,
                clock.rate_hz / stated
            )
        })
        .collect();
    format!(
        "no symbol clock near the profile's {stated} Bd in the samples, but at {}: is the sample rate right, \
         is signal.symbol_rate?",
        found.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(rates: &[f64]) -> Vec<SymbolClock> {
        let clock = |&rate_hz: &f64| SymbolClock {
            rate_hz,
            strength_db: 20.0,
            source: "envelope",
        };
        rates.iter().map(clock).collect()
    }

    #[test]
    fn a_clock_near_the_stated_rate_clears_it() {
        let hint = clock_hint(&clocks(&[4800.0, 9700.0]), 9600.0);
        assert_eq!(
            hint,
            "the samples have a symbol clock of 9700.00 Bd, near the profile's 9600 Bd: the rates fit"
        );
    }

    #[test]
    fn clocks_elsewhere_are_told_with_their_ratio() {
        let hint = clock_hint(&clocks(&[19_200.0]), 9600.0);
        assert!(
            hint.contains("no symbol clock near the profile's 9600 Bd"),
            "{hint}"
        );
        assert!(hint.contains("19200.00 Bd (2.000 times that)"), "{hint}");
    }

    #[test]
    fn decoded_runs_need_no_hint() {
        let report = Report {
            decoded: true,
            ..Report::default()
        };
        assert!(of(&report, &OpenOptions::default()).is_empty());
    }

    #[test]
    fn the_counts_tell_how_far_it_came() {
        let mut report = Report::default();
        assert_eq!(of(&report, &OpenOptions::default()), ["not one marker was found"]);
        report.frames.uncorrectable = 2;
        assert!(of(&report, &OpenOptions::default())[0].contains("[coding]"));
        report.frames.rejected = 1;
        assert!(of(&report, &OpenOptions::default())[0].contains("[frame]"));
    }
}
