//! Remedies tried one after the other on the same stretch: the change that brings the signal furthest is kept, until
//! frames come out or nothing helps.

use super::base::ProfileSource;
use super::candidates::{self, Candidate};
use super::report::{Cause, Link};
use super::signal::{self, Clues, MODULATION_KEYS};
use super::trial::{Bench, Outcome, behind_inner, decode_frames};
use crate::profile::Profile;

/// Changes put on top of each other, at most.
const DEPTH: usize = 4;
/// Samples given to receivers in trials, at most, in stretches.
const RECEPTIONS: usize = 24;

/// The search.
pub struct Search<'a, 'm> {
    source: &'a ProfileSource,
    bench: &'a mut Bench<'m>,
    clues: Option<&'a Clues>,
    /// The profile with what was applied so far.
    profile: Profile,
    outcome: Outcome,
    applied: Vec<Candidate>,
    /// Trials so far.
    pub trials: usize,
    receptions: usize,
}

/// What a search came to.
pub struct Found {
    /// Causes with remedies, in the order of the chain.
    pub causes: Vec<Cause>,
    /// Trials.
    pub trials: usize,
}

impl<'a, 'm> Search<'a, 'm> {
    /// A search from how things are.
    pub fn new(
        source: &'a ProfileSource,
        bench: &'a mut Bench<'m>,
        clues: Option<&'a Clues>,
        profile: Profile,
        outcome: Outcome,
    ) -> Self {
        Self {
            source,
            bench,
            clues,
            profile,
            outcome,
            applied: Vec::new(),
            trials: 1,
            receptions: 0,
        }
    }

    /// Tries remedies.
    pub fn run(mut self) -> Found {
        for _ in 0..DEPTH {
            if self.outcome.proven(self.trials) > 0 || !self.step() {
                break;
            }
        }
        self.without_needless();
        let frames = self.outcome.proven(self.trials);
        let causes = self.causes(frames);
        Found {
            causes,
            trials: self.trials,
        }
    }

    /// Where frames come out though most markers stand at another distance: an outer code that fits it, if more
    /// frames come out with that.
    pub fn other_length(mut self) -> Found {
        let frames = self.outcome.proven(self.trials);
        let another =
            self.outcome.survey.as_ref().is_some_and(|survey| {
                survey.periodic() && survey.spacing_bits != Some(self.outcome.unit_bits)
            });
        if another {
            for candidate in self.outer() {
                if let Some((candidate, _, outcome)) = self.attempt(candidate)
                    && outcome.proven(self.trials) > frames
                {
                    self.applied.push(candidate);
                    self.outcome = outcome;
                    break;
                }
            }
        }
        let frames = self.outcome.proven(self.trials);
        Found {
            causes: self.causes(frames),
            trials: self.trials,
        }
    }

    /// Applies the best change, if one brings the signal further.
    fn step(&mut self) -> bool {
        let reached = self.outcome.reached(self.trials);
        let lists = self.lists(reached.0);
        let mut best: Option<((u8, u64), Candidate, Profile, Outcome)> = None;
        for candidate in lists.into_iter().flatten() {
            let Some((candidate, profile, outcome)) = self.attempt(candidate) else {
                continue;
            };
            let came = outcome.reached(self.trials);
            let least = best.as_ref().map_or((reached.0, u64::MAX), |(came, ..)| *came);
            if came > least {
                best = Some((came, candidate, profile, outcome));
            }
            if came.0 == 6 {
                break;
            }
        }
        let Some((_, candidate, profile, outcome)) = best else {
            return false;
        };
        self.applied.push(candidate);
        self.profile = profile;
        self.outcome = outcome;
        true
    }

    /// What to try where the signal came so far, likeliest first.
    fn lists(&mut self, reached: u8) -> Vec<Vec<Candidate>> {
        match reached {
            0 | 1 => self.before_markers(reached == 1),
            3 | 4 => {
                let mut lists = vec![self.outer()];
                lists.extend(self.before_markers(true));
                lists
            }
            _ => vec![candidates::frames(&self.profile, &self.outcome), self.outer()],
        }
    }

    fn before_markers(&self, received: bool) -> Vec<Vec<Candidate>> {
        let of_signal = self
            .clues
            .map_or_else(Vec::new, |clues| signal::candidates(clues, &self.profile));
        let behind = candidates::behind_receiver(&self.profile);
        let sampled = self.clues.is_some();
        let clock_fits = self
            .clues
            .is_none_or(|clues| clues.fitting_clock(&self.profile).is_some());
        let pairs = candidates::pairs(&self.profile);
        if received && clock_fits {
            vec![behind, of_signal, pairs]
        } else if received || !sampled {
            vec![of_signal, behind, pairs]
        } else {
            let both = two_at_once(&of_signal);
            vec![of_signal, both]
        }
    }

