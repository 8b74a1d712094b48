//! The lock chain: from the level of the input to packets, each link with its number, its state and, where
//! it is not as it should be, plain words.

use super::data::{Data, all_frames};
use super::format;
use groundlink_decoder::coding::SyncState;
use groundlink_station::monitor::{Phase, StationStatus, Totals};

/// How a link of the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// As it should be.
    Good,
    /// Works, but something is lost.
    Poor,
    /// Does not work.
    Bad,
    /// Nothing yet.
    Waiting,
    /// Not part of this run.
    Unused,
}

impl LinkState {
    /// Sign that tells states apart without colour.
    pub fn sign(self) -> char {
        match self {
            Self::Good => '●',
            Self::Poor => '◐',
            Self::Bad => '✗',
            Self::Waiting => '○',
            Self::Unused => '·',
        }
    }
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Name.
    pub name: &'static str,
    /// State.
    pub state: LinkState,
    /// Its number, with unit.
    pub value: String,
    /// State in words.
    pub words: String,
}

fn link(name: &'static str, state: LinkState, value: impl Into<String>, words: impl Into<String>) -> Link {
    Link {
        name,
        state,
        value: value.into(),
        words: words.into(),
    }
}

/// The chain as it is now, from input to packets.
pub fn links(data: &Data) -> Vec<Link> {
    let status = &data.status;
    let ended = status.phase != Phase::Running;
    let mut chain = Vec::with_capacity(8);
    receiver_links(status, ended, &mut chain);
    chain.push(node(status, ended));
    chain.push(frame_sync(status, ended));
    let before = data.totals_before();
    chain.push(fec(&status.totals, &before, ended));
    chain.push(frames(status, &before, ended));
    chain.push(packets(status, ended));
    chain
}

/// Where the chain is broken, in one line: its first link that does not work while the run is on.
pub fn diagnosis(chain: &[Link]) -> Option<String> {
    let first = chain
        .iter()
        .find(|l| matches!(l.state, LinkState::Bad | LinkState::Waiting))?;
    Some(format!("held up at {}: {}", first.name, first.words))
}

fn receiver_links(status: &StationStatus, ended: bool, chain: &mut Vec<Link>) {
    let Some(receiver) = &status.receiver else {
        for name in ["level", "carrier", "timing"] {
            chain.push(link(
                name,
                LinkState::Unused,
                "",
                "not in use: the input is already demodulated",
            ));
        }
        return;
    };
    chain.push(level(receiver.level_dbfs, status.clipping, status.position));
    let offset = format::offset_hz(receiver.offset_hz);
    chain.push(if receiver.carrier_locked {
        link("carrier", LinkState::Good, offset, "locked")
    } else {
        searching("carrier", offset, ended, "no carrier found in the search range")
    });
    let symbols = format!("{} Bd", format::grouped_fixed(receiver.symbol_rate_hz, 1));
    chain.push(if receiver.timing_locked {
        link("timing", LinkState::Good, symbols, "locked")
    } else {
        searching("timing", symbols, ended, "no symbol clock of this rate found")
    });
}

fn searching(name: &'static str, value: impl Into<String>, ended: bool, words: &str) -> Link {
    let words = if ended {
        "not locked at the end".to_owned()
    } else {
        format!("searching: {words}")
    };
    link(name, LinkState::Waiting, value, words)
}

fn level(dbfs: f32, clipping: f32, position: u64) -> Link {
    let value = format::decibel(dbfs, "dBFS");
    let clipped = f64::from(clipping) * 100.0;
    if position == 0 {
        link("level", LinkState::Waiting, value, "no samples yet")
    } else if clipping > 0.01 {
        link(
            "level",
            LinkState::Bad,
            value,
            format!("{clipped:.1} % of samples clipped: lower the gain"),
        )
    } else if clipping > 0.000_1 {
        link(
            "level",
            LinkState::Poor,
            value,
            format!("{clipped:.2} % of samples clipped"),
        )
    } else if !dbfs.is_finite() || dbfs < -90.0 {
        link(
            "level",
            LinkState::Bad,
            value,
            "silence: is the receiver connected?",
        )
    } else {
        link("level", LinkState::Good, value, "no clipping")
    }
}

