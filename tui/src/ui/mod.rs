//! The terminal UI: watches a running chain through its [`Monitor`](groundlink_station::monitor::Monitor).
//!
//! State is in [`App`], [`App::update`] takes events, `&App` is a widget, and [`run`] ties them to the
//! terminal. The chain is looked at, never waited for, and never waits.

mod app;
mod ascii;
mod chain;
mod colors;
mod config;
mod data;
mod decode;
mod filter;
mod format;
mod keys;
mod line;
mod list;
mod model;
mod replay;
mod screenshot;
mod terminal;
mod theme;
mod traces;
mod view;

pub use app::App;
pub use colors::ThemeName;
pub use config::UiConfig;
pub use keys::{Binding, Command, Group, KEY_MAP};
pub use model::{Action, Mode, UiOptions, View, Zoom};
pub use screenshot::{ansi, drawn, svg};
pub use terminal::{Pilot, World, run, show};
pub use theme::Depth;
