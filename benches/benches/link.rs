//! Frames taken apart, packets put together. Rates are frames per second.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use groundlink_benches::link::Link;
use groundlink_benches::source::FrameSource;
use groundlink_decoder::link::{LinkConfig, LinkDecoder, LinkOutput};
use groundlink_station::profile::Profile;
use std::hint::black_box;
use std::time::Duration;

const FRAMES: u64 = 200;

fn frames(link: &LinkConfig) -> Vec<u8> {
    let mut source = FrameSource::new(link, 1).expect("a sound link");
    let (mut frame, mut all) = (Vec::new(), Vec::new());
    for _ in 0..FRAMES {
        source.next_frame(&mut frame).expect("a sound link");
        all.extend_from_slice(&frame);
    }
    all
}

fn bench(criterion: &mut Criterion, name: &str, link: &LinkConfig) {
    let frames = frames(link);
    let mut out = LinkOutput::default();
    let decoder = || LinkDecoder::new(link).expect("a sound link");
    let mut group = criterion.benchmark_group("frames to packets");
    group.throughput(Throughput::Elements(FRAMES));
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(30);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            decoder,
            |mut decoder| {
                for frame in black_box(&frames).chunks(link.length) {
                    out.packets.clear();
                    decoder.feed(frame, true, &mut out);
                }
                decoder
            },
            BatchSize::SmallInput,
        );
    });
}

fn link(criterion: &mut Criterion) {
    let aos = Link::concatenated().expect("the demo's profile is sound").frames;
    bench(criterion, &format!("AOS {} bytes, FECF", aos.length), &aos);
    let tm = Profile::builtin("solar-orbiter").map(|profile| profile.link_config());
    let tm = tm.expect("a built-in profile").expect("a sound profile");
    bench(criterion, &format!("TM {} bytes, FECF", tm.length), &tm);
}

criterion_group!(benches, link);
criterion_main!(benches);
