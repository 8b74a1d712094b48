//! Going from place to place in the replay: frames, troubles, seconds, a mark.

use super::app::App;
use super::keys::Command;
use super::model::{Action, View};
use groundlink_station::monitor::{Phase, Until};

/// Seconds that a seek key goes.
const SEEK_SECONDS: f64 = 10.0;
/// Seconds of signal after a jump during which the next one is counted from where it went.
const STILL_THERE_SECONDS: f64 = 1.0;

impl App {
    /// Does a command that moves the replay.
    pub(super) fn replay_command(&mut self, command: Command) -> Action {
        match command {
            Command::Step => Action::Step,
            Command::SeekBack => self.seek_seconds(-SEEK_SECONDS),
            Command::SeekForward => self.seek_seconds(SEEK_SECONDS),
            Command::NextFrame => self.jump(Until::Frame, true),
            Command::PreviousFrame => self.jump(Until::Frame, false),
            Command::NextTrouble => self.jump(Until::Trouble, true),
            Command::PreviousTrouble => self.jump(Until::Trouble, false),
            Command::SetMark => self.set_mark(),
            Command::GoToMark => self.go_to_mark(),
            _ => Action::None,
        }
    }

    pub(super) fn rate_hz(&self) -> Option<f64> {
        let input = self.data.status.input.as_ref();
        input.and_then(|input| input.sample_rate_hz)
    }

    /// Where the replay is, or was told to go just now.
    fn place(&self) -> u64 {
        let position = self.position();
        let still = self
            .rate_hz()
            .map_or(0, |rate| (rate * STILL_THERE_SECONDS) as u64);
        self.jumped
            .filter(|&at| (at..=at.saturating_add(still)).contains(&position))
            .unwrap_or(position)
    }

    /// Asks for a sample.
    pub(super) fn seek(&mut self, sample: u64) -> Action {
        self.jumped = Some(sample);
        Action::Seek(sample)
    }

    fn seek_seconds(&mut self, seconds: f64) -> Action {
        let Some(rate) = self.rate_hz() else {
            self.notice = Some("only samples can be sought".into());
            return Action::None;
        };
        let to = self.position().saturating_add_signed((seconds * rate) as i64);
        let length = self.data.status.input.as_ref().and_then(|input| input.length);
        self.seek(length.map_or(to, |length| to.min(length.saturating_sub(1))))
    }

    /// Goes to the next (or previous) frame or trouble that is known; on to the next one that comes where none is.
    fn jump(&mut self, what: Until, forward: bool) -> Action {
        let from = self.place();
        let data = &self.data;
        let ahead = |sample: u64| if forward { sample > from } else { sample < from };
        let frames = data.frames.entries().iter().map(|e| (e.item.sample, e.number));
        let troubles = data.events.entries().iter().filter(|e| e.item.kind.trouble());
        let known: Vec<(u64, u64)> = match what {
            Until::Frame => frames.filter_map(|(at, n)| Some((at?, n))).collect(),
            Until::Trouble => troubles
                .filter_map(|e| Some((e.item.sample?, e.number)))
                .collect(),
        };
        let known = known.into_iter().filter(|&(at, _)| ahead(at));
        // What was decoded twice is in the list twice: the newest counts.
        let nearest = if forward {
            known.min_by_key(|&(at, n)| (at, u64::MAX - n))
        } else {
            known.max_by_key(|&(at, n)| (at, n))
        };
        match nearest {
            Some((at, number)) => {
                let view = match what {
                    Until::Frame => View::Frames,
                    Until::Trouble => View::Events,
                };
                self.select(view, number);
                self.seek(at)
            }
            None if forward && data.status.phase == Phase::Running => {
                self.notice = Some(match what {
                    Until::Frame => "on to the next frame".into(),
                    Until::Trouble => "on to the next gap or loss of lock".into(),
                });
                Action::RunUntil(what)
            }
            None => {
                self.notice = Some(match what {
                    Until::Frame => "no such frame is known".into(),
                    Until::Trouble => "no such gap or loss of lock is known".into(),
                });
                Action::None
            }
        }
    }

    fn set_mark(&mut self) -> Action {
        let at = self.place();
        self.mark = Some(at);
        self.notice = Some(format!("marked {}; ` goes there", self.name_of(at)));
        Action::None
    }

    fn go_to_mark(&mut self) -> Action {
        if let Some(at) = self.mark {
            return self.seek(at);
        }
        self.notice = Some("no mark is set: ' sets one".into());
        Action::None
    }

    /// A place for people.
    fn name_of(&self, sample: u64) -> String {
        let samples = super::format::grouped(sample);
        match self.rate_hz() {
            Some(rate) => format!("{:.3} s (sample {samples})", sample as f64 / rate),
            None => samples,
        }
    }
}
