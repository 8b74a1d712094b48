//! A station by itself with a device by the real `SoapySDR` library: two passes, tuned one after the other.

use crate::chain_support::overhead::overhead;
use crate::players::Recording;
use crate::red_pitaya::{Program, listen, serve};
use groundlink_station::monitor::Monitor;
use groundlink_station::schedule::{self, Event};
use hifitime::{Duration, Epoch};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const FRAMES: u64 = 20;

fn station(folder: &Path, port: u16) -> String {
    let mut text = format!(
        "[site]\nlatitude = 48.21\nlongitude = 16.37\naltitude = 180\n[schedule]\nlead = 0\nlag = 0\nmin_pass = 1\n\
         [receiver]\ninput = 'soapy:driver=redpitaya,addr=127.0.0.1,port={port}'\nrate = 250000\n\
         [results]\nfolder = 'passes'\n"
    );
    let profile = "[signal]\nsymbol_rate = 25000\nmodulation = 'bpsk'\n[coding]\nconvolutional = true\n[frame]\ntype = 'aos'\n\
                   scid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n";
    std::fs::write(folder.join("link.toml"), profile).unwrap();
    let now = Epoch::now().unwrap();
    for (norad, (name, priority, los)) in (90_001..).zip([("one", 1, 12.0), ("two", 0, 900.0)]) {
        let middle = now + Duration::from_seconds((los - 30.0) / 2.0);
        let (omm, elevation) = overhead(name, norad, middle, f64::midpoint(los, 30.0));
        std::fs::write(folder.join(format!("{name}.json")), omm).unwrap();
        text.extend([format!(
            "[[satellite]]\nname = '{name}'\ntle = '{name}.json'\npriority = {priority}\nmin_elevation = {elevation}\n\
             center_frequency = '{} MHz'\n[[satellite.downlink]]\nprofile = 'link.toml'\noffset = 0\n",
            2 - priority
        )]);
    }
    let path = folder.join("station.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_device_is_tuned_to_one_satellite_after_the_other() {
    let recording = Recording::of(25_000.0, 250e3, "cf32_le", FRAMES);
    let listener = listen(0).unwrap();
    let port = listener.local_addr().unwrap().port();
    let words = serve(
        listener,
        Program {
            bytes: Arc::new(recording.bytes.clone()),
            pace: 1.0,
            silence: None,
        },
    );
    let folder = tempfile::tempdir().unwrap();
    let path = station(folder.path(), port);
    let (stop, events) = (Monitor::new(), Mutex::new(Vec::new()));
    let say = |event: &Event| events.lock().unwrap().push(event.clone());
    let has = |wanted: &dyn Fn(&Event) -> bool| events.lock().unwrap().iter().any(wanted);
    let missing = |event: &Event| matches!(event, Event::Failed { error, .. } if error.contains("no match"));
    let received = || {
        let two = folder.path().join("passes").join("two");
        let pass = std::fs::read_dir(two).ok()?.next()?.ok()?.path();
        std::fs::read(pass.join("two.frames")).ok()
    };
    std::thread::scope(|scope| {
        let station = scope.spawn(|| schedule::run(&path, &stop, None, &say));
        let patience = Instant::now() + std::time::Duration::from_secs(90);
        while received().is_none_or(|frames| frames.is_empty()) && !has(&missing) {
            if Instant::now() > patience {
                stop.stop();
            }
            assert!(Instant::now() < patience, "{:?}", events.lock());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        stop.stop();
        station.join().unwrap().unwrap();
    });
    if has(&missing) {
        println!("skipped: soapysdr-module-redpitaya is not installed");
        return;
    }
    let words = words.lock().unwrap().clone();
    let place = |hz: u32| words.iter().position(|word| *word == hz);
    assert!(
        place(1_000_000) < place(2_000_000) && place(1_000_000).is_some(),
        "{words:?}"
    );
    let (frames, length) = (received().unwrap(), recording.file.frames.len() / FRAMES as usize);
    assert_eq!(frames.len() % length, 0);
    let mut sent = recording.file.frames.chunks(length);
    assert!(
        frames
            .chunks(length)
            .all(|frame| sent.any(|other| other == frame))
    );
}
