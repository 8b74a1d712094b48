//! Recording while decoding.

use super::support::Folder;

#[test]
fn a_recording_decodes_to_the_same_and_is_told() {
    let folder = Folder::with_pass(6);
    let run = folder.run("decode pass.sigmf-meta -p demo --record made --record-zstd --report report");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = folder.json("report");
    let recording = &report["recording"];
    assert_eq!(recording["samples"], report["input"]["read"]);
    let name = recording["files"][0]["name"].as_str().unwrap();
    let told = format!(
        "recorded  {} samples in 1 recording, last {name}\n",
        recording["samples"]
    );
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    let again = folder.run(&format!("decode {name} -p demo --frames again"));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(folder.read("again"), folder.read("sent"));
}

#[test]
fn what_cannot_be_recorded_is_one_line() {
    let folder = Folder::with_pass(1);
    let complaint = |arguments: &str| {
        let run = folder.run(&format!("decode pass.sigmf-meta -p demo {arguments}"));
        assert_eq!(run.code, 2, "{}", run.stderr);
        run.complaint().to_owned()
    };
    assert_eq!(
        complaint("--record made --record-format ru8"),
        "record: format is ru8, must be ci8, ci16 or cf32"
    );
    assert_eq!(
        complaint("--record made --from frames"),
        "--record means nothing with --from frames; it needs --from iq"
    );
    assert!(complaint("--record-zstd").contains("--record <FOLDER>"));
    assert!(complaint("--record made --record-quota 5X").contains("500M or 20G"));
}
