//! A simulated link, and the truth about it.

use super::{Run, config, content, file, run, scratch};
use groundlink_decoder::coding::FrameEncoder;
use groundlink_decoder::link::{FrameKind, TcFrame};
use groundlink_dsp::modulator::Modulator;
use groundlink_station::input::SampleFormat;
use groundlink_station::profile::Profile;
use groundlink_station::simulate::{
    ACQUISITION_BITS, BETWEEN_CLTUS, Content, Impairments, PREAMBLE_BITS, SimulateConfig, simulate,
};
use hifitime::Epoch;
use std::path::Path;

/// The recording's name within its folder.
pub const SIGNAL: &str = "signal.sigmf-meta";

/// A transmission and what happens to it on the way.
#[derive(Debug, Clone)]
pub struct Link {
    pub profile: Profile,
    pub frames: u64,
    pub sample_rate_hz: f64,
    pub format: SampleFormat,
    pub eb_n0_db: f64,
    pub offset_hz: f64,
    pub phase_rad: f64,
    pub clock_ppm: f64,
    pub lead_s: f64,
    pub seed: u64,
    pub start: Option<Epoch>,
}

/// What was sent and what came out.
#[derive(Debug)]
pub struct Trip {
    pub sent: Vec<u8>,
    pub run: Run,
}

impl Link {
    /// A clean link of this profile: `frames` frames at four samples a symbol and 15 dB, noise around them.
    pub fn clean(profile: &str, frames: u64) -> Self {
        let profile = Profile::parse(profile, "clean").unwrap_or_else(|error| panic!("{error}\n{profile}"));
        let rate = profile.symbol_rate_hz().expect("a signal");
        Self {
            profile,
            frames,
            sample_rate_hz: 4.0 * rate,
            format: "cf32_le".parse().expect("a format"),
            eb_n0_db: 15.0,
            offset_hz: 0.01 * rate,
            phase_rad: 0.5,
            clock_ppm: -10.0,
            lead_s: 0.02,
            seed: 77,
            start: None,
        }
    }

    /// Sends and receives.
    pub fn trip(&self) -> Trip {
        let folder = scratch();
        let sent = self.send(folder.path());
        Trip {
            sent,
            run: run(&config(self.profile.clone(), &file(folder.path(), SIGNAL))),
        }
    }

    /// Writes the recording [`SIGNAL`] into the folder; the frames sent.
    pub fn send(&self, folder: &Path) -> Vec<u8> {
        let path = |name: &str| file(folder, name);
        let made = simulate(&SimulateConfig {
            profile: self.profile.clone(),
            out: path(SIGNAL),
            content: Content::Frames(self.frames),
            sent_frames: Some(path("sent")),
            eb_n0_db: Some(self.eb_n0_db),
            offset_hz: self.offset_hz,
            doppler_hz_s: 0.0,
            phase_rad: self.phase_rad,
            clock_ppm: self.clock_ppm,
            impairments: Impairments::default(),
            seed: self.seed,
            sample_rate_hz: Some(self.sample_rate_hz),
            format: self.format,
            lead_s: self.lead_s,
            start: self.start,
        })
        .expect("a possible simulation");
        assert_eq!((made.frames, made.clipped), (self.frames, 0));
        content(folder, "sent")
    }

    /// Samples per symbol as received.
    pub fn samples_per_symbol(&self) -> f64 {
        let rate = self.profile.symbol_rate_hz().expect("a signal");
        self.sample_rate_hz / rate / (1.0 + self.clock_ppm * 1e-6)
    }

    /// Sample at which each frame's first symbol begins, half a symbol before its centre; frames all as long as the
    /// profile has it.
    pub fn true_starts(&self) -> Vec<f64> {
        let coding = self.profile.coding_config().expect("a coding");
        self.starts_of((0..self.frames).map(|_| coding.frame_bytes()))
    }

    /// The same for frames of these lengths.
    fn starts_of(&self, lengths: impl Iterator<Item = usize>) -> Vec<f64> {
        let signal = self
            .profile
            .signal_config(self.sample_rate_hz, self.format.complex)
            .expect("a signal");
        let coding = self.profile.coding_config().expect("a coding");
        let (preamble, between) = match (&coding.cltu, coding.descrambler) {
            (Some(_), _) => (ACQUISITION_BITS, BETWEEN_CLTUS),
            (None, Some(_)) => (PREAMBLE_BITS, 0),
            (None, None) => (0, 0),
        };
        let mut encoder = FrameEncoder::new(&coding).expect("a possible coding");
        let mut bits = Vec::new();
        encoder.idle(preamble, &mut bits);
        let begins: Vec<usize> = lengths
            .map(|length| {
                let begin = bits.len();
                let frame = vec![0; length];
                encoder.encode(&frame, &mut bits).expect("the right length");
                encoder.idle(between, &mut bits);
                begin
            })
            .collect();
        let per_symbol = signal.modulation.bits_per_symbol() as f64;
        let first = Modulator::new(&signal).expect("a modulator").first_symbol_at();
        let start = (self.lead_s * self.sample_rate_hz).floor() + first / (1.0 + self.clock_ppm * 1e-6);
        begins
            .into_iter()
            .map(|bit| start + ((bit as f64 / per_symbol).floor() - 0.5) * self.samples_per_symbol())
            .collect()
    }

    /// The frames in these bytes.
    fn split<'a>(&self, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let length = match self.profile.frame.kind {
                FrameKind::Tc => TcFrame::new(bytes).expect("a header").length(),
                _ => self.profile.frame.length,
            };
            let (frame, rest) = bytes.split_at(length);
            frames.push(frame);
            bytes = rest;
        }
        frames
    }

    /// What is wrong with what came out, if anything.
    pub fn judge(&self, trip: &Trip) -> Result<(), String> {
        let (sent, run) = (&trip.sent, &trip.run);
        let frames = self.split(sent);
        let wanted = frames.len();
        if &run.frames != sent {
            let came = self.split(&run.frames);
            let missing: Vec<usize> = (0..wanted).filter(|&n| !came.contains(&frames[n])).collect();
            let bad = run.report.frames.uncorrectable + run.report.frames.rejected;
            let out = came.len();
            return Err(format!(
                "of {wanted} frames {missing:?} are missing ({out} came out, {bad} bad)"
            ));
        }
        if run.report.frames.good != wanted as u64 || run.report.frames.lost > 0 {
            return Err(format!("counted as {:?}", run.report.frames));
        }
        let good = run
            .records("frame")
            .into_iter()
            .filter(|frame| frame["good"] == true);
        let found = good.map(|frame| frame["sample"].as_u64().map_or(f64::NAN, |sample| sample as f64));
        let errors: Vec<f64> = found
            .zip(self.starts_of(frames.iter().map(|frame| frame.len())))
            .map(|(found, truth)| found - truth)
            .collect();
        // Frames that are sliced begin inside codewords.
        let sliced = self
            .profile
            .coding
            .iterative
            .as_ref()
            .is_some_and(|code| code.sliced.is_some());
        let limit = if sliced {
            f64::INFINITY
        } else {
            self.samples_per_symbol()
        };
        match errors.iter().find(|error| error.is_nan() || error.abs() > limit) {
            Some(_) => Err(format!("samples off by {errors:.1?} at {limit:.2} a symbol")),
            None => Ok(()),
        }
    }
}
