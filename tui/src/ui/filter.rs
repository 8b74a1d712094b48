//! Filters of the lists: words that must occur, comparisons such as `apid==11 && len>100`, joined by `&&`, `||`, `!`
//! and parentheses.

use groundlink_station::monitor::Level;
use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec::IntoIter;

/// Parentheses and negations deeper than this are not read.
const DEEPEST: usize = 32;

/// What a row has under a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'r> {
    /// A number; NaN where it is not known, which no comparison holds for.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A text, compared without regard to case.
    Text(&'r str),
    /// A severity.
    Level(Level),
}

/// What a row offers to a filter.
pub trait Row {
    /// The row's text in lower case.
    fn text(&self) -> &str;
    /// What the row has under this name, in lower case; `None` where rows of its kind have no such field.
    fn value(&self, name: &str) -> Option<Value<'_>>;
}

/// A parsed filter. The default lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    source: String,
    term: Option<Term>,
    error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
    Text(String),
    Compare {
        name: String,
        operator: Operator,
        value: String,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// Signs of operators, those that begin with others first.
const OPERATORS: [(&str, Operator); 8] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Contains),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    Word(String),
}

impl Filter {
    /// Parses what was typed after `/`. What cannot be read lets everything through and says so.
    pub fn parse(source: &str) -> Self {
        let mut tokens = tokens(source).into_iter().peekable();
        let read = any(&mut tokens, 0).and_then(|term| match tokens.next() {
            None => Ok(term),
            Some(_) => Err("one ) too many".to_owned()),
        });
        let (term, error) = match read {
            Ok(term) => (term, None),
            Err(error) => (None, Some(error)),
        };
        Self {
            source: source.trim().to_owned(),
            term,
            error,
        }
    }

    /// What was typed.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Why it cannot be read.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.term.is_none()
    }

    /// Whether the row is to be shown.
    pub fn matches(&self, row: &impl Row) -> bool {
        self.term.as_ref().is_none_or(|term| term.matches(row))
    }
}

/// Words are all that stands between spaces, parentheses, `&&` and `||`; `!` in front of one negates it.
fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut rest = source.to_lowercase();
    rest.push(' ');
    let mut rest = rest.as_str();
    while let Some(c) = rest.chars().next() {
        let (token, length) = match c {
            '&' if rest.starts_with("&&") => (Some(Token::And), 2),
            '|' if rest.starts_with("||") => (Some(Token::Or), 2),
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            '!' if word.is_empty() => (Some(Token::Not), 1),
            _ if c.is_whitespace() => (None, c.len_utf8()),
            _ => {
                word.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(&mut word)));
        }
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

type Tokens = Peekable<IntoIter<Token>>;

fn any(tokens: &mut Tokens, depth: usize) -> Result<Option<Term>, String> {
    let mut terms = Vec::new();
    loop {
        terms.extend(all(tokens, depth)?);
        if tokens.next_if_eq(&Token::Or).is_none() {
            break;
        }
    }
    Ok(joined(terms, Term::Any))
}

fn all(tokens: &mut Tokens, depth: usize) -> Result<Option<Term>, String> {
    let mut terms = Vec::new();
    while let Some(token) = tokens.peek() {
        match token {
            Token::Or | Token::Close => break,
            Token::And => {
                tokens.next();
            }
            _ => terms.extend(one(tokens, depth + 1)?),
        }
    }
    Ok(joined(terms, Term::All))
}

fn one(tokens: &mut Tokens, depth: usize) -> Result<Option<Term>, String> {
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} levels deep"));
    }
    match tokens.next() {
        Some(Token::Word(word)) => Ok(Some(term(word))),
        Some(Token::Not) => match tokens.peek() {
            None | Some(Token::And | Token::Or | Token::Close) => Ok(None),
            _ => Ok(one(tokens, depth + 1)?.map(|term| Term::Not(Box::new(term)))),
        },
        Some(Token::Open) => {
            let inside = any(tokens, depth + 1)?;
            match tokens.next() {
                Some(Token::Close) => Ok(inside),
                _ => Err("a ) is missing".to_owned()),
            }
        }
        _ => Ok(None),
    }
}

/// One term stands for itself, none lets everything through.
fn joined(mut terms: Vec<Term>, join: impl Fn(Vec<Term>) -> Term) -> Option<Term> {
    match terms.len() {
        0 | 1 => terms.pop(),
        _ => Some(join(terms)),
    }
}

