//! `ZeroMQ`: a subscriber of libzmq's.

use super::support::{Frames, feed, python, spawn};
use std::path::Path;

const SUBSCRIBER: &str = r"
import sys, hashlib, zmq
address, topic, parts = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
socket = zmq.Context().socket(zmq.SUB)
socket.setsockopt(zmq.RCVTIMEO, 60000)
socket.setsockopt(zmq.SUBSCRIBE, topic)
socket.connect(address)
out = sys.stdout.buffer
count = int(sys.argv[4])
for _ in range(count):
    message = socket.recv_multipart()
    assert len(message) == parts, len(message)
    assert parts == 1 or message[0] == topic, message[0]
    out.write(message[-1])
";

fn subscribe(spec: &str, topic: &str, parts: usize) {
    let Some(python) = python("zmq") else { return };
    // Some lengths above and below 256, where the length takes another form.
    for length in [255, 256, 1115] {
        let frames = Frames::new(300, length);
        let run = frames.run(&[spec]);
        let address = format!("tcp://{}", run.address(0));
        let arguments = ["-c", SUBSCRIBER, &address, topic, &parts.to_string(), "300"];
        let heard = feed(spawn(Path::new(python), &arguments), b"");
        let said = String::from_utf8_lossy(&heard.stderr).into_owned();
        assert!(heard.status.success(), "{said}");
        assert!(heard.stdout == frames.bytes, "{} bytes", heard.stdout.len());
        assert_eq!(run.finish().outputs[0].delivered, 300);
    }
}

#[test]
fn a_subscriber_gets_raw_frames() {
    subscribe("zmq://:0?wait=60", "", 1);
}

#[test]
fn a_subscriber_gets_them_under_their_topic() {
    subscribe("zmq://:0?wait=60&topic=vc%201&queue=10", "vc 1", 2);
}
