//! The command line: what can be typed after `:`, its completion and what becomes of it.

use super::app::App;
use super::colors::ThemeName;
use super::decode;
use super::filter::Filter;
use super::model::{Action, Mode, View};
use super::screenshot;
use groundlink_station::profile::Profile;
use std::fmt::Write as _;
use std::path::Path;

/// Lines remembered.
const HISTORY: usize = 100;

/// A command: name, what follows it, what it does.
pub const LINES: [(&str, &str, &str); 12] = [
    ("ascii", "on|off", "draw with ASCII only"),
    ("export", "FILE", "write the listed packets or frames to a file"),
    ("filter", "EXPRESSION", "show only rows that fit"),
    ("help", "", "keys and commands"),
    ("pace", "X|max", "replay at X times real time"),
    ("quit", "", "leave, all output is kept"),
    ("save", "FILE", "write the profile as it is now (save! replaces)"),
    ("screenshot", "[FILE]", "write the screen as .svg or .ansi"),
    ("seek", "TIME", "go to a time since the start, or to sample sN"),
    ("set", "KEY=VALUE", "change the profile from here on"),
    ("theme", "NAME", "dark, light, colour-blind or mono"),
    ("view", "NAME", "show a view"),
];

/// Lines typed before.
#[derive(Debug, Clone, Default)]
pub struct History {
    lines: Vec<String>,
    at: usize,
}

impl History {
    fn push(&mut self, line: &str) {
        self.lines.retain(|old| old != line);
        self.lines.push(line.to_owned());
        if self.lines.len() > HISTORY {
            self.lines.remove(0);
        }
        self.rewind();
    }

    /// Begins behind the newest.
    pub fn rewind(&mut self) {
        self.at = self.lines.len();
    }

    /// The line before or after; the empty one behind the newest.
    pub fn turn(&mut self, back: bool) -> String {
        self.at = if back {
            self.at.saturating_sub(1)
        } else {
            (self.at + 1).min(self.lines.len())
        };
        self.lines.get(self.at).cloned().unwrap_or_default()
    }
}

/// What may stand where the cursor is, given what is typed so far, each as the whole line.
pub fn completions(typed: &str) -> Vec<String> {
    let Some((name, rest)) = typed.split_once(' ') else {
        let fitting = LINES.iter().filter(|line| line.0.starts_with(typed));
        return fitting
            .map(|(name, after, _)| format!("{name}{}", if after.is_empty() { "" } else { " " }))
            .collect();
    };
    let values: Vec<String> = match name {
        "ascii" => vec!["on".into(), "off".into()],
        "pace" => vec!["max".into()],
        "theme" => ThemeName::ALL.iter().map(|theme| theme.0.to_owned()).collect(),
        "view" => View::ALL.iter().map(|view| view.title().to_lowercase()).collect(),
        "set" => profile_keys(),
        _ => Vec::new(),
    };
    let fitting = values.into_iter().filter(|value| value.starts_with(rest));
    fitting.map(|value| format!("{name} {value}")).collect()
}

/// Keys that the built-in profiles set, with the sign that follows them.
fn profile_keys() -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for name in Profile::builtin_names() {
        let text = Profile::builtin_text(name).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        gather("", &table, &mut keys);
    }
    keys.sort();
    keys.dedup();
    keys
}

fn gather(before: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => gather(&format!("{before}{key}."), inner, keys),
            _ => keys.push(format!("{before}{key}=")),
        }
    }
}

