//! Every key of the key map does what the help says of it.

use crate::scenes::{Scene, watched};
use groundlink::ui::{Action, App, Command, Depth, KEY_MAP, Mode, UiConfig, UiOptions, View};
use groundlink_decoder::coding::SyncState;
use groundlink_station::monitor::Until;
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

fn key(name: &str) -> Vec<Event> {
    let plain = |code| vec![Event::Key(KeyEvent::new(code, KeyModifiers::NONE))];
    match name {
        "Space" => plain(KeyCode::Char(' ')),
        "Tab" => plain(KeyCode::Tab),
        "BackTab" => plain(KeyCode::BackTab),
        "Esc" => plain(KeyCode::Esc),
        "Enter" => plain(KeyCode::Enter),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Left" => plain(KeyCode::Left),
        "Right" => plain(KeyCode::Right),
        "Home" => plain(KeyCode::Home),
        "End" => plain(KeyCode::End),
        "PgUp" => plain(KeyCode::PageUp),
        "PgDn" => plain(KeyCode::PageDown),
        "F1" => plain(KeyCode::F(1)),
        "Backspace" => plain(KeyCode::Backspace),
        _ => match name.strip_prefix("Ctrl-") {
            Some(letter) => {
                let code = KeyCode::Char(letter.chars().next().expect("a letter"));
                vec![Event::Key(KeyEvent::new(code, KeyModifiers::CONTROL))]
            }
            None => name.chars().flat_map(|c| plain(KeyCode::Char(c))).collect(),
        },
    }
}

fn press(app: &mut App, name: &str) -> Action {
    key(name)
        .iter()
        .map(|event| app.update(event))
        .last()
        .expect("at least one key")
}

/// Everything on the screen.
fn screen(app: &App) -> ratatui::buffer::Buffer {
    let area = ratatui::layout::Rect::new(0, 0, 120, 40);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    ratatui::widgets::Widget::render(app, area, &mut buffer);
    buffer
}

fn start() -> App {
    watched(Scene::Locked, Depth::Mono, 40).0
}

fn check_general(app: &mut App, command: Command, name: &str) {
    match command {
        Command::Line => {
            press(app, name);
            assert_eq!(app.mode, Mode::Line { typed: String::new() });
        }
        Command::Palette => {
            press(app, name);
            assert!(matches!(app.mode, Mode::Palette { .. }));
        }
        Command::Screenshot => {
            let Action::Write { path, bytes } = press(app, name) else {
                panic!("no picture")
            };
            assert_eq!(path, "groundlink-pass-960000.svg");
            assert!(bytes.starts_with(b"<svg "));
        }
        Command::Theme => {
            let before = app.paper();
            press(app, name);
            assert_ne!(app.paper(), before);
        }
        Command::Suspend => assert_eq!(press(app, name), Action::Suspend),
        Command::Remedy => {
            press(app, name);
            assert_eq!(
                app.notice.as_deref(),
                Some("remedies are in the view Explain (8, x)")
            );
        }
        Command::GoToRow => {
            app.view = View::Packets;
            assert!(matches!(press(app, name), Action::Seek(_)));
        }
        other => panic!("{other:?} is checked elsewhere"),
    }
}

