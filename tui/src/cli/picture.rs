//! The spectrum as a picture: columns of levels, and a PNG of them.

use anyhow::Context;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

const WIDTH: usize = 1_024;
const HEIGHT: usize = 400;
/// Range of levels shown, dB, at the least.
const RANGE_DB: f32 = 20.0;
/// Distance of the level lines, dB.
const GRID_DB: f32 = 10.0;
const BACKGROUND: [u8; 3] = [16, 20, 28];
const GRID: [u8; 3] = [48, 56, 70];
const FILL: [u8; 3] = [30, 84, 120];
const LINE: [u8; 3] = [120, 210, 255];

/// The strongest level of each of so many equal parts of the spectrum.
pub fn columns(spectrum: &[f32], count: usize) -> Vec<f32> {
    (0..count)
        .map(|column| {
            let first = column * spectrum.len() / count;
            let last = ((column + 1) * spectrum.len() / count)
                .max(first + 1)
                .min(spectrum.len());
            spectrum[first.min(last)..last]
                .iter()
                .copied()
                .fold(f32::NEG_INFINITY, f32::max)
        })
        .collect()
}

/// Lowest and highest level to show, whole tens of dB.
pub fn range(levels: &[f32], least_db: f32) -> (f32, f32) {
    let finite = levels.iter().copied().filter(|level| level.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), level| {
        (low.min(level), high.max(level))
    });
    if low > high {
        return (-100.0, 0.0);
    }
    let high = (high / 10.0).ceil() * 10.0;
    let low = ((low - 2.0) / 10.0).floor() * 10.0;
    (low.min(high - least_db).max(-250.0), high)
}

/// Writes the spectrum as a PNG: level upwards, with a line every 10 dB, frequency to the right.
pub fn write(path: &Path, spectrum: &[f32]) -> anyhow::Result<()> {
    let context = || format!("cannot write {}", path.display());
    let file = File::create(path).with_context(context)?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().with_context(context)?;
    writer.write_image_data(&pixels(spectrum)).with_context(context)?;
    writer.finish().with_context(context)
}

fn pixels(spectrum: &[f32]) -> Vec<u8> {
    let levels = columns(spectrum, WIDTH);
    let (low, high) = range(&levels, RANGE_DB);
    let row =
        |level: f32| ((high - level) / (high - low) * HEIGHT as f32).clamp(0.0, HEIGHT as f32 - 1.0) as usize;
    let mut pixels = BACKGROUND.repeat(WIDTH * HEIGHT);
    let mut paint = |x: usize, y: usize, color: [u8; 3]| {
        let at = 3 * (y * WIDTH + x);
        pixels[at..at + 3].copy_from_slice(&color);
    };
    let mut level = low;
    while level < high {
        (0..WIDTH).for_each(|x| paint(x, row(level), GRID));
        level += GRID_DB;
    }
    for (x, &level) in levels.iter().enumerate() {
        let top = row(level);
        (top..HEIGHT).for_each(|y| paint(x, y, FILL));
        (top..(top + 2).min(HEIGHT)).for_each(|y| paint(x, y, LINE));
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_the_strongest_bin() {
        assert_eq!(columns(&[-9.0, -1.0, -5.0, -6.0], 2), [-1.0, -5.0]);
        assert_eq!(columns(&[-9.0], 2), [-9.0, -9.0]);
    }

    #[test]
    fn the_range_holds_all_levels_and_is_never_empty() {
        assert_eq!(range(&[-63.0, -12.0], 20.0), (-70.0, -10.0));
        assert_eq!(range(&[-33.0, -33.0], 20.0), (-50.0, -30.0));
        assert_eq!(range(&[], 20.0), (-100.0, 0.0));
    }

    #[test]
    fn a_line_is_bright_at_its_place() {
        let mut spectrum = vec![-90.0; WIDTH];
        spectrum[100] = -10.0;
        let pixels = pixels(&spectrum);
        let at = |x: usize, y: usize| &pixels[3 * (y * WIDTH + x)..][..3];
        assert_eq!(at(100, 0), LINE);
        assert_eq!(at(101, 0), BACKGROUND);
    }
}
