//! Blocks and pipes change nothing that comes out.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{Run, config, data, file, profile, run, run_source, scratch};
use groundlink_station::chain::RunConfig;
use groundlink_station::input::{OpenOptions, open_reader};
use std::io::Read;

/// Compares everything written; the report too, but for the names in it.
fn same(one: &Run, other: &Run, what: &str) {
    assert!(one.soft == other.soft, "{what}: soft bits differ");
    assert!(one.frames == other.frames, "{what}: frames differ");
    assert!(one.cadus == other.cadus, "{what}: CADUs differ");
    assert!(one.packets == other.packets, "{what}: packets differ");
    assert_eq!(one.events, other.events, "{what}: events differ");
    let (mut report, input) = (one.report.clone(), &other.report.input);
    report.input.name.clone_from(&input.name);
    report.input.format.clone_from(&input.format);
    assert_eq!(report, other.report, "{what}");
}

/// Hands out as many bytes at a time as a pipe may: few, many, an odd number.
struct Pipe {
    bytes: Vec<u8>,
    at: usize,
    turn: usize,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.turn += 1;
        let count = [1, 4_096, 3, 65_536, 777][self.turn % 5]
            .min(buffer.len())
            .min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn link(modulation: &str) -> Link {
    let text = format!(
        "[signal]\nsymbol_rate = 9600\nmodulation = '{modulation}'\n[coding]\nconvolutional = true\n\
         reed_solomon = {{ data_bytes = 150 }}\n[frame]\ntype = 'aos'\nscid = 9\n"
    );
    let mut link = Link::clean(&text, 10);
    link.eb_n0_db = 10.0;
    link
}

fn with_block(config: &RunConfig, block: usize) -> Run {
    run(&RunConfig {
        block,
        ..config.clone()
    })
}

#[test]
fn blocks_of_any_size_and_pipes_give_the_same() {
    for modulation in ["bpsk", "qpsk", "oqpsk", "gmsk"] {
        let (folder, link) = (scratch(), link(modulation));
        link.send(folder.path());
        let mut config = config(link.profile.clone(), &file(folder.path(), SIGNAL));
        let whole = with_block(&config, 65_536);
        assert!(
            !whole.frames.is_empty() && !whole.packets.is_empty(),
            "{modulation}: nothing to compare"
        );
        for block in [1, 1_000, 65_536] {
            same(
                &whole,
                &with_block(&config, block),
                &format!("{modulation}, blocks of {block}"),
            );
        }
        let bytes = std::fs::read(folder.path().join("signal.sigmf-data")).unwrap();
        config.open = OpenOptions {
            format: Some(link.format),
            sample_rate_hz: Some(link.sample_rate_hz),
            ..OpenOptions::default()
        };
        for block in [1_000, 65_536] {
            config.block = block;
            let pipe = Box::new(Pipe {
                bytes: bytes.clone(),
                at: 0,
                turn: 0,
            });
            let source = open_reader("-", pipe, &config.open).unwrap();
            same(
                &whole,
                &run_source(&config, source),
                &format!("{modulation}, a pipe in blocks of {block}"),
            );
        }
    }
}

#[test]
fn a_real_recording_gives_the_same_in_blocks_and_through_a_pipe() {
    let Some(folder) = data() else { return };
    let recording = folder.join("iq/trisat_48k_fmdemod.wav");
    let mut config = config(profile("trisat", &[]), &recording.to_string_lossy());
    let whole = run(&config);
    assert_eq!(whole.report.frames.good, 5);
    same(&whole, &with_block(&config, 1_000), "blocks of 1000");
    config.block = 10_007;
    let pipe = Box::new(Pipe {
        bytes: std::fs::read(recording).unwrap(),
        at: 0,
        turn: 0,
    });
    let source = open_reader("-", pipe, &config.open).unwrap();
    same(&whole, &run_source(&config, source), "a pipe");
}