fn term(text: String) -> Term {
    let first = OPERATORS
        .iter()
        .enumerate()
        .filter_map(|(order, (sign, operator))| Some((text.find(sign)?, order, *sign, *operator)))
        .min_by_key(|&(at, order, ..)| (at, order));
    match first {
        Some((at, _, sign, operator)) if at > 0 && at + sign.len() < text.len() => Term::Compare {
            name: text[..at].to_owned(),
            operator,
            value: text[at + sign.len()..].to_owned(),
            text,
        },
        _ => Term::Text(text),
    }
}

impl Term {
    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.matches(row)),
            Self::Any(terms) => terms.iter().any(|term| term.matches(row)),
            Self::Not(term) => !term.matches(row),
            Self::Text(text) => row.text().contains(text.as_str()),
            Self::Compare {
                name,
                operator,
                value,
                text,
            } => match row.value(name) {
                Some(found) => operator.holds(found, value),
                None => row.text().contains(text.as_str()),
            },
        }
    }
}

impl Operator {
    fn holds(self, found: Value<'_>, typed: &str) -> bool {
        let order = match found {
            Value::Number(number) => parsed(typed).and_then(|typed| number.partial_cmp(&typed)),
            Value::Flag(flag) => yes_or_no(typed).map(|typed| flag.cmp(&typed)),
            Value::Text(found) => {
                let found = found.to_lowercase();
                if self == Self::Contains {
                    return found.contains(typed);
                }
                Some(found.as_str().cmp(typed))
            }
            Value::Level(level) => level_of(typed).map(|typed| level.cmp(&typed)),
        };
        let Some(order) = order else {
            return false;
        };
        match self {
            Self::Equal | Self::Contains => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// A typed number, decimal or `0x` hexadecimal.
fn parsed(typed: &str) -> Option<f64> {
    match typed.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(|number| number as f64),
        None => typed.parse().ok(),
    }
}

fn yes_or_no(typed: &str) -> Option<bool> {
    match typed {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// The severity whose word begins so.
fn level_of(typed: &str) -> Option<Level> {
    [Level::Info, Level::Warning, Level::Error]
        .into_iter()
        .find(|level| super::data::level_word(*level).starts_with(typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fake;

    impl Row for Fake {
        fn text(&self) -> &'static str {
            "corrected 3 vc 1"
        }

        fn value(&self, name: &str) -> Option<Value<'_>> {
            match name {
                "vcid" => Some(Value::Number(1.0)),
                "len" => Some(Value::Number(223.0)),
                "ebn0" => Some(Value::Number(f64::NAN)),
                "good" => Some(Value::Flag(true)),
                "utc" => Some(Value::Text("2019-02-14T10:00:00Z")),
                "level" => Some(Value::Level(Level::Warning)),
                _ => None,
            }
        }
    }

    #[test]
    fn what_is_shown() {
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
            ("vcid==1 && len>100", true),
            ("vcid==1&&len>223", false),
            ("len>=223", true),
            ("len<223 || len<=223", true),
            ("len!=223", false),
            ("!(vcid=1 && len<10)", true),
            ("!vcid=1 || corrected", true),
            ("(vcid=2 || vcid=1) good=yes", true),
            ("ebn0>0", false),
            ("ebn0<=0", false),
            ("utc~10:00", true),
            ("utc>=2019-02-14t09", true),
            ("utc<2019", false),
            ("level>=warn", true),
            ("level=error", false),
            ("level!=info", true),
            ("&& ||", true),
            ("!()", true),
        ] {
            assert_eq!(Filter::parse(source).matches(&Fake), shown, "{source:?}");
            assert_eq!(Filter::parse(source).error(), None, "{source:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_so_and_hides_nothing() {
        for (source, error) in [
            ("(vcid=2", "a ) is missing"),
            ("vcid=2)", "one ) too many"),
            (&"(".repeat(500), "more than 32 levels deep"),
            (&("!".repeat(500) + "x"), "more than 32 levels deep"),
        ] {
            let filter = Filter::parse(source);
            assert_eq!(filter.error(), Some(error), "{source:?}");
            assert!(filter.matches(&Fake), "{source:?}");
        }
    }

    proptest! {
        #[test]
        fn anything_typed_is_read_or_refused(source in "[a-z=<>!~&|() 0-9]{0,60}") {
            let filter = Filter::parse(&source);
            let shown = filter.matches(&Fake);
            prop_assert!(filter.error().is_none() || shown);
        }
    }
}
