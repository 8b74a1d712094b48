//! The threads that decode codewords side by side.

use crate::StationError;
use groundlink_decoder::coding::{Spread, UnitJob};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

/// A pool of threads.
#[derive(Debug)]
struct Pool(ThreadPool);

impl Spread for Pool {
    fn width(&self) -> usize {
        self.0.current_num_threads()
    }

    fn run(&self, jobs: &mut [UnitJob<'_>]) {
        self.0.install(|| jobs.par_iter_mut().for_each(UnitJob::run));
    }
}

/// A pool of so many threads; as many as the machine runs at once for `None`.
pub fn pool(threads: Option<NonZero<usize>>) -> Result<Arc<dyn Spread>, StationError> {
    let threads = threads.or_else(|| available_parallelism().ok());
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.map_or(1, NonZero::get))
        .thread_name(|n| format!("codewords-{n}"))
        .build()
        .map_err(|_| StationError::Thread { stage: "codewords" })?;
    Ok(Arc::new(Pool(pool)))
}
