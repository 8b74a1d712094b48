//! Work from a queue, with recordings and results in object stores of a real `nats-server`.

use super::nats_server::{Server, nobody};
use super::support::{Running, config, demo};
use async_nats::jetstream;
use async_nats::jetstream::object_store::Config;
use groundlink_station::chain::From;
use groundlink_station::output::BadFrames;
use groundlink_station::output::stream::WorkQueue;
use groundlink_station::work::{
    JOB_VERSION, Job, Link, Object, Prefix, Recording, Results, Stop, Tally, WorkConfig, results, submit,
    usual, work,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZero;
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

/// Makes two stores with the bundled recording in the first.
async fn fill(address: &str) {
    let client = nobody().connect(address).await.unwrap();
    let context = jetstream::new(client);
    for bucket in ["recordings", "decoded"] {
        let config = Config {
            bucket: bucket.to_owned(),
            ..Config::default()
        };
        context.create_object_store(config).await.unwrap();
    }
    let store = context.get_object_store("recordings").await.unwrap();
    let bytes = std::fs::read(demo()).unwrap();
    store.put("day/demo.sigmf", &mut &bytes[..]).await.unwrap();
}

/// All objects of the results.
async fn found(address: &str) -> BTreeMap<String, Vec<u8>> {
    let client = nobody().connect(address).await.unwrap();
    let store = jetstream::new(client).get_object_store("decoded").await.unwrap();
    let mut found = BTreeMap::new();
    for name in ["frames", "packets", "events.jsonl", "report.json", "job.json"] {
        let mut object = store.get(format!("day/demo/{name}")).await.unwrap();
        let mut bytes = Vec::new();
        object.read_to_end(&mut bytes).await.unwrap();
        found.insert(name.to_owned(), bytes);
    }
    found
}

fn job(name: &str) -> Job {
    Job {
        v: JOB_VERSION,
        recording: Recording::Object(Object {
            bucket: "recordings".to_owned(),
            name: name.to_owned(),
        }),
        link: Link::Profile("demo".to_owned()),
        set: Vec::new(),
        from: From::Iq,
        to: usual(),
        bad_frames: BadFrames::Drop,
        format: None,
        sample_rate_hz: None,
        start_time: None,
        soft_format: None,
        results: Results::Objects(Prefix {
            bucket: "decoded".to_owned(),
            prefix: "day/demo".to_owned(),
        }),
    }
}

fn run(queue: &WorkQueue, scratch: &std::path::Path, most_object_bytes: u64) -> Tally {
    let config = WorkConfig {
        queue: queue.clone(),
        name: "objects".to_owned(),
        root: None,
        scratch: scratch.to_owned(),
        most_object_bytes,
        jobs: NonZero::new(2).unwrap(),
        deliveries: 2,
        until_empty: true,
    };
    work(&config, &Stop::new(), &|text| println!("{text}")).unwrap()
}

#[test]
fn recordings_and_results_may_be_objects() {
    let Some(mut server) = Server::new("127.77.1.8", &[]) else {
        return;
    };
    server.start();
    let runtime = Runtime::new().unwrap();
    let address = "nats://127.77.1.8:4222";
    super::support::wait_for(|| std::net::TcpStream::connect("127.77.1.8:4222").ok());
    runtime.block_on(fill(address));
    let queue: WorkQueue = address.parse().unwrap();
    let scratch = tempfile::tempdir().unwrap();

    let submitted = submit(&queue, &[job("day/demo.sigmf"), job("none.sigmf")]).unwrap();
    assert_eq!((submitted.queued.len(), submitted.waiting.len()), (2, 0));
    let tally = run(&queue, scratch.path(), 1 << 30);
    assert_eq!((tally.done, tally.failed, tally.handed_back), (1, 1, 0));
    let found = runtime.block_on(found(address));

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| Some(folder.path().join(name).to_string_lossy().into_owned());
    let mut config = config("demo", &demo(), From::Iq, &[]);
    config.outputs.frames = path("frames");
    config.outputs.packets = path("packets");
    config.outputs.events = path("events.jsonl");
    Running::start(config).finish();
    for name in ["frames", "packets", "events.jsonl"] {
        assert!(
            found[name] == std::fs::read(folder.path().join(name)).unwrap(),
            "{name}"
        );
    }
    let report: Value = serde_json::from_slice(&found["report.json"]).unwrap();
    assert_eq!(report["input"]["name"], "recordings/day/demo.sigmf");
    assert_eq!(Job::parse(&found["job.json"]).unwrap(), job("day/demo.sigmf"));
    // Nothing is left of what was fetched and written.
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);

    let mut small = job("day/demo.sigmf");
    small.set = vec!["name=small".to_owned()];
    submit(&queue, &[small]).unwrap();
    assert_eq!(run(&queue, scratch.path(), 1000).failed, 1);
    let told: Vec<Value> = results(&queue)
        .unwrap()
        .iter()
        .map(|told| serde_json::from_slice(told).unwrap())
        .collect();
    let reasons: Vec<&str> = told.iter().filter_map(|told| told["reason"].as_str()).collect();
    let size = std::fs::metadata(demo()).unwrap().len();
    let large = format!("object day/demo.sigmf in recordings: has {size} bytes, at most 1000 are taken");
    assert_eq!(
        reasons,
        ["object none.sigmf in recordings: there is none", &large]
    );
}
