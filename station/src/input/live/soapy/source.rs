//! Samples of a receiver that may overflow, fall silent, or vanish and come back.

use super::super::arrival::{ArrivalTime, missing};
use super::super::backoff::Backoff;
use super::super::pace::Pace;
use super::super::stamps::{Stamps, Step};
use super::super::{LiveError, LiveOptions, captures};
use super::quiet;
use super::tune::{Tuned, no_nul, tune};
use crate::input::{
    Capture, InputError, InputInfo, LossCause, OpenOptions, Read, SampleBlock, SampleSource, TimeSource,
};
use hifitime::Epoch;
use num_complex::Complex32;
use soapysdr::{Device, ErrorCode, RxStream};
use std::thread;
use std::time::{Duration, Instant};

/// Wait in a call of the driver, µs: some sleep for all of it, and their buffers must not fill meanwhile.
const WAIT_US: std::ops::RangeInclusive<f64> = 1_000.0..=10_000.0;
/// Most samples asked for at once.
const MOST: usize = 1 << 14;
/// Longest time spent on a block.
const PATIENCE: Duration = Duration::from_millis(100);
/// How late samples are taken to arrive at most, seconds: what drivers gather.
const DELAY_S: f64 = 0.25;
/// Time after which the device's own time is told again.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// Stamps in this range of ns since 1970 (years 2020 to 2100) are UTC; others count from when the device began.
const UTC_NS: std::ops::Range<i64> = 1_577_836_800_000_000_000..4_102_444_800_000_000_000;

struct SoapySource {
    args: String,
    options: OpenOptions,
    info: InputInfo,
    rate_hz: f64,
    receiver: Result<Receiver, Backoff>,
    arrivals: ArrivalTime,
    pace: Pace,
    stamps: Stamps,
    /// Newest stamp of the device, ns.
    stamp_ns: i64,
    position: u64,
    last: Option<Instant>,
    /// Why samples may be missing before the next.
    gap: Option<LossCause>,
    /// What the driver gave last.
    scratch: Vec<Complex32>,
    /// That waits for the next block, since something is missing before it.
    held: Option<Held>,
    /// When the device's own time was told last.
    told: Option<Instant>,
    bad: u64,
    warnings: Vec<String>,
}

/// A stream that has begun. The stream goes before the device.
struct Receiver {
    stream: RxStream<Complex32>,
    _device: Device,
    began: Instant,
}

impl Receiver {
    fn begin(tuned: Tuned) -> Result<Self, LiveError> {
        let mut stream = tuned.stream;
        stream.activate(None).map_err(|error| LiveError::Device {
            reason: error.message,
        })?;
        Ok(Self {
            stream,
            _device: tuned.device,
            began: Instant::now(),
        })
    }
}

/// Samples of the receiver with these arguments, tuned as the options say.
pub(crate) fn open(
    name: &str,
    args: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    quiet();
    no_nul(args, &options.live)?;
    if options.format.is_some() {
        return Err(LiveError::Unsupported {
            option: "--format".into(),
            kind: "a device",
            has: "one format for all, cf32",
        });
    }
    options
        .live
        .only(&LiveOptions::OF_DEVICES, "a device", "all but --hold-back")?;
    let tuned = tune(args, options.sample_rate_hz, &options.live)?;
    let rate_hz = tuned.rate_hz;
    let mut info = InputInfo {
        name: name.to_owned(),
        format: "SoapySDR cf32".to_owned(),
        complex: true,
        sample_rate_hz: Some(rate_hz),
        length: None,
        captures: captures(options),
        hardware: tuned.device.hardware_key().ok(),
    };
    if info.captures.is_empty() && tuned.frequency_hz > 0.0 {
        info.captures.push(Capture {
            frequency_hz: Some(tuned.frequency_hz),
            ..Capture::default()
        });
    }
    let mut warnings = Vec::new();
    if let Some(asked) = options
        .sample_rate_hz
        .filter(|asked| (asked / rate_hz - 1.0).abs() > 1e-6)
    {
        warnings.push(format!(
            "the device samples at {rate_hz} Hz, not at the {asked} Hz asked for"
        ));
    }
    let frequency_hz = info.captures.first().and_then(|capture| capture.frequency_hz);
    let most = tuned.stream.mtu().map_or(MOST, |mtu| mtu.clamp(1, MOST));
    Ok(Box::new(SoapySource {
        args: args.to_owned(),
        options: options.clone(),
        info,
        rate_hz,
        receiver: Ok(Receiver::begin(tuned)?),
        arrivals: ArrivalTime::new(rate_hz, frequency_hz, Some(DELAY_S)),
        pace: Pace::new(rate_hz),
        stamps: Stamps::new(rate_hz),
        stamp_ns: 0,
        position: 0,
        last: None,
        gap: None,
        scratch: vec![Complex32::default(); most],
        held: None,
        told: None,
        bad: 0,
        warnings,
    }))
}