/// What the command must do, tried on each of its keys from the same beginning.
fn check(command: Command, name: &str) {
    let mut app = start();
    match command {
        Command::Quit => assert_eq!(press(&mut app, name), Action::Quit),
        Command::Help => {
            press(&mut app, name);
            assert_eq!(app.mode, Mode::Help(0));
        }
        Command::Back => {
            app.view = View::Frames;
            press(&mut app, "e");
            press(&mut app, name);
            assert!(!app.expanded[View::Frames as usize]);
        }
        Command::NextView => {
            press(&mut app, name);
            assert_eq!(app.view, View::Signal);
        }
        Command::PreviousView => {
            press(&mut app, name);
            assert_eq!(app.view, View::Frames);
        }
        Command::Show(view) => {
            app.view = if view == View::Pass {
                View::Events
            } else {
                View::Pass
            };
            press(&mut app, name);
            assert_eq!(app.view, view);
        }
        Command::Up | Command::PageUp | Command::Top => check_up(&mut app, command, name),
        Command::Down | Command::PageDown | Command::Bottom => check_down(&mut app, command, name),
        Command::Left => {
            app.view = View::Frames;
            press(&mut app, name);
            assert_eq!(app.pane(), 2);
        }
        Command::Right | Command::NextPane => {
            app.view = View::Frames;
            press(&mut app, name);
            assert_eq!(app.pane(), 1);
        }
        Command::Expand => {
            press(&mut app, name);
            assert!(app.expanded[View::Pass as usize]);
        }
        Command::Filter => {
            app.view = View::Frames;
            press(&mut app, name);
            assert!(matches!(app.mode, Mode::Filter { .. }));
        }
        Command::Pause => assert_eq!(press(&mut app, name), Action::Pause(true)),
        Command::Freeze => {
            press(&mut app, name);
            assert!(app.frozen);
        }
        Command::Plus => assert_eq!(press(&mut app, name), Action::Pace(Some(2.0))),
        Command::Minus => assert_eq!(press(&mut app, name), Action::Pace(Some(0.5))),
        Command::Average | Command::PeakHold => {
            app.view = View::Signal;
            let before = screen(&app);
            assert_ne!((press(&mut app, name), screen(&app)), (Action::None, before));
        }
        Command::Marker => {
            press(&mut app, name);
            assert_eq!((app.view, app.markers.reference), (View::Signal, None));
            assert!(app.markers.now.is_some());
        }
        Command::ClearMarkers => {
            press(&mut app, "m");
            press(&mut app, name);
            assert_eq!(app.markers.now, None);
        }
        Command::Other => {
            app.view = View::Coding;
            press(&mut app, name);
            assert!(app.newest_only);
            press(&mut app, name);
            assert!(!app.newest_only);
        }
        Command::Line
        | Command::Palette
        | Command::Screenshot
        | Command::Theme
        | Command::Suspend
        | Command::GoToRow
        | Command::Remedy => check_general(&mut app, command, name),
        Command::Copy => {
            app.view = View::Packets;
            let Action::Copy(hex) = press(&mut app, name) else {
                panic!("nothing copied")
            };
            assert!(hex.starts_with("084"), "{hex}");
        }
        other => check_replay(&mut app, other, name),
    }
}

/// The list holds frames 4 to 39 and starts at the newest; nothing was drawn, so a page is one row.
fn check_up(app: &mut App, command: Command, name: &str) {
    app.view = View::Frames;
    assert_eq!(app.selected(View::Frames), Some(35));
    press(app, name);
    let expected = if command == Command::Top { 0 } else { 34 };
    assert_eq!(app.selected(View::Frames), Some(expected));
}

fn check_down(app: &mut App, command: Command, name: &str) {
    app.view = View::Frames;
    press(app, "gg");
    press(app, name);
    let expected = if command == Command::Bottom { 35 } else { 1 };
    assert_eq!(app.selected(View::Frames), Some(expected));
}

#[test]
fn every_key_does_what_it_says() {
    for binding in KEY_MAP {
        for name in binding.keys {
            check(binding.command, name);
        }
    }
}

#[test]
fn filters_are_typed_kept_and_dropped() {
    let mut app = start();
    press(&mut app, "9");
    let all = app.rows(View::Frames).len();
    press(&mut app, "/");
    press(&mut app, "vcid=7 q");
    assert!(app.rows(View::Frames).is_empty(), "no frame says q");
    press(&mut app, "Backspace");
    let idle = app.rows(View::Frames).len();
    assert!(0 < idle && idle < all);
    press(&mut app, "Enter");
    assert_eq!(app.mode, Mode::Normal);
    press(&mut app, "/");
    press(&mut app, "Ctrl-u");
    press(&mut app, "!vcid=7");
    assert_eq!(app.rows(View::Frames).len(), all - idle);
    press(&mut app, "Esc");
    assert_eq!(
        app.rows(View::Frames).len(),
        idle,
        "escape goes back to the filter before"
    );
    press(&mut app, "Esc");
    assert_eq!(app.rows(View::Frames).len(), all);
}

#[test]
fn help_scrolls_and_any_other_key_closes_it() {
    let mut app = start();
    press(&mut app, "?");
    press(&mut app, "j");
    assert_eq!(app.mode, Mode::Help(1));
    assert_eq!(press(&mut app, "q"), Action::None);
    assert_eq!(app.mode, Mode::Normal);
    press(&mut app, "?");
    assert_eq!(press(&mut app, "Ctrl-c"), Action::Quit);
}

#[test]
fn a_frozen_display_looks_at_nothing() {
    let (mut app, monitor) = watched(Scene::Locked, Depth::Mono, 40);
    let before = app.position();
    press(&mut app, "f");
    monitor.update(|s| s.position += 1);
    assert!(!app.poll(&monitor));
    assert_eq!(app.position(), before);
    press(&mut app, "f");
    assert!(app.poll(&monitor));
    assert_eq!(app.position(), before + 1);
}

#[test]
fn zoom_and_pan_stay_within_the_spectrum() {
    let mut app = start();
    press(&mut app, "2");
    press(&mut app, "l");
    assert_eq!(app.zoom.window(), (0.0, 1.0));
    press(&mut app, "+");
    assert_eq!(app.zoom.window(), (0.25, 0.75));
    for _ in 0..20 {
        press(&mut app, "l");
    }
    assert_eq!(app.zoom.window(), (0.5, 1.0));
    for _ in 0..20 {
        press(&mut app, "-");
    }
    assert_eq!(app.zoom.window(), (0.0, 1.0));
}

