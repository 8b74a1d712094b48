//! Any bytes as a job from a queue: no panic, an error of one line, what is taken is written and read alike, and no path of
//! it leads out of a worker's root.
#![no_main]

use groundlink_station::work::{Job, Link, Recording, Results, Root};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ROOT: LazyLock<Root> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join("groundlink-fuzz-root");
    std::fs::create_dir_all(&folder).expect("a folder");
    Root::open(&folder).expect("a root")
});

fuzz_target!(|text: &[u8]| {
    let job = match Job::parse(text) {
        Ok(job) => job,
        Err(error) => return assert!(!error.to_string().contains('\n')),
    };
    if let Ok(text) = job.to_json() {
        assert_eq!(Job::parse(&text).expect("its own text"), job);
    }
    let inside = |path: Result<std::path::PathBuf, groundlink_station::work::PathError>| {
        assert!(!path.is_ok_and(|path| !path.starts_with(ROOT.path())));
    };
    if let Recording::Path(path) = &job.recording {
        inside(ROOT.recording(path));
    }
    if let Link::ProfileFile(path) | Link::Station(path) = &job.link {
        inside(ROOT.file(path));
    }
    if let Results::Folder(path) = &job.results {
        inside(ROOT.new_place(path));
    }
});
