//! The profiles that come with the program.

/// One built-in profile.
macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        /// Names, in the order in which they are listed.
        pub(super) const NAMES: &[&str] = &[$($name),*];

        /// The text of a built-in profile.
        pub(super) fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../profiles/", $name, ".toml"))),)*
                _ => None,
            }
        }
    };
}

builtin! {
    "demo",
    "by70-1",
    "trisat",
    "orbicraft-zorkiy",
    "meteor-m2-lrpt",
    "meteor-m2-2-lrpt",
    "voyager-1",
    "lev-1",
    "solar-orbiter",
    "hera",
    "mars-2020",
    "lucy",
    "osiris-rex",
    "stereo-a",
    "equuleus",
    "tianwen-2",
    "lunar-flashlight",
    "snpp",
    "emm",
    "aditya-l1",
}
