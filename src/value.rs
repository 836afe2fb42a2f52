//! How a number is written for people.

use crate::config::{Display, Show, Unit};

/// From here on digits before the point say nothing to a reader.
const LARGE: f64 = 1e15;

impl Display {
    /// Writes a value given in the unit that CloudWatch publishes: `0.12` in seconds, shown as ms, is `120ms`.
    pub fn format(&self, value: f64) -> String {
        let decimals = usize::from(self.decimals);
        match self.show {
            Show::Count | Show::Number => fixed(value, decimals),
            Show::Percent => format!("{}%", fixed(value, decimals)),
            Show::Ms => format!("{}ms", fixed(self.micros(value) / 1e3, decimals)),
            Show::S => format!("{}s", fixed(self.micros(value) / 1e6, decimals)),
            Show::Bytes => bytes(self.bits(value) / 8.0, decimals),
        }
    }

    fn micros(&self, value: f64) -> f64 {
        match self.unit {
            Unit::Time { micros } => value * f64::from(micros),
            Unit::None | Unit::Count | Unit::Percent | Unit::Data { .. } => value,
        }
    }

    fn bits(&self, value: f64) -> f64 {
        match self.unit {
            #[allow(clippy::cast_precision_loss)] // at most a terabyte
            Unit::Data { bits } => value * bits as f64,
            Unit::None | Unit::Count | Unit::Percent | Unit::Time { .. } => value,
        }
    }
}

fn fixed(value: f64, decimals: usize) -> String {
    if value.abs() >= LARGE {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    // -0.4 without decimals is 0, not -0
    match text.strip_prefix('-') {
        Some(digits) if !digits.contains(|c: char| c.is_ascii_digit() && c != '0') => digits.to_owned(),
        _ => text,
    }
}

/// In powers of a thousand, as CloudWatch counts.
fn bytes(value: f64, decimals: usize) -> String {
    let mut scaled = value;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        let decimals = if unit == "B" { 0 } else { decimals };
        let shown = fixed(scaled, decimals);
        let below = shown.parse::<f64>().is_ok_and(|shown| shown.abs() < 1000.0);
        if below || unit == "TB" {
            return format!("{shown} {unit}");
        }
        scaled /= 1000.0;
    }
    fixed(value, decimals)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: f64, unit: Unit, show: Show, decimals: u8) -> String {
        let display = Display { unit, show, decimals };
        display.format(value)
    }

    const SECONDS: Unit = Unit::Time { micros: 1_000_000 };
    const MILLISECONDS: Unit = Unit::Time { micros: 1_000 };
    const BYTES: Unit = Unit::Data { bits: 8 };
    const KILOBITS: Unit = Unit::Data { bits: 1_000 };

    #[test]
    fn values_are_written_in_the_unit_that_people_read() {
        assert_eq!(shown(5.0, Unit::Count, Show::Count, 0), "5");
        assert_eq!(shown(0.12, SECONDS, Show::Ms, 0), "120ms");
        assert_eq!(shown(120.4, MILLISECONDS, Show::Ms, 0), "120ms");
        assert_eq!(shown(1250.0, MILLISECONDS, Show::S, 2), "1.25s");
        assert_eq!(shown(61.25, Unit::Percent, Show::Percent, 1), "61.2%");
        assert_eq!(shown(1.0 / 3.0, Unit::Count, Show::Number, 2), "0.33");
        assert_eq!(shown(512.0, BYTES, Show::Bytes, 1), "512 B");
        assert_eq!(shown(1_500.0, BYTES, Show::Bytes, 1), "1.5 kB");
        assert_eq!(shown(16.0, KILOBITS, Show::Bytes, 0), "2 kB");
    }

    #[test]
    fn edges_of_numbers() {
        assert_eq!(shown(-0.4, Unit::Count, Show::Count, 0), "0");
        assert_eq!(shown(-0.6, Unit::Count, Show::Count, 0), "-1");
        assert_eq!(shown(999_960.0, BYTES, Show::Bytes, 1), "1.0 MB");
        assert_eq!(shown(3e18, BYTES, Show::Bytes, 1), "3000000.0 TB");
        assert_eq!(shown(3e18, Unit::Count, Show::Count, 0), "3.000e18");
    }

    proptest! {
        #[test]
        fn the_number_written_is_the_number_read(value in -1e9..1e9f64, decimals in 0u8..=6) {
            let text = shown(value, Unit::Count, Show::Number, decimals);
            let read: f64 = text.parse().unwrap_or(f64::NAN);
            prop_assert!((read - value).abs() <= 0.5 * 10f64.powi(-i32::from(decimals)) * 1.000_001 + 1e-7, "{}", text);
            prop_assert_eq!(text.split('.').nth(1).map_or(0, str::len), usize::from(decimals));
            prop_assert!(!text.starts_with("-0") || text.contains(|c: char| ('1'..='9').contains(&c)), "{}", text);
        }
    }
}
