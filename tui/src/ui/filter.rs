//! Filters of the lists: words that must occur, and terms such as `vcid=1`; `!` in front turns it round.

/// What a row offers to a filter.
pub trait Row {
    /// The row's text in lower case.
    fn text(&self) -> &str;
    /// Whether the field of this name has this value; `None` where the row has no such field.
    fn field(&self, name: &str, value: &str) -> Option<bool>;
}

/// A parsed filter. The default lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    source: String,
    inverted: bool,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Text(String),
    Field {
        name: String,
        value: String,
        text: String,
    },
}

impl Filter {
    /// Parses what was typed after `/`. Every input is a filter: what is no term is text to look for.
    pub fn parse(source: &str) -> Self {
        let trimmed = source.trim();
        let (inverted, rest) = trimmed.strip_prefix('!').map_or((false, trimmed), |r| (true, r));
        let terms = rest.split_whitespace().map(term).collect();
        Self {
            source: trimmed.to_owned(),
            inverted,
            terms,
        }
    }

    /// What was typed.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the row is to be shown.
    pub fn matches(&self, row: &impl Row) -> bool {
        self.is_empty() || self.terms.iter().all(|t| t.matches(row)) != self.inverted
    }
}

fn term(word: &str) -> Term {
    let text = word.to_lowercase();
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Term::Field {
            name: name.to_owned(),
            value: value.to_owned(),
            text,
        },
        _ => Term::Text(text),
    }
}

impl Term {
    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::Text(text) => row.text().contains(text.as_str()),
            Self::Field { name, value, text } => row
                .field(name, value)
                .unwrap_or_else(|| row.text().contains(text.as_str())),
        }
    }
}

/// Whether a typed number, decimal or `0x` hexadecimal, is this one.
pub fn is_number(value: &str, number: u64) -> bool {
    let parsed = match value.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => value.parse(),
    };
    parsed == Ok(number)
}

/// Whether a typed yes or no agrees with this one.
pub fn is_flag(value: &str, flag: bool) -> bool {
    match value {
        "yes" | "true" | "1" => flag,
        "no" | "false" | "0" => !flag,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake;

    impl Row for Fake {
        fn text(&self) -> &'static str {
            "corrected 3 vc 1"
        }

        fn field(&self, name: &str, value: &str) -> Option<bool> {
            match name {
                "vcid" => Some(is_number(value, 1)),
                "good" => Some(is_flag(value, true)),
                _ => None,
            }
        }
    }

    #[test]
    fn words_and_terms_must_all_hold() {
        for (source, shown) in [
            ("", true),
            ("   ", true),
            ("Corrected", true),
            ("uncorrectable", false),
            ("vcid=1", true),
            ("VCID=0x1", true),
            ("vcid=11", false),
            ("vcid=one", false),
            ("vcid=1 corrected", true),
            ("vcid=1 nothing", false),
            ("!vcid=1", false),
            ("! uncorrectable", true),
            ("good=yes", true),
            ("good=no", false),
            ("apid=3", false),
            ("=", false),
            ("!", true),
        ] {
            assert_eq!(Filter::parse(source).matches(&Fake), shown, "{source:?}");
        }
    }
}