fn node(status: &StationStatus, ended: bool) -> Link {
    let sync = &status.sync;
    let measured = sync.channel_ber.is_finite() && (sync.channel_ber > 0.0 || !sync.node.is_empty());
    let value = if measured {
        format!("BER {}", format::rate(sync.channel_ber))
    } else {
        String::new()
    };
    if sync.node_locked && sync.node.is_empty() && !measured {
        link("node", LinkState::Unused, "", "not in use: no inner code")
    } else if sync.node_locked {
        let words = if sync.node.is_empty() {
            "locked"
        } else {
            sync.node.as_str()
        };
        link("node", LinkState::Good, value, words)
    } else if frames_are_input(status) {
        link(
            "node",
            LinkState::Unused,
            "",
            "not in use: the input is already decoded",
        )
    } else {
        searching(
            "node",
            value,
            ended,
            "no symbol order or inversion fits the inner code",
        )
    }
}

/// Frames or packets came although no block was ever searched for.
fn frames_are_input(status: &StationStatus) -> bool {
    let decoded = all_frames(&status.totals) + status.totals.packets > 0;
    status.receiver.is_none() && status.sync.blocks == 0 && decoded
}

fn frame_sync(status: &StationStatus, ended: bool) -> Link {
    let sync = &status.sync;
    if frames_are_input(status) {
        return link(
            "ASM",
            LinkState::Unused,
            "",
            "not in use: the input is frames or packets",
        );
    }
    let value = format!("{} blocks", format::grouped(sync.blocks));
    match sync.state {
        SyncState::Search => searching("ASM", value, ended, "no sync marker found"),
        SyncState::Verify => link("ASM", LinkState::Waiting, value, "marker found, to be confirmed"),
        SyncState::Lock if sync.slips == 0 => link("ASM", LinkState::Good, value, "locked"),
        SyncState::Lock => link(
            "ASM",
            LinkState::Good,
            value,
            format!("locked, {} bit slips", format::grouped(sync.slips)),
        ),
    }
}

fn fec(now: &Totals, before: &Totals, ended: bool) -> Link {
    let (good, bad) = (now.frames_good + now.frames_rejected, now.frames_uncorrectable);
    let value = format!("{} corrected", format::grouped(now.frames_corrected));
    let new_good = good - (before.frames_good + before.frames_rejected).min(good);
    let new_bad = bad - before.frames_uncorrectable.min(bad);
    let failed = format!("{} uncorrectable", format::grouped(bad));
    if good + bad == 0 {
        let words = if ended {
            "nothing to decode"
        } else {
            "waits for blocks"
        };
        link("FEC", LinkState::Waiting, "", words)
    } else if new_bad > 0 && new_good == 0 {
        link(
            "FEC",
            LinkState::Bad,
            value,
            format!("{failed}: too noisy, or another code"),
        )
    } else if new_bad > 0 {
        link("FEC", LinkState::Poor, value, failed)
    } else if bad > 0 {
        link("FEC", LinkState::Good, value, format!("{failed}, none lately"))
    } else {
        link("FEC", LinkState::Good, value, "nothing uncorrectable")
    }
}

fn frames(status: &StationStatus, before: &Totals, ended: bool) -> Link {
    let now = &status.totals;
    let value = format!("{} good", format::grouped(now.frames_good));
    let lost = format!("{} lost", format::grouped(now.frames_lost));
    let rejected = rejected_words(status);
    if now.frames_good == 0 && now.frames_rejected > 0 {
        return link(
            "frames",
            LinkState::Bad,
            value,
            format!("none accepted: {rejected}"),
        );
    }
    if now.frames_good == 0 {
        let words = if ended { "none decoded" } else { "none yet" };
        return link("frames", LinkState::Waiting, value, words);
    }
    let recent = now.frames_lost > before.frames_lost || now.frames_rejected > before.frames_rejected;
    let words = match (now.frames_lost, now.frames_rejected) {
        (0, 0) => "none lost".to_owned(),
        (_, 0) => lost,
        _ => format!("{lost}, {rejected}"),
    };
    link(
        "frames",
        if recent { LinkState::Poor } else { LinkState::Good },
        value,
        words,
    )
}

