//! Each view in each state, as it looks at both ends of the range of sizes.

use crate::scenes::{Scene, explanation, watched};
use groundlink::ui::{App, Depth, View};
use groundlink_station::monitor::Explained;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

const LOOKS: u64 = 64;

fn draw(app: &App, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
    terminal
        .draw(|frame| frame.render_widget(app, frame.area()))
        .expect("a buffer takes everything");
    terminal
}

fn text(app: &App, width: u16, height: u16) -> String {
    rows(draw(app, width, height).backend().buffer()).join("\n")
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let row = |y| {
        (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..buffer.area.height)
        .map(|y| row(y).trim_end().to_owned())
        .collect()
}

fn snapshot(scene: Scene, depth: Depth, width: u16, height: u16) {
    snapshot_views(&View::ALL, scene, depth, width, height);
}

fn snapshot_views(views: &[View], scene: Scene, depth: Depth, width: u16, height: u16) {
    let (mut app, _) = watched(scene, depth, LOOKS);
    for &view in views {
        app.view = view;
        let color = if depth == Depth::Mono { "-plain" } else { "" };
        let name = format!("{scene:?}-{}-{width}x{height}{color}", view.title()).to_lowercase();
        insta::assert_snapshot!(name, text(&app, width, height));
    }
}

#[test]
fn no_signal() {
    snapshot(Scene::NoSignal, Depth::True, 80, 24);
    snapshot(Scene::NoSignal, Depth::True, 250, 80);
}

#[test]
fn locked() {
    snapshot(Scene::Locked, Depth::True, 80, 24);
    snapshot(Scene::Locked, Depth::True, 250, 80);
}

#[test]
fn finished_with_gaps() {
    snapshot(Scene::Finished, Depth::True, 80, 24);
    snapshot(Scene::Finished, Depth::True, 250, 80);
}

#[test]
fn failed() {
    snapshot(Scene::Failed, Depth::True, 80, 24);
    snapshot(Scene::Failed, Depth::True, 250, 80);
}

#[test]
fn acquiring_faded_and_overloaded() {
    for scene in [Scene::Acquiring, Scene::Faded, Scene::Overloaded] {
        for (width, height) in [(80, 24), (140, 45), (250, 80)] {
            snapshot(scene, Depth::True, width, height);
        }
    }
}

#[test]
fn of_medium_size() {
    for scene in [Scene::NoSignal, Scene::Locked, Scene::Finished, Scene::Failed] {
        snapshot(scene, Depth::True, 140, 45);
    }
}

#[test]
fn without_colour() {
    snapshot(Scene::Finished, Depth::Mono, 80, 24);
}

#[test]
fn frames_as_input() {
    snapshot(Scene::Frames, Depth::True, 80, 24);
}

#[test]
fn help() {
    let (mut app, _) = watched(Scene::Start, Depth::True, 0);
    app.update(&Event::Key(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::NONE)));
    insta::assert_snapshot!("help-80x24", text(&app, 80, 24));
}

/// The colour of the sign in front of this name in the lock chain.
fn sign_color(scene: Scene, name: &str) -> (String, Color) {
    let (app, _) = watched(scene, Depth::True, LOOKS);
    let terminal = draw(&app, 80, 24);
    let buffer = terminal.backend().buffer();
    let y = rows(buffer)
        .iter()
        .position(|row| row.contains(&format!(" {name} ")))
        .expect("a row of this name");
    let cell = &buffer[(2, y as u16)];
    (cell.symbol().to_owned(), cell.fg)
}

#[test]
fn colours_say_the_same_as_the_signs() {
    const GREEN: Color = Color::Rgb(96, 208, 122);
    const YELLOW: Color = Color::Rgb(240, 190, 84);
    assert_eq!(sign_color(Scene::Locked, "carrier"), ("●".into(), GREEN));
    assert_eq!(sign_color(Scene::NoSignal, "carrier"), ("○".into(), YELLOW));
    assert_eq!(sign_color(Scene::NoSignal, "level"), ("●".into(), GREEN));
    assert_eq!(sign_color(Scene::Finished, "frames"), ("◐".into(), YELLOW));
}

#[test]
fn without_colour_no_cell_has_one() {
    for scene in Scene::ALL {
        let (mut app, _) = watched(scene, Depth::Mono, LOOKS);
        for view in View::ALL {
            app.view = view;
            let terminal = draw(&app, 120, 40);
            let cells = &terminal.backend().buffer().content;
            assert!(
                cells.iter().all(|c| (c.fg, c.bg) == (Color::Reset, Color::Reset)),
                "{scene:?} {view:?}"
            );
        }
    }
}

#[test]
fn explained() {
    let (mut app, monitor) = watched(Scene::NoSignal, Depth::True, LOOKS);
    app.view = View::Explain;
    for (state, explained) in [
        ("working", Explained::Working),
        (
            "failed",
            Explained::Failed("no samples have come to look at".into()),
        ),
        ("done", Explained::Done(explanation())),
    ] {
        monitor.explain(explained);
        app.poll(&monitor);
        for (width, height) in [(80, 24), (140, 45), (250, 80)] {
            insta::assert_snapshot!(
                format!("explain-{state}-{width}x{height}"),
                text(&app, width, height)
            );
        }
    }
}
