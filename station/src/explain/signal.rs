//! What may be wrong in front of the soft bits, as changes of the profile to be tried.

use super::candidates::Candidate;
use super::material::Material;
use super::measure::{self, InBand, Measured};
use super::report::Link;
use crate::profile::{Profile, Signal};
use groundlink_dsp::measure::ClockCandidate;
use groundlink_dsp::{FskInput, Modulation, Pulse};

/// Distance from the profile's symbol rate within which a clock is that of the profile, relative.
pub const RATE_FITS: f64 = 1e-3;
/// Rounding of a measured symbol rate, relative.
pub const RATE_ROUNDING: f64 = 2.5e-4;
/// Clocks tried.
const CLOCKS: usize = 3;

/// What the samples show of the profile's signal.
#[derive(Debug, Clone)]
pub struct Clues {
    /// Level and spectrum.
    pub measured: Measured,
    /// Symbol clocks of the signal at the profile's frequency, likeliest first.
    pub clocks: Vec<ClockCandidate>,
    /// The signal that is looked for, where one stands in its range.
    pub wanted: Option<InBand>,
    /// Signals elsewhere, with their symbol clocks.
    pub elsewhere: Vec<(InBand, Vec<ClockCandidate>)>,
    /// Whether the samples are FM audio.
    pub audio: bool,
    /// Whether they are complex.
    pub complex: bool,
}

impl Clues {
    /// Looks at the samples; `None` where the input has none.
    pub fn of(material: &Material, profile: &Profile) -> Option<Self> {
        let Material::Samples {
            samples,
            rate_hz,
            complex,
        } = material
        else {
            return None;
        };
        let (rate_hz, complex) = (*rate_hz, *complex);
        let signal = profile.signal.as_ref()?;
        let config = profile.signal_config(rate_hz, complex).ok();
        let audio = config.is_some_and(|config| config.fsk_input == FskInput::FmAudio);
        let measured = Measured::of(samples, rate_hz, complex, signal.symbol_rate_hz);
        let half = reach_hz(signal);
        let bandwidth = |signal_width: f64| (2.0 * half).max(1.5 * signal_width).min(0.9 * rate_hz);
        let in_reach = |found: &&InBand| (found.centre_hz - signal.carrier_hz).abs() <= search_hz(signal);
        let wanted = measured.signals.iter().find(in_reach).copied();
        let clocks = if audio {
            measure::audio_clocks(samples, rate_hz)
        } else {
            let width = wanted.map_or(0.0, |found| found.width_hz);
            measure::clocks(samples, rate_hz, signal.carrier_hz, bandwidth(width))
        };
        let elsewhere = measured
            .signals
            .iter()
            .filter(|found| !audio && !in_reach(found))
            .map(|found| {
                let clocks = measure::clocks(samples, rate_hz, found.centre_hz, bandwidth(found.width_hz));
                (*found, clocks)
            })
            .collect();
        Some(Self {
            measured,
            clocks,
            wanted,
            elsewhere,
            audio,
            complex,
        })
    }

    /// Whether a signal with the profile's symbol clock stands outside of the range searched, and none in it.
    pub fn astray(&self, profile: &Profile) -> bool {
        let Some(signal) = &profile.signal else {
            return false;
        };
        let rates = line_rates(profile, signal);
        let fits = |clock: &ClockCandidate| {
            rates
                .iter()
                .any(|rate| (clock.rate_hz / rate - 1.0).abs() <= RATE_FITS)
        };
        self.wanted.is_none() && self.elsewhere.iter().any(|(_, clocks)| clocks.iter().any(fits))
    }

    /// The clock that is the profile's symbol rate, where there is one.
    pub fn fitting_clock(&self, profile: &Profile) -> Option<ClockCandidate> {
        let signal = profile.signal.as_ref()?;
        let rates = line_rates(profile, signal);
        let fits = |clock: &&ClockCandidate| {
            rates
                .iter()
                .any(|rate| (clock.rate_hz / rate - 1.0).abs() <= RATE_FITS)
        };
        self.clocks.iter().find(fits).copied()
    }
}

