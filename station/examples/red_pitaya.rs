//! Plays a file of cf32 samples as a Red Pitaya would, for a receiver opened with
//! `soapy:driver=redpitaya,addr=127.0.0.1,port=PORT`:
//!
//!     cargo run -p groundlink-station --example red_pitaya -- FILE.cf32 [PORT [PACE]]

#[path = "../tests/live/red_pitaya.rs"]
mod red_pitaya;

use red_pitaya::{Program, listen, serve};
use std::error::Error;
use std::sync::Arc;
use std::thread;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let file = words.next().ok_or("usage: red_pitaya FILE.cf32 [PORT [PACE]]")?;
    let port: u16 = words.next().map_or(Ok(1001), |word| word.parse())?;
    let pace = words.next().map_or(Ok(1.0), |word| word.parse())?;
    serve(
        listen(port)?,
        Program {
            bytes: Arc::new(std::fs::read(file)?),
            pace,
            silence: None,
        },
    );
    loop {
        thread::park();
    }
}
