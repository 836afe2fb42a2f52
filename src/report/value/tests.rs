use proptest::prelude::*;

use super::*;

fn shown(value: f64, unit: Unit, show: Show, decimals: u8) -> String {
    let display = Display { unit, show, decimals };
    display.format(value)
}

fn number(value: f64, decimals: u8) -> String {
    shown(value, Unit::None, Show::Number, decimals)
}

const SECONDS: Unit = Unit::Time { micros: 1_000_000 };
const MILLISECONDS: Unit = Unit::Time { micros: 1_000 };
const BITS: Unit = Unit::Data { bits: 1 };
const BYTES: Unit = Unit::Data { bits: 8 };
const KILOBITS: Unit = Unit::Data { bits: 1_000 };
const TERABYTES: Unit = Unit::Data {
    bits: 8_000_000_000_000,
};

#[test]
fn values_are_written_in_the_unit_that_people_read() {
    assert_eq!(shown(5.0, Unit::Count, Show::Count, 0), "5");
    assert_eq!(shown(0.12, SECONDS, Show::Ms, 0), "120ms");
    assert_eq!(shown(120.4, MILLISECONDS, Show::Ms, 0), "120ms");
    assert_eq!(shown(1250.0, MILLISECONDS, Show::S, 2), "1.25s");
    assert_eq!(shown(61.3, Unit::Percent, Show::Percent, 1), "61.3%");
    assert_eq!(shown(0.93, Unit::Ratio, Show::Percent, 1), "93.0%");
    assert_eq!(shown(0.93, Unit::Ratio, Show::Number, 2), "0.93");
    assert_eq!(shown(1.0 / 3.0, Unit::Count, Show::Number, 2), "0.33");
    assert_eq!(shown(512.0, BYTES, Show::Bytes, 1), "512 B");
    assert_eq!(shown(1_500.0, BYTES, Show::Bytes, 1), "1.5 kB");
    assert_eq!(shown(16.0, KILOBITS, Show::Bytes, 0), "2 kB");
}

#[test]
fn a_half_is_rounded_away_from_zero() {
    for (value, decimals, expected) in [
        (2.5, 0, "3"),
        (3.5, 0, "4"),
        (-2.5, 0, "-3"),
        (0.5, 0, "1"),
        (-0.5, 0, "-1"),
        (61.25, 1, "61.3"),
        (0.005, 2, "0.01"),
        // The doubles of these lie below what is written here, and what everybody was shown.
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (-1.005, 2, "-1.01"),
        // The nearest double below a half is no half.
        (2.5_f64.next_down(), 0, "2"),
        (0.1 + 0.2, 1, "0.3"),
    ] {
        assert_eq!(number(value, decimals), expected, "{value}");
    }
    assert_eq!(shown(0.0005, SECONDS, Show::Ms, 0), "1ms");
    assert_eq!(shown(0.0025, SECONDS, Show::Ms, 0), "3ms");
    assert_eq!(shown(1.0005, MILLISECONDS, Show::S, 6), "0.001001s");
    assert_eq!(shown(0.6125, Unit::Ratio, Show::Percent, 1), "61.3%");
    assert_eq!(shown(4.0, BITS, Show::Bytes, 0), "1 B");
    assert_eq!(shown(1_250.0, BYTES, Show::Bytes, 1), "1.3 kB");
}

#[test]
fn what_is_not_zero_is_never_shown_as_0() {
    for (value, unit, show, decimals, expected) in [
        (0.000_499_9, SECONDS, Show::Ms, 0, "<1ms"),
        (-0.000_499_9, SECONDS, Show::Ms, 0, ">-1ms"),
        (0.04, Unit::Percent, Show::Percent, 1, "<0.1%"),
        (0.4, Unit::Percent, Show::Percent, 0, "<1%"),
        (0.000_4, Unit::Ratio, Show::Percent, 1, "<0.1%"),
        (0.4, Unit::Count, Show::Count, 0, "<1"),
        (-0.4, Unit::Count, Show::Count, 0, ">-1"),
        (0.004, Unit::None, Show::Number, 2, "<0.01"),
        (-0.004, Unit::None, Show::Number, 2, ">-0.01"),
        (0.000_000_4, Unit::None, Show::Number, 6, "<0.000001"),
        (0.001, SECONDS, Show::S, 2, "<0.01s"),
        (0.4, BYTES, Show::Bytes, 1, "<1 B"),
        (3.0, BITS, Show::Bytes, 6, "<1 B"),
        (-3.0, BITS, Show::Bytes, 1, ">-1 B"),
        (f64::from_bits(1), Unit::None, Show::Number, 6, "<0.000001"),
    ] {
        assert_eq!(shown(value, unit, show, decimals), expected);
        assert!(Display { unit, show, decimals }.is_bound(value), "{value}");
    }
    for (value, unit, show, decimals, expected) in [
        (0.0, SECONDS, Show::Ms, 0, "0ms"),
        (-0.0, SECONDS, Show::Ms, 0, "0ms"),
        (0.0, Unit::Percent, Show::Percent, 1, "0.0%"),
        (-0.0, Unit::None, Show::Number, 2, "0.00"),
        (0.0, BYTES, Show::Bytes, 1, "0 B"),
        (-0.6, Unit::Count, Show::Count, 0, "-1"),
        (0.05, Unit::Percent, Show::Percent, 1, "0.1%"),
    ] {
        assert_eq!(shown(value, unit, show, decimals), expected);
        assert!(!Display { unit, show, decimals }.is_bound(value), "{value}");
    }
}

