//! Which passes one receiver takes, when several are up at once. Pure: the same passes give the same plan.

use crate::time::utc_text;
use hifitime::{Duration, Epoch};
use std::cmp::Ordering;

/// A pass that could be received.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Number of its satellite in the station file, from 0.
    pub satellite: usize,
    /// Name of the satellite.
    pub name: String,
    /// The higher goes first.
    pub priority: i64,
    /// Acquisition of signal.
    pub aos: Epoch,
    /// Highest point.
    pub tca: Epoch,
    /// Loss of signal.
    pub los: Epoch,
    /// Elevation at the highest point, degrees.
    pub elevation_deg: f64,
    /// How long before AOS the receiver is wanted.
    pub lead: Duration,
    /// How long after LOS.
    pub lag: Duration,
}

/// A stretch of time in which the receiver is one pass's.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The pass.
    pub pass: Candidate,
    /// From here on; before AOS, by the lead at most.
    pub begin: Epoch,
    /// To here; after LOS, by the lag at most.
    pub end: Epoch,
}

/// What becomes of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Received from AOS to LOS.
    Whole,
    /// Received in part.
    Cut,
    /// Not received.
    Skipped,
}

/// What was decided of a pass, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The pass.
    pub pass: Candidate,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why, where it is not received whole.
    pub why: Option<String>,
}

/// What one receiver does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// In the order of time; none overlaps another.
    pub jobs: Vec<Job>,
    /// On every pass, in the order of their AOS.
    pub decisions: Vec<Decision>,
}

impl Candidate {
    fn begin(&self) -> Epoch {
        self.aos - self.lead
    }

    fn end(&self) -> Epoch {
        self.los + self.lag
    }

    /// Which of two passes goes first: priority, then the higher one, then the earlier one.
    fn rank(&self, other: &Self) -> Ordering {
        (other.priority.cmp(&self.priority))
            .then(other.elevation_deg.total_cmp(&self.elevation_deg))
            .then(self.aos.cmp(&other.aos))
            .then(self.satellite.cmp(&other.satellite))
            .then(self.los.cmp(&other.los))
    }

    /// Why this one gave way.
    fn gave_way(&self, to: &Self) -> String {
        let reason = match (other_priority(self, to), to.elevation_deg > self.elevation_deg) {
            (Some(priorities), _) => priorities,
            (None, true) => format!(
                "{:.0} degrees high against {:.0}",
                to.elevation_deg, self.elevation_deg
            ),
            (None, false) => "as high, and earlier".to_owned(),
        };
        format!("{} ({reason})", to.name)
    }
}

fn other_priority(pass: &Candidate, to: &Candidate) -> Option<String> {
    (to.priority != pass.priority).then(|| format!("priority {} against {}", to.priority, pass.priority))
}

/// Decides. A pass takes what those that go before it left, as far as a rest lasts at least `least` between AOS and LOS;
/// one that nobody cuts is received however short it is.
pub fn plan(candidates: &[Candidate], least: Duration) -> Plan {
    let mut ranked: Vec<&Candidate> = candidates.iter().collect();
    ranked.sort_by(|a, b| a.rank(b));
    let mut plan = Plan::default();
    for pass in ranked {
        let before: Vec<&Job> = plan
            .jobs
            .iter()
            .filter(|job| job.begin < pass.end() && job.end > pass.begin())
            .collect();
        let (jobs, decision) = decide(pass, &before, least);
        plan.decisions.push(decision);
        plan.jobs.extend(jobs);
        plan.jobs.sort_by_key(|job| job.begin);
    }
    plan.decisions
        .sort_by(|a, b| (a.pass.aos.cmp(&b.pass.aos)).then(a.pass.rank(&b.pass)));
    plan
}

