//! Scripted runs, published through a monitor just as the chain does; the same every time.

use groundlink::ui::{App, Depth, UiOptions};
use groundlink_decoder::coding::{FrameQuality, RsOutcome, SyncState, SyncStatus};
use groundlink_decoder::link::{FrameHeader, LinkCounters, VcId};
use groundlink_dsp::measure::{EYE_POINTS, Eye, EyeQuantity};
use groundlink_dsp::receiver::{ReceiverStatus, SymbolQuality};
use groundlink_station::explain::{Cause, Explanation, Finding, Link, State, Stretch};
use groundlink_station::input::{Capture, InputInfo};
use groundlink_station::monitor::{
    BlockView, CodingParts, EventKind, EventLine, FrameView, Level, LevelStep, Monitor, PacketView, Phase,
    Plots, RsParts, StationStatus, SyncView, Totals,
};
use num_complex::Complex32;
use std::sync::Arc;
use std::time::Duration;

/// Seconds of signal between two looks.
const STEP_SECONDS: f64 = 0.5;
const SAMPLE_RATE_HZ: f64 = 48_000.0;

/// The runs that the screens are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Nothing published yet.
    Start,
    /// Samples arrive, nothing locks.
    NoSignal,
    /// All is well.
    Locked,
    /// The input has ended, frames are missing.
    Finished,
    /// An output failed.
    Failed,
    /// Frames were the input.
    Frames,
    /// Carrier and symbols are there, a marker was seen once.
    Acquiring,
    /// The signal went after half of the time.
    Faded,
    /// The receiver is overdriven.
    Overloaded,
}

impl Scene {
    pub const ALL: [Self; 9] = [
        Self::Start,
        Self::NoSignal,
        Self::Locked,
        Self::Finished,
        Self::Failed,
        Self::Frames,
        Self::Acquiring,
        Self::Faded,
        Self::Overloaded,
    ];

    fn gaps(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }
}

/// A small repeatable noise source (xorshift).
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Between -1 and 1, more often near 0.
    fn value(&mut self) -> f32 {
        (0..4)
            .map(|_| (self.word() % 2001) as f32 / 1000.0 - 1.0)
            .sum::<f32>()
            / 4.0
    }
}

/// An application that has watched `looks` steps of a scene.
pub fn watched(scene: Scene, depth: Depth, looks: u64) -> (App, Monitor) {
    let monitor = Monitor::new();
    monitor.watch();
    monitor.set_pace(Some(1.0));
    let options = UiOptions {
        title: "by701.wav".into(),
        ..UiOptions::default()
    };
    let mut app = App::new(&options, depth);
    app.poll(&monitor);
    if scene != Scene::Start {
        for step in 0..looks {
            publish(&monitor, scene, step, step + 1 == looks);
            app.poll(&monitor);
        }
    }
    (app, monitor)
}

/// Publishes one step of a scene.
pub fn publish(monitor: &Monitor, scene: Scene, step: u64, last: bool) {
    let decodes = match scene {
        Scene::NoSignal | Scene::Acquiring => false,
        Scene::Faded => (4..32).contains(&step),
        _ => step >= 4 || scene == Scene::Frames,
    };
    if scene != Scene::Frames {
        publish_plots(monitor, decodes, step);
    }
    if step == 0 {
        event(
            monitor,
            Level::Info,
            0,
            "profile by70-1: BPSK 9600 Bd, r=1/2 K=7, RS(255,223)",
        );
    }
    if step == 0 && scene != Scene::Frames {
        monitor.set_coding(codes());
    }
    if decodes {
        publish_frames(monitor, scene, step);
        if scene != Scene::Frames {
            publish_block(monitor, scene, step);
        }
    }
    monitor.update(|status| {
        update_status(status, scene, decodes, step);
        disturb(status, scene);
    });
    if last && scene == Scene::Finished {
        event(monitor, Level::Info, step * 24_000, "input ended");
        monitor.update(|s| s.phase = Phase::Finished);
    }
    if last && scene == Scene::Failed {
        let reason = "cannot write frames.bin: no space left on device";
        event(monitor, Level::Error, step * 24_000, reason);
        monitor.update(|s| s.phase = Phase::Failed(reason.into()));
    }
}

fn utc(step: u64) -> String {
    format!(
        "2019-02-14T10:{:02}:{:02}.{}00Z",
        step / 120,
        step / 2 % 60,
        step % 2 * 5
    )
}

fn event(monitor: &Monitor, level: Level, sample: u64, text: &str) {
    let utc = Some(utc(sample / 24_000));
    monitor.push_event(EventLine {
        kind: EventKind::Other,
        level,
        sample: Some(sample),
        utc,
        text: text.into(),
    });
}

