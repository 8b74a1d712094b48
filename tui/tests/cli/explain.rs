//! `groundlink explain`.

use crate::support::Folder;

#[test]
fn a_wrong_key_is_told_with_its_proven_remedy_and_the_remedy_decodes() {
    let folder = Folder::with_pass(12);
    let wrong = "--set coding.reed_solomon.basis=conventional";
    let run = folder.run(&format!("explain pass -p demo {wrong}"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.text());
    let text = run.text();
    assert!(text.contains("the first broken link is FEC"), "{text}");
    assert!(text.contains("proven: 12 verified frames with it"), "{text}");
    let remedy = "--set coding.reed_solomon.basis=dual";
    assert!(text.lines().any(|line| line.trim() == remedy), "{text}");
    let run = folder.run(&format!("explain pass -p demo {wrong} {remedy} --json"));
    assert_eq!(run.code, 0, "{}", run.text());
    let json = run.json();
    assert_eq!(json["decodes"], true);
    assert_eq!(json["frames"], 12);
    assert_eq!(json["broken"], serde_json::Value::Null);
}

#[test]
fn frames_and_mistakes_are_explained_too() {
    let folder = Folder::with_pass(12);
    let run = folder.run("explain sent --from frames -p demo --set frame.scid=9");
    assert_eq!(run.code, 1, "{}", run.text());
    assert!(
        run.text().contains("the first broken link is frames"),
        "{}",
        run.text()
    );
    let run = folder.run("explain nowhere -p demo");
    assert_eq!((run.code, run.text()), (2, ""));
    assert!(run.complaint().contains("nowhere"), "{}", run.stderr);
    let run = folder.run("explain sent --from frames --rate 1000 -p demo");
    assert_eq!(
        run.complaint(),
        "--rate means nothing with --from frames; it needs --from iq"
    );
}
