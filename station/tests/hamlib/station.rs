//! A station by itself with a rotator and a radio.

use super::overhead::overhead;
use super::{free_port, start};
use groundlink_station::hamlib::{Rig, Rotator};
use groundlink_station::monitor::Monitor;
use groundlink_station::schedule;
use hifitime::{Duration, Epoch};
use std::time::Instant;

const STATION: &str = "\
[site]
latitude = 48.21
longitude = 16.37
altitude = 180
[receiver]
input = 'rtl_tcp://127.0.0.1:1'
rate = 240000
[results]
folder = 'passes'
[[satellite]]
name = 'bird'
tle = 'bird.json'
min_elevation = 20
center_frequency = '145 MHz'
[[satellite.downlink]]
profile = 'demo'
offset = 0
";

/// Without a receiver, which keeps the antenna from nothing.
#[test]
fn a_station_points_and_tunes() {
    let (Some(rotctld), Some(rigctld)) = (start("rotctld", free_port()), start("rigctld", free_port()))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("station.toml");
    let (omm, _) = overhead(
        "bird",
        90_001,
        Epoch::now().unwrap() + Duration::from_seconds(30.0),
        10.0,
    );
    std::fs::write(folder.path().join("bird.json"), omm).unwrap();
    let hamlib = format!("rotator = '{}'\nrig = '{}'\n", rotctld.address, rigctld.address);
    std::fs::write(&path, format!("{hamlib}{STATION}")).unwrap();
    let (mut rotator, mut rig) = (Rotator::new(&rotctld.address), Rig::new(&rigctld.address));
    let stop = Monitor::new();
    std::thread::scope(|scope| {
        let (path, stop) = (path.to_str().unwrap(), &stop);
        let station = scope.spawn(move || schedule::run(path, stop, None, &|_| {}).unwrap());
        let patience = Instant::now() + std::time::Duration::from_secs(90);
        // The dummy turns by six degrees a second.
        loop {
            let (_, elevation) = rotator.position().unwrap();
            let hz = rig.frequency().unwrap();
            if elevation > 1.0 && hz != 145e6 && (hz - 145e6).abs() < 4e3 {
                break;
            }
            assert!(Instant::now() < patience, "{elevation} degrees, {hz} Hz");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        stop.stop();
        assert_eq!(station.join().unwrap(), schedule::Done::default());
    });
    assert_eq!(rig.frequency(), Ok(145e6));
}
