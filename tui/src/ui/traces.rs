//! What is kept of spectra: a mean for the display, a peak hold, a mean for measurements.

/// Spectra in the mean that measurements are taken from.
const MEASURED: u32 = 32;
/// Most spectra in the mean that is shown.
const MOST: u32 = 64;

/// Means and maxima of spectra, dBFS per bin.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    newest: Vec<f32>,
    /// Linear powers.
    shown: Mean,
    measured: Mean,
    /// Spectra in the mean that is shown; 0 and 1 for the newest alone.
    averaged: u32,
    hold: Option<Vec<f32>>,
}

/// Mean of powers, older ones counting less once there are enough.
#[derive(Debug, Clone, Default)]
struct Mean {
    count: u32,
    powers: Vec<f64>,
}

impl Mean {
    fn take(&mut self, bins: &[f32], most: u32) {
        if self.powers.len() != bins.len() {
            self.count = 0;
            self.powers.clear();
            self.powers.resize(bins.len(), 0.0);
        }
        self.count = (self.count + 1).min(most.max(1));
        let share = 1.0 / f64::from(self.count);
        for (mean, db) in self.powers.iter_mut().zip(bins) {
            let power = 10_f64.powf(f64::from(*db) / 10.0);
            let power = if power.is_finite() { power } else { 0.0 };
            *mean += share * (power - *mean);
        }
    }

    fn decibels(&self) -> Vec<f32> {
        self.powers
            .iter()
            .map(|power| (10.0 * power.max(1e-20).log10()) as f32)
            .collect()
    }
}

impl Traces {
    /// Takes a spectrum.
    pub fn take(&mut self, bins: &[f32]) {
        self.newest.clear();
        self.newest.extend_from_slice(bins);
        self.shown.take(bins, self.averaged);
        self.measured.take(bins, MEASURED);
        if let Some(hold) = &mut self.hold {
            if hold.len() != bins.len() {
                hold.clear();
                hold.resize(bins.len(), f32::NEG_INFINITY);
            }
            for (held, new) in hold.iter_mut().zip(bins) {
                *held = held.max(*new);
            }
        }
    }

    /// The spectrum to show.
    pub fn spectrum(&self) -> Vec<f32> {
        if self.averaged > 1 {
            self.shown.decibels()
        } else {
            self.newest.clone()
        }
    }

    /// The mean to measure.
    pub fn measured(&self) -> Vec<f32> {
        self.measured.decibels()
    }

    /// Largest levels since peak hold was turned on.
    pub fn held(&self) -> Option<&[f32]> {
        self.hold.as_deref()
    }

    /// Turns peak hold on, from now on, or off.
    pub fn toggle_hold(&mut self) {
        self.hold = match self.hold {
            None => Some(self.newest.clone()),
            Some(_) => None,
        };
    }

    /// Shows the mean of four times as many spectra; beyond the most, the newest alone.
    pub fn average_more(&mut self) {
        self.averaged = match self.averaged.max(1) * 4 {
            more if more > MOST => 1,
            more => more,
        };
        self.shown.count = self.shown.count.min(self.averaged);
    }

    /// Spectra in the mean that is shown.
    pub fn averaged(&self) -> u32 {
        self.averaged.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_powers() {
        let mut traces = Traces::default();
        assert!(traces.spectrum().is_empty());
        traces.average_more();
        assert_eq!(traces.averaged(), 4);
        traces.take(&[-10.0, -20.0]);
        traces.take(&[f32::NEG_INFINITY, -20.0]);
        let shown = traces.spectrum();
        assert!(
            (shown[0] + 13.0103).abs() < 1e-3 && (shown[1] + 20.0).abs() < 1e-3,
            "{shown:?}"
        );
        assert_eq!(traces.measured(), shown);
        (0..3).for_each(|_| traces.average_more());
        assert_eq!(traces.averaged(), 1);
        assert_eq!(traces.spectrum(), [f32::NEG_INFINITY, -20.0]);
    }

    #[test]
    fn peaks_are_held_from_when_it_is_asked_for() {
        let mut traces = Traces::default();
        traces.take(&[-5.0, -50.0]);
        traces.take(&[-30.0, -40.0]);
        traces.toggle_hold();
        traces.take(&[-35.0, -20.0]);
        traces.take(&[-32.0, f32::NAN]);
        assert_eq!(traces.held(), Some(&[-30.0, -20.0][..]));
        traces.take(&[-1.0]);
        assert_eq!(traces.held(), Some(&[-1.0][..]), "another size begins anew");
        traces.toggle_hold();
        assert_eq!(traces.held(), None);
    }
}
