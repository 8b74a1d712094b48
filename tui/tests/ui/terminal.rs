//! The loop between events, monitor and screen.

use crate::scenes::{Scene, publish};
use groundlink::ui::{Action, App, Depth, UiOptions, World, show};
use groundlink_station::monitor::{Monitor, Phase};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::io;
use std::time::{Duration, Instant};

fn typed(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

/// Keys, one per refresh, and what was asked for.
struct Keys<'k> {
    keys: std::str::Chars<'k>,
    asked: Vec<Action>,
}

impl World for Keys<'_> {
    fn event(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        std::thread::sleep(timeout);
        Ok(self.keys.next().map(typed))
    }

    fn act(&mut self, action: &Action) -> io::Result<Option<String>> {
        self.asked.push(action.clone());
        Ok(None)
    }

    fn failed(&self) -> bool {
        false
    }
}

/// Runs the loop with these keys; what was asked of the world.
fn play(monitor: &Monitor, keys: &str) -> (App, Vec<Action>) {
    let mut app = App::new(&UiOptions::default(), Depth::Mono);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a buffer");
    let mut world = Keys {
        keys: keys.chars(),
        asked: Vec::new(),
    };
    show(&mut terminal, &mut app, monitor, 20.0, &mut world).expect("nothing fails");
    (app, world.asked)
}

#[test]
fn keys_reach_the_monitor() {
    let monitor = Monitor::new();
    publish(&monitor, Scene::Frames, 1, false);
    monitor.set_pace(Some(1.0));
    let (app, asked) = play(&monitor, " +9yq");
    assert!(monitor.watched());
    assert!(monitor.paused());
    assert_eq!(monitor.pace(), Some(2.0));
    let [Action::Copy(copied)] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(copied.starts_with("1a530101"), "{copied}");
    assert_eq!(app.view.title(), "Frames");
}

#[test]
fn the_refresh_rate_bounds_the_looks() {
    let monitor = Monitor::new();
    let start = Instant::now();
    play(&monitor, "1234567123q");
    assert!(
        start.elapsed() >= Duration::from_millis(500),
        "eleven events at 20 Hz: {:?}",
        start.elapsed()
    );
}

#[test]
fn a_run_ended_from_elsewhere_ends_the_display() {
    let monitor = Monitor::new();
    monitor.stop();
    monitor.update(|s| s.phase = Phase::Finished);
    play(&monitor, "");
}

#[test]
fn a_failed_run_stays_on_screen() {
    let monitor = Monitor::new();
    monitor.stop();
    monitor.update(|s| s.phase = Phase::Failed("disk full".into()));
    let (app, _) = play(&monitor, "3q");
    assert_eq!(app.view.title(), "Symbols");
}
