//! Marks in the spectrum: those the user sets, the receiver's band, and what is measured of the signal in view.

use super::signed_si;
use crate::ui::app::App;
use crate::ui::format;
use crate::ui::view::paint::Canvas;
use groundlink_dsp::measure::occupied;
use groundlink_dsp::spectrum::NOISE_BANDWIDTH_BINS;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Frequency of a place in the spectrum (0 lowest, 1 highest), Hz; a bin's own is that of its middle.
fn frequency_hz(app: &App, place: f64) -> f64 {
    let bins = app.data.plots.spectrum.len().max(1) as f64;
    (place - 0.5 - 0.5 / bins) * app.data.plots.span_hz
}

/// Level at a place, dBFS: the loudest of its bin and the two beside it.
fn level(bins: &[f32], place: f64) -> f32 {
    let bin = (place * bins.len() as f64) as usize;
    let near = bin.saturating_sub(1)..(bin + 2).min(bins.len());
    bins.get(near)
        .unwrap_or_default()
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max)
}

/// The strongest place between two places of a spectrum; the middle of its bin.
pub fn strongest(bins: &[f32], (from, to): (f64, f64)) -> Option<f64> {
    let count = bins.len() as f64;
    let first = (from * count).max(0.0) as usize;
    let part = bins.get(first..((to * count).ceil() as usize).min(bins.len()))?;
    let known = part.iter().enumerate().filter(|(_, level)| level.is_finite());
    let (n, _) = known.max_by(|a, b| a.1.total_cmp(b.1))?;
    Some(((first + n) as f64 + 0.5) / count)
}

/// The markers, or else the peak, for the border.
pub fn note<'a>(app: &App, canvas: &Canvas<'_>) -> Option<Line<'a>> {
    let bins = app.data.traces.spectrum();
    let words = |place: f64| {
        let at = signed_si(frequency_hz(app, place));
        format!("{at} {}", format::decibel(level(&bins, place), "dBFS"))
    };
    let (Some(marker), reference) = (app.markers.now, app.markers.reference) else {
        let place = strongest(&bins, app.zoom.window())?;
        return Some(Line::styled(
            format!(" peak {} ", words(place)),
            canvas.theme.dim(),
        ));
    };
    let difference = reference.map_or(String::new(), |reference| {
        let hz = frequency_hz(app, marker) - frequency_hz(app, reference);
        let db = level(&bins, marker) - level(&bins, reference);
        format!(
            ", ▽ {}, difference {} {db:+.1} dB",
            words(reference),
            signed_si(hz)
        )
    });
    let text = format!(" ▼ {}{difference} ", words(marker));
    Some(Line::styled(text, canvas.theme.title()))
}

/// Column of a place in view.
fn column(app: &App, place: f64, plot: Rect) -> Option<u16> {
    let (from, to) = app.zoom.window();
    let share = (place - from) / (to - from);
    (0.0..1.0)
        .contains(&share)
        .then(|| (share * f64::from(plot.width)) as u16)
}

/// The markers, in the plot's first row and down from there.
pub fn draw(app: &App, plot: Rect, canvas: &mut Canvas<'_>) {
    let style = canvas.theme.title();
    for (place, sign) in [(app.markers.reference, '▽'), (app.markers.now, '▼')] {
        if let Some(column) = place.and_then(|place| column(app, place, plot)) {
            canvas.cell(plot, column, 0, sign, style);
        }
    }
}

/// The receiver's carrier and the edges of its band, behind the spectrum.
pub fn receiver(app: &App, plot: Rect, canvas: &mut Canvas<'_>) {
    let (plots, status) = (&app.data.plots, &app.data.status);
    let Some(receiver) = &status.receiver else {
        return;
    };
    if !(plots.span_hz > 0.0 && plots.band_hz > 0.0) {
        return;
    }
    let locked = receiver.carrier_locked;
    let offset_hz = if locked { receiver.offset_hz } else { 0.0 };
    let carrier_hz = plots.carrier_hz + offset_hz;
    let style = if locked {
        canvas.theme.good()
    } else {
        canvas.theme.warn()
    };
    let half = plots.band_hz / 2.0;
    for (hz, sign) in [
        (carrier_hz - half, '┊'),
        (carrier_hz, '│'),
        (carrier_hz + half, '┊'),
    ] {
        if let Some(column) = column(app, hz / plots.span_hz + 0.5, plot) {
            for row in 0..plot.height {
                canvas.cell(plot, column, row, sign, style);
            }
        }
    }
}

/// Occupied bandwidth, C/N0 and noise of what is in view, in a line.
pub fn measured(app: &App) -> String {
    let bins = app.data.traces.measured();
    let count = bins.len() as f64;
    let (from, to) = app.zoom.window();
    let real = app.data.status.input.as_ref().is_some_and(|input| !input.complex);
    // Of real samples the lower half is the upper one once more.
    let from = if real && to > 0.5 { from.max(0.5) } else { from };
    let part = (from * count) as usize..(to * count).ceil() as usize;
    let bin_hz = app.data.plots.span_hz / count;
    let Some(found) = occupied(&bins, part).filter(|_| bin_hz > 0.0 && bin_hz.is_finite()) else {
        return "nothing above the noise in view".into();
    };
    let noise_dbfs_hz = found.noise_dbfs - 10.0 * (NOISE_BANDWIDTH_BINS * bin_hz).log10();
    let (low, high) = found.bins;
    let middle_hz = (f64::midpoint(low, high) / count - 0.5) * app.data.plots.span_hz;
    format!(
        "99 % in {} around {}  C/N0 {:.1} dB-Hz  N0 {noise_dbfs_hz:.1} dBFS/Hz",
        format::si((high - low) * bin_hz, "Hz"),
        signed_si(middle_hz),
        found.power_dbfs - noise_dbfs_hz
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_is_looked_for_in_view() {
        let mut bins = vec![-90.0; 100];
        bins[10] = -20.0;
        bins[70] = -40.0;
        bins[80] = f32::NAN;
        assert_eq!(strongest(&bins, (0.0, 1.0)), Some(0.105));
        assert_eq!(strongest(&bins, (0.5, 1.0)), Some(0.705));
        assert_eq!(strongest(&[], (0.0, 1.0)), None);
        assert_eq!(strongest(&[f32::NAN; 4], (0.0, 1.0)), None);
        assert_eq!(level(&bins, 0.115), -20.0);
        assert_eq!(level(&bins, 7.0), f32::NEG_INFINITY);
    }
}
