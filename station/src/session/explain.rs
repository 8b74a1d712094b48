//! Why the run gives no frames.

use super::Session;
use crate::StationError;
use crate::chain::From;
use crate::explain::{
    ExplainInput, Explanation, Material, ProfileSource, Stretch, explain, explain_material,
};
use crate::monitor::{Explained, Monitor, NewestSamples, Phase};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long the chain may take to hand over its newest samples.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked for them.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Session {
    /// Works out why there are no frames with the profile as it is now, and publishes it. Inputs that can be read again
    /// are; of others the newest samples are taken. Takes seconds: not for a thread that draws.
    pub fn explain(&self) {
        if self.monitor.explain(Explained::Working) {
            return;
        }
        self.monitor.explain(match self.explanation() {
            Ok(Some(explanation)) => Explained::Done(Arc::new(explanation)),
            Ok(None) => Explained::Failed("no samples have come to look at".to_owned()),
            Err(error) => Explained::Failed(error.to_string()),
        });
    }

    fn explanation(&self) -> Result<Option<Explanation>, StationError> {
        let source = ProfileSource::InUse(Box::new(self.profile()));
        let config = &self.config;
        if self.again || !matches!(config.from, From::Iq) {
            let input = ExplainInput {
                path: config.input.clone(),
                from: config.from,
                open: config.open.clone(),
                soft: config.soft,
            };
            return explain(&input, &source).map(Some);
        }
        let status = self.monitor.status();
        let about = status
            .input
            .as_ref()
            .and_then(|info| Some((info.sample_rate_hz?, info.complex)));
        let (Some((rate_hz, complex)), Some(newest)) = (about, newest(&self.monitor)) else {
            return Ok(None);
        };
        let length = newest.samples.len();
        let stretch = Stretch {
            first: newest.first,
            length: length as u64,
            seconds: Some(length as f64 / rate_hz),
            part: true,
        };
        let material = Material::Samples {
            samples: newest.samples,
            rate_hz,
            complex,
        };
        explain_material(&config.input, &material, stretch, &source).map(Some)
    }
}

/// The newest samples, as soon as the chain hands them over.
fn newest(monitor: &Monitor) -> Option<NewestSamples> {
    monitor.ask_for_samples();
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE && monitor.status().phase == Phase::Running {
        if let Some(samples) = monitor.take_samples() {
            return Some(samples).filter(|newest| !newest.samples.is_empty());
        }
        thread::sleep(LOOK_EVERY);
    }
    None
}
