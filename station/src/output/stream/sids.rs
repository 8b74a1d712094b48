//! The telemetry form of `SatNOGS` DB (`SiDS`, "simple downlink share convention"): one frame as the fields of an HTML form.

use super::spec::Sids;
use super::unit::Unit;
use crate::output::record::hex;
use crate::time::utc_text;

/// The form of a frame, `application/x-www-form-urlencoded`; `None` where its time is not known.
pub fn form(station: &Sids, unit: &Unit) -> Option<String> {
    let utc = utc_text(unit.utc?);
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(2 * unit.bytes.len() + 200));
    form.append_pair("noradID", &station.norad.to_string())
        .append_pair("source", &station.source)
        .append_pair("timestamp", &utc)
        .append_pair("frame", &hex(&unit.bytes))
        .append_pair("locator", "longLat")
        .append_pair("longitude", &degrees(station.longitude, 'E', 'W'))
        .append_pair("latitude", &degrees(station.latitude, 'N', 'S'))
        .append_pair("version", concat!("groundlink ", env!("CARGO_PKG_VERSION")));
    Some(form.finish())
}

/// "8.95E".
fn degrees(value: f64, positive: char, negative: char) -> String {
    let side = if value < 0.0 { negative } else { positive };
    format!("{}{side}", value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::record::Record;
    use crate::output::stream::unit::What;
    use hifitime::Epoch;
    use std::sync::Arc;

    fn unit(utc: Option<Epoch>) -> Unit {
        Unit {
            what: What::Frames,
            bytes: vec![0x00, 0xC0, 0xFF],
            utc,
            record: Arc::new(Record::Warning { text: String::new() }),
            origin: Arc::default(),
        }
    }

    fn station() -> Sids {
        Sids {
            url: "https://db.example/api/telemetry/".to_owned(),
            norad: 44_406,
            source: "N0CALL & söhne".to_owned(),
            latitude: -49.7,
            longitude: 8.95,
            token: None,
            ca_file: None,
        }
    }

    #[test]
    fn the_fields_are_those_of_the_convention() {
        let utc = Epoch::from_gregorian_utc(2026, 3, 1, 12, 34, 56, 789_012_000);
        assert_eq!(
            form(&station(), &unit(Some(utc))).unwrap(),
            format!(
                "noradID=44406&source=N0CALL+%26+s%C3%B6hne&timestamp=2026-03-01T12%3A34%3A56.789012Z&frame=00C0FF\
                 &locator=longLat&longitude=8.95E&latitude=49.7S&version=groundlink+{}",
                env!("CARGO_PKG_VERSION")
            )
        );
    }

    #[test]
    fn a_frame_without_a_time_has_no_form() {
        assert_eq!(form(&station(), &unit(None)), None);
    }
}
