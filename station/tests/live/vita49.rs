//! VITA-49 over UDP: frames as from the file, and losses to the sample by the time stamps.

use crate::chain_support::run_with;
use crate::players::{Recording, play};
use groundlink_station::input::{LiveOptions, LossCause, TimeSource};
use groundlink_station::monitor::Monitor;
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

/// Samples of a packet.
const SAMPLES: usize = 360;
/// UTC of the first sample: 2026-03-01T00:00:00Z.
const START: u64 = 1_772_323_200;
const STREAM: u32 = 7;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// What DIFI sends of a stream: rate, frequency, level and format of 16 bits.
fn context(rate_hz: f64, calibrated: bool) -> Vec<u8> {
    let hz = |hz: f64| (hz * 1_048_576.0) as u64;
    let fields = [
        0x4860_0012,
        STREAM,
        0x006A_621E,
        0x0000_0000,
        START as u32,
        0,
        0,
        1 << 27 | 1 << 24 | 1 << 23 | 1 << 21 | 1 << 16 | 1 << 15,
        (hz(437.5e6) >> 32) as u32,
        hz(437.5e6) as u32,
        0x0000_F600,
        0x0000_0F00,
        (hz(rate_hz) >> 32) as u32,
        hz(rate_hz) as u32,
        1 << 31 | u32::from(calibrated) << 19,
        0xA000_03CF,
        0,
        0,
    ];
    words(&fields)
}

/// Packet number `n`, which begins with this sample.
fn data(n: usize, first: usize, rate_hz: f64, samples: &[u8]) -> Vec<u8> {
    let (second, rest) = (first / rate_hz as usize, first % rate_hz as usize);
    let ps = (rest as f64 / rate_hz * 1e12).round() as u64;
    let size = 7 + samples.len() / 4;
    let header = [
        0x1860_0000 | (n as u32 & 0xF) << 16 | size as u32,
        STREAM,
        0x006A_621E,
        0,
        START as u32 + second as u32,
        (ps >> 32) as u32,
        ps as u32,
    ];
    [words(&header), samples.to_vec()].concat()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn packets_give_the_frames_of_the_file_and_lost_ones_are_counted_to_the_sample() {
    let recording = Recording::of(25_000.0, 250e3, "ci16_le", 60);
    // Big-endian on the way.
    let bytes: Vec<u8> = recording
        .bytes
        .chunks(2)
        .flat_map(|pair| [pair[1], pair[0]])
        .collect();
    for missing in [0..0, 200..223] {
        let port = free_port();
        let monitor = Monitor::new();
        let (watch, bytes, lost) = (monitor.clone(), bytes.clone(), missing.clone());
        let sender = thread::spawn(move || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(("127.0.0.1", port)).unwrap();
            // Nobody may be listening yet; the run begins with the first context packet that arrives.
            while watch.status().input.is_none() {
                let _ = socket.send(&context(250e3, true));
                thread::sleep(Duration::from_millis(20));
            }
            let mut packet = 0;
            let send = |samples: &[u8]| {
                if !lost.contains(&packet) {
                    let _ = socket.send(&data(packet, SAMPLES * packet, 250e3, samples));
                }
                if packet % 500 == 100 {
                    let _ = socket.send(&context(250e3, true));
                    // Of somebody else, and none at all.
                    let _ = socket.send(&words(&[0x1000_0003, 99, 0]));
                    let _ = socket.send(b"x");
                }
                packet += 1;
            };
            let mut send = send;
            play(
                |piece| piece.chunks(4 * SAMPLES).for_each(&mut send),
                &bytes[..bytes.len() / (4 * SAMPLES) * (4 * SAMPLES)],
                4.0 * SAMPLES as f64 * 100.0 * 15.0,
            );
            thread::sleep(Duration::from_millis(500));
            watch.stop();
            packet
        });
        let mut config = recording.config(&format!("vita49://{port}"), LiveOptions::default());
        (config.open.format, config.open.sample_rate_hz) = (None, None);
        let run = run_with(&config, &monitor);
        let packets = sender.join().unwrap() as u64;
        let input = &run.report.input;
        assert_eq!(run.report.error, None);
        assert_eq!(
            (input.sample_rate_hz, input.format.as_str()),
            (Some(250e3), "VITA-49 ci16_be")
        );
        assert_eq!(input.read, packets * SAMPLES as u64);
        assert_eq!(input.lost_samples, (missing.len() * SAMPLES) as u64);
        assert_eq!(input.time_source, Some(TimeSource::Hardware));
        assert_eq!(input.utc_uncertainty_s, Some(4e-6));
        assert_eq!(input.start.as_deref(), Some("2026-03-01T00:00:00.000000Z"));
        let odd = &run.report.warnings;
        assert!(odd.iter().any(|text| text.contains("other streams")), "{odd:?}");
        if missing.is_empty() {
            assert!(
                run.frames == recording.file.frames,
                "other frames than from the file"
            );
            assert_eq!(
                run.numbers("frame", "sample"),
                recording.file.numbers("frame", "sample")
            );
            continue;
        }
        let by = input.lost_by[&LossCause::Sequence];
        assert_eq!(
            (by.gaps, by.samples, input.lost_by.len()),
            (1, input.lost_samples, 1)
        );
        let record = &run.records("samples_lost")[0];
        assert_eq!(record["sample"], (missing.start * SAMPLES) as u64);
        let seconds = (missing.start * SAMPLES) as f64 / 250e3;
        assert_eq!(record["utc"], format!("2026-03-01T00:00:{seconds:09.6}Z"));
        // All but the frame that was hit (the second) are where they are in the file, to within a symbol: behind the
        // gap the receiver begins anew.
        let mut starts = recording.file.numbers("frame", "sample");
        let hit = starts.remove(1);
        assert!((hit..hit + 41_440).contains(&((missing.start * SAMPLES) as u64)));
        let came = run.numbers("frame", "sample");
        assert_eq!(came.len(), starts.len());
        for (came, start) in came.iter().zip(&starts) {
            assert!(came.abs_diff(*start) < 10, "{came}, not {start}");
        }
        let told = run.field("frame", "samples_lost");
        let told: Vec<_> = told.into_iter().filter(|lost| !lost.is_null()).collect();
        assert_eq!(told, [input.lost_samples]);
    }
}