/// What of a pass is received beside the jobs that go before it, which are in the order of time.
fn decide(pass: &Candidate, before: &[&Job], least: Duration) -> (Vec<Job>, Decision) {
    let free = free(pass, before);
    let seen = |begin: Epoch, end: Epoch| end.min(pass.los) - begin.max(pass.aos);
    let whole = |(begin, end): &(Epoch, Epoch)| *begin <= pass.aos && *end >= pass.los;
    let kept: Vec<(Epoch, Epoch)> = free
        .into_iter()
        .filter(|(begin, end)| begin < end && (whole(&(*begin, *end)) || seen(*begin, *end) >= least))
        .filter(|(begin, end)| whole(&(*begin, *end)) || seen(*begin, *end) > Duration::ZERO)
        .collect();
    let verdict = match &kept[..] {
        [] => Verdict::Skipped,
        [one] if whole(one) => Verdict::Whole,
        _ => Verdict::Cut,
    };
    let decision = Decision {
        pass: pass.clone(),
        verdict,
        why: (verdict != Verdict::Whole).then(|| why(pass, before, &kept, least)),
    };
    let jobs = kept.into_iter().map(|(begin, end)| Job {
        pass: pass.clone(),
        begin,
        end,
    });
    (jobs.collect(), decision)
}

/// The stretches of a pass that no job takes.
fn free(pass: &Candidate, before: &[&Job]) -> Vec<(Epoch, Epoch)> {
    let mut free = Vec::new();
    let mut from = pass.begin();
    for job in before {
        free.push((from, job.begin));
        from = from.max(job.end);
    }
    free.push((from, pass.end()));
    free
}

