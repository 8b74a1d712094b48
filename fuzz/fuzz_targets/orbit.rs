//! Any text as orbital elements: no panic, errors of one line, and of what is an orbit a place in the sky.
#![no_main]

use groundlink_station::orbit::{Catalogue, Satellite, Site};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let catalogue = match Catalogue::parse("fuzz", text) {
        Ok(catalogue) => catalogue,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            return;
        }
    };
    let site = Site::new(48.2, 16.4, 180.0).expect("a site");
    for elements in catalogue.elements.iter().take(4) {
        let looked = Satellite::new(elements).and_then(|satellite| satellite.look(&site, elements.epoch));
        match looked {
            Ok(look) => assert!(look.range_km.is_finite() && look.range_rate_km_s.is_finite()),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
});
