//! The loop between events, monitor and screen.

use crate::scenes::{Scene, publish};
use groundlink::ui::{App, Depth, UiOptions, show};
use groundlink_station::monitor::{Monitor, Phase};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::{Duration, Instant};

fn typed(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

/// Runs the loop with these keys, one per refresh; what was copied.
fn play(monitor: &Monitor, keys: &str) -> (App, Vec<String>) {
    let mut app = App::new(&UiOptions::default(), Depth::Mono);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a buffer");
    let mut keys = keys.chars();
    let mut copied = Vec::new();
    let events = |timeout: Duration| {
        std::thread::sleep(timeout);
        Ok(keys.next().map(typed))
    };
    let copy = |text: &str| {
        copied.push(text.to_owned());
        Ok(())
    };
    show(&mut terminal, &mut app, monitor, 20.0, events, copy, || false).expect("nothing fails");
    (app, copied)
}

#[test]
fn keys_reach_the_monitor() {
    let monitor = Monitor::new();
    publish(&monitor, Scene::Frames, 1, false);
    monitor.set_pace(Some(1.0));
    let (app, copied) = play(&monitor, " +5yq");
    assert!(monitor.watched());
    assert!(monitor.paused());
    assert_eq!(monitor.pace(), Some(2.0));
    assert_eq!(copied.len(), 1);
    assert!(copied[0].starts_with("1a530101"), "{}", copied[0]);
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
    assert_eq!(app.view.title(), "Constellation");
}
