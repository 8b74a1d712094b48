//! `passes`, and Doppler taken off by `decode`.

use super::support::Folder;

const TLES: &str = "\
ISS
1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082
2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473
GEO
1 14128U 83058A   06176.02844893 -.00000158  00000-0  10000-3 0  9627
2 14128  11.4384  35.2134 0011562  26.4582 333.5652  0.98870114 46093
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("two.tle", TLES);
    folder
}

const ISS: &str = "passes --tle two.tle --norad 25544 --site 48.2082,16.3738,183 --from 2014-01-21T00:00:00Z --days 0.2 \
                   --min-elevation 10 --frequency 437M";

#[test]
fn people_get_a_table() {
    let run = folder().run(ISS);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    // Times, azimuths and elevations as in the golden vectors of the station's tests.
    let expected = "\
satellite  AOS                     az  TCA         el   az  LOS         az   min:s  Doppler at AOS and LOS, Hz
ISS        2014-01-21T00:15:56Z   167  00:17:42Z   14  135  00:19:27Z  103    3:31      +5223     -5283
ISS        2014-01-21T01:50:38Z   236  01:53:57Z   68  153  01:57:17Z   70    6:39      +9862     -9863
ISS        2014-01-21T03:27:35Z   277  03:30:50Z   47  353  03:34:06Z   69    6:31      +9540     -9539
";
    assert_eq!(run.text(), expected);
}

#[test]
fn programs_get_json_and_csv() {
    let folder = folder();
    let json = folder.run(&format!("{ISS} --json")).json();
    let passes = json["passes"].as_array().unwrap();
    assert_eq!((json["v"].as_u64(), passes.len()), (Some(1), 3));
    assert_eq!(json["to"], "2014-01-21T04:48:00.000000Z");
    let second = &passes[1];
    assert_eq!(
        (&second["satellite"], second["norad"].as_u64()),
        (&"ISS".into(), Some(25_544))
    );
    assert!((second["tca"]["elevation_deg"].as_f64().unwrap() - 68.3347).abs() < 5e-3);
    assert!((second["aos"]["doppler_hz"].as_f64().unwrap() - 9_862.0).abs() < 5.0);
    assert_eq!(second["in_progress"], false);
    let csv = folder.run(&format!("{ISS} --csv"));
    let lines: Vec<&str> = csv.text().lines().collect();
    assert_eq!(lines.len(), 4);
    let columns = |line: &str| line.split(',').count();
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0])));
    assert!(
        lines[2].starts_with("ISS,25544,2014-01-21T01:50:3"),
        "{}",
        lines[2]
    );
}

#[test]
fn all_satellites_of_a_file_and_those_that_do_not_move() {
    let folder = folder();
    let all = "passes --tle two.tle --site -33.8688,151.2093,20 --from 2006-06-25T00:00:00Z --days 1 --min-elevation 5";
    let run = folder.run(all);
    assert_eq!(run.code, 0);
    // The ISS of 2014 was another orbit in 2006, and the line says how far away that is.
    assert!(
        run.stderr
            .starts_with("groundlink: the elements of ISS are of 2014-01-20T"),
        "{}",
        run.stderr
    );
    let geo = run.text().lines().find(|line| line.starts_with("GEO")).unwrap();
    assert!(
        geo.contains("2006-06-25T00:00:00Z<") && geo.contains("00:00:00Z>") && geo.contains("1440:00"),
        "{geo}"
    );
    assert!(
        run.text()
            .ends_with("<  had begun before, >  goes on after the time looked at\n")
    );

    let never = folder
        .run("passes --tle two.tle --satellite ISS --site 78.2,15.4 --from 2014-01-21T00:00:00Z --days 3");
    assert_eq!(never.code, 1);
    assert_eq!(
        never.text(),
        "no passes above 0 degrees from 2014-01-21T00:00:00Z on for 3 days\n"
    );
}

