//! The words of an explanation, the same on the command line and in the terminal UI.

use super::report::{Cause, Explanation, Finding, State};

impl State {
    /// A word of one length.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok  ",
            Self::Poor => "poor",
            Self::Broken => "NO  ",
            Self::Unknown => "-   ",
        }
    }
}

impl Cause {
    /// How sure it is: `proven: 14 verified frames`, or `likely`.
    pub fn certainty(&self) -> String {
        match (self.proven, self.frames) {
            (true, 1) => "proven: 1 verified frame with it".to_owned(),
            (true, frames) => format!("proven: {frames} verified frames with it"),
            (false, _) => "likely".to_owned(),
        }
    }

    /// What to do, as it is typed on the command line where a key does it.
    pub fn remedy(&self) -> String {
        if self.set.is_empty() {
            return self.advice.clone();
        }
        let parts: Vec<String> = self
            .set
            .iter()
            .map(|set| format!("--set {}", quoted(set)))
            .collect();
        parts.join(" ")
    }

    /// What it says, line by line.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} ({})", self.text, self.certainty())];
        if !self.evidence.is_empty() {
            lines.push(format!("because {}", self.evidence));
        }
        lines.push(self.remedy());
        lines
    }
}

/// As a shell takes it in one piece.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=+/:,".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{text}'")
    }
}

impl Finding {
    /// The finding in one line.
    pub fn line(&self) -> String {
        format!("{} {:<9}{}", self.state.word(), self.link.name(), self.evidence)
    }
}

impl Explanation {
    /// The verdict in one line.
    pub fn verdict(&self) -> String {
        if self.decodes {
            let s = if self.frames == 1 { "" } else { "s" };
            return format!("it decodes: {} verified frame{s} in the stretch", self.frames);
        }
        let Some(link) = self.broken else {
            return "it does not decode".to_owned();
        };
        let evidence = self
            .chain
            .iter()
            .find(|finding| finding.link == link)
            .map_or("", |finding| finding.evidence.as_str());
        format!(
            "it does not decode: the first broken link is {}: {evidence}",
            link.name()
        )
    }

    /// What was looked at, in one line.
    pub fn scope(&self) -> String {
        let Self { stretch, .. } = self;
        let length = match stretch.seconds {
            Some(seconds) => format!("{} samples ({seconds:.2} s)", stretch.length),
            None => format!("{} soft bits or bytes", stretch.length),
        };
        let part = if stretch.part {
            format!("the loudest {length}, from {} on", stretch.first)
        } else {
            format!("all {length}")
        };
        format!("{} with profile {}: {part}", self.input, self.profile)
    }

    /// All of it, for people.
    pub fn text(&self) -> String {
        let mut lines = vec![self.scope(), String::new()];
        lines.extend(self.chain.iter().map(Finding::line));
        lines.extend([String::new(), self.verdict()]);
        if self.decodes {
            match self.causes.len() {
                0 => lines.push("nothing stands out that could be better".to_owned()),
                _ => lines.push("what could be better:".to_owned()),
            }
        } else if self.causes.is_empty() {
            lines.push(format!("no cause was found; {} remedies were tried", self.tried));
        } else {
            lines.push(format!("likeliest causes, after {} trials:", self.tried));
        }
        for (n, cause) in self.causes.iter().enumerate() {
            for (row, line) in cause.lines().iter().enumerate() {
                lines.push(match row {
                    0 => format!("  {}. {line}", n + 1),
                    _ => format!("     {line}"),
                });
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }
}
