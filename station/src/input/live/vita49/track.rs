//! What is missing between the data packets of a stream, by their numbers and time stamps.

use super::super::stamps::{Stamps, Step};
use super::packet::{Fraction, Packet, Seconds};
use crate::input::LossCause;
use hifitime::{Duration, Epoch, Unit};

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Take it; so many samples are missing before it, and `anew` says that times begin anew with it.
    Take {
        lost: u64,
        cause: Option<LossCause>,
        anew: bool,
    },
    /// It is older than what came before, or came before itself.
    Late,
}

/// Follows a stream.
#[derive(Debug)]
pub(super) struct Track {
    rate_hz: f64,
    stamps: Stamps,
    /// Number of the last packet and its samples.
    last: Option<(u8, u64)>,
}

/// Time of a packet's first sample in picoseconds from anywhere; `None` where it has none that is good to a sample.
fn stamp_ps(packet: &Packet<'_>, rate_hz: f64) -> Option<i128> {
    let samples = |count: u64| (count as f64 / rate_hz * 1e12).round() as i128;
    let whole = match packet.seconds {
        Some(Seconds::Utc(seconds) | Seconds::Gps(seconds) | Seconds::Other(seconds)) => {
            i128::from(seconds) * 1_000_000_000_000
        }
        None => 0,
    };
    match packet.fraction? {
        Fraction::Picoseconds(fraction) => Some(whole + i128::from(fraction)),
        Fraction::Samples(count) => Some(whole + samples(count)),
        Fraction::FreeRunning(count) => Some(samples(count)),
    }
}

/// UTC of a packet's first sample, where its stamp says it.
pub(super) fn utc(packet: &Packet<'_>, rate_hz: f64) -> Option<Epoch> {
    let fraction = match packet.fraction? {
        // Half a second too much is no fraction of one.
        Fraction::Picoseconds(fraction) if fraction < 1_000_000_000_000 => fraction as f64 * 1e-12,
        Fraction::Samples(count) => count as f64 / rate_hz,
        Fraction::Picoseconds(_) | Fraction::FreeRunning(_) => return None,
    };
    let whole = match packet.seconds? {
        Seconds::Utc(seconds) => Epoch::from_unix_duration(Unit::Second * i64::from(seconds)),
        Seconds::Gps(seconds) => Epoch::from_gpst_seconds(f64::from(seconds)),
        Seconds::Other(_) => return None,
    };
    Some(whole + Duration::from_seconds(fraction))
}

impl Track {
    /// Of samples at this rate.
    pub fn new(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            stamps: Stamps::new(rate_hz),
            last: None,
        }
    }

    /// The next packet, with so many samples.
    pub fn take(&mut self, packet: &Packet<'_>, samples: u64) -> Verdict {
        let first = self.last.is_none();
        let (number, length) = self.last.unwrap_or((packet.count.wrapping_sub(1), samples));
        let packets = u64::from(packet.count.wrapping_sub(number).wrapping_sub(1) & 0xF);
        let by_count = packets.saturating_mul(length);
        let (lost, anew) = match stamp_ps(packet, self.rate_hz) {
            Some(stamp) => match self.stamps.take(stamp, samples, packets > 0) {
                Step::Next => (0, false),
                Step::Lost(lost) => (lost, false),
                Step::Anew => (by_count, true),
                Step::Late => return Verdict::Late,
            },
            // The same number again.
            None if packets == 15 => return Verdict::Late,
            None => (by_count, first),
        };
        self.last = Some((packet.count, samples));
        let cause = if packets > 0 {
            LossCause::Sequence
        } else {
            LossCause::Overflow
        };
        Verdict::Take {
            lost,
            cause: (lost > 0).then_some(cause),
            anew,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::Kind;
    use super::*;
    use crate::time::utc_text;

    const RATE: f64 = 1e6;

    fn packet(count: u8, seconds: Option<Seconds>, fraction: Option<Fraction>) -> Packet<'static> {
        Packet {
            kind: Kind::Data,
            count: count & 0xF,
            stream: None,
            class: None,
            seconds,
            fraction,
            payload: &[],
        }
    }

    fn take(lost: u64, cause: Option<LossCause>) -> Verdict {
        Verdict::Take {
            lost,
            cause,
            anew: false,
        }
    }

    /// Number `n` of packets of 300 samples, with its time.
    fn nth(n: u64) -> Packet<'static> {
        let ps = n * 300_000_000;
        packet(
            n as u8,
            Some(Seconds::Utc(1_700_000_000 + (ps / 1_000_000_000_000) as u32)),
            Some(Fraction::Picoseconds(ps % 1_000_000_000_000)),
        )
    }

    #[test]
    fn what_is_missing_is_known_to_the_sample_by_the_stamps() {
        let mut track = Track::new(RATE);
        assert!(matches!(
            track.take(&nth(0), 300),
            Verdict::Take {
                lost: 0,
                anew: true,
                ..
            }
        ));
        assert_eq!(track.take(&nth(1), 300), take(0, None));
        // One packet; seventeen packets, of which the number shows one.
        assert_eq!(track.take(&nth(3), 300), take(300, Some(LossCause::Sequence)));
        assert_eq!(
            track.take(&nth(21), 300),
            take(17 * 300, Some(LossCause::Sequence))
        );
        // Late, and twice.
        assert_eq!(track.take(&nth(20), 300), Verdict::Late);
        assert_eq!(track.take(&nth(21), 300), Verdict::Late);
        assert_eq!(track.take(&nth(22), 300), take(0, None));
        // The numbers go on, the time jumps: the sender had no room.
        let mut behind = nth(33);
        behind.count = 23 % 16;
        assert_eq!(track.take(&behind, 300), take(3000, Some(LossCause::Overflow)));
    }

    #[test]
    fn a_loss_of_sixteen_packets_shows_in_the_stamps_alone() {
        let mut track = Track::new(RATE);
        track.take(&nth(0), 300);
        assert_eq!(
            track.take(&nth(17), 300),
            take(16 * 300, Some(LossCause::Overflow))
        );
    }

    #[test]
    fn without_stamps_the_numbers_must_do() {
        let mut track = Track::new(RATE);
        let bare = |count: u8| packet(count, None, None);
        track.take(&bare(14), 300);
        assert_eq!(track.take(&bare(15), 300), take(0, None));
        assert_eq!(track.take(&bare(15), 300), Verdict::Late);
        assert_eq!(track.take(&bare(2), 300), take(600, Some(LossCause::Sequence)));
    }

    #[test]
    fn stamps_tell_utc_where_they_have_one() {
        let text = |packet: Packet<'_>| utc(&packet, RATE).map(utc_text);
        let half = Some(Fraction::Picoseconds(500_000_000_000));
        assert_eq!(
            text(packet(0, Some(Seconds::Utc(1_700_000_000)), half)).as_deref(),
            Some("2023-11-14T22:13:20.500000Z")
        );
        // 18 leap seconds and ten years less.
        assert_eq!(
            text(packet(
                0,
                Some(Seconds::Gps(1_384_035_218)),
                Some(Fraction::Samples(250_000))
            ))
            .as_deref(),
            Some("2023-11-14T22:13:20.250000Z")
        );
        for packet in [
            packet(0, Some(Seconds::Other(7)), half),
            packet(0, None, half),
            packet(0, Some(Seconds::Utc(7)), None),
            packet(0, Some(Seconds::Utc(7)), Some(Fraction::FreeRunning(7))),
            packet(0, Some(Seconds::Utc(7)), Some(Fraction::Picoseconds(u64::MAX))),
        ] {
            assert_eq!(utc(&packet, RATE), None);
        }
    }
}