fn publish_plots(monitor: &Monitor, signal: bool, step: u64) {
    let mut noise = Noise::new(0x5EED + step * 7919);
    monitor.update_plots(|plots| {
        plots.span_hz = SAMPLE_RATE_HZ;
        plots.spectrum_serial += 1;
        plots.spectrum = (0..1024)
            .map(|bin| {
                let offset = (bin as f32 - 530.0) / 90.0;
                let hump = if signal {
                    26.0 * (-offset * offset).exp()
                } else {
                    0.0
                };
                -92.0 + hump + noise.value() * 5.0
            })
            .collect();
        plots.carrier_hz = 0.0;
        plots.band_hz = 19_200.0;
        plots.level = LevelStep {
            least: 0.01,
            rms: 0.12,
            most: 0.31 + (step % 9) as f32 * 0.02,
            clipped: 0.0,
        };
        publish_eye(plots, signal, &mut noise);
        plots.constellation_serial += 1;
        plots.constellation = (0..256)
            .map(|_| {
                let sign = if noise.word().is_multiple_of(2) {
                    0.97
                } else {
                    -0.97
                };
                let spread = if signal { 0.5 } else { 1.6 };
                Complex32::new(sign + noise.value() * spread, noise.value() * spread)
            })
            .collect();
    });
}

/// Random bits through a pulse that is a raised cosine of full roll-off, or noise; and their soft bits.
fn publish_eye(plots: &mut Plots, signal: bool, noise: &mut Noise) {
    let bits: Vec<f32> = (0..80)
        .map(|_| (noise.word() >> 9 & 1) as f32 * 2.0 - 1.0)
        .collect();
    let value = |n: usize| {
        let (k, rest) = (n / EYE_POINTS, (n % EYE_POINTS) as f32 / EYE_POINTS as f32);
        let share = 0.5 + 0.5 * (rest * std::f32::consts::PI).cos();
        bits[k] * share + bits[k + 1] * (1.0 - share)
    };
    let spread = if signal { 0.3 } else { 2.0 };
    plots.eye_serial += 1;
    plots.eye_locked = signal;
    plots.eye = Eye {
        quantity: EyeQuantity::Arms,
        first: (0..=78 * EYE_POINTS)
            .map(|n| if signal { value(n) } else { 0.0 } + noise.value() * spread)
            .collect(),
        second: Vec::new(),
    };
    plots.soft_serial += 1;
    plots.soft = vec![0; 256];
    for bit in bits {
        let soft = bit * if signal { 60.0 } else { 0.0 } + noise.value() * 50.0;
        plots.soft[(soft.clamp(-127.0, 127.0) as i32 + 128) as usize] += 1;
    }
}

/// Every tenth frame is missing in scenes with gaps, every fifteenth is uncorrectable.
fn publish_frames(monitor: &Monitor, scene: Scene, step: u64) {
    let mut noise = Noise::new(step);
    let missing = scene.gaps() && step % 10 == 9;
    let bad = scene.gaps() && step % 15 == 14;
    let vc = VcId {
        scid: 0x1A5,
        vcid: if step.is_multiple_of(4) { 7 } else { 1 },
    };
    let mut bytes: Vec<u8> = (0..223).map(|_| noise.word() as u8).collect();
    bytes[..6].copy_from_slice(&[0x1A, 0x53, step as u8, step as u8, 0x18, 0x00]);
    let verdict = match (bad, step % 3) {
        (true, _) => "uncorrectable".to_owned(),
        (false, 0) => format!("corrected {}", step % 7 + 1),
        _ => "good".to_owned(),
    };
    let header = FrameHeader {
        version: 0,
        vc,
        mc_frame_count: Some(step as u8),
        vc_frame_count: (step % 256) as u32,
        replay: false,
        tc: None,
        first_header_pointer: Some(if vc.vcid == 7 {
            2046
        } else {
            (step * 13 % 200) as u16
        }),
    };
    if missing {
        event(
            monitor,
            Level::Warning,
            step * 24_000,
            &format!("2 frames lost in VC {}", vc.vcid),
        );
    }
    let sampled = scene != Scene::Frames;
    monitor.push_frame(FrameView {
        ordinal: step,
        sample: sampled.then_some(step * 24_000),
        utc: sampled.then(|| utc(step)),
        header: (!bad).then_some(header),
        verdict,
        good: !bad,
        idle: vc.vcid == 7,
        gap_before: if missing { 2 } else { 0 },
        samples_lost: 0,
        eb_n0_db: if sampled {
            7.5 + (step as f32 * 0.31).sin() * 1.5
        } else {
            f32::NAN
        },
        bytes: bytes.clone(),
    });
    if bad {
        event(
            monitor,
            Level::Warning,
            step * 24_000,
            "frame uncorrectable in codeword 0",
        );
    } else if vc.vcid == 1 {
        publish_packet(monitor, step, sampled, vc, &bytes);
    }
}

