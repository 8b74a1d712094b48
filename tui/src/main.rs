//! Groundlink: ground-station modem and telemetry decoder.

use std::process::ExitCode;

fn main() -> ExitCode {
    groundlink::cli::main()
}
