//! What is said to `rotctld` and `rigctld`, and how they answer: the extended response protocol of Hamlib.
//!
//! A command is a line that begins with `+`. Its answer repeats it, has a line `Name: value` for each value, and ends with
//! `RPRT n`, where n is 0 or a negative error number (Hamlib, man pages rotctld(1) and rigctld(1)).

use super::HamlibError;

/// Longest answer that is taken.
const LONGEST: usize = 8 * 1024;

/// The command that points a rotator: azimuth and elevation, degrees.
pub fn set_position(azimuth_deg: f64, elevation_deg: f64) -> String {
    format!("+\\set_pos {azimuth_deg:.2} {elevation_deg:.2}\n")
}

/// The command that asks where a rotator points.
pub fn get_position() -> &'static str {
    "+\\get_pos\n"
}

/// The command that parks a rotator.
pub fn park() -> &'static str {
    "+\\park\n"
}

/// The command that tunes a rig, Hz.
pub fn set_frequency(hz: f64) -> String {
    format!("+\\set_freq {hz:.0}\n")
}

/// The command that asks what a rig is tuned to.
pub fn get_frequency() -> &'static str {
    "+\\get_freq\n"
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 0, or a negative error number of Hamlib.
    pub code: i32,
    /// Values by their names.
    pub values: Vec<(String, String)>,
}

impl Reply {
    /// A value as a number.
    ///
    /// # Errors
    /// When it is not there or is none.
    pub fn number(&self, name: &'static str) -> Result<f64, HamlibError> {
        let found = self.values.iter().find(|(own, _)| own == name);
        found
            .and_then(|(_, value)| value.parse::<f64>().ok())
            .filter(|number| number.is_finite())
            .ok_or(HamlibError::NoValue { name })
    }
}

/// Puts an answer together from what arrives.
#[derive(Debug, Default)]
pub struct ReplyReader {
    held: Vec<u8>,
}

impl ReplyReader {
    /// Takes the next bytes; the answer once it is whole. What follows it is dropped: nothing was asked for.
    ///
    /// # Errors
    /// When it does not end, or ends with no number.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Reply>, HamlibError> {
        self.held.extend_from_slice(bytes);
        let text = String::from_utf8_lossy(&self.held);
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut values = Vec::new();
        for line in whole.lines() {
            if let Some(code) = line.strip_prefix("RPRT ") {
                let code = code.trim().parse().map_err(|_| HamlibError::NoReply)?;
                self.held.clear();
                return Ok(Some(Reply { code, values }));
            }
            if let Some((name, value)) = line.split_once(':') {
                values.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        if self.held.len() > LONGEST {
            return Err(HamlibError::NoReply);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_to_the_letter() {
        assert_eq!(set_position(123.456, 7.0), "+\\set_pos 123.46 7.00\n");
        assert_eq!(set_frequency(437_000_123.4), "+\\set_freq 437000123\n");
        assert_eq!((get_position(), park()), ("+\\get_pos\n", "+\\park\n"));
    }

    #[test]
    fn answers_of_the_dummies_of_hamlib_4_5() {
        let read = |text: &str| ReplyReader::default().push(text.as_bytes()).unwrap();
        let reply = read("get_pos:\nAzimuth: 1.20\nElevation: -3.50\nRPRT 0\n").unwrap();
        assert_eq!(
            (reply.number("Azimuth"), reply.number("Elevation")),
            (Ok(1.2), Ok(-3.5))
        );
        assert_eq!(
            reply.number("Frequency"),
            Err(HamlibError::NoValue { name: "Frequency" })
        );
        let reply = read("set_pos: 500 100\nRPRT -1\n").unwrap();
        assert_eq!(reply.code, -1);
        assert_eq!(read("get_freq:\nFrequency: 437000123\nRPRT"), None);
        assert!(ReplyReader::default().push(b"RPRT x\n").is_err());
    }

    #[test]
    fn an_answer_may_come_in_pieces_and_must_end() {
        let mut reader = ReplyReader::default();
        for piece in ["get_fr", "eq:\nFrequency: 5\nRP"] {
            assert_eq!(reader.push(piece.as_bytes()), Ok(None));
        }
        let reply = reader.push(b"RT 0\n").unwrap().unwrap();
        assert_eq!(reply.number("Frequency"), Ok(5.0));
        let mut endless = ReplyReader::default();
        assert!((0..100).any(|_| endless.push(&[b'x'; 100]).is_err()));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), near in "[RPT0-9:a-z\n -]{0,80}") {
            let _ = ReplyReader::default().push(&bytes);
            let _ = ReplyReader::default().push(near.as_bytes());
        }
    }
}