#[test]
fn markers_move_and_take_the_view_along() {
    let mut app = start();
    press(&mut app, "2");
    press(&mut app, "m");
    let first = app.markers.now.expect("a spectrum");
    assert!(
        (0.4..0.65).contains(&first),
        "the signal is near the middle: {first}"
    );
    press(&mut app, "+");
    press(&mut app, "+");
    press(&mut app, "l");
    let moved = app.markers.now.expect("a marker");
    assert!(first < moved && moved < first + 0.01);
    for _ in 0..400 {
        press(&mut app, "h");
    }
    let (from, to) = app.zoom.window();
    assert_eq!((from, to), (0.0, 0.25), "the view has followed the marker");
    assert_eq!(app.markers.now, Some(0.0));
    press(&mut app, "m");
    assert_eq!(app.markers.reference, Some(0.0));
    press(&mut app, "M");
    assert_eq!((app.markers.now, app.markers.reference), (None, None));
}

#[test]
fn pace_climbs_to_as_fast_as_possible() {
    let mut app = start();
    app.pace = Some(1024.0);
    assert_eq!(press(&mut app, "+"), Action::Pace(None));
    app.pace = None;
    assert_eq!(press(&mut app, "+"), Action::Pace(None));
    assert_eq!(
        press(&mut app, "-"),
        Action::Pace(Some(4.0)),
        "the scene runs at four times real time"
    );
    app.pace = Some(0.25);
    assert_eq!(press(&mut app, "-"), Action::Pace(Some(0.25)));
}

