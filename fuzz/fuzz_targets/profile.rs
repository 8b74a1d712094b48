//! Any text as a link profile: no panic, an error of one line, and what parses survives being written.
#![no_main]

use groundlink_station::profile::Profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Profile::parse(text, "fuzz.toml") {
        Err(error) => assert!(!error.to_string().contains('\n')),
        Ok(profile) => {
            let _ = profile.signal_config(48_000.0, true);
            let _ = profile.coding_config();
            let _ = profile.link_config();
            let again = Profile::parse(&profile.to_toml(), "written.toml").expect("own output parses");
            assert_eq!(again, profile);
        }
    }
});
