//! What a unit is called in NATS: its subject, and the headers that say what it is.

use super::spec::Nats;
use super::unit::Unit;
use super::word::word;
use crate::output::record::Record;
use async_nats::HeaderMap;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

/// A run among those that publish to one stream.
pub struct Run {
    station: String,
    /// Different for each run of a station.
    id: String,
}

impl Run {
    /// The run that begins now.
    pub fn new(config: &Nats) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            station: config.station.clone(),
            id: format!("{:x}-{:x}", now.as_nanos(), process::id()),
        }
    }
}

/// `PREFIX.STATION.SATELLITE.KIND.VC`: the satellite by its profile (or downlink), the virtual channel by its number, and
/// `none` where there is none.
pub fn subject(config: &Nats, unit: &Unit) -> String {
    let satellite = unit.origin.downlink.as_ref().unwrap_or(&unit.origin.profile);
    let vc = vcid(&unit.record).map_or("none".to_owned(), |vcid| vcid.to_string());
    let (prefix, what) = (&config.subject, unit.what.name());
    format!(
        "{prefix}.{}.{}.{what}.{vc}",
        token(&config.station),
        token(satellite)
    )
}

/// A word as a part of a subject: what has a meaning there, or is no visible ASCII, becomes `_`.
fn token(text: &str) -> String {
    word(text, |c| c.is_ascii_graphic() && !".*>".contains(c))
}

fn vcid(record: &Record) -> Option<u8> {
    match record {
        Record::Frame(frame) => frame.header.as_ref().map(|header| header.vcid),
        Record::Packet(packet) => packet.vcid,
        _ => None,
    }
}

/// What a unit is, and the identifier by which the server knows it again.
pub fn headers(run: &Run, unit: &Unit) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut say = |name: &'static str, value: Option<String>| {
        if let Some(value) = value {
            // Values of a line only; profile names come from files.
            headers.insert(name, token(&value).as_str());
        }
    };
    let (number, place, good) = match &*unit.record {
        Record::Frame(frame) => (Some(frame.frame), Some(&frame.place), Some(frame.good)),
        Record::Packet(packet) => (Some(packet.packet), Some(&packet.place), packet.crc),
        _ => (None, None, None),
    };
    let downlink = unit.origin.downlink.clone();
    if let Some(number) = number {
        let of = downlink.as_deref().unwrap_or_default();
        let id = [&run.station, &run.id, of, unit.what.name(), &number.to_string()].join("/");
        say("Nats-Msg-Id", Some(id));
    }
    say("Groundlink-Profile", Some(unit.origin.profile.clone()));
    say("Groundlink-Downlink", downlink);
    say("Groundlink-Number", number.map(|number| number.to_string()));
    say("Groundlink-Good", good.map(|good| good.to_string()));
    say(
        "Groundlink-Sample",
        place
            .and_then(|place| place.sample)
            .map(|sample| sample.to_string()),
    );
    if let Some(utc) = place.and_then(|place| place.utc.as_deref()) {
        headers.insert("Groundlink-Utc", utc);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_meaning_in_subjects_have_none() {
        assert_eq!(token("a.b>c*d e"), "a_b_c_d_e");
        assert_eq!(token(""), "_");
    }
}