/// Half of the width that the signal may take, Hz.
fn reach_hz(signal: &Signal) -> f64 {
    let shape = match signal.pulse {
        Pulse::Srrc { roll_off } => 0.5 * (1.0 + roll_off),
        _ => 1.0,
    };
    let deviation = signal.deviation_hz.unwrap_or(0.0);
    1.1 * (shape * signal.symbol_rate_hz + deviation) + signal.search_hz.min(signal.symbol_rate_hz)
}

/// How far from the carrier a signal's centre may be measured and still be within the range searched.
fn search_hz(signal: &Signal) -> f64 {
    signal.search_hz + 0.05 * signal.symbol_rate_hz
}

/// Rates at which the clock of the profile's signal shows.
fn line_rates(profile: &Profile, signal: &Signal) -> Vec<f64> {
    let rate = signal.symbol_rate_hz;
    let twice = profile.coding.bi_phase || signal.modulation == Modulation::Oqpsk;
    if twice { vec![rate, 2.0 * rate] } else { vec![rate] }
}

/// Everything that the samples give reason to try, likeliest first.
pub fn candidates(clues: &Clues, profile: &Profile) -> Vec<Candidate> {
    let Some(signal) = &profile.signal else {
        return Vec::new();
    };
    let rates = rates(&clues.clocks, profile, signal);
    let carriers = carriers(clues, profile, signal);
    let mut list = Vec::new();
    if clues.wanted.is_some() || carriers.is_empty() {
        list.extend(rates);
        list.extend(carriers);
    } else {
        list.extend(carriers);
        list.extend(rates);
    }
    list.extend(swapped(clues, signal));
    list.extend(relatives(signal, clues.audio));
    list
}

fn rates(clocks: &[ClockCandidate], profile: &Profile, signal: &Signal) -> Vec<Candidate> {
    let own = signal.symbol_rate_hz;
    let fits = |rate: f64| (rate / own - 1.0).abs() <= RATE_FITS;
    let mut list: Vec<Candidate> = Vec::new();
    for clock in clocks.iter().take(CLOCKS) {
        let mut multiples = vec![1.0];
        if line_rates(profile, signal).len() > 1 {
            multiples.push(0.5);
        }
        for multiple in multiples {
            let measured = clock.rate_hz * multiple;
            if fits(measured) {
                continue;
            }
            let rate = measure::roundest(measured, RATE_ROUNDING);
            list.push(Candidate {
                evidence: format!(
                    "a symbol clock of {:.1} Bd stands {:.0} dB out of the samples, {:.3} times the profile's {own} Bd",
                    clock.rate_hz,
                    clock.strength_db,
                    clock.rate_hz / own
                ),
                ..Candidate::new(
                    Link::Symbols,
                    format!("the symbol rate is {rate} Bd, not {own} Bd"),
                    &[&format!("signal.symbol_rate={rate}")],
                )
            });
        }
    }
    list
}

fn carriers(clues: &Clues, profile: &Profile, signal: &Signal) -> Vec<Candidate> {
    let own = signal.carrier_hz;
    let mut list: Vec<(bool, Candidate)> = Vec::new();
    for (found, clocks) in &clues.elsewhere {
        let carrier = rounded(found.centre_hz, signal.symbol_rate_hz / 50.0);
        if !clues.complex && carrier <= 0.0 {
            continue;
        }
        let clock = clocks.iter().find(|clock| {
            line_rates(profile, signal)
                .iter()
                .any(|rate| (clock.rate_hz / rate - 1.0).abs() < RATE_FITS)
        });
        let of_clock = clock.map_or_else(String::new, |clock| {
            format!(", with a symbol clock of {:.1} Bd", clock.rate_hz)
        });
        let evidence = format!(
            "a signal {:.0} Hz wide stands at {:+.0} Hz, {:.1} dB-Hz over the noise{of_clock}; the profile looks at {:+.0} ± {:.0} Hz",
            found.width_hz, found.centre_hz, found.c_n0_db_hz, own, signal.search_hz
        );
        let key = format!("signal.carrier={carrier}");
        let mirrored = clues.complex && own != 0.0 && (found.centre_hz + own).abs() <= search_hz(signal);
        if mirrored {
            let swap = format!("signal.iq_swap={}", !signal.iq_swap);
            let candidate = Candidate::new(
                Link::Carrier,
                "I and Q are exchanged in the samples: the spectrum is inverted",
                &[&key, &swap],
            );
            list.push((
                true,
                Candidate {
                    evidence: format!("{evidence}: that is the mirror image"),
                    ..candidate
                },
            ));
        }
        list.push((
            clock.is_some(),
            Candidate {
                evidence,
                ..Candidate::new(
                    Link::Spectrum,
                    format!("the signal is at {carrier} Hz, not at {own} Hz"),
                    &[&key],
                )
            },
        ));
    }
    // A signal with the right clock is likelier to be it than a stronger one without.
    list.sort_by_key(|(likely, _)| !likely);
    list.into_iter().map(|(_, candidate)| candidate).collect()
}

