//! Numbers as people read them: grouped digits, units, a fixed number of decimals.

use ratatui::text::Span;

/// Digits in groups of three: `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Grouped digits before the point, `decimals` after it; a dash where the number is unknown.
pub fn grouped_fixed(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "–".into();
    }
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().map_or_else(|_| whole.to_owned(), grouped);
    let sign = if number < 0.0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// A frequency difference in Hz, signed: `+1 234.5 Hz`.
pub fn offset_hz(hz: f64) -> String {
    let sign = if hz >= 0.0 { "+" } else { "" };
    format!("{sign}{} Hz", grouped_fixed(hz, 1))
}

/// A number with an SI prefix and a unit: `2.40 MHz`, `48.0 kS/s`.
pub fn si(number: f64, unit: &str) -> String {
    if !number.is_finite() {
        return format!("– {unit}");
    }
    let (scale, prefix) = match number.abs() {
        x if x >= 999_500_000.0 => (1e9, "G"),
        x if x >= 999_500.0 => (1e6, "M"),
        x if x >= 999.5 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let value = number / scale;
    let decimals = match value.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {prefix}{unit}")
}

/// A tuned frequency in MHz with every Hz: `436.200 000 MHz`.
pub fn tuned_mhz(hz: f64) -> String {
    if !(0.0..1e15).contains(&hz) {
        return "–".into();
    }
    let hz = hz.round() as u64;
    let (mhz, rest) = (hz / 1_000_000, hz % 1_000_000);
    format!("{mhz}.{:03} {:03} MHz", rest / 1000, rest % 1000)
}

/// Seconds as a clock: `00:01:23.4`.
pub fn clock(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".into();
    }
    let tenths = (seconds * 10.0).floor() as u64;
    let whole = tenths / 10;
    format!(
        "{:02}:{:02}:{:02}.{}",
        whole / 3600,
        whole / 60 % 60,
        whole % 60,
        tenths % 10
    )
}

/// One decimal and a unit, a dash where unknown: `-12.3 dBFS`.
pub fn decibel(value: f32, unit: &str) -> String {
    if value.is_finite() {
        format!("{value:.1} {unit}")
    } else {
        format!("– {unit}")
    }
}

/// A share in percent with one decimal; a dash where there is nothing to share.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        "– %".into()
    } else {
        format!("{:.1} %", part as f64 * 100.0 / whole as f64)
    }
}

/// An error rate: `1.2e-3`, `0`, or a dash where unknown.
pub fn rate(value: f32) -> String {
    if !value.is_finite() {
        "–".into()
    } else if value == 0.0 {
        "0".into()
    } else {
        format!("{value:.1e}")
    }
}

/// A multiple of real time with two or three digits: `0.50×`, `12×`.
pub fn times(factor: f64) -> String {
    match factor {
        x if !x.is_finite() => "–×".into(),
        x if x >= 10.0 => format!("{}×", grouped(x.round() as u64)),
        x if x >= 1.0 => format!("{x:.1}×"),
        x => format!("{x:.2}×"),
    }
}

/// Cells that the text takes on screen.
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text, shortened in its middle to at most `cells` cells: the ends of paths say most.
pub fn shortened(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let (head, tail) = (
        cells.saturating_sub(1) / 3,
        cells.saturating_sub(1) - cells.saturating_sub(1) / 3,
    );
    let first = take(text.chars(), head);
    let last: String = take(text.chars().rev(), tail).chars().rev().collect();
    if cells == 0 {
        String::new()
    } else {
        format!("{first}…{last}")
    }
}

fn take(characters: impl Iterator<Item = char>, cells: usize) -> String {
    let mut text = String::new();
    for character in characters {
        text.push(character);
        if width(&text) > cells {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1 000");
        assert_eq!(grouped(u64::MAX), "18 446 744 073 709 551 615");
        assert_eq!(grouped_fixed(-1_234.56, 1), "-1 234.6");
        assert_eq!(grouped_fixed(f64::NAN, 1), "–");
        assert_eq!(grouped_fixed(1e300, 0).len(), 301);
    }

    #[test]
    fn units_follow_the_size() {
        assert_eq!(si(48_000.0, "S/s"), "48.0 kS/s");
        assert_eq!(si(2_400_000.0, "Hz"), "2.40 MHz");
        assert_eq!(si(999.9, "Hz"), "1.00 kHz");
        assert_eq!(si(f64::INFINITY, "Hz"), "– Hz");
        assert_eq!(tuned_mhz(436_200_000.0), "436.200 000 MHz");
        assert_eq!(clock(3_723.45), "01:02:03.4");
        assert_eq!(clock(f64::NAN), "–");
        assert_eq!(times(0.5), "0.50×");
        assert_eq!(times(1_234.0), "1 234×");
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(percent(0, 0), "– %");
        assert_eq!(rate(0.0012), "1.2e-3");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("a/long/path/to/by701.wav", 12), "a/l…y701.wav");
        assert_eq!(shortened("short", 12), "short");
        assert_eq!(shortened("anything", 0), "");
        assert_eq!(shortened("anything", 1), "…");
        assert!(width(&shortened("日本語日本語日本語", 7)) <= 7);
    }
}