#[test]
fn mistakes_are_named_in_one_line() {
    let folder = folder();
    for (words, expected) in [
        (
            "--tle none.tle --site 0,0",
            "groundlink: cannot read elements none.tle: No such file or directory (os error 2)\n",
        ),
        (
            "--tle two.tle --norad 5 --site 0,0",
            "groundlink: elements two.tle: no satellite 5 among the 2 there\n",
        ),
        (
            "--tle two.tle --site 95,0",
            "groundlink: invalid value '95,0' for '--site <LAT,LON,ALT>': site: latitude is 95, must be -90 to 90 \
             degrees; see --help\n",
        ),
        (
            "--tle two.tle --norad 25544 --site 0,0 --from 2030-01-01T00:00:00Z",
            "groundlink: elements of ISS of 2014-01-20T22:23:04.000416Z say nothing about 2030-01-01T00:00:00.000000Z: \
             5824 days away, must be within 3660\n",
        ),
    ] {
        let run = folder.run(&format!("passes {words}"));
        assert_eq!((run.code, run.stderr.as_str()), (2, expected), "{words}");
    }
}

#[test]
fn doppler_is_taken_off_and_given_back() {
    let folder = Folder::with_pass(10);
    folder.write("none.csv", "# nothing moves\n0 0\n");
    folder.write("two.tle", TLES);
    let plain = folder.run("decode pass.sigmf-meta -p demo --frames plain --doppler-out curve.csv -q");
    assert_eq!((plain.code, plain.stderr.as_str()), (0, ""));
    let curve = String::from_utf8(folder.read("curve.csv")).unwrap();
    assert!(
        curve.starts_with(
            "utc,seconds,offset_hz,frequency_hz,nominal_hz,es_n0_db,locked\n2026-03-01T12:00:00"
        )
    );
    for file in ["none.csv", "curve.csv"] {
        let run = folder.run(&format!(
            "decode pass.sigmf-meta -p demo --doppler {file} --frames again -q"
        ));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{file}");
        assert!(folder.read("again") == folder.read("plain"), "{file}");
    }
    for (words, expected) in [
        (
            "--tle two.tle",
            "the following required arguments were not provided: --site <LAT,LON,ALT>; see --help",
        ),
        ("--norad 5", "--norad and --satellite mean nothing without --tle"),
        (
            "--tle two.tle --site 1,2 --norad 25544",
            "pass.sigmf-meta: the frequency of the signal is not known, which an orbit's Doppler needs; give \
             --rf-carrier",
        ),
        (
            "--tle two.tle --site 1,2 --norad 25544 --rf-carrier 437M",
            "elements of ISS of 2014-01-20T22:23:04.000416Z say nothing about 2026-03-01T12:00:00.000000Z: 4423 days \
             away, must be within 3660",
        ),
        (
            "--doppler two.tle",
            "Doppler file two.tle: line 1 has neither names of columns nor two numbers, seconds or UTC and Hz",
        ),
        (
            "--from frames --doppler none.csv",
            "--doppler means nothing with --from frames; it needs --from iq",
        ),
    ] {
        let run = folder.run(&format!("decode pass.sigmf-meta -p demo {words}"));
        assert_eq!(
            (run.code, run.stderr),
            (2, format!("groundlink: {expected}\n")),
            "{words}"
        );
    }
    folder.write("s.toml", "");
    let run = folder.run("decode pass.sigmf-meta --station s.toml --rf-carrier 1M");
    assert_eq!(
        run.stderr,
        "groundlink: --rf-carrier means nothing with --station: give tle or doppler in the [[downlink]] sections of \
         the station file\n"
    );
}

#[test]
fn a_radio_that_is_not_there_is_named() {
    let folder = folder();
    let run = folder.run(
        "track --tle two.tle --norad 25544 --site 48.2,16.4 --from 2014-01-21T01:50:00Z --rig 127.0.0.1:1 --frequency 437M",
    );
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            2,
            "groundlink: cannot begin: 127.0.0.1:1: Connection refused (os error 111)\n"
        )
    );
    let run = folder.run("track --tle two.tle --norad 25544 --site 48.2,16.4");
    assert_eq!(
        run.stderr,
        "groundlink: the following required arguments were not provided: --rotator <HOST[:PORT]>; see --help\n"
    );
}
