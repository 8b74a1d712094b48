//! The configuration file of the terminal UI.

use super::colors::ThemeName;
use super::keys::{self, Lookup};
use super::model::View;
use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What a user sets once and for all.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UiConfig {
    /// Theme.
    pub theme: ThemeName,
    /// Only ASCII characters.
    pub ascii: bool,
    /// Redraws per second, 1 to 20.
    pub refresh_hz: f64,
    /// Ring the terminal's bell when frames begin to come, and when they end.
    pub bell: bool,
    /// Name of the view that is shown first.
    pub view: String,
    /// Keys, each with the key of the key map that it stands for.
    pub keys: BTreeMap<String, String>,
}

impl Default for UiConfig {
    fn default() -> Self {
        Self {
            theme: ThemeName::default(),
            ascii: false,
            refresh_hz: 10.0,
            bell: false,
            view: "pass".to_owned(),
            keys: BTreeMap::new(),
        }
    }
}

impl UiConfig {
    /// The file of `GROUNDLINK_UI`, else `groundlink/ui.toml` in the folder for configuration; the usual settings where
    /// there is none.
    ///
    /// # Errors
    /// When a file that is there, or that was named, cannot be read or says what cannot be.
    pub fn load() -> anyhow::Result<Self> {
        let set = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(path) = set("GROUNDLINK_UI") {
            return Self::read(&path);
        }
        let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
        match folder.map(|folder| folder.join("groundlink/ui.toml")) {
            Some(path) if path.exists() => Self::read(&path),
            _ => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Self::parse(&text).map_err(|error| anyhow!("{name}: {error}"))
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// When it says what cannot be; in one line that names the field and the value.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text[..place].matches('\n').count() + 1;
            anyhow!("line {line}: {}", error.message().replace('\n', " "))
        })?;
        let rate = config.refresh_hz;
        ensure!(
            (1.0..=20.0).contains(&rate),
            "refresh_hz is {rate}, allowed: 1 to 20"
        );
        let names = View::ALL.map(|view| view.title().to_lowercase());
        ensure!(
            names.contains(&config.view),
            "view is \"{}\", allowed: {}",
            config.view,
            names.join(", ")
        );
        for (key, stands_for) in &config.keys {
            ensure!(!key.is_empty() && key.is_ascii(), "keys.\"{key}\": no such key");
            ensure!(
                matches!(keys::lookup(stands_for), Lookup::Command(_)),
                "keys.\"{key}\" is \"{stands_for}\", allowed: a key that the help lists"
            );
        }
        Ok(config)
    }

    /// The view that is shown first.
    pub fn first_view(&self) -> View {
        View::named(&self.view).unwrap_or(View::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_may_be_set() {
        let text = "theme = \"colour-blind\"\nascii = true\nrefresh_hz = 4\nbell = true\nview = \"packets\"\n\
                    [keys]\nZ = \"f\"\n";
        let config = UiConfig::parse(text).unwrap();
        assert_eq!(config.theme, ThemeName::ColourBlind);
        assert!(config.ascii && config.bell);
        assert_eq!(config.first_view(), View::Packets);
        assert_eq!(config.keys["Z"], "f");
        assert_eq!(UiConfig::parse("").unwrap(), UiConfig::default());
    }

    #[test]
    fn mistakes_name_the_field_and_the_value() {
        for (text, said) in [
            ("refresh_hz = 50", "refresh_hz is 50, allowed: 1 to 20"),
            ("view = \"radar\"", "view is \"radar\", allowed: pass, signal"),
            ("[keys]\nZ = \"fff\"", "keys.\"Z\" is \"fff\", allowed: a key"),
            ("\ntheme = \"pink\"", "line 2: unknown variant `pink`"),
            ("colour = 1", "line 1: unknown field `colour`"),
        ] {
            let error = UiConfig::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
