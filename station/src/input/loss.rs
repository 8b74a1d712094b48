//! Samples that never arrived: how many, where, and why.

use serde::Serialize;

/// Why samples are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// The recorder had lost them; the recording says so.
    Recorder,
    /// The device, its driver or its server had no room for them.
    Overflow,
    /// The source fell silent; counted by the clock.
    Timeout,
    /// Packets are missing, by their sequence numbers or time stamps.
    Sequence,
    /// This program could not keep up with a live source.
    Overrun,
    /// The connection or the device was gone for a while; counted by the clock.
    Reconnect,
}

impl LossCause {
    /// Its name in records, reports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Overflow => "overflow",
            Self::Timeout => "timeout",
            Self::Sequence => "sequence",
            Self::Overrun => "overrun",
            Self::Reconnect => "reconnect",
        }
    }
}

/// A stretch of samples that never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Index of the first that is missing.
    pub first: u64,
    /// How many.
    pub samples: u64,
    /// Why.
    pub cause: LossCause,
}

/// Adds a loss behind the others; what continues the last one for the same cause becomes a part of it.
pub(crate) fn note(losses: &mut Vec<Loss>, loss: Loss) {
    if loss.samples == 0 {
        return;
    }
    match losses.last_mut() {
        Some(last) if last.cause == loss.cause && last.first + last.samples == loss.first => {
            last.samples += loss.samples;
        }
        _ => losses.push(loss),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_joined_where_they_touch_for_the_same_cause() {
        let loss = |first, samples, cause| Loss {
            first,
            samples,
            cause,
        };
        let mut losses = Vec::new();
        note(&mut losses, loss(10, 5, LossCause::Overrun));
        note(&mut losses, loss(15, 0, LossCause::Timeout));
        note(&mut losses, loss(15, 5, LossCause::Overrun));
        note(&mut losses, loss(20, 1, LossCause::Overflow));
        note(&mut losses, loss(30, 1, LossCause::Overflow));
        assert_eq!(
            losses,
            [
                loss(10, 10, LossCause::Overrun),
                loss(20, 1, LossCause::Overflow),
                loss(30, 1, LossCause::Overflow),
            ]
        );
    }
}