fn codes() -> CodingParts {
    CodingParts {
        inner: Some("convolutional K=7, r=1/2".into()),
        reed_solomon: Some(RsParts {
            interleave: 2,
            correctable: 16,
            codeword: 255,
            information: 223,
        }),
        marker_bits: 32,
        ..CodingParts::default()
    }
}

/// Lock at step 4; where frames are bad a while of verification before.
fn publish_block(monitor: &Monitor, scene: Scene, step: u64) {
    let bad = scene.gaps() && step % 15 == 14;
    let state = |index, state| {
        monitor.push_sync(SyncView {
            index: Some(index),
            state,
            node: "G1 first, G2 inverted, offset 1".into(),
        });
    };
    let begin = step * 24_000;
    match step {
        4 => state(begin, SyncState::Lock),
        _ if bad => state(begin, SyncState::Verify),
        _ if scene.gaps() && step.is_multiple_of(15) => state(begin, SyncState::Lock),
        _ => {}
    }
    let corrected = (step * step % 7) as u8;
    monitor.push_block(BlockView {
        index: Some(begin),
        end: Some(begin + 21_000),
        good: !bad,
        eb_n0_db: 7.5 + (step as f32 * 0.31).sin() * 1.5,
        quality: FrameQuality {
            asm_errors: (step % 5) as u32 / 3,
            flywheel: bad,
            slip_bits: i32::from(scene.gaps() && step == 30),
            channel_symbols: Some((40 + (step % 11) as u32 * 4, 4_144)),
            passes: 1 + u32::from(bad),
            reed_solomon: Some(RsOutcome {
                corrections: vec![Some(corrected), (!bad).then_some(corrected / 2)],
                erasures: if step % 20 == 11 { vec![0, 6] } else { Vec::new() },
            }),
            ..FrameQuality::default()
        },
    });
}

fn publish_packet(monitor: &Monitor, step: u64, sampled: bool, vc: VcId, content: &[u8]) {
    let apid = if step.is_multiple_of(5) {
        2047
    } else {
        64 + (step % 3) as u16
    };
    let count = (step & 0x3FFF) as u16;
    let length = 60 + (step % 40) as usize;
    let mut bytes = vec![
        0x08 | (apid >> 8) as u8,
        apid as u8,
        0xC0 | (count >> 8) as u8,
        count as u8,
        0,
        0,
    ];
    bytes[4..].copy_from_slice(&(length as u16 - 1).to_be_bytes());
    bytes.extend_from_slice(&content[6..6 + length]);
    monitor.push_packet(PacketView {
        ordinal: step,
        sample: sampled.then_some(step * 24_000),
        utc: sampled.then(|| utc(step)),
        vc: Some(vc),
        apid,
        sequence_flags: 3,
        sequence_count: count,
        gap_before: u16::from(step % 10 == 9),
        time: None,
        bytes,
    });
}

fn update_status(status: &mut StationStatus, scene: Scene, decodes: bool, step: u64) {
    let done = step + 1;
    status.profile = "by70-1".into();
    status.position = done * (SAMPLE_RATE_HZ * STEP_SECONDS) as u64;
    status.elapsed = Duration::from_millis(done * 125);
    status.eb_n0_db = if decodes {
        7.5 + (step as f32 * 0.31).sin() * 1.5
    } else {
        f32::NAN
    };
    if scene == Scene::Frames {
        status.signal = "TM frames, 223 bytes".into();
        status.eb_n0_db = f32::NAN;
    } else {
        status.signal = "BPSK 9600 Bd".into();
        status.input = Some(Arc::new(input()));
        status.utc = Some(utc(step));
        status.signal_seconds = done as f64 * STEP_SECONDS;
        status.receiver = Some(ReceiverStatus {
            level_dbfs: -18.4,
            carrier_locked: decodes,
            timing_locked: decodes,
            es_n0_db: status.eb_n0_db - 3.6,
            offset_hz: if decodes { 1_234.5 - step as f64 } else { 0.0 },
            symbol_rate_hz: 9_600.2,
            symbol_rate_error_ppm: 20.8 + (step as f64 * 0.7).sin(),
            quality: decodes.then_some(SymbolQuality {
                evm: 0.21 + (step % 7) as f32 * 0.004,
                phase_error_rad: 0.04 + (step % 5) as f32 * 0.002,
            }),
            ..ReceiverStatus::default()
        });
        status.sync = sync(decodes, step);
    }
    if decodes {
        count(status, scene, step);
    }
}

fn input() -> InputInfo {
    InputInfo {
        name: "/data/passes/2019-02-14/by701.wav".into(),
        format: "WAV PCM 16 bit stereo".into(),
        complex: true,
        sample_rate_hz: Some(SAMPLE_RATE_HZ),
        length: Some(2_880_000),
        captures: vec![Capture {
            sample_start: 0,
            time: None,
            frequency_hz: Some(436_200_000.0),
            ..Capture::default()
        }],
        hardware: Some("RTL-SDR v3".into()),
    }
}

