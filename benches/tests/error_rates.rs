//! One point of each family of codes, beside what is required or what theory says. Seeds are fixed; a decoder some
//! tenths of a decibel worse fails.

use groundlink_benches::codes::{Limits, Tally, find, measure, required};

fn tally(name: &str, eb_n0_db: f64, trials: u64) -> Tally {
    let limits = Limits {
        failures: u64::MAX,
        trials,
    };
    measure(&find(name).unwrap(), eb_n0_db, limits, 1).unwrap()
}

/// The counts must not exclude the required rate, and must exclude three times as much.
fn meets(name: &str, eb_n0_db: f64, trials: u64) -> Tally {
    let points = required(name);
    let point = points.iter().find(|point| point.eb_n0_db == eb_n0_db).unwrap();
    let tally = tally(name, eb_n0_db, trials);
    let (low, high) = tally.interval();
    let text = format!("{name} at {eb_n0_db} dB: {low:.1e} to {high:.1e}, {tally:?}");
    println!("{text}");
    assert!(low <= point.rate, "worse than {:.1e}: {text}", point.rate);
    assert!(high <= 3.0 * point.rate, "too few trials: {text}");
    tally
}

/// The interval must hold the exact rate.
fn agrees(name: &str, eb_n0_db: f64, trials: u64) {
    let exact = find(name).unwrap().theory(eb_n0_db).unwrap();
    let tally = tally(name, eb_n0_db, trials);
    let (low, high) = tally.interval();
    assert!(
        (low..=high).contains(&exact) && high < 1.3 * low,
        "{name} at {eb_n0_db} dB: {exact:.2e}, not {low:.2e} to {high:.2e}"
    );
}

#[test]
fn convolutional() {
    for (name, eb_n0_db) in [("conv-1/2", 4.0), ("conv-7/8", 6.0)] {
        meets(name, eb_n0_db, 2000);
    }
    // At a rate that theory bounds closely from above.
    let (code, tally) = (find("conv-3/4").unwrap(), tally("conv-3/4", 4.5, 500));
    let (bound, (low, high)) = (code.theory(4.5).unwrap(), tally.interval());
    assert!(
        low < bound && high > 0.3 * bound,
        "{low:.1e} to {high:.1e}, {bound:.1e}"
    );
}

#[test]
fn reed_solomon() {
    meets("rs", 6.0, 10_000);
    agrees("rs", 5.6, 10_000);
    agrees("rs-e8", 5.8, 10_000);
}

#[test]
fn concatenated() {
    meets("rs-conv-1/2-i4", 2.18, 1000);
}

#[test]
fn ldpc() {
    meets("ar4ja-1/2-1024", 1.8, 20_000);
    meets("c2", 3.8, 4000);
}

#[test]
fn turbo() {
    meets("turbo-1/2-1784", 1.3, 4000);
    meets("turbo-1/6-1784", 0.2, 6000);
}

#[test]
fn telecommand() {
    agrees("bch-63", 6.0, 6000);
    agrees("bch-63-detect", 8.0, 6000);
}
