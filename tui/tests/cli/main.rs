//! The command line's contract, held against the program itself.

mod commands;
mod damage;
mod mistakes;
mod outputs;
mod passes;
mod pipes;
mod recording;
mod station;
mod support;
