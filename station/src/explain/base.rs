//! The profile that is explained, and what becomes of it with changes.

use crate::profile::{Profile, ProfileError};

/// A profile that can be had again with changes.
#[derive(Debug, Clone, PartialEq)]
pub enum ProfileSource {
    /// A built-in profile or a file, with overrides.
    Named {
        /// Name or path, as [`Profile::load`] takes it.
        name: String,
        /// Overrides, in their order.
        set: Vec<String>,
    },
    /// A profile that is in use.
    InUse(Box<Profile>),
}

impl ProfileSource {
    /// The profile with these changes on top.
    ///
    /// # Errors
    /// When it cannot be loaded, or the changes make an impossible one of it.
    pub fn with(&self, changes: &[String]) -> Result<Profile, ProfileError> {
        match self {
            Self::Named { name, set } => {
                let all: Vec<String> = set.iter().chain(changes).cloned().collect();
                Profile::load(name, &all)
            }
            Self::InUse(profile) if changes.is_empty() => Ok((**profile).clone()),
            Self::InUse(profile) => Profile::parse_with(&profile.to_toml(), &profile.name, changes),
        }
    }
}
