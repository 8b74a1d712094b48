//! Whatever the size of the terminal and whatever is typed, drawing works.

use crate::scenes::{Noise, Scene, watched};
use groundlink::ui::{Action, App, Depth, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::{Duration, Instant};

fn draw(app: &App, width: u16, height: u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
    terminal
        .draw(|frame| frame.render_widget(app, frame.area()))
        .expect("a buffer takes everything");
}

#[test]
fn every_view_draws_at_the_smallest_sizes() {
    for scene in Scene::ALL {
        let (mut app, _) = watched(scene, Depth::True, 30);
        for view in View::ALL {
            app.view = view;
            for expanded in [false, true] {
                app.expanded = [expanded; View::ALL.len()];
                for width in [0, 1, 2, 3, 5, 8, 13, 40] {
                    for height in [0, 1, 2, 3, 4, 5, 8, 12] {
                        draw(&app, width, height);
                    }
                }
            }
        }
    }
}

#[test]
fn random_keys_at_random_sizes() {
    let mut noise = Noise::new(42);
    let keys: Vec<char> = "1234567?jkhlgGe/f+-y vcid=7!\t\r".chars().collect();
    for round in 0..60 {
        let scene = Scene::ALL[noise.word() as usize % Scene::ALL.len()];
        let depth = [Depth::Mono, Depth::Palette, Depth::True][round % 3];
        let (mut app, _) = watched(scene, depth, noise.word() % 40);
        for _ in 0..40 {
            let code = match keys[noise.word() as usize % keys.len()] {
                '\t' => KeyCode::Tab,
                '\r' => KeyCode::Enter,
                c => KeyCode::Char(c),
            };
            assert_ne!(
                app.update(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE))),
                Action::Quit
            );
            let (width, height) = ((noise.word() % 260) as u16, (noise.word() % 90) as u16);
            app.update(&Event::Resize(width, height));
            draw(&app, width, height);
        }
    }
}

#[test]
fn wild_numbers_are_drawn_too() {
    let (mut app, monitor) = watched(Scene::Locked, Depth::True, 30);
    for wild in [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        0.0,
    ] {
        monitor.update(|s| {
            s.eb_n0_db = wild;
            s.clipping = wild;
            s.signal_seconds = wild.into();
            s.position = u64::MAX;
            s.sync.channel_ber = wild;
            let receiver = s.receiver.as_mut().expect("the scene has a receiver");
            receiver.level_dbfs = wild;
            receiver.offset_hz = wild.into();
            receiver.symbol_rate_hz = wild.into();
        });
        monitor.update_plots(|p| {
            p.spectrum_serial += 1;
            p.constellation_serial += 1;
            p.span_hz = wild.into();
            p.spectrum.fill(wild);
            p.constellation.iter_mut().for_each(|point| point.re = wild);
        });
        app.poll(&monitor);
        for view in View::ALL {
            app.view = view;
            draw(&app, 80, 24);
            draw(&app, 250, 80);
        }
    }
}

/// Generous, since the machine may be busy: what counts is that drawing stays far from the 50 ms between two.
#[test]
fn drawing_large_screens_is_quick() {
    let (mut app, _) = watched(Scene::Locked, Depth::True, 300);
    let mut terminal = Terminal::new(TestBackend::new(250, 80)).expect("a buffer");
    for view in View::ALL {
        app.view = view;
        let quickest = (0..10).map(|_| {
            let start = Instant::now();
            terminal
                .draw(|frame| frame.render_widget(&app, frame.area()))
                .expect("a buffer takes everything");
            start.elapsed()
        });
        let quickest = quickest.min().expect("ten draws");
        println!("{view:?} at 250x80: {quickest:?}");
        assert!(
            quickest < Duration::from_millis(25),
            "{view:?} takes {quickest:?}"
        );
    }
}
