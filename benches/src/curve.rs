//! Error rate curves as SVG that carry the command they were made with.

use anyhow::{Context, Result, anyhow};
use plotters::prelude::*;
use plotters::style::Color;
use std::path::Path;

const SIZE: (u32, u32) = (800, 600);
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 140, 44),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
    RGBColor(140, 86, 75),
];
const THEORY: RGBColor = RGBColor(70, 70, 70);

/// A measured rate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Eb/N0, dB.
    pub eb_n0_db: f64,
    /// Rate.
    pub rate: f64,
    /// Interval.
    pub interval: (f64, f64),
}

/// A picture of rates over Eb/N0.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Title.
    pub title: String,
    /// What the rates are.
    pub rate_name: String,
    /// Command that made it.
    pub command: String,
    /// Measured series with their names, at most as many as there are colours.
    pub measured: Vec<(String, Vec<Measured>)>,
    /// Theory with its name: points of Eb/N0 and rate.
    pub theory: Option<(String, Vec<(f64, f64)>)>,
    /// Points of Eb/N0 and rate to be reached.
    pub required: Vec<(f64, f64)>,
}

impl Curve {
    /// Writes the SVG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        self.draw(&mut text)
            .map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    fn draw(&self, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (picture, foot) = area.split_vertically(SIZE.1 - 30);
        foot.draw_text(&self.command, &("monospace", 12).into_text_style(&foot), (10, 8))?;
        let (left, right, floor) = self.limits();
        let mut chart = ChartBuilder::on(&picture)
            .caption(&self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(left..right, (floor..1.0).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("Eb/N0 [dB]")
            .y_desc(&self.rate_name)
            .y_label_formatter(&|rate| format!("{rate:.0e}"))
            .draw()?;
        if let Some((name, points)) = &self.theory {
            let colour = THEORY;
            let visible = points.iter().copied().filter(|(_, rate)| *rate >= floor);
            chart
                .draw_series(LineSeries::new(visible, colour.stroke_width(1)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour));
        }
        for ((name, points), colour) in self.measured.iter().zip(COLOURS) {
            let rates = points
                .iter()
                .filter(|p| p.rate >= floor)
                .map(|p| (p.eb_n0_db, p.rate));
            chart
                .draw_series(LineSeries::new(rates.clone(), colour.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
            chart.draw_series(rates.map(|point| Circle::new(point, 3, colour.filled())))?;
            chart.draw_series(points.iter().map(|p| {
                let (low, high) = (p.interval.0.max(floor), p.interval.1.max(floor));
                PathElement::new([(p.eb_n0_db, low), (p.eb_n0_db, high)], colour.mix(0.6))
            }))?;
        }
        if !self.required.is_empty() {
            let points = self.required.iter().copied();
            chart
                .draw_series(points.map(|point| Cross::new(point, 6, BLACK.stroke_width(2))))?
                .label("required")
                .legend(|(x, y)| Cross::new((x + 10, y), 5, BLACK.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
        area.present()?;
        Ok(())
    }

    /// Left and right end, and a decade below the smallest rate that was seen.
    fn limits(&self) -> (f64, f64, f64) {
        let all = || self.measured.iter().flat_map(|(_, points)| points);
        let places = || {
            all()
                .map(|p| p.eb_n0_db)
                .chain(self.required.iter().map(|&(x, _)| x))
        };
        let left = places().fold(f64::INFINITY, f64::min);
        let right = places().fold(f64::NEG_INFINITY, f64::max);
        let smallest = all()
            .map(|p| p.rate)
            .chain(self.required.iter().map(|&(_, rate)| rate))
            .filter(|&rate| rate > 0.0)
            .fold(0.1, f64::min);
        let floor = 10f64.powf((smallest.log10() - 0.5).floor());
        if left < right {
            (left, right, floor)
        } else {
            (left - 0.5, left + 0.5, floor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(eb_n0_db: f64, rate: f64) -> Measured {
        Measured {
            eb_n0_db,
            rate,
            interval: (rate / 2.0, rate * 2.0),
        }
    }

    #[test]
    fn picture_names_its_series_and_its_command() {
        let curve = Curve {
            title: "Title here".into(),
            rate_name: "frames lost".into(),
            command: "sweep --profile demo".into(),
            measured: vec![(
                "receiver".into(),
                vec![point(1.0, 0.5), point(2.0, 0.01), point(3.0, 0.0)],
            )],
            theory: Some(("theory".into(), vec![(1.0, 0.3), (3.0, 1e-9)])),
            required: vec![(2.5, 0.005)],
        };
        assert_eq!(curve.limits(), (1.0, 3.0, 1e-3));
        let path = std::env::temp_dir().join(format!("curve-{}.svg", std::process::id()));
        curve.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for part in [
            "Title here",
            "frames lost",
            "receiver",
            "theory",
            "required",
            "sweep --profile demo",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert!(text.trim_start().starts_with("<svg"));
    }
}
