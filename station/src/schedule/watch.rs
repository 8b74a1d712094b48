//! Noticing that files have changed, or the clock.

use hifitime::Epoch;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Change of the clock against the passing of time that counts as a jump, s.
const JUMP_S: f64 = 2.0;

/// What makes a new plan due.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A file.
    File(PathBuf),
    /// The clock, by so many seconds.
    Clock(f64),
    /// Another day has begun.
    Day,
}

/// What a file looks like from outside.
type Look = Option<(SystemTime, u64)>;

/// Files and the clock as they were.
#[derive(Debug)]
pub struct Watch {
    files: Vec<(PathBuf, Look)>,
    looked: Instant,
    clock: (Epoch, Instant),
}

fn look(path: &Path) -> Look {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

impl Watch {
    /// Begins to watch.
    pub fn new(files: Vec<PathBuf>, utc: Epoch, now: Instant) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|path| {
                    let look = look(&path);
                    (path, look)
                })
                .collect(),
            looked: now,
            clock: (utc, now),
        }
    }

    /// Watches these files instead, of which those it watches already are taken as they were.
    pub fn follow(&mut self, files: Vec<PathBuf>) {
        let known = std::mem::take(&mut self.files);
        let old = |path: &PathBuf| {
            known
                .iter()
                .find(|(other, _)| other == path)
                .map(|(_, look)| *look)
        };
        self.files = files
            .into_iter()
            .map(|path| {
                let look = old(&path).unwrap_or_else(|| look(&path));
                (path, look)
            })
            .collect();
    }

    /// What has changed, one after the other.
    pub fn change(&mut self, utc: Epoch, now: Instant) -> Option<Change> {
        let (was, then) = self.clock;
        self.clock = (utc, now);
        let jumped = (utc - was).to_seconds() - now.saturating_duration_since(then).as_secs_f64();
        if jumped.abs() > JUMP_S {
            return Some(Change::Clock(jumped));
        }
        if utc.to_mjd_utc_days().floor() != was.to_mjd_utc_days().floor() {
            return Some(Change::Day);
        }
        if now.saturating_duration_since(self.looked) < LOOK_EVERY {
            return None;
        }
        for (path, was) in &mut self.files {
            let is = look(path);
            if is != *was {
                *was = is;
                return Some(Change::File(path.clone()));
            }
        }
        self.looked = now;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_days_and_files_are_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tle");
        fs::write(&path, "x").unwrap();
        let utc = Epoch::from_gregorian_utc(2026, 3, 1, 23, 59, 50, 0);
        let begun = Instant::now();
        let mut watch = Watch::new(vec![path.clone()], utc, begun);
        let mut at = |utc_s: f64, s: f64| {
            watch.change(
                utc + hifitime::Duration::from_seconds(utc_s),
                begun + Duration::from_secs_f64(s),
            )
        };
        assert_eq!(at(1.0, 1.0), None);
        // A tenth of a second at every look is a clock that is slewed.
        assert_eq!(at(2.1, 2.0), None);
        assert!(matches!(at(-57.9, 3.0), Some(Change::Clock(by)) if (by + 61.0).abs() < 1e-6));
        assert_eq!(at(-56.9, 4.0), None);
        assert!(matches!(at(3.1, 5.0), Some(Change::Clock(_))));
        assert_eq!(at(9.0, 10.9), None);
        assert_eq!(at(10.1, 12.0), Some(Change::Day));
        assert_eq!(at(11.1, 13.0), None);
        fs::write(&path, "xy").unwrap();
        assert_eq!(at(11.3, 13.2), None);
        assert_eq!(at(12.4, 14.3), Some(Change::File(path.clone())));
        assert_eq!(at(12.5, 14.4), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(at(14.1, 16.0), Some(Change::File(path.clone())));
        assert_eq!(at(16.1, 18.0), None);
    }
}
