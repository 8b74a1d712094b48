//! Rotators and radios through the real daemons of Hamlib, with its dummies behind them.

#[path = "../chain_support/overhead.rs"]
mod overhead;
mod station;

use groundlink_station::hamlib::{HamlibError, Rig, Rotator};
use groundlink_station::input::parse_utc;
use groundlink_station::orbit::{Catalogue, Satellite};
use groundlink_station::track::{PassClock, Tracker};
use hifitime::{Epoch, Unit};
use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ISS: &str = "\
1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082
2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473
";

/// A daemon that ends with the test.
struct Daemon {
    child: Child,
    address: String,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Starts a daemon with its dummy, on this port; `None`, with a line, where it is not installed.
fn start(program: &str, port: u16) -> Option<Daemon> {
    let child = Command::new(program)
        .args(["-m", "1", "-T", "127.0.0.1", "-t", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = child else {
        println!("skipped: {program} is not installed");
        return None;
    };
    let daemon = Daemon {
        child,
        address: format!("127.0.0.1:{port}"),
    };
    let patience = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&daemon.address).is_err() {
        assert!(Instant::now() < patience, "{program} does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(daemon)
}

#[test]
fn the_dummies_do_what_they_are_asked_for() {
    let (Some(rotctld), Some(rigctld)) = (start("rotctld", free_port()), start("rigctld", free_port()))
    else {
        return;
    };
    let mut rig = Rig::new(&rigctld.address);
    rig.tune(437_009_863.4).unwrap();
    assert_eq!(rig.frequency(), Ok(437_009_863.0));

    let mut rotator = Rotator::new(&rotctld.address);
    rotator.point(2.0, 1.0).unwrap();
    // The dummy turns by six degrees a second.
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let (azimuth, elevation) = rotator.position().unwrap();
        if (azimuth - 2.0).abs() < 0.01 && (elevation - 1.0).abs() < 0.01 {
            break;
        }
        assert!(Instant::now() < patience, "{azimuth} {elevation}");
        std::thread::sleep(Duration::from_millis(50));
    }
    rotator.park().unwrap();
    assert_eq!(
        (rotator.client().connections(), rig.client().connections()),
        (1, 1)
    );
}

#[test]
fn a_daemon_that_comes_back_is_found_again() {
    let port = free_port();
    let Some(first) = start("rigctld", port) else {
        return;
    };
    let mut rig = Rig::new(&first.address);
    rig.tune(145e6).unwrap();
    drop(first);
    assert!(matches!(rig.tune(146e6), Err(HamlibError::Connection { .. })));
    let Some(_second) = start("rigctld", port) else {
        return;
    };
    let patience = Instant::now() + Duration::from_secs(20);
    while rig.tune(147e6).is_err() {
        assert!(Instant::now() < patience, "the daemon is not found again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(rig.frequency(), Ok(147e6));
    assert!(rig.client().connections() > 1);
}

#[test]
fn a_refusal_leaves_the_connection_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in ["set_freq: 5\nRPRT -11\n", "set_freq: 6\nRPRT 0\n"] {
            let mut bytes = [0; 64];
            assert!(stream.read(&mut bytes).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let mut rig = Rig::new(&address);
    assert_eq!(
        rig.tune(5.0).unwrap_err().to_string(),
        format!("{address}: set_freq 5: refused with error -11")
    );
    assert_eq!(rig.tune(6.0), Ok(()));
    server.join().unwrap();
}

/// A clock that jumps ahead instead of waiting.
struct Jumping(Cell<Epoch>);

impl PassClock for Jumping {
    fn now(&self) -> Epoch {
        self.0.get()
    }

    fn nap(&self, seconds: f64) {
        self.0.set(self.0.get() + Unit::Second * seconds.max(1e-3));
    }
}

#[test]
fn a_pass_is_followed_from_before_it_rises_until_it_has_set() {
    let (Some(rotctld), Some(rigctld)) = (start("rotctld", free_port()), start("rigctld", free_port()))
    else {
        return;
    };
    let elements = Catalogue::parse("iss", ISS).unwrap().elements.remove(0);
    let mut tracker = Tracker {
        satellite: Satellite::new(&elements).unwrap(),
        site: "48.2082,16.3738,183".parse().unwrap(),
        least_deg: 10.0,
        frequency_hz: Some(437e6),
        rotator: Some(Rotator::new(&rotctld.address)),
        rig: Some(Rig::new(&rigctld.address)),
        every_s: 10.0,
    };
    tracker.check().unwrap();
    let clock = Jumping(Cell::new(parse_utc("2014-01-21T00:30:00Z").unwrap()));
    let pass = tracker.next_pass(clock.now()).unwrap().unwrap();
    let watch = RefCell::new((Rig::new(&rigctld.address), Vec::new()));
    let look = || {
        let (rig, seen) = &mut *watch.borrow_mut();
        seen.push(rig.frequency().unwrap());
        false
    };
    let done = tracker
        .follow(&pass, &clock, &look, &mut |text| panic!("{text}"))
        .unwrap();
    assert_eq!((done.failed, done.stopped), (0, false));
    // From two minutes before, where direction and frequency are those of AOS, every ten seconds for 399 s.
    assert_eq!((done.directions, done.frequencies), (40, 40));
    // From AOS to LOS, as the golden vectors of the orbit's tests have it: 9862 Hz above to 9863 Hz below.
    let (mut rig, seen) = watch.into_inner();
    let tuned: Vec<f64> = seen.into_iter().filter(|hz| *hz > 430e6).collect();
    assert!((tuned[0] - 437_009_862.0).abs() < 5.0, "{}", tuned[0]);
    let last = tuned[tuned.len() - 1];
    assert!((last - 436_990_137.0).abs() < 60.0, "{last}");
    assert!(tuned.windows(2).all(|pair| pair[1] <= pair[0]));
    assert_eq!(rig.frequency(), Ok(437e6));
}
