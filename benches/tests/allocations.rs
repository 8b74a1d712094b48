//! Once running, the receiving chain allocates nothing per block besides the frames and packets that it gives
//! out. A counting allocator needs `unsafe`; it is allowed in this test alone.
#![allow(unsafe_code)]

use groundlink_benches::alone::Recording;
use groundlink_benches::keying::Keying;
use groundlink_benches::link::{Link, Offsets, Transmitter};
use groundlink_decoder::coding::FrameDecoder;
use groundlink_decoder::coding::ldpc::{LdpcAlgorithm, LdpcCode, LdpcDecoder, LdpcEncoder, LdpcOptions};
use groundlink_decoder::link::{LinkDecoder, LinkOutput};
use groundlink_dsp::downlink::{Band, Lane, Plan, Splitter};
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{Complex32, SignalConfig, SoftBatch};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Fails only while the thread ends, when nobody counts any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations that `run` makes.
fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

const SAMPLES: usize = 2_000_000;
const BLOCK: usize = 10_000;
/// Samples after which every buffer has reached its size.
const WARM: usize = 1_000_000;

fn recording(link: &Link) -> Vec<Complex32> {
    let offsets = Offsets {
        frequency_hz: link.signal.symbol_rate_hz / 100.0,
        clock_ppm: 10.0,
    };
    Transmitter::new(link, 6.0, offsets, 1)
        .unwrap()
        .record(SAMPLES)
        .unwrap()
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(vec![1u8; 100])), 1);
    assert_eq!(allocations(|| ()), 0);
}

/// Allocations of a receiver in each block after the first ones.
fn per_block(signal: &SignalConfig, samples: &[Complex32]) -> Vec<u64> {
    let mut receiver = Receiver::new(signal).unwrap();
    let mut batch = SoftBatch::default();
    let (warm, measured) = samples.split_at(samples.len() / 2);
    for block in warm.chunks(BLOCK) {
        batch.clear();
        receiver.process(block, &mut batch);
    }
    let counts = measured
        .chunks(BLOCK)
        .map(|block| {
            batch.clear();
            allocations(|| receiver.process(block, &mut batch))
        })
        .collect();
    assert!(receiver.status().carrier_locked, "{:?}", signal.modulation);
    counts
}

#[test]
fn receiver_allocates_nothing_per_block() {
    let link = Link::concatenated().unwrap();
    let per_block = per_block(&link.signal, &recording(&link));
    assert_eq!(per_block.iter().sum::<u64>(), 0, "{per_block:?}");
}

#[test]
fn no_modulation_of_phase_allocates_per_block() {
    for keying in [
        Keying::Bpsk,
        Keying::Oqpsk,
        Keying::Uqpsk,
        Keying::Psk8,
        Keying::Dqpsk,
    ] {
        // 40 samples a symbol, so that some are filtered out.
        let signal = SignalConfig {
            sample_rate_hz: 10.0 * keying.signal().sample_rate_hz,
            ..keying.signal()
        };
        let recording = Recording::new(&signal, 20.0, SAMPLES).unwrap();
        let per_block = per_block(&signal, &recording.samples[..SAMPLES]);
        assert_eq!(per_block.iter().sum::<u64>(), 0, "{keying:?} {per_block:?}");
    }
}

#[test]
fn a_receiver_of_residual_carriers_allocates_nothing_per_block() {
    for keying in [Keying::Pm, Keying::PmSquare] {
        let signal = keying.signal();
        let recording = Recording::new(&signal, 9.0, SAMPLES).unwrap();
        let per_block = per_block(&signal, &recording.samples[..SAMPLES]);
        assert_eq!(per_block.iter().sum::<u64>(), 0, "{keying:?}: {per_block:?}");
    }
}

