//! What an input is, found from the samples alone: level, clipping, DC, lines, symbol clocks, spectrum.

use crate::StationError;
use crate::input::{self, InputError, InputInfo, LiveError, LiveUrl, OpenOptions, Read, SampleBlock};
use crate::time::SampleClock;
use groundlink_dsp::measure::{ClockFinder, ClockSource, LevelReport, Levels, noise_density_dbfs_hz};
use groundlink_dsp::spectrum::{Spectrum, strongest_lines};
use serde::Serialize;

/// Samples read at a time.
const BLOCK: usize = 1 << 16;
/// Bins of the spectrum.
const BINS: usize = 4_096;
/// A line is told when it stands this far above the local floor, dB.
const LINE_DB: f32 = 6.0;
/// Lines told.
const LINES: usize = 8;
/// Magnitude from which on a part of a sample counts as clipped: full scale of the coarsest format.
const FULL_SCALE: f32 = 127.0 / 128.0;

/// A line or narrow signal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// Centre, Hz from the middle of the band.
    pub frequency_hz: f64,
    /// Level of the strongest bin, dBFS.
    pub level_dbfs: f32,
    /// Width within 6 dB of the strongest bin, Hz.
    pub width_hz: f64,
    /// Height over the local floor, dB.
    pub above_floor_db: f32,
}

/// A symbol clock that the samples may have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SymbolClock {
    /// Symbols per second.
    pub rate_hz: f64,
    /// Height of its line, dB.
    pub strength_db: f32,
    /// "envelope" (PSK) or "frequency" (FSK).
    pub source: &'static str,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// Path, or `-`.
    pub name: String,
    /// Format for people.
    pub format: String,
    /// Complex or real samples.
    pub complex: bool,
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// Samples.
    pub samples: u64,
    /// Seconds.
    pub seconds: f64,
    /// Tuned frequency, where stated.
    pub frequency_hz: Option<f64>,
    /// UTC of the first sample, where stated.
    pub start: Option<String>,
    /// Hardware, where stated.
    pub hardware: Option<String>,
    /// Samples that are not finite numbers.
    pub bad_samples: u64,
    /// Mean power, dBFS; `None` for silence.
    pub level_dbfs: Option<f64>,
    /// Greatest magnitude, dBFS.
    pub peak_dbfs: Option<f64>,
    /// Share of samples at full scale.
    pub clipping: f64,
    /// Samples at full scale.
    pub clipped_samples: u64,
    /// First and last of them.
    pub clipped_from_to: Option<[u64; 2]>,
    /// Density of the noise, in the quietest eighth of the band, dBFS per Hz; `None` for silence.
    pub noise_dbfs_hz: Option<f64>,
    /// Mean of I and of Q, full scale = 1.
    pub dc: [f64; 2],
    /// Power of the mean, dBFS.
    pub dc_dbfs: Option<f64>,
    /// Gain of I over Q, dB, for complex samples.
    pub iq_gain_db: Option<f64>,
    /// Quadrature error, degrees, for complex samples.
    pub iq_phase_deg: Option<f64>,
    /// Strongest lines.
    pub lines: Vec<Line>,
    /// Symbol clocks, likeliest first.
    pub symbol_clocks: Vec<SymbolClock>,
    /// What was odd.
    pub warnings: Vec<String>,
    /// Mean power spectrum, dBFS a bin, lowest frequency first; not part of the JSON.
    #[serde(skip)]
    pub spectrum: Vec<f32>,
}

/// Reads the whole input and says what it is.
///
/// # Errors
/// When it cannot be opened or read.
pub fn inspect(path: &str, options: &OpenOptions) -> Result<Findings, StationError> {
    if LiveUrl::parse(path).is_some_and(|url| url.is_ok()) {
        return Err(InputError::Live {
            name: path.to_owned(),
            source: LiveError::NoEnd,
        }
        .into());
    }
    let mut source = input::open_samples(path, options)?;
    let info = source.info().clone();
    let rate = info.sample_rate_hz.ok_or_else(|| StationError::NoSampleRate {
        input: path.to_owned(),
    })?;
    let mut levels = Levels::new(FULL_SCALE);
    let mut spectrum = Spectrum::new(BINS);
    let mut clocks = ClockFinder::new(rate, !info.complex);
    let mut block = SampleBlock::default();
    while source.read(&mut block, BLOCK)? == Read::Filled {
        levels.process(&block.samples);
        spectrum.process(&block.samples);
        clocks.process(&block.samples);
    }
    let mut findings = findings(&info, rate, &levels.report());
    findings.noise_dbfs_hz = noise_density_dbfs_hz(&spectrum.power_db(), rate / BINS as f64);
    findings.spectrum = half_if_real(spectrum.power_db(), info.complex);
    findings.lines = lines(&findings.spectrum, rate, info.complex);
    findings.symbol_clocks = symbol_clocks(&clocks);
    findings.warnings = source.warnings().to_vec();
    Ok(findings)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn findings(info: &InputInfo, rate: f64, levels: &LevelReport) -> Findings {
    let imbalance = levels.imbalance.filter(|_| info.complex);
    Findings {
        name: info.name.clone(),
        format: info.format.clone(),
        complex: info.complex,
        sample_rate_hz: rate,
        samples: levels.samples,
        seconds: levels.samples as f64 / rate,
        frequency_hz: info.captures.iter().find_map(|capture| capture.frequency_hz),
        start: SampleClock::new(&info.captures, rate).utc_text(0.0),
        hardware: info.hardware.clone(),
        bad_samples: levels.not_finite,
        level_dbfs: finite(levels.mean_dbfs),
        peak_dbfs: finite(levels.peak_dbfs),
        clipping: levels.clipped_share,
        clipped_samples: levels.clipped,
        clipped_from_to: levels.clipped_from_to,
        noise_dbfs_hz: None,
        dc: levels.dc,
        dc_dbfs: finite(levels.dc_dbfs),
        iq_gain_db: imbalance.map(|i| i.gain_db),
        iq_phase_deg: imbalance.map(|i| i.phase_deg),
        lines: Vec::new(),
        symbol_clocks: Vec::new(),
        warnings: Vec::new(),
        spectrum: Vec::new(),
    }
}

/// The spectrum of real samples is symmetric: only its upper half says something.
fn half_if_real(spectrum: Vec<f32>, complex: bool) -> Vec<f32> {
    if complex {
        spectrum
    } else {
        spectrum[spectrum.len() / 2..].to_vec()
    }
}

fn lines(spectrum: &[f32], rate: f64, complex: bool) -> Vec<Line> {
    // Half a spectrum spans half the rate, from 0 Hz upwards instead of around 0 Hz.
    let (span, shift) = if complex {
        (rate, 0.0)
    } else {
        (rate / 2.0, rate / 4.0)
    };
    strongest_lines(spectrum, span, LINE_DB, LINES)
        .into_iter()
        .map(|line| Line {
            frequency_hz: line.frequency_hz + shift,
            level_dbfs: line.level_db,
            width_hz: line.width_hz,
            above_floor_db: line.above_floor_db,
        })
        .collect()
}

fn symbol_clocks(clocks: &ClockFinder) -> Vec<SymbolClock> {
    clocks
        .candidates()
        .into_iter()
        .map(|candidate| SymbolClock {
            rate_hz: candidate.rate_hz,
            strength_db: candidate.strength_db,
            source: match candidate.source {
                ClockSource::Envelope => "envelope",
                ClockSource::Frequency => "frequency",
            },
        })
        .collect()
}
