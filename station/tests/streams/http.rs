//! Status and metrics by HTTP, read by Prometheus' own client library.

use super::support::{Running, config, demo, feed, python, read_to_end, spawn, wait_for};
use groundlink_station::chain::From;
use serde_json::Value;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

const PARSER: &str = r"
import sys, json
from prometheus_client.openmetrics.parser import text_string_to_metric_families
samples = []
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        samples.append([family.type, sample.name, sample.labels, sample.value])
json.dump(samples, sys.stdout)
";

pub fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: station\r\n\r\n").unwrap();
    let answer = String::from_utf8(read_to_end(stream)).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The counters of the outputs as they are now.
pub fn outputs(http: SocketAddr) -> Vec<Value> {
    let status: Value = serde_json::from_str(&get(http, "/status").1).unwrap();
    status["outputs"].as_array().unwrap().clone()
}

/// Where nobody listens.
pub const GONE: &str = "tcp://127.77.0.1:9?queue=1000&stall=60";

/// A run over the demo that has decoded everything and waits for a server that is not there.
fn decoded() -> (Running, SocketAddr) {
    let run = Running::start(config("demo", &demo(), From::Iq, &[GONE, "http://:0"]));
    let http = run.address(1);
    wait_for(|| (outputs(http)[0]["queued"] == 85).then_some(()));
    (run, http)
}

#[test]
fn the_status_tells_what_the_report_will() {
    let outputs = ["http://:0", "tcp-listen://:0?wait=60"];
    let run = Running::start(config("demo", &demo(), From::Iq, &outputs));
    let http = run.address(0);
    let (head, body) = get(http, "/status");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let status: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status["runs"][0]["phase"], "running");
    assert_eq!(status["runs"][0]["profile"], "demo");
    assert_eq!(
        status["outputs"][1]["offered"].as_u64().unwrap(),
        status["outputs"][1]["queued"].as_u64().unwrap()
    );
    assert!(get(http, "/nothing").0.starts_with("HTTP/1.1 404"));
    read_to_end(run.connect(1));
    assert_eq!(run.finish().frames.good, 85);
}

#[test]
fn prometheus_reads_the_metrics() {
    let Some(python) = python("prometheus_client") else {
        return;
    };
    let (run, http) = decoded();
    let (head, body) = get(http, "/metrics");
    assert!(
        head.contains("Content-Type: application/openmetrics-text"),
        "{head}"
    );
    let parsed = feed(spawn(Path::new(python), &["-c", PARSER]), body.as_bytes());
    let said = String::from_utf8_lossy(&parsed.stderr).into_owned();
    assert!(parsed.status.success(), "{said}\n{body}");
    let samples: Vec<Value> = serde_json::from_slice(&parsed.stdout).unwrap();
    let value = |name: &str, key: &str, label: &str| {
        let found = samples
            .iter()
            .find(|sample| sample[1] == name && sample[2][key] == label);
        found.unwrap_or_else(|| panic!("no {name} {key}={label} in {body}"))[3]
            .as_f64()
            .unwrap()
    };
    assert_eq!(value("groundlink_frames_total", "outcome", "good"), 85.0);
    assert_eq!(value("groundlink_frames_total", "outcome", "lost"), 3.0);
    assert_eq!(value("groundlink_packets_total", "profile", "demo"), 48.0);
    assert_eq!(value("groundlink_output_offered_total", "output", GONE), 85.0);
    assert!(value("groundlink_eb_n0_decibels", "profile", "demo") > 0.0);
    run.monitor.stop();
    assert_eq!(run.finish().outputs[0].dropped["run_ended"], 85);
}
