//! A signal that decodes, explained with every wrong setting: the cause named must be the true one, and the remedy
//! must give the frames.

mod recorded;
mod simulated;

use groundlink_station::chain::From;
use groundlink_station::explain::{Cause, ExplainInput, Explanation, Link, ProfileSource, explain};
use groundlink_station::input::OpenOptions;

/// Explains samples with a profile and changes.
fn explained(path: &str, open: &OpenOptions, profile: &str, set: &[&str]) -> Explanation {
    let source = ProfileSource::Named {
        name: profile.to_owned(),
        set: set.iter().map(|&set| set.to_owned()).collect(),
    };
    let input = ExplainInput {
        path: path.to_owned(),
        from: From::Iq,
        open: open.clone(),
        soft: None,
    };
    explain(&input, &source).unwrap()
}

/// The first cause, which must be proven with at least so many frames, at this link.
fn proven(explanation: &Explanation, broken: Link, frames: u64) -> &Cause {
    let text = explanation.text();
    assert!(!explanation.decodes, "{text}");
    assert_eq!(explanation.broken, Some(broken), "{text}");
    let cause = explanation.causes.first().unwrap_or_else(|| panic!("{text}"));
    assert!(cause.proven && cause.frames >= frames, "{text}");
    cause
}