fn rejected_words(status: &StationStatus) -> String {
    let most = status.link.rejected.iter().max_by_key(|(_, count)| **count);
    let count = format::grouped(status.totals.frames_rejected);
    match most {
        Some((reason, _)) => format!("{count} rejected, most for {reason}"),
        None => format!("{count} rejected"),
    }
}

fn packets(status: &StationStatus, ended: bool) -> Link {
    let totals = &status.totals;
    let value = format::grouped(totals.packets);
    if totals.packets == 0 {
        let words = if ended { "none decoded" } else { "none yet" };
        let state = if ended && totals.frames_good > 0 {
            LinkState::Unused
        } else {
            LinkState::Waiting
        };
        return link("packets", state, value, words);
    }
    let idle = format::percent(totals.packets_idle, totals.packets);
    link("packets", LinkState::Good, value, format!("{idle} idle"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_decoder::coding::SyncStatus;
    use groundlink_dsp::receiver::ReceiverStatus;
    use std::sync::Arc;

    fn states(data: &Data) -> String {
        links(data).iter().map(|l| l.state.sign()).collect()
    }

    fn locked() -> Data {
        let mut data = Data::default();
        data.status.position = 1;
        data.status.receiver = Some(ReceiverStatus {
            level_dbfs: -20.0,
            carrier_locked: true,
            timing_locked: true,
            symbol_rate_hz: 9_600.0,
            ..ReceiverStatus::default()
        });
        data.status.sync.state = SyncState::Lock;
        data.status.sync.blocks = 10;
        data.status.sync.node_locked = true;
        data.status.sync.channel_ber = 0.01;
        data.status.totals.frames_good = 10;
        data.status.totals.packets = 5;
        data
    }

    #[test]
    fn every_link_has_its_own_evidence() {
        assert_eq!(states(&locked()), "●●●●●●●●");
        let spoilt = |spoil: fn(&mut StationStatus)| {
            let mut data = locked();
            spoil(&mut data.status);
            states(&data)
        };
        assert_eq!(spoilt(|s| s.clipping = 0.02), "✗●●●●●●●");
        assert_eq!(spoilt(|s| s.clipping = 0.001), "◐●●●●●●●");
        assert_eq!(
            spoilt(|s| s.receiver.as_mut().unwrap().carrier_locked = false),
            "●○●●●●●●"
        );
        assert_eq!(
            spoilt(|s| s.receiver.as_mut().unwrap().timing_locked = false),
            "●●○●●●●●"
        );
        assert_eq!(spoilt(|s| s.sync.node_locked = false), "●●●○●●●●");
        assert_eq!(spoilt(|s| s.sync.channel_ber = f32::NAN), "●●●·●●●●");
        assert_eq!(spoilt(|s| s.sync.state = SyncState::Verify), "●●●●○●●●");
        assert_eq!(spoilt(|s| s.totals.frames_uncorrectable = 1), "●●●●●◐●●");
        assert_eq!(spoilt(|s| s.totals.frames_lost = 1), "●●●●●●◐●");
        assert_eq!(spoilt(|s| s.totals.packets = 0), "●●●●●●●○");
        assert_eq!(spoilt(|s| s.receiver = None), "···●●●●●");
    }

    #[test]
    fn rejected_frames_name_the_commonest_reason() {
        let mut data = locked();
        data.status.totals.frames_good = 0;
        data.status.totals.frames_rejected = 3;
        let counters = Arc::make_mut(&mut data.status.link);
        counters.rejected.insert("FECF", 2);
        counters.rejected.insert("SCID", 1);
        let chain = links(&data);
        assert_eq!(chain[6].words, "none accepted: 3 rejected, most for FECF");
        assert_eq!(
            diagnosis(&chain).unwrap(),
            "held up at frames: none accepted: 3 rejected, most for FECF"
        );
    }

    #[test]
    fn frames_as_input_need_no_synchronisation() {
        let mut data = locked();
        data.status.receiver = None;
        data.status.sync = SyncStatus::default();
        assert_eq!(states(&data), "·····●●●");
    }
}