/// The longest beginning that all have.
fn common(lines: &[String]) -> String {
    let Some((first, rest)) = lines.split_first() else {
        return String::new();
    };
    let mut end = first.len();
    for line in rest {
        let same = first
            .bytes()
            .zip(line.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        end = end.min(same);
    }
    first.get(..end).unwrap_or(first).to_owned()
}

impl App {
    /// Completes what is typed as far as it is certain, and says what else fits.
    pub(super) fn complete(&mut self) {
        let Mode::Line { typed } = &mut self.mode else {
            return;
        };
        let fitting = completions(typed);
        let longest = common(&fitting);
        if longest.len() > typed.len() {
            *typed = longest;
        }
        self.notice = match fitting.as_slice() {
            [] => Some("nothing fits".into()),
            [_] => None,
            many => {
                let words = many
                    .iter()
                    .map(|line| line.rsplit(' ').find(|w| !w.is_empty()).unwrap_or_default());
                Some(words.collect::<Vec<_>>().join(" "))
            }
        };
    }

    /// Does what was typed.
    pub(super) fn run_line(&mut self, line: &str) -> Action {
        let line = line.trim();
        if line.is_empty() {
            return Action::None;
        }
        self.history.push(line);
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let done = self.named(name, rest.trim());
        done.unwrap_or_else(|said| {
            self.notice = Some(said);
            Action::None
        })
    }

    fn named(&mut self, name: &str, rest: &str) -> Result<Action, String> {
        let needs = |what: &str| format!("{name} needs {what}");
        match name {
            "q" | "quit" => return Ok(Action::Quit),
            "h" | "help" => self.mode = Mode::Help(0),
            "view" => self.view = View::named(rest).ok_or_else(|| needs("the name of a view"))?,
            "theme" => {
                let theme = ThemeName::of(rest);
                self.wear(theme.ok_or_else(|| needs("dark, light, colour-blind or mono"))?);
            }
            "ascii" => match rest {
                "on" => self.ascii = true,
                "off" => self.ascii = false,
                _ => return Err(needs("on or off")),
            },
            "filter" => {
                let filter = Filter::parse(rest);
                if let Some(error) = filter.error() {
                    return Err(error.to_owned());
                }
                self.filter_here(filter);
            }
            "set" if rest.contains('=') => return Ok(Action::Set(vec![rest.to_owned()])),
            "set" => return Err(needs("KEY=VALUE")),
            "save" | "save!" | "export" if rest.is_empty() => return Err(needs("the name of a file")),
            "save" | "save!" => {
                return Ok(Action::SaveProfile {
                    path: rest.to_owned(),
                    replace: name.ends_with('!'),
                });
            }
            "pace" if rest == "max" => return Ok(Action::Pace(None)),
            "pace" => match rest.parse::<f64>() {
                Ok(pace) if pace > 0.0 && pace <= 1e6 => return Ok(Action::Pace(Some(pace))),
                _ => return Err(needs("a multiple of real time, or max")),
            },
            "seek" => return self.seek_to(rest),
            "screenshot" => return self.screenshot(rest),
            "export" => return self.export(rest),
            _ => return Err(format!("no command {name}; Tab lists them")),
        }
        Ok(Action::None)
    }

    fn seek_to(&mut self, place: &str) -> Result<Action, String> {
        let rate = self.rate_hz().ok_or("only samples can be sought")?;
        let sample = match place.strip_prefix('s') {
            Some(sample) => sample.parse().ok(),
            None => seconds(place).map(|seconds| (seconds * rate) as u64),
        };
        let sample = sample.ok_or("seek needs seconds, h:mm:ss or sN for a sample")?;
        Ok(self.seek(sample))
    }

    /// Writes the screen; the ending of the name says how.
    pub(super) fn screenshot(&self, path: &str) -> Result<Action, String> {
        let name = match path {
            "" => format!(
                "groundlink-{}-{}.svg",
                self.view.title().to_lowercase(),
                self.position()
            ),
            path => path.to_owned(),
        };
        let screen = screenshot::drawn(self, self.width, self.height);
        let text = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("svg") => screenshot::svg(&screen, self.theme.paper()),
            Some("ansi" | "txt") => screenshot::ansi(&screen),
            _ => return Err("screenshots end in .svg or .ansi".into()),
        };
        Ok(Action::Write {
            path: name,
            bytes: text.into_bytes(),
        })
    }

    /// Writes the listed units: JSON Lines by that ending, else their bytes one after the other.
    fn export(&self, path: &str) -> Result<Action, String> {
        let rows = self.rows(self.view);
        if rows.is_empty() || !matches!(self.view, View::Frames | View::Packets) {
            return Err("nothing to export: packets and frames can be (6, 9)".into());
        }
        let ending = Path::new(path).extension();
        let json = ending.is_some_and(|ending| ending == "jsonl" || ending == "json");
        let mut bytes = Vec::new();
        for number in rows {
            let (unit, sample, utc) = match self.view {
                View::Frames => match self.data.frames.get(number) {
                    Some(e) => (&e.item.bytes, e.item.sample, &e.item.utc),
                    None => continue,
                },
                _ => match self.data.packets.get(number) {
                    Some(e) => (&e.item.bytes, e.item.sample, &e.item.utc),
                    None => continue,
                },
            };
            if json {
                let line = serde_json::json!({ "sample": sample, "utc": utc, "hex": decode::hex(unit) });
                let mut text = String::new();
                let _ = writeln!(text, "{line}");
                bytes.extend_from_slice(text.as_bytes());
            } else {
                bytes.extend_from_slice(unit);
            }
        }
        Ok(Action::Write {
            path: path.to_owned(),
            bytes,
        })
    }
}

/// Seconds, m:ss or h:mm:ss.
fn seconds(typed: &str) -> Option<f64> {
    let mut total = 0.0;
    for part in typed.split(':') {
        let number: f64 = part.parse().ok()?;
        if !(0.0..1e9).contains(&number) {
            return None;
        }
        total = total * 60.0 + number;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_goes_as_far_as_it_is_certain() {
        assert_eq!(completions("th"), ["theme "]);
        assert_eq!(completions("se"), ["seek ", "set "]);
        assert_eq!(common(&completions("se")), "se");
        assert_eq!(completions("theme l"), ["theme light"]);
        assert!(completions("set coding.").contains(&"set coding.randomizer=".to_owned()));
        assert_eq!(completions("quit x"), [""; 0]);
    }

    #[test]
    fn times_have_up_to_three_parts() {
        assert_eq!(seconds("90.5"), Some(90.5));
        assert_eq!(seconds("1:30"), Some(90.0));
        assert_eq!(seconds("1:00:05"), Some(3_605.0));
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("nan"), None);
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn history_turns_both_ways() {
        let mut history = History::default();
        history.push("set a=1");
        history.push("seek 5");
        history.push("set a=1");
        assert_eq!(history.turn(true), "set a=1");
        assert_eq!(history.turn(true), "seek 5");
        assert_eq!(history.turn(true), "seek 5");
        assert_eq!(history.turn(false), "set a=1");
        assert_eq!(history.turn(false), "");
    }
}
