//! The parts of the `groundlink` program: the command line and the terminal UI.

pub mod cli;
pub mod ui;
