//! The terminal UI, driven by events and drawn to a buffer.

mod keys;
mod scenes;
mod screens;
mod sizes;
mod terminal;
