//! How a number is written for people.
//!
//! Numbers are scaled and rounded as decimals, beginning with the shortest decimal that means the published double: the
//! one that consoles, tools and the webhook show. So 2.675 becomes 2.68, as a reader expects, although the double
//! nearest to 2.675 lies a little below it.

use bigdecimal::{BigDecimal, RoundingMode::HalfUp, Signed, Zero};

use super::model::{Display, Show, Unit};

/// Digits before the point that a reader can take in; longer numbers are written as `1.845e19`.
const DIGITS: i64 = 15;

/// In powers of a thousand.
const BYTES: [&str; 7] = [" B", " kB", " MB", " GB", " TB", " PB", " EB"];

impl Display {
    /// Writes a value given in the unit that its source publishes: `0.12` in seconds, shown as ms, is `120ms`. Half a
    /// last digit is rounded away from zero. A bare 0 means zero: of what would round to it, a bound is written (`<1ms`,
    /// `>-1ms`).
    pub fn format(&self, value: f64) -> String {
        // The exponent's form has as few digits as tell this double from others.
        let Ok(published) = format!("{value:e}").parse::<BigDecimal>() else {
            return value.to_string(); // NaN or infinity, of which series hold none
        };
        let value = published * self.factor();
        let decimals = i64::from(self.decimals);
        match self.show {
            Show::Count | Show::Number => written(&value, decimals, ""),
            Show::Percent => written(&value, decimals, "%"),
            Show::Ms => written(&value, decimals, "ms"),
            Show::S => written(&value, decimals, "s"),
            Show::Bytes => bytes(value, decimals),
        }
    }

    /// Whether [`format`](Self::format) writes a bound of this value instead of the value: it is too close to zero.
    pub fn is_bound(&self, value: f64) -> bool {
        self.format(value).starts_with(['<', '>'])
    }

    /// From the unit that is published to the one that people see.
    fn factor(&self) -> BigDecimal {
        match (self.show, self.unit) {
            (Show::Percent, Unit::Ratio) => BigDecimal::from(100),
            (Show::Ms, Unit::Time { micros }) => BigDecimal::new(micros.into(), 3),
            (Show::S, Unit::Time { micros }) => BigDecimal::new(micros.into(), 6),
            (Show::Bytes, Unit::Data { bits }) => BigDecimal::from(bits) * BigDecimal::new(125.into(), 3),
            _ => BigDecimal::from(1),
        }
    }
}

/// The number rounded, and its unit; or that it is less than one of the last digit shown.
fn written(value: &BigDecimal, decimals: i64, unit: &str) -> String {
    let rounded = value.with_scale_round(decimals, HalfUp);
    if rounded.is_zero() && !value.is_zero() {
        let bound = if value.is_positive() { "<" } else { ">-" };
        let least = BigDecimal::new(1.into(), decimals).to_plain_string();
        return format!("{bound}{least}{unit}");
    }
    if rounded.order_of_magnitude() >= DIGITS {
        let four_digits = |n: &BigDecimal| n.with_scale_round(3 - n.order_of_magnitude(), HalfUp);
        // twice, since 9.9996 is 10.000 at first
        let number = four_digits(&four_digits(value)).to_scientific_notation();
        return format!("{number} {}", unit.trim_start()).trim_end().to_owned();
    }
    format!("{}{unit}", rounded.to_plain_string())
}

/// In the smallest unit in which less than a thousand is shown; bytes themselves are whole.
fn bytes(value: BigDecimal, decimals: i64) -> String {
    let mut scaled = value;
    let mut decimals_shown = 0;
    for unit in &BYTES[..BYTES.len() - 1] {
        if scaled.with_scale_round(decimals_shown, HalfUp).order_of_magnitude() < 3 {
            return written(&scaled, decimals_shown, unit);
        }
        scaled *= BigDecimal::new(1.into(), 3);
        decimals_shown = decimals;
    }
    written(&scaled, decimals, BYTES[BYTES.len() - 1])
}

#[cfg(test)]
mod tests;
