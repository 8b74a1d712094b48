//! The threads that decode codewords, or whole downlinks, side by side.

use crate::StationError;
use groundlink_decoder::coding::{Spread, UnitJob};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

/// A pool of threads.
#[derive(Debug)]
pub struct Pool(ThreadPool);

impl Pool {
    /// A pool of so many threads; as many as the machine runs at once for `None`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: Option<NonZero<usize>>) -> Result<Self, StationError> {
        let threads = threads.or_else(|| available_parallelism().ok());
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.map_or(1, NonZero::get))
            .thread_name(|n| format!("decoder-{n}"))
            .build()
            .map_err(|_| StationError::Thread { stage: "decoder" })?;
        Ok(Self(pool))
    }

    /// Does the same with each item, side by side; returns when all are done.
    pub fn each<T: Send>(&self, items: &mut [T], work: impl Fn(&mut T) + Send + Sync) {
        self.0
            .install(|| items.par_iter_mut().with_max_len(1).for_each(work));
    }
}

impl Spread for Pool {
    fn width(&self) -> usize {
        self.0.current_num_threads()
    }

    fn run(&self, jobs: &mut [UnitJob<'_>]) {
        self.0.install(|| jobs.par_iter_mut().for_each(UnitJob::run));
    }
}

/// A pool for the codewords of one decoder.
pub fn pool(threads: Option<NonZero<usize>>) -> Result<Arc<dyn Spread>, StationError> {
    Ok(Arc::new(Pool::new(threads)?))
}