/// To the nearest multiple of the roundest step that is no greater than `within`.
fn rounded(value: f64, within: f64) -> f64 {
    let decade = 10f64.powf(within.log10().floor());
    let step = [5.0, 2.0, 1.0]
        .map(|part| part * decade)
        .into_iter()
        .find(|step| *step <= within);
    let step = step.unwrap_or(decade).max(1e-3);
    // Not minus zero.
    (value / step).round() * step + 0.0
}

/// An inverted spectrum at the same place.
fn swapped(clues: &Clues, signal: &Signal) -> Option<Candidate> {
    let matters = clues.complex && !matches!(signal.modulation, Modulation::Bpsk | Modulation::Pm(_));
    let text = if signal.iq_swap {
        "I and Q are not exchanged in the samples"
    } else {
        "I and Q are exchanged in the samples: the spectrum is inverted"
    };
    let set = format!("signal.iq_swap={}", !signal.iq_swap);
    matters.then(|| Candidate::new(Link::Carrier, text, &[&set]))
}

/// Modulations that are taken for this one.
fn relatives(signal: &Signal, audio: bool) -> Vec<Candidate> {
    let gaussian = matches!(signal.pulse, Pulse::Gaussian { .. });
    let words: &[&str] = match (signal.modulation, gaussian) {
        (Modulation::Bpsk, _) => &["dbpsk", "qpsk", "pm"],
        (Modulation::Dbpsk, _) => &["bpsk", "dqpsk"],
        (Modulation::Qpsk, _) => &["oqpsk", "bpsk", "dqpsk", "8psk"],
        (Modulation::Oqpsk, _) => &["qpsk", "bpsk", "gmsk"],
        (Modulation::Dqpsk, _) => &["pi4-dqpsk", "qpsk", "dbpsk"],
        (Modulation::Pi4Dqpsk, _) => &["dqpsk", "qpsk"],
        (Modulation::Uqpsk, _) => &["qpsk", "bpsk"],
        (Modulation::Psk8, _) => &["qpsk"],
        (Modulation::Fsk, false) => &["gfsk", "msk", "4fsk"],
        (Modulation::Fsk, true) => &["gmsk", "fsk", "4gfsk"],
        (Modulation::Fsk4, false) => &["4gfsk", "fsk"],
        (Modulation::Fsk4, true) => &["4fsk", "gfsk"],
        (Modulation::Gmsk, true) => &["gfsk", "msk", "fsk"],
        (Modulation::Gmsk, false) => &["gmsk", "fsk", "oqpsk"],
        (Modulation::Pm(_), _) => &["bpsk"],
    };
    if audio && !matches!(signal.modulation, Modulation::Fsk | Modulation::Gmsk) {
        return Vec::new();
    }
    words
        .iter()
        .map(|word| {
            Candidate::new(
                Link::Carrier,
                format!("the modulation is {}", word.to_uppercase()),
                &[&format!("signal.modulation={word}")],
            )
        })
        .collect()
}

/// Keys of other modulations that may have to go when the modulation changes.
pub const MODULATION_KEYS: [&str; 9] = [
    "signal.pulse=",
    "signal.roll_off=",
    "signal.bt=",
    "signal.deviation=",
    "signal.precoding=",
    "signal.iq_order=",
    "signal.unbalance=",
    "signal.modulation_index=",
    "signal.subcarrier=",
];