/// Samples in the scratch buffer, and what is missing before them.
#[derive(Debug, Clone, Copy)]
struct Held {
    count: usize,
    lost: u64,
    cause: Option<LossCause>,
}

/// What a call of the driver gave.
enum Given {
    Samples(usize),
    Nothing,
    /// Samples are missing.
    Overflow,
    /// The stream is at its end.
    Dead,
}

impl SoapySource {
    fn lose(&mut self, cause: LossCause) {
        // The old device is let go before another attempt.
        self.receiver = Err(Backoff::new(Instant::now()));
        self.gap = Some(cause);
    }

    /// Tries to open the device again, or waits a little.
    fn reopen(&mut self, mut backoff: Backoff) -> Result<(), LiveError> {
        if !backoff.due(Instant::now()) {
            thread::sleep(Duration::from_millis(20));
            self.receiver = Err(backoff);
            return Ok(());
        }
        let tuned = tune(
            &self.args,
            self.options.sample_rate_hz.or(Some(self.rate_hz)),
            &self.options.live,
        );
        match tuned.and_then(Receiver::begin) {
            Ok(receiver) => {
                self.receiver = Ok(receiver);
                Ok(())
            }
            Err(error) => {
                backoff.failed(Instant::now());
                let seconds = self.options.live.reconnect_s.unwrap_or(f64::INFINITY);
                if backoff.lost_for(Instant::now()).as_secs_f64() > seconds {
                    return Err(LiveError::Gone {
                        seconds,
                        reason: error.to_string(),
                    });
                }
                self.receiver = Err(backoff);
                Ok(())
            }
        }
    }

    fn receive(&mut self, wanted: usize) -> Given {
        let Ok(receiver) = &mut self.receiver else {
            return Given::Nothing;
        };
        let mut count = wanted.min(self.scratch.len());
        let mut wait_us = (count as f64 / self.rate_hz * 1e6).clamp(*WAIT_US.start(), *WAIT_US.end()) as i64;
        loop {
            match receiver.stream.read(&mut [&mut self.scratch[..count]], wait_us) {
                Ok(0) => return Given::Nothing,
                Ok(count) => return Given::Samples(count),
                // Some drivers give nothing rather than less than was asked for.
                Err(error) if error.code == ErrorCode::Timeout && count > 1 => {
                    (count, wait_us) = (count / 2, 0);
                }
                Err(error) => {
                    return match error.code {
                        ErrorCode::Timeout => Given::Nothing,
                        ErrorCode::Overflow | ErrorCode::Corruption | ErrorCode::TimeError => Given::Overflow,
                        _ => Given::Dead,
                    };
                }
            }
        }
    }

    /// Samples that are missing before `count` new ones, and why.
    fn missing(&mut self, count: u64, now: Instant) -> (u64, Option<LossCause>) {
        let stamp_ns = self
            .receiver
            .as_ref()
            .map_or(0, |receiver| receiver.stream.time_ns());
        // A device without stamps repeats the same.
        let stamped = stamp_ns != 0 && stamp_ns != self.stamp_ns;
        self.stamp_ns = stamp_ns;
        let cause = self.gap.take();
        if let Some(cause @ (LossCause::Timeout | LossCause::Reconnect)) = cause {
            self.stamps.restart();
            self.pace.restart();
            if stamped {
                self.stamps.take(i128::from(stamp_ns) * 1000, count, false);
            }
            let lost = self
                .last
                .map_or(0, |last| missing(last, now, count, self.rate_hz));
            return (lost, Some(cause));
        }
        if stamped {
            let step = self
                .stamps
                .take(i128::from(stamp_ns) * 1000, count, cause.is_some());
            return match step {
                Step::Lost(lost) => (lost, Some(LossCause::Overflow)),
                Step::Next | Step::Anew | Step::Late => (u64::from(cause.is_some()), cause),
            };
        }
        match cause {
            // At least one, so that nothing is spliced where the device says that something is missing.
            Some(cause) => (self.pace.behind(now, self.position + count).max(1), Some(cause)),
            None => (0, None),
        }
    }

