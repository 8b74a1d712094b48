//! Why an input does not decode: the chain walked from the antenna inwards over a bounded stretch of it, the first
//! broken link named with its evidence, and remedies tried until verified frames come out.
//!
//! Remedies are not guessed: each is a change of the profile with which the whole chain is run over the same stretch.
//! One that gives verified frames, more of them than noise would over all the trials, is proven; all others are only
//! likely. Everything is computed from the stretch and the profile alone, without clocks or chance.

mod advice;
mod base;
mod candidates;
mod material;
mod measure;
mod report;
mod search;
mod signal;
mod text;
mod trial;
mod walk;

pub use base::ProfileSource;
pub use material::{ExplainInput, Material, gather, stretch_samples};
pub use report::{Cause, Explanation, Finding, Link, State, Stretch};

use crate::StationError;
use search::{Found, Search};
use signal::Clues;
use trial::Bench;

/// Explains an input.
///
/// # Errors
/// When the profile is wrong or does not go with the input, or the input cannot be read.
pub fn explain(input: &ExplainInput, source: &ProfileSource) -> Result<Explanation, StationError> {
    let profile = source.with(&[])?;
    let (material, stretch) = gather(input, &profile)?;
    explain_material(&input.path, &material, stretch, source)
}

/// Explains a stretch of an input that is in memory already.
///
/// # Errors
/// When the profile is wrong or does not go with the input.
pub fn explain_material(
    name: &str,
    material: &Material,
    stretch: Stretch,
    source: &ProfileSource,
) -> Result<Explanation, StationError> {
    let profile = source.with(&[])?;
    refuse_misfit(material, &profile)?;
    let mut bench = Bench::new(material);
    let Some(outcome) = bench.run(&profile) else {
        return Err(StationError::NotExplained {
            input: name.to_owned(),
        });
    };
    let clues = Clues::of(material, &profile);
    let frames = outcome.proven(1);
    let chain = walk::walk(&profile, clues.as_ref(), &outcome, frames > 0);
    let broken = if frames > 0 {
        None
    } else {
        let first = chain.iter().find(|finding| finding.state == State::Broken);
        Some(first.map_or(Link::Frames, |finding| finding.link))
    };
    let silent = clues.as_ref().is_some_and(|clues| clues.measured.silent());
    let mut causes;
    let mut tried = 0;
    if frames > 0 {
        let search = Search::new(
            source,
            &mut bench,
            clues.as_ref(),
            profile.clone(),
            outcome.clone(),
        );
        let found = search.other_length();
        tried = found.trials - 1;
        causes = found.causes;
        causes.extend(advice::packets(
            source, &profile, &outcome, &mut bench, &mut tried,
        ));
        causes.extend(advice::better(clues.as_ref(), &outcome, &profile));
    } else if silent {
        causes = vec![advice::silence()];
    } else {
        let search = Search::new(
            source,
            &mut bench,
            clues.as_ref(),
            profile.clone(),
            outcome.clone(),
        );
        let Found {
            causes: found,
            trials,
        } = search.run();
        tried = trials - 1;
        causes = found;
        causes.extend(advice::without_key(clues.as_ref(), &outcome, &profile, &causes));
    }
    Ok(Explanation {
        input: name.to_owned(),
        profile: profile.name.clone(),
        stretch,
        decodes: frames > 0,
        frames,
        chain,
        broken,
        causes,
        tried,
    })
}

/// What the profile cannot do with this input at all is an error like that of a run.
fn refuse_misfit(material: &Material, profile: &crate::profile::Profile) -> Result<(), StationError> {
    profile.coding_config()?;
    profile.link_config()?;
    if let Material::Samples { rate_hz, complex, .. } = material {
        let signal = profile.signal_config(*rate_hz, *complex)?;
        groundlink_dsp::receiver::Receiver::new(&signal).map_err(|source| StationError::Signal {
            profile: profile.name.clone(),
            source,
        })?;
    }
    Ok(())
}
