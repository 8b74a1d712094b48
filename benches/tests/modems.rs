//! One point of every modulation against theory, the whole receiver running with offsets that it is not told. Seeds
//! are fixed.

use clap::ValueEnum;
use groundlink_benches::keying::Keying;
use groundlink_benches::link::Offsets;
use groundlink_benches::statistics::interval95;
use groundlink_benches::sweep::bits;
use groundlink_benches::theory::reference_ber;

/// Eb/N0 of a point, dB, and the most that may be lost there, dB.
fn point(keying: Keying) -> (f64, f64) {
    match keying {
        Keying::Bpsk | Keying::Qpsk => (3.0, 0.15),
        Keying::BpskBiPhase | Keying::OqpskHalfSine | Keying::Psk8 => (5.0, 0.2),
        Keying::Dbpsk | Keying::Dqpsk | Keying::Pi4Dqpsk | Keying::Uqpsk => (5.0, 0.25),
        Keying::Oqpsk => (3.0, 0.3),
        Keying::Pm | Keying::PmBiPhase | Keying::PmSine | Keying::PmSquare => (3.0, 0.25),
        Keying::Fsk => (7.0, 0.3),
        Keying::Fsk4 => (6.0, 0.3),
        Keying::Msk | Keying::Gmsk | Keying::GmskPrecoded => (4.0, 0.25),
        // Of this 0.1 and 0.14 dB are the modulation's own.
        Keying::Gmsk30 => (4.0, 0.35),
        Keying::Gmsk25 | Keying::Gmsk25Precoded => (4.0, 0.45),
    }
}

#[test]
fn every_modulation_is_near_theory() {
    let offsets = Offsets {
        frequency_hz: 400.0,
        clock_ppm: 50.0,
    };
    for &keying in Keying::value_variants() {
        let signal = keying.signal();
        let (eb_n0_db, loss_db) = point(keying);
        let found = bits(&signal, offsets, eb_n0_db, 24_000, 1).unwrap();
        let (low, high) = interval95(found.errors, found.bits);
        let (best, worst) = (
            reference_ber(&signal, eb_n0_db + 0.1),
            reference_ber(&signal, eb_n0_db - loss_db),
        );
        let text = format!("{keying:?}: {found:?}, {low:.2e} to {high:.2e}, {best:.2e} to {worst:.2e}");
        println!("{text}");
        assert!(found.bits > 23_900 && found.slips == 0, "{text}");
        // The counts exclude neither what is possible nor what is allowed.
        assert!(high > best && low < worst, "{text}");
    }
}