fn why(pass: &Candidate, before: &[&Job], kept: &[(Epoch, Epoch)], least: Duration) -> String {
    let mut others: Vec<String> = Vec::new();
    for text in before.iter().map(|job| pass.gave_way(&job.pass)) {
        if !others.contains(&text) {
            others.push(text);
        }
    }
    let others = others.join(" and ");
    if kept.is_empty() {
        return format!(
            "gives way to {others}, and no rest lasts {:.0} s",
            least.to_seconds()
        );
    }
    let clock = |at: Epoch| utc_text(at)[11..19].to_owned();
    let rests: Vec<String> = kept
        .iter()
        .map(|(begin, end)| {
            format!(
                "{} to {}",
                clock((*begin).max(pass.aos)),
                clock((*end).min(pass.los))
            )
        })
        .collect();
    format!("gives way to {others}, received {}", rests.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second(n: i64) -> Epoch {
        Epoch::from_gregorian_utc_at_midnight(2026, 3, 1) + Duration::from_seconds(n as f64)
    }

    fn pass(satellite: usize, priority: i64, from: i64, to: i64, elevation: f64) -> Candidate {
        Candidate {
            satellite,
            name: format!("s{satellite}"),
            priority,
            aos: second(from),
            tca: second(i64::midpoint(from, to)),
            los: second(to),
            elevation_deg: elevation,
            lead: Duration::from_seconds(5.0),
            lag: Duration::from_seconds(3.0),
        }
    }

    fn made(candidates: &[Candidate]) -> Plan {
        plan(candidates, Duration::from_seconds(60.0))
    }

    fn stretches(plan: &Plan) -> Vec<(usize, i64, i64)> {
        let since = |at: Epoch| (at - second(0)).to_seconds().round() as i64;
        let jobs = plan.jobs.iter();
        jobs.map(|job| (job.pass.satellite, since(job.begin), since(job.end)))
            .collect()
    }

    #[test]
    fn passes_that_do_not_meet_are_all_received() {
        let plan = made(&[pass(0, 0, 1000, 1600, 20.0), pass(1, 9, 100, 110, 5.0)]);
        assert_eq!(stretches(&plan), [(1, 95, 113), (0, 995, 1603)]);
        assert!(
            plan.decisions
                .iter()
                .all(|decision| decision.verdict == Verdict::Whole && decision.why.is_none())
        );
    }

    #[test]
    fn the_higher_priority_cuts_and_rests_on_either_side_are_used() {
        let plan = made(&[pass(0, 1, 0, 1000, 80.0), pass(1, 2, 400, 600, 10.0)]);
        assert_eq!(stretches(&plan), [(0, -5, 395), (1, 395, 603), (0, 603, 1003)]);
        assert_eq!(
            plan.decisions[0].why.as_deref(),
            Some(
                "gives way to s1 (priority 2 against 1), received 00:00:00 to 00:06:35 and 00:10:03 to 00:16:40"
            )
        );
        assert_eq!(plan.decisions[0].verdict, Verdict::Cut);
    }

    #[test]
    fn a_rest_that_is_too_short_is_not_used() {
        let plan = made(&[pass(0, 1, 0, 100, 80.0), pass(1, 2, 50, 600, 10.0)]);
        assert_eq!(stretches(&plan), [(1, 45, 603)]);
        assert_eq!(
            plan.decisions[0].why.as_deref(),
            Some("gives way to s1 (priority 2 against 1), and no rest lasts 60 s")
        );
    }

    #[test]
    fn of_equal_priority_the_higher_pass_goes_first_and_then_the_earlier() {
        let plan = made(&[pass(0, 1, 0, 300, 30.0), pass(1, 1, 100, 400, 60.0)]);
        assert_eq!(stretches(&plan), [(0, -5, 95), (1, 95, 403)]);
        let why = plan.decisions[0].why.clone().unwrap();
        assert!(why.contains("s1 (60 degrees high against 30)"), "{why}");
        let plan = made(&[pass(0, 1, 100, 400, 30.0), pass(1, 1, 0, 300, 30.0)]);
        assert_eq!(stretches(&plan), [(1, -5, 303), (0, 303, 403)]);
        let why = plan.decisions[1].why.clone().unwrap();
        assert!(why.contains("s1 (as high, and earlier)"), "{why}");
    }

    #[test]
    fn a_lead_that_is_cut_cuts_no_pass() {
        let plan = made(&[pass(0, 1, 0, 300, 30.0), pass(1, 1, 304, 600, 20.0)]);
        assert_eq!(stretches(&plan), [(0, -5, 303), (1, 303, 603)]);
        assert!(plan.decisions.iter().all(|d| d.verdict == Verdict::Whole));
    }

    fn passes() -> impl Strategy<Value = Vec<Candidate>> {
        let one = (0i64..3, 0i64..5000, 1i64..900, 0u8..4);
        prop::collection::vec(one, 0..14).prop_map(|passes| {
            let numbered = passes.into_iter().enumerate();
            numbered
                .map(|(n, (priority, from, length, elevation))| {
                    pass(n, priority, from, from + length, 20.0 * f64::from(elevation))
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn one_receiver_does_one_thing_at_a_time(candidates in passes(), least in 0i64..200) {
            let plan = plan(&candidates, Duration::from_seconds(least as f64));
            for pair in plan.jobs.windows(2) {
                prop_assert!(pair[0].end <= pair[1].begin);
            }
            for job in &plan.jobs {
                prop_assert!(job.begin < job.end);
                prop_assert!(job.begin >= job.pass.begin() && job.end <= job.pass.end());
                let seen = job.end.min(job.pass.los) - job.begin.max(job.pass.aos);
                let whole = job.begin <= job.pass.aos && job.end >= job.pass.los;
                prop_assert!(whole || seen >= Duration::from_seconds(least as f64));
            }
            prop_assert_eq!(plan.decisions.len(), candidates.len());
        }

        /// Nothing that is free and long enough is left out, and nobody gives way to one that ranks behind.
        #[test]
        fn who_gives_way_gives_way_to_one_that_goes_first(candidates in passes(), least in 1i64..200) {
            let least = Duration::from_seconds(least as f64);
            let plan = plan(&candidates, least);
            for pass in &candidates {
                let first: Vec<&Job> = plan.jobs.iter()
                    .filter(|job| job.pass.rank(pass) == Ordering::Less
                        && job.begin < pass.end() && job.end > pass.begin())
                    .collect();
                let own = |begin: Epoch, end: Epoch| plan.jobs.iter()
                    .any(|job| job.pass == *pass && job.begin == begin && job.end == end);
                for (begin, end) in free(pass, &first) {
                    let seen = end.min(pass.los) - begin.max(pass.aos);
                    if begin < end && seen >= least {
                        prop_assert!(own(begin, end), "{} is left out", pass.name);
                    }
                }
            }
            let best = candidates.iter().min_by(|a, b| a.rank(b));
            if let Some(best) = best {
                prop_assert!(plan.jobs.iter().any(|job| job.pass == *best
                    && job.begin == best.begin() && job.end == best.end()));
            }
        }

        #[test]
        fn the_order_of_the_passes_decides_nothing(candidates in passes(), seed in any::<u64>()) {
            let mut mixed = candidates.clone();
            let mut state = seed;
            for n in (1..mixed.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                mixed.swap(n, (state >> 33) as usize % (n + 1));
            }
            let least = Duration::from_seconds(60.0);
            prop_assert_eq!(plan(&candidates, least), plan(&mixed, least));
        }
    }
}
