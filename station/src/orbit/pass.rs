//! When a satellite is above a site's horizon.

use super::{Look, OrbitError, Satellite, Site};
use hifitime::{Duration, Epoch};

/// Looks per revolution, from which the time between two is found: fine enough that none hides a pass.
const LOOKS_PER_REVOLUTION: f64 = 150.0;
/// Bounds of that time, s.
const FINEST_S: f64 = 10.0;
const COARSEST_S: f64 = 300.0;
/// Rounds of bisection: from the coarsest time to below a millisecond.
const ROUNDS: usize = 20;

/// A moment of a pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassPoint {
    /// UTC.
    pub at: Epoch,
    /// Where the satellite stands.
    pub look: Look,
}

/// A satellite above the horizon (or the elevation asked for), within the time asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Acquisition of signal; where the pass was in progress already, the beginning of the time asked for.
    pub aos: PassPoint,
    /// Highest elevation (time of closest approach).
    pub tca: PassPoint,
    /// Loss of signal; where the pass goes on, the end of the time asked for.
    pub los: PassPoint,
    /// It had begun before the time asked for.
    pub in_progress: bool,
    /// It goes on after the time asked for.
    pub goes_on: bool,
}

impl Pass {
    /// Its length, s.
    pub fn seconds(&self) -> f64 {
        (self.los.at - self.aos.at).to_seconds()
    }
}

/// The satellite's passes over a site within `seconds` from a time on, above an elevation (degrees).
///
/// # Errors
/// When SGP4 has no answer for a time among these.
pub fn passes(
    satellite: &Satellite,
    site: &Site,
    from: Epoch,
    seconds: f64,
    least_deg: f64,
) -> Result<Vec<Pass>, OrbitError> {
    let scan = Scan {
        satellite,
        site,
        from,
        least_deg,
    };
    let step = (satellite.period_s() / LOOKS_PER_REVOLUTION).clamp(FINEST_S, COARSEST_S);
    let count = (seconds / step).ceil().max(1.0) as usize;
    let time = |k: usize| (k as f64 * step).min(seconds);
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let (mut before, mut here) = (None, scan.point(0.0)?);
    if scan.above(&here) {
        open = Some(Open::new(here, true));
    }
    for k in 1..=count {
        let next = scan.point(time(k))?;
        scan.step(before, here, next, &mut open, &mut found)?;
        (before, here) = (Some(here), next);
    }
    if let Some(open) = open {
        found.push(open.closed(here, true));
    }
    Ok(found)
}

/// A pass of which the end is not yet known.
#[derive(Clone, Copy)]
struct Open {
    aos: Point,
    highest: Point,
    in_progress: bool,
}

impl Open {
    fn new(aos: Point, in_progress: bool) -> Self {
        Self {
            aos,
            highest: aos,
            in_progress,
        }
    }

    fn closed(self, los: Point, goes_on: bool) -> Pass {
        Pass {
            aos: self.aos.point,
            tca: higher(self.highest, los).point,
            los: los.point,
            in_progress: self.in_progress,
            goes_on,
        }
    }
}

/// A look, so many seconds after the beginning.
#[derive(Clone, Copy)]
struct Point {
    seconds: f64,
    point: PassPoint,
}

impl Point {
    fn elevation(&self) -> f64 {
        self.point.look.elevation_deg
    }
}

struct Scan<'a> {
    satellite: &'a Satellite,
    site: &'a Site,
    from: Epoch,
    least_deg: f64,
}

impl Scan<'_> {
    fn point(&self, seconds: f64) -> Result<Point, OrbitError> {
        let at = self.from + Duration::from_seconds(seconds);
        let look = self.satellite.look(self.site, at)?;
        Ok(Point {
            seconds,
            point: PassPoint { at, look },
        })
    }

    fn above(&self, point: &Point) -> bool {
        point.elevation() >= self.least_deg
    }

    /// Takes the next look; a peak between the last three may hide a pass as a whole.
    fn step(
        &self,
        before: Option<Point>,
        here: Point,
        next: Point,
        open: &mut Option<Open>,
        found: &mut Vec<Pass>,
    ) -> Result<(), OrbitError> {
        if let Some(before) = before
            .filter(|before| before.elevation() <= here.elevation() && next.elevation() < here.elevation())
        {
            let peak = self.peak(before.seconds, next.seconds)?;
            if let Some(open) = open {
                open.highest = higher(open.highest, peak);
            } else if self.above(&peak) && !self.above(&next) {
                let mut hidden = Open::new(self.crossing(before, peak)?, false);
                hidden.highest = peak;
                found.push(hidden.closed(self.crossing(next, peak)?, false));
                return Ok(());
            }
        }
        match (*open, self.above(&next)) {
            (None, true) => *open = Some(Open::new(self.crossing(here, next)?, false)),
            (Some(pass), false) => {
                let los = self.crossing(next, here)?;
                found.push(pass.closed(los, false));
                *open = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// The moment between two points at which the elevation passes the least one; `above` is on the upper side.
    fn crossing(&self, mut below: Point, mut above: Point) -> Result<Point, OrbitError> {
        for _ in 0..ROUNDS {
            let middle = self.point(f64::midpoint(below.seconds, above.seconds))?;
            if self.above(&middle) {
                above = middle;
            } else {
                below = middle;
            }
        }
        Ok(above)
    }

    /// The highest point between two times, with one maximum between them.
    fn peak(&self, mut from: f64, mut to: f64) -> Result<Point, OrbitError> {
        for _ in 0..2 * ROUNDS {
            let third = (to - from) / 3.0;
            let (left, right) = (self.point(from + third)?, self.point(to - third)?);
            if left.elevation() < right.elevation() {
                from += third;
            } else {
                to -= third;
            }
        }
        self.point(f64::midpoint(from, to))
    }
}

fn higher(one: Point, other: Point) -> Point {
    if other.elevation() > one.elevation() {
        other
    } else {
        one
    }
}
