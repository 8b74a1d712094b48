//! A live source that is faster than the chain: what finds no room is counted, the rest is decoded where it was.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{config, file, run, run_source, scratch};
use groundlink_station::input::{
    InputError, InputInfo, LossCause, OpenOptions, Read, SampleBlock, SampleSource, open_samples,
};

/// A recording that nobody can hold back.
struct Flood(Box<dyn SampleSource>);

impl SampleSource for Flood {
    fn info(&self) -> &InputInfo {
        self.0.info()
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        self.0.read(block, max)
    }

    fn live(&self) -> bool {
        true
    }

    fn warnings(&self) -> &[String] {
        self.0.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.0.bad_samples()
    }
}

#[test]
fn what_a_slow_chain_cannot_take_is_counted_and_the_rest_decoded() {
    let link = Link::clean(
        "[signal]\nsymbol_rate = 9600\nmodulation = 'bpsk'\n[coding]\nconvolutional = true\n\
         [frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n",
        250,
    );
    let folder = scratch();
    link.send(folder.path());
    let path = file(folder.path(), SIGNAL);
    let config = config(link.profile.clone(), &path);
    let whole = run(&config);
    assert_eq!(whole.report.frames.good, 250);

    // More than a minute and a half, read in a moment: far more than the ring takes.
    let inner = open_samples(&path, &OpenOptions::default()).unwrap();
    let flood = run_source(&config, Box::new(Flood(inner)));
    let input = &flood.report.input;
    assert_eq!(
        input.read, whole.report.input.read,
        "every sample is there or counted"
    );
    assert!(input.lost_samples > 0 && input.lost_samples < input.read);
    let causes: Vec<_> = input.lost_by.keys().copied().collect();
    assert_eq!(causes, [LossCause::Overrun]);
    let told: u64 = flood.numbers("samples_lost", "lost").iter().sum();
    assert_eq!(told, input.lost_samples);

    // What came is what was sent, and where it was sent; what is missing lies in the gaps.
    let length = link.profile.frame.length;
    let known: Vec<&[u8]> = whole.frames.chunks(length).collect();
    assert!(!flood.frames.is_empty());
    assert!(flood.frames.chunks(length).all(|frame| known.contains(&frame)));
    let starts = link.true_starts();
    let begins = flood.numbers("samples_lost", "sample");
    let gaps = || begins.iter().zip(flood.numbers("samples_lost", "lost"));
    let came = flood.numbers("frame", "sample");
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).map_or(f64::INFINITY, |next| *next);
        // Soft bits beside a gap are the decoder's memory short of whole.
        let beside = 64.0 * link.samples_per_symbol();
        let hit = gaps()
            .any(|(&begin, lost)| (begin as f64) < end + beside && *start - beside < (begin + lost) as f64);
        let found = came
            .iter()
            .any(|sample| (*sample as f64 - start).abs() <= link.samples_per_symbol());
        assert!(found || hit, "frame {n} is missing at {start}");
    }
}