    /// Takes new samples to the block; where something is missing before them they wait for the next one.
    fn take(&mut self, count: usize, block: &mut SampleBlock) {
        let now = Instant::now();
        let (lost, cause) = self.missing(count as u64, now);
        let new = Held { count, lost, cause };
        if lost > 0 && !block.samples.is_empty() {
            self.held = Some(new);
        } else {
            self.append(new, block);
        }
        self.last = Some(now);
        self.pace.arrived(
            now,
            self.position
                + if self.held.is_some() {
                    lost + count as u64
                } else {
                    0
                },
        );
    }

    fn append(&mut self, new: Held, block: &mut SampleBlock) {
        let Held { count, lost, cause } = new;
        if lost > 0 {
            self.position += lost;
            block.lost = cause;
            self.arrivals.restart();
            self.told = None;
        }
        if block.samples.is_empty() {
            block.first = self.position;
            block.capture = self.stamped_capture();
        }
        let samples = &self.scratch[..count];
        self.bad += samples
            .iter()
            .filter(|sample| !(sample.re.is_finite() && sample.im.is_finite()))
            .count() as u64;
        block.samples.extend_from_slice(samples);
        self.position += count as u64;
    }

    /// UTC by the device's own clock, where that is set.
    fn stamped_capture(&mut self) -> Option<Capture> {
        let due = self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if !due || !UTC_NS.contains(&self.stamp_ns) {
            return None;
        }
        self.told = Some(Instant::now());
        Some(Capture {
            sample_start: self.position,
            time: Some(Epoch::from_unix_duration(
                hifitime::Duration::from_total_nanoseconds(self.stamp_ns.into()),
            )),
            frequency_hz: self
                .info
                .captures
                .first()
                .and_then(|capture| capture.frequency_hz),
            uncertainty_s: None,
            clock: TimeSource::Hardware,
        })
    }

    /// Whether it has been silent for too long.
    fn silent(&self) -> bool {
        let since = match &self.receiver {
            Ok(receiver) => self.last.map_or(receiver.began, |last| last.max(receiver.began)),
            Err(_) => return false,
        };
        since.elapsed() >= self.options.live.silence
    }
}

impl SampleSource for SoapySource {
    fn info(&self) -> &InputInfo {
        &self.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        block.begin(self.position);
        if let Err(backoff) = &mut self.receiver {
            let backoff = std::mem::replace(backoff, Backoff::new(Instant::now()));
            return self
                .reopen(backoff)
                .map(|()| Read::Waiting)
                .map_err(|source| InputError::Live {
                    name: self.info.name.clone(),
                    source,
                });
        }
        if let Some(held) = self.held.take() {
            self.append(held, block);
        }
        let started = Instant::now();
        while block.samples.len() < max.max(1) && self.held.is_none() && started.elapsed() < PATIENCE {
            match self.receive(max.max(1) - block.samples.len()) {
                Given::Samples(count) => self.take(count, block),
                Given::Nothing if self.silent() => {
                    self.lose(LossCause::Timeout);
                    break;
                }
                Given::Nothing => break,
                Given::Overflow => {
                    self.gap = Some(LossCause::Overflow);
                    break;
                }
                Given::Dead => {
                    self.lose(LossCause::Reconnect);
                    break;
                }
            }
        }
        // Stamped samples need no arrivals.
        Ok(self.arrivals.filled(block, self.position, self.told.is_some()))
    }

    fn live(&self) -> bool {
        true
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn bad_samples(&self) -> u64 {
        self.bad
    }
}
