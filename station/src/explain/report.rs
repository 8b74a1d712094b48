//! What an explanation says.

use serde::Serialize;

/// A link of the chain, from the antenna inwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Level, clipping and faults of the receiver.
    Level,
    /// Whether there is a signal, and where.
    Spectrum,
    /// Carrier and modulation.
    Carrier,
    /// Symbol rate and timing.
    Symbols,
    /// Inner code and its node.
    Node,
    /// Marker and its distance.
    Asm,
    /// Error correction.
    Fec,
    /// Checks of the frames.
    Frames,
    /// Packets in the frames.
    Packets,
}

impl Link {
    /// All, from the antenna inwards.
    pub const ALL: [Self; 9] = [
        Self::Level,
        Self::Spectrum,
        Self::Carrier,
        Self::Symbols,
        Self::Node,
        Self::Asm,
        Self::Fec,
        Self::Frames,
        Self::Packets,
    ];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Spectrum => "spectrum",
            Self::Carrier => "carrier",
            Self::Symbols => "symbols",
            Self::Node => "node",
            Self::Asm => "ASM",
            Self::Fec => "FEC",
            Self::Frames => "frames",
            Self::Packets => "packets",
        }
    }
}

/// State of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, but could be better.
    Poor,
    /// Nothing comes through.
    Broken,
    /// Cannot be judged: a link before it is broken, or the input has nothing of it.
    Unknown,
}

/// A link with what was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Link.
    pub link: Link,
    /// State.
    pub state: State,
    /// What it is judged by, numbers included; one line.
    pub evidence: String,
}

/// A cause with its remedy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// The link that it breaks.
    pub link: Link,
    /// What is wrong, one line.
    pub text: String,
    /// Why this is believed; empty where the trial says it all.
    pub evidence: String,
    /// What changes the profile, each as `--set` takes it; all of them together. Empty where no key does.
    pub set: Vec<String>,
    /// What to do where no key of the profile does it; empty where one does.
    pub advice: String,
    /// Whether the same stretch gave verified frames with the remedy.
    pub proven: bool,
    /// Verified frames that it gave.
    pub frames: u64,
}

/// The stretch of the input that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stretch {
    /// Its first sample (or soft bit, or byte), counted from the beginning of the input.
    pub first: u64,
    /// Its length.
    pub length: u64,
    /// The same in seconds, where these are samples.
    pub seconds: Option<f64>,
    /// Whether there is more of the input.
    pub part: bool,
}

/// Why an input decodes, or does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The input.
    pub input: String,
    /// Name of the profile.
    pub profile: String,
    /// What was looked at.
    pub stretch: Stretch,
    /// Whether verified frames come out as things are.
    pub decodes: bool,
    /// Verified frames that come out of the stretch as things are.
    pub frames: u64,
    /// The chain, from the antenna inwards.
    pub chain: Vec<Finding>,
    /// The first link through which nothing comes.
    pub broken: Option<Link>,
    /// Causes, the likeliest first; where it decodes, what could still be better.
    pub causes: Vec<Cause>,
    /// Remedies tried.
    pub tried: usize,
}