#[test]
fn clicks_on_tabs_open_them_and_the_wheel_scrolls() {
    let mut app = start();
    app.width = 80;
    let mouse = |kind, column, row| {
        Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    let click = |column| mouse(MouseEventKind::Down(MouseButton::Left), column, 1);
    for (column, view) in [
        (10, View::Signal),
        (20, View::Symbols),
        (45, View::Packets),
        (74, View::Frames),
    ] {
        app.update(&click(column));
        assert_eq!(app.view, view, "column {column}");
        app.update(&click(2));
        assert_eq!(app.view, View::Pass);
    }
    press(&mut app, "9");
    app.update(&mouse(MouseEventKind::ScrollUp, 10, 10));
    assert_eq!(app.selected(View::Frames), Some(32));
}

/// What a key asks of a run of which frames and a gap are known.
fn check_replay(app: &mut App, command: Command, name: &str) {
    let here = app.position();
    let asked = press(app, name);
    match command {
        Command::Step => assert_eq!(asked, Action::Step),
        Command::SeekBack => assert_eq!(asked, Action::Seek(here - 480_000)),
        Command::SeekForward => assert_eq!(asked, Action::Seek(here + 480_000)),
        Command::NextFrame => assert_eq!(asked, Action::RunUntil(Until::Frame)),
        Command::NextTrouble => assert_eq!(asked, Action::RunUntil(Until::Trouble)),
        Command::PreviousFrame => {
            let Action::Seek(first) = asked else {
                panic!("{asked:?}")
            };
            assert!(first < here);
            let Action::Seek(second) = press(app, name) else {
                panic!("no frame before")
            };
            assert!(second < first || first + 48_000 < here);
        }
        Command::PreviousTrouble => {
            assert_eq!(asked, Action::None);
            assert_eq!(
                app.notice.as_deref(),
                Some("no such gap or loss of lock is known")
            );
        }
        Command::SetMark => assert!(app.notice.as_deref().is_some_and(|n| n.starts_with("marked "))),
        Command::GoToMark => {
            assert_eq!(asked, Action::None);
            press(app, "'");
            assert_eq!(press(app, name), Action::Seek(here));
        }
        other => panic!("{other:?} moves no replay"),
    }
}

/// Types a line after `:` and takes it.
fn line(app: &mut App, typed: &str) -> Action {
    press(app, ":");
    typed.chars().for_each(|c| {
        let name = if c == ' ' {
            "Space".to_owned()
        } else {
            c.to_string()
        };
        press(app, &name);
    });
    press(app, "Enter")
}

#[test]
fn lines_do_what_they_say() {
    let mut app = start();
    assert_eq!(line(&mut app, "quit"), Action::Quit);
    assert_eq!(line(&mut app, "pace max"), Action::Pace(None));
    assert_eq!(line(&mut app, "pace 4"), Action::Pace(Some(4.0)));
    assert_eq!(
        line(&mut app, "set coding.randomizer=off"),
        Action::Set(vec!["coding.randomizer=off".into()])
    );
    assert_eq!(line(&mut app, "seek 1:30"), Action::Seek(90 * 48_000));
    assert_eq!(line(&mut app, "seek s77"), Action::Seek(77));
    let saved = |replace| Action::SaveProfile {
        path: "p.toml".into(),
        replace,
    };
    assert_eq!(line(&mut app, "save p.toml"), saved(false));
    assert_eq!(line(&mut app, "save! p.toml"), saved(true));
    assert_eq!(line(&mut app, "view packets"), Action::None);
    assert_eq!(app.view, View::Packets);
    line(&mut app, "filter len>100000");
    assert!(app.rows(View::Packets).is_empty());
    line(&mut app, "filter");
    let Action::Write { path, bytes } = line(&mut app, "export units.bin") else {
        panic!("nothing written")
    };
    assert_eq!(path, "units.bin");
    assert!(!bytes.is_empty());
}

#[test]
fn wrong_lines_say_why() {
    for (typed, said) in [
        ("fly", "no command fly; Tab lists them"),
        ("pace fast", "pace needs a multiple of real time, or max"),
        ("pace -1", "pace needs a multiple of real time, or max"),
        ("set x", "set needs KEY=VALUE"),
        ("seek soon", "seek needs seconds, h:mm:ss or sN for a sample"),
        ("view moon", "view needs the name of a view"),
        ("filter (", "a ) is missing"),
        ("export x", "nothing to export: packets and frames can be (6, 9)"),
        ("screenshot x.gif", "screenshots end in .svg or .ansi"),
    ] {
        let mut app = start();
        assert_eq!(line(&mut app, typed), Action::None, "{typed}");
        assert_eq!(app.notice.as_deref(), Some(said), "{typed}");
    }
}

#[test]
fn lines_are_completed_and_remembered() {
    let mut app = start();
    line(&mut app, "view events");
    press(&mut app, ":");
    press(&mut app, "th");
    press(&mut app, "Tab");
    assert_eq!(
        app.mode,
        Mode::Line {
            typed: "theme ".into()
        }
    );
    press(&mut app, "Up");
    assert_eq!(
        app.mode,
        Mode::Line {
            typed: "view events".into()
        }
    );
    press(&mut app, "Esc");
    assert_eq!(app.mode, Mode::Normal);
}

#[test]
fn the_palette_finds_commands_by_their_words() {
    let mut app = start();
    press(&mut app, "Ctrl-p");
    press(&mut app, "quit");
    assert_eq!(press(&mut app, "Enter"), Action::Quit);
    press(&mut app, "Ctrl-p");
    press(&mut app, "replay");
    press(&mut app, "Down");
    press(&mut app, "Enter");
    assert_eq!(
        app.mode,
        Mode::Line {
            typed: "pace ".into()
        }
    );
}

#[test]
fn keys_may_stand_for_others() {
    let config = UiConfig::parse("view = \"events\"\n[keys]\nZ = \"gg\"\nF2 = \"q\"").unwrap();
    let mut app = App::new(&UiOptions::new(String::new(), true, config), Depth::True);
    assert_eq!(app.view, View::Events);
    assert_eq!(
        app.update(&Event::Key(KeyEvent::new(KeyCode::F(2), KeyModifiers::NONE))),
        Action::Quit
    );
}

#[test]
fn the_bell_rings_at_lock_and_loss() {
    let monitor = groundlink_station::monitor::Monitor::new();
    let config = UiConfig {
        bell: true,
        ..UiConfig::default()
    };
    let mut app = App::new(&UiOptions::new(String::new(), true, config), Depth::True);
    let mut rings = |state| {
        monitor.update(|status| status.sync.state = state);
        app.poll(&monitor);
        app.rings()
    };
    assert!(!rings(SyncState::Search));
    assert!(rings(SyncState::Lock));
    assert!(!rings(SyncState::Lock));
    assert!(rings(SyncState::Search));
}

#[test]
fn explain_asks_once_and_tries_the_remedy_selected() {
    use groundlink_station::monitor::Explained;
    let (mut app, monitor) = watched(Scene::NoSignal, Depth::Mono, 8);
    assert_eq!(press(&mut app, "x"), Action::Explain);
    monitor.explain(Explained::Done(crate::scenes::explanation()));
    app.poll(&monitor);
    press(&mut app, "1");
    assert_eq!(press(&mut app, "x"), Action::None);
    assert_eq!(
        press(&mut app, "r"),
        Action::Set(vec!["coding.randomizer=none".into()])
    );
    press(&mut app, "j");
    assert_eq!(press(&mut app, "r"), Action::None);
    assert_eq!(app.notice.as_deref(), Some("lower the gain by 10 dB"));
    assert_eq!(press(&mut app, "Enter"), Action::Explain);
}