#[test]
fn taking_downlinks_out_of_a_stream_allocates_nothing_per_block() {
    let bands: Vec<Band> = (0..8)
        .map(|n| Band {
            centre_hz: -420e3 + 110e3 * f64::from(n),
            half_width_hz: if n == 7 { 150e3 } else { 8e3 },
            least_rate_hz: 20e3,
            residual_carrier: false,
        })
        .collect();
    let plan = Plan::new(1e6, &bands).unwrap();
    assert!(plan.channels().is_some() && plan.any_direct());
    let mut splitter = Splitter::new(&plan).unwrap();
    let mut lanes: Vec<Lane> = (0..bands.len()).map(|n| Lane::new(&plan, n)).collect();
    let mut wide = recording(&Link::concatenated().unwrap());
    let mut channels = vec![Vec::new(); splitter.channels()];
    let mut out = Vec::new();
    let mut run = |block: &mut [Complex32]| {
        channels.iter_mut().for_each(Vec::clear);
        splitter.process(block, &mut channels);
        for (n, lane) in lanes.iter_mut().enumerate() {
            out.clear();
            let input = plan.source(n).channel.map_or(&*block, |k| &channels[k]);
            lane.process(input, &mut out);
        }
    };
    let (warm, measured) = wide.split_at_mut(WARM);
    warm.chunks_mut(BLOCK).for_each(&mut run);
    let per_block: Vec<u64> = measured
        .chunks_mut(BLOCK)
        .map(|block| allocations(|| run(block)))
        .collect();
    assert_eq!(per_block.iter().sum::<u64>(), 0, "{per_block:?}");
}

#[test]
fn decoders_allocate_only_what_they_give_out() {
    let link = Link::concatenated().unwrap();
    let mut receiver = Receiver::new(&link.signal).unwrap();
    let mut batch = SoftBatch::default();
    receiver.process(&recording(&link), &mut batch);
    batch.marks.clear();
    let mut decoder = FrameDecoder::new(&link.coding).unwrap();
    let mut packets = LinkDecoder::new(&link.frames).unwrap();
    let (mut frames, mut out) = (Vec::with_capacity(16), LinkOutput::default());
    out.packets.reserve(64);
    let (mut emitted, mut extra) = (0, Vec::new());
    for (number, block) in batch.llrs.chunks(BLOCK).enumerate() {
        let warm = number * BLOCK < batch.llrs.len() / 2;
        let coding = allocations(|| decoder.feed(block, &mut frames));
        // Its bytes, its CADU, and the corrections per codeword.
        let allowed = 3 * frames.len() as u64;
        let mut linking = 0;
        let mut delivered = 0;
        for frame in &frames {
            out.packets.clear();
            linking += allocations(|| packets.feed(&frame.bytes, frame.good(), &mut out));
            delivered += out.packets.len() as u64;
        }
        emitted += frames.len();
        frames.clear();
        if !warm && (coding > allowed || linking > delivered) {
            extra.push((number, coding, allowed, linking, delivered));
        }
    }
    assert!(emitted > 20, "{emitted} frames");
    assert!(
        extra.is_empty(),
        "block, coding, allowed, linking, packets: {extra:?}"
    );
}

#[test]
fn ldpc_allocates_nothing_per_codeword() {
    for code in [LdpcCode::C2, LdpcCode::Tc512] {
        for algorithm in [
            LdpcAlgorithm::default(),
            LdpcAlgorithm::SumProduct { llr_per_unit: None },
        ] {
            let options = LdpcOptions {
                algorithm,
                max_iterations: 3,
            };
            let mut encoder = LdpcEncoder::new(code).unwrap();
            let mut decoder = LdpcDecoder::new(code, options).unwrap();
            let (mut info, mut bits) = (vec![0x5A; code.info_bits() / 8], Vec::new());
            encoder.encode(&info, &mut bits);
            let noise: Vec<i8> = (0..code.code_bits()).map(|n| (n * n % 251) as i8).collect();
            decoder.decode(&noise, &mut info);
            let run = || {
                bits.clear();
                encoder.encode(&info, &mut bits);
                decoder.decode(&noise, &mut info);
            };
            assert_eq!(allocations(run), 0, "{code:?} {algorithm:?}");
        }
    }
}