    /// Outer codes that fit the distance of the markers; all are tried on the bits, the best are kept for the chain.
    fn outer(&mut self) -> Vec<Candidate> {
        let Some(survey) = self.outcome.survey.clone() else {
            return Vec::new();
        };
        let unit_bits = survey
            .spacing_bits
            .filter(|_| survey.periodic())
            .unwrap_or(self.outcome.unit_bits);
        let settings = self.settings();
        let runs: Vec<&[i8]> = survey.runs.iter().map(Vec::as_slice).collect();
        let mut ranked = Vec::new();
        for candidate in candidates::outer(self.source, &settings, &self.profile, unit_bits) {
            let all: Vec<String> = settings.iter().chain(&candidate.set).cloned().collect();
            let Ok(profile) = self.source.with(&all) else {
                continue;
            };
            let (Ok(coding), Ok(link)) = (profile.coding_config(), profile.link_config()) else {
                continue;
            };
            self.trials += 1;
            if let Some(decoded) = decode_frames(&behind_inner(&coding), &link, &runs) {
                ranked.push(((decoded.verified, decoded.good, decoded.coded_good), candidate));
            }
        }
        // The order of those that are equal is that of likelihood.
        ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        let evidence =
            (survey.spacing_bits != Some(self.outcome.unit_bits) && survey.periodic()).then(|| {
                format!(
                    "{} markers stand {unit_bits} bits ({} bytes) apart, not {} ({})",
                    survey.pairs + 1,
                    unit_bits as f64 / 8.0,
                    self.outcome.unit_bits,
                    self.outcome.unit_bits as f64 / 8.0
                )
            });
        ranked
            .into_iter()
            .take(3)
            .map(|(_, candidate)| Candidate {
                evidence: evidence.clone().unwrap_or_default(),
                ..candidate
            })
            .collect()
    }

    fn settings(&self) -> Vec<String> {
        self.applied
            .iter()
            .flat_map(|candidate| candidate.set.clone())
            .collect()
    }

    /// Runs the chain with a change more; `None` where it makes no profile, or too much was tried already.
    fn attempt(&mut self, candidate: Candidate) -> Option<(Candidate, Profile, Outcome)> {
        let (candidate, profile) = self.profile_with(candidate)?;
        let received_anew =
            candidate.link <= Link::Symbols || candidate.set.iter().any(|set| set.contains("bi-phase"));
        if received_anew && self.clues.is_some() {
            if self.receptions >= RECEPTIONS {
                return None;
            }
            self.receptions += 1;
        }
        self.trials += 1;
        let outcome = self.bench.run(&profile)?;
        Some((candidate, profile, outcome))
    }

    /// The profile with a change more; keys that a new modulation does not have are taken away.
    fn profile_with(&self, mut candidate: Candidate) -> Option<(Candidate, Profile)> {
        let settings = self.settings();
        for _ in 0..=MODULATION_KEYS.len() {
            let all: Vec<String> = settings.iter().chain(&candidate.set).cloned().collect();
            let error = match self.source.with(&all) {
                Ok(profile) => return Some((candidate, profile)),
                Err(error) => error.to_string(),
            };
            let modulation = candidate
                .set
                .iter()
                .any(|set| set.starts_with("signal.modulation="));
            let key = MODULATION_KEYS.iter().find(|key| {
                let name = key.trim_end_matches('=');
                error.contains(name) && !candidate.set.iter().any(|set| set == **key)
            });
            match key {
                Some(key) if modulation => candidate.set.push((*key).to_owned()),
                _ => return None,
            }
        }
        None
    }

    /// Takes changes away without which as many frames come out.
    fn without_needless(&mut self) {
        let frames = self.outcome.proven(self.trials);
        if frames == 0 {
            return;
        }
        let mut n = 0;
        while self.applied.len() > 1 && n < self.applied.len() {
            let mut rest = self.applied.clone();
            rest.remove(n);
            let settings: Vec<String> = rest.iter().flat_map(|candidate| candidate.set.clone()).collect();
            let outcome = self
                .source
                .with(&settings)
                .ok()
                .and_then(|profile| self.bench.run(&profile));
            self.trials += 1;
            match outcome {
                Some(outcome) if outcome.proven(self.trials) >= frames => {
                    self.applied = rest;
                    self.outcome = outcome;
                }
                _ => n += 1,
            }
        }
    }

    /// What was applied, as causes: all together where they give frames only together.
    fn causes(&self, frames: u64) -> Vec<Cause> {
        let cause = |link, text: String, evidence: String, set| Cause {
            link,
            text,
            evidence,
            set,
            advice: String::new(),
            proven: frames > 0,
            frames,
        };
        let Some(first) = self.applied.iter().map(|candidate| candidate.link).min() else {
            return Vec::new();
        };
        let join = |part: fn(&Candidate) -> &str, by: &str| {
            let parts: Vec<&str> = self
                .applied
                .iter()
                .map(part)
                .filter(|text| !text.is_empty())
                .collect();
            parts.join(by)
        };
        let text = join(|candidate| &candidate.text, ", and ");
        let evidence = join(|candidate| &candidate.evidence, "; ");
        let evidence = match (frames, evidence.is_empty()) {
            (0, true) => self.progress(),
            (0, false) => format!("{evidence}; with it {}", self.progress()),
            _ => evidence,
        };
        vec![cause(first, text, evidence, self.settings())]
    }

    /// How far the signal comes with what was applied.
    fn progress(&self) -> String {
        match self.outcome.reached(self.trials).0 {
            5 => format!(
                "{} frames pass the code, none the checks behind it",
                self.outcome.decoded.coded_good
            ),
            3 | 4 => {
                let pairs = self.outcome.survey.as_ref().map_or(0, |survey| survey.pairs);
                format!(
                    "{} markers appear at one distance, no frame is verified",
                    pairs + 1
                )
            }
            _ => "the receiver locks, no marker is found".to_owned(),
        }
    }
}

/// Every change of the carrier with every one of the symbol rate.
fn two_at_once(list: &[Candidate]) -> Vec<Candidate> {
    let of = |key: &'static str| list.iter().filter(move |c| c.set[0].starts_with(key)).take(3);
    let mut both = Vec::new();
    for carrier in of("signal.carrier=") {
        for rate in of("signal.symbol_rate=") {
            both.push(Candidate {
                link: carrier.link,
                text: format!("{}, and {}", carrier.text, rate.text),
                evidence: format!("{}; {}", carrier.evidence, rate.evidence),
                set: carrier.set.iter().chain(&rate.set).cloned().collect(),
            });
        }
    }
    both
}
