//! The telemetry form, to a server of the test's own.

use super::support::{PATIENCE, Running, config, demo};
use groundlink_station::chain::From;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

pub const STATION: &str = "norad=44406&source=N0CALL&latitude=49.7&longitude=8.95&queue=10&stall=5";

/// Takes a request and answers it; gives its head and body.
pub fn answer(stream: impl Read + Write, code: u16) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    let field = |name: &str| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
        line.and_then(|line| line.split_once(": "))
            .map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; field("content-length").unwrap().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let answer = format!("HTTP/1.1 {code} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Answers requests with these codes, then with the last of them; gives heads and bodies until nobody comes any more.
fn server(codes: &'static [u16], most: usize) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = thread::spawn(move || {
        (0..most)
            .map(|nth| {
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                answer(stream, codes[nth.min(codes.len() - 1)])
            })
            .collect()
    });
    (address, requests)
}

#[test]
fn each_frame_is_a_form_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "0123secret\n").unwrap();
    // The first is asked for again, the third is not wanted.
    let (address, requests) = server(&[503, 201, 201, 400, 201], 86);
    let spec = format!(
        "sids+http://{address}/api/telemetry/?{STATION}&token_file={}",
        token.display()
    );
    let report = Running::start(config("demo", &demo(), From::Iq, &[&spec])).finish();
    let requests = requests.join().unwrap();
    let output = &report.outputs[0];
    assert_eq!(
        (output.offered, output.delivered, output.dropped["refused"]),
        (85, 84, 1)
    );
    assert_eq!(
        output.last_error.as_deref(),
        Some("the server answered 400 Bad Request")
    );
    let (head, body) = &requests[0];
    assert!(head.starts_with("POST /api/telemetry/ HTTP/1.1\r\n"), "{head}");
    let fields = head.to_lowercase();
    assert!(
        fields.contains("\r\nauthorization: token 0123secret\r\n"),
        "{head}"
    );
    assert!(
        fields.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"),
        "{head}"
    );
    let begin = "noradID=44406&source=N0CALL&timestamp=2026-03-01T12%3A00%3A00.250820Z&frame=";
    assert!(body.starts_with(begin), "{body}");
    assert_eq!(requests[1].1, *body, "the same frame again");
    assert_ne!(requests[2].1, *body);
    assert!(!serde_json::to_string(&report).unwrap().contains("0123secret"));
}

#[test]
fn a_frame_without_a_time_cannot_be_reported() {
    let frames = super::support::Frames::new(5, 40);
    let run = frames.run(&[&format!("sids+http://127.0.0.1:9/?{STATION}")]);
    let output = &run.finish().outputs[0];
    assert_eq!(output.dropped["no_time"], 5);
}

#[test]
fn a_token_that_is_not_there_is_told_before_the_run() {
    let frames = super::support::Frames::new(1, 40);
    let error = frames.refusal(&format!(
        "sids+http://127.0.0.1:9/?{STATION}&token_file=no-such-file"
    ));
    assert!(error.contains("file no-such-file: "), "{error}");
}