fn sync(decodes: bool, step: u64) -> SyncStatus {
    SyncStatus {
        state: if decodes {
            SyncState::Lock
        } else {
            SyncState::Search
        },
        node_locked: decodes,
        channel_ber: if decodes { 0.012 } else { f32::NAN },
        node: if decodes {
            "G1 first, G2 inverted, offset 1".into()
        } else {
            String::new()
        },
        false_alarm_per_frame: 1e-6,
        unconfirmed: 0,
        blocks: if decodes { step - 3 } else { 0 },
        uncorrectable: 0,
        slips: 0,
    }
}

fn count(status: &mut StationStatus, scene: Scene, step: u64) {
    let bad = scene.gaps() && step % 15 == 14;
    let missing = scene.gaps() && step % 10 == 9;
    let totals: &mut Totals = &mut status.totals;
    totals.frames_good += u64::from(!bad);
    totals.frames_corrected += u64::from(!bad && step.is_multiple_of(3));
    totals.frames_uncorrectable += u64::from(bad);
    totals.frames_lost += if missing { 2 } else { 0 };
    totals.warnings += u64::from(bad) + u64::from(missing);
    let link: &mut LinkCounters = Arc::make_mut(&mut status.link);
    link.fed += 1;
    if bad {
        *link.rejected.entry("uncorrectable").or_default() += 1;
        return;
    }
    link.good += 1;
    let vcid = if step.is_multiple_of(4) { 7 } else { 1 };
    let vc = link.vcs.entry(VcId { scid: 0x1A5, vcid }).or_default();
    vc.frames += 1;
    vc.idle += u64::from(vcid == 7);
    vc.lost += if missing { 2 } else { 0 };
    vc.gaps += u64::from(missing);
    vc.last_count = (step % 256) as u32;
    vc.last_ocf = Some(0x010C_A805);
    if vcid == 1 {
        let idle = step.is_multiple_of(5);
        status.totals.packets += 1;
        status.totals.packets_idle += u64::from(idle);
        vc.packets += 1;
        let apid = vc
            .apids
            .entry(if idle { 2047 } else { 64 + (step % 3) as u16 })
            .or_default();
        apid.packets += 1;
        apid.bytes += 66 + step % 40;
        apid.last_count = (step & 0x3FFF) as u16;
        apid.gaps += u64::from(missing);
        apid.lost += u64::from(missing);
    }
}

/// What a closer look at a run without frames might find.
pub fn explanation() -> Arc<Explanation> {
    let finding = |link, state, evidence: &str| Finding {
        link,
        state,
        evidence: evidence.to_owned(),
    };
    let cause = |text: &str, set: &[&str], advice: &str, frames| Cause {
        link: Link::Fec,
        text: text.to_owned(),
        evidence: "markers stand 2048 symbols apart as configured".to_owned(),
        set: set.iter().map(|set| (*set).to_owned()).collect(),
        advice: advice.to_owned(),
        proven: frames > 0,
        frames,
    };
    Arc::new(Explanation {
        input: "by701.wav".to_owned(),
        profile: "by70-1".to_owned(),
        stretch: Stretch {
            first: 0,
            length: 480_000,
            seconds: Some(10.0),
            part: false,
        },
        decodes: false,
        frames: 0,
        chain: vec![
            finding(Link::Level, State::Good, "-18.4 dBFS, nothing clipped"),
            finding(Link::Spectrum, State::Good, "a signal 14 kHz wide at +1.2 kHz"),
            finding(Link::Asm, State::Poor, "60 markers, 3 of them with errors"),
            finding(Link::Fec, State::Broken, "60 of 60 blocks uncorrectable"),
            finding(Link::Frames, State::Unknown, "no frames to check"),
        ],
        broken: Some(Link::Fec),
        causes: vec![
            cause(
                "the frames are not randomized",
                &["coding.randomizer=none"],
                "",
                57,
            ),
            cause(
                "3 % of the samples are clipped",
                &[],
                "lower the gain by 10 dB",
                0,
            ),
        ],
        tried: 31,
    })
}

/// What is particular to some scenes.
fn disturb(status: &mut StationStatus, scene: Scene) {
    let Some(receiver) = &mut status.receiver else {
        return;
    };
    match scene {
        Scene::Acquiring => {
            (receiver.carrier_locked, receiver.timing_locked) = (true, true);
            receiver.offset_hz = 1_180.0;
            status.sync.state = SyncState::Verify;
            status.sync.blocks = 1;
        }
        Scene::Overloaded => {
            receiver.level_dbfs = -0.4;
            status.clipping = 0.183;
            status.totals.frames_uncorrectable = status.totals.frames_good / 4;
        }
        _ => {}
    }
}