#[test]
fn huge_values_stay_readable() {
    assert_eq!(shown(999_960.0, BYTES, Show::Bytes, 1), "1.0 MB");
    assert_eq!(shown(999.5, BYTES, Show::Bytes, 1), "1.0 kB");
    assert_eq!(shown(2_500.0, TERABYTES, Show::Bytes, 1), "2.5 PB");
    assert_eq!(shown(3e18, BYTES, Show::Bytes, 1), "3.0 EB");
    assert_eq!(shown(-3e24, BYTES, Show::Bytes, 1), "-3000000.0 EB");
    assert_eq!(shown(1e308, TERABYTES, Show::Bytes, 1), "1.000e302 EB");
    assert_eq!(shown(1e308, SECONDS, Show::Ms, 0), "1.000e311 ms");
    assert_eq!(shown(1e308, Unit::Percent, Show::Percent, 1), "1.000e308 %");
    assert_eq!(shown(-1e308, SECONDS, Show::S, 2), "-1.000e308 s");
    assert_eq!(number(u64::MAX as f64, 2), "1.845e19");
    assert_eq!(number(999_999_999_999_999.0, 0), "999999999999999");
    assert_eq!(number(999_999_999_999_999.5, 0), "1.000e15");
    assert_eq!(number(9.999_6e15, 0), "1.000e16");
}

proptest! {
    #[test]
    fn the_number_written_is_the_number_read(value in -1e9..1e9f64, decimals in 0u8..=6) {
        let text = number(value, decimals);
        let read: f64 = text.parse().unwrap();
        prop_assert!((read - value).abs() <= 0.5 * 10f64.powi(-i32::from(decimals)) * 1.000_001 + 1e-7, "{}", text);
        prop_assert_eq!(text.split('.').nth(1).map_or(0, str::len), usize::from(decimals));
        prop_assert!(!text.starts_with("-0") || text.contains(|c: char| ('1'..='9').contains(&c)), "{}", text);
    }

    /// Rounding by whole numbers, of decimals as they are typed: the last digit goes, five and more round up.
    #[test]
    fn decimals_are_rounded_as_people_do(
        digits in prop_oneof![0u64..1_000_000, 0u64..1_000_000_000_000_000, (0u64..100_000_000_000_000).prop_map(|n| n * 10 + 5)],
        decimals in 0u8..=6,
        negative: bool,
    ) {
        let scale = usize::from(decimals);
        let point = |digits: u64, scale: usize| match scale {
            0 => digits.to_string(),
            _ => {
                let digits = format!("{digits:0>width$}", width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{whole}.{fraction}")
            }
        };
        let sign = if negative { "-" } else { "" };
        let published: f64 = format!("{sign}{}", point(digits, scale + 1)).parse().unwrap();
        let rounded = (digits + 5) / 10;
        let expected = match (digits, rounded) {
            (0, _) => point(0, scale),
            (_, 0) => format!("{}{}", if negative { ">-" } else { "<" }, point(1, scale)),
            _ => format!("{sign}{}", point(rounded, scale)),
        };
        prop_assert_eq!(number(published, decimals), expected);
    }

    /// Every double there is, subnormal and largest ones, too.
    #[test]
    fn any_value_is_short_and_is_0_only_when_it_is_zero(
        value in prop_oneof![any::<f64>().prop_filter("finite", |value| value.is_finite()), -2.0..2.0f64, Just(0.0)],
        way in prop::sample::select(vec![
            (Unit::Count, Show::Count),
            (Unit::None, Show::Number),
            (Unit::Percent, Show::Percent),
            (Unit::Ratio, Show::Percent),
            (SECONDS, Show::Ms),
            (Unit::Time { micros: 1 }, Show::S),
            (BITS, Show::Bytes),
            (TERABYTES, Show::Bytes),
        ]),
        decimals in 0u8..=6,
    ) {
        let display = Display { unit: way.0, show: way.1, decimals };
        let text = display.format(value);
        prop_assert!(text.len() <= 27, "{}", text);
        prop_assert_eq!(display.is_bound(value), text.starts_with(['<', '>']));
        let digits = text.trim_start_matches(['<', '>']).trim_end_matches(|c: char| !c.is_ascii_digit());
        let read: f64 = digits.parse().unwrap();
        prop_assert_eq!(read == 0.0, value == 0.0, "{}", text);
        prop_assert_eq!(read < 0.0, value < 0.0, "{}", text);
    }
}
