//! The statistics that CloudWatch computes, by the definitions of its user guide.

use crate::report::{form::Form, json_schema::text, problem::nearest, walk::Cursor};

/// The plain ones, and the interquartile mean, which takes no numbers.
const NAMED: [&str; 6] = ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "IQM"];

/// A statistic, as CloudWatch spells it.
pub const STATISTIC: Form<String> = Form::Other {
    read: statistic,
    schema: || {
        let named = NAMED.join("|");
        text(&format!(
            r"{named}|(?:p|tm|tc|ts|wm)[0-9]+(?:\.[0-9]+)?|(?:TM|TC|TS|WM|PR)\([0-9.]*%?:[0-9.]*%?\)"
        ))
    },
};

fn statistic(cursor: &Cursor<'_>) -> Option<String> {
    let text = cursor.text()?;
    if is_statistic(&text.value) {
        return Some(text.value);
    }
    let remedy = match nearest(&text.value, &NAMED) {
        Some(name) => format!("did you mean {name:?}?"),
        None => "expected SampleCount, Sum, Average, Minimum, Maximum, a percentile like p99 or p99.9, IQM, or a \
                 trimmed, winsorized or ranked one like tm90, TM(10%:90%), TS(:5), TC(2%:), WM(5%:95%) or PR(:300)"
            .into(),
    };
    cursor.wrong(format!("{text} is not a statistic; {remedy}"));
    None
}

/// Whether CloudWatch knows this statistic. It does not repair spellings: `average` and `P99` are unknown to it.
fn is_statistic(text: &str) -> bool {
    if NAMED.contains(&text) {
        return true;
    }
    let bounds = |function: &str| text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
    let short = |prefix: &str| text.strip_prefix(prefix);
    if let Some((low, high)) = bounds("PR").and_then(|bounds| bounds.split_once(':')) {
        return is_range(number(low), number(high), low, high);
    }
    if let Some((low, high)) = ["TM", "TC", "TS", "WM"]
        .into_iter()
        .find_map(bounds)
        .and_then(|b| b.split_once(':'))
    {
        // Both bounds are values, or both are percentages.
        return is_range(number(low), number(high), low, high)
            || is_range(percentage(low), percentage(high), low, high);
    }
    ["p", "tm", "tc", "ts", "wm"]
        .into_iter()
        .find_map(short)
        .and_then(number)
        .is_some_and(|n| n <= 100.0)
}

/// Either bound may be left out, but not both.
fn is_range(low: Option<f64>, high: Option<f64>, low_text: &str, high_text: &str) -> bool {
    match (low, high) {
        (Some(low), Some(high)) => low < high,
        (Some(_), None) => high_text.is_empty(),
        (None, Some(_)) => low_text.is_empty(),
        (None, None) => false,
    }
}

fn percentage(text: &str) -> Option<f64> {
    number(text.strip_suffix('%')?).filter(|number| *number <= 100.0)
}

/// Digits, and up to ten more behind a point.
fn number(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    (digits(whole) && digits(fraction) && fraction.len() <= 10).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_user_guide_is_known() {
        for known in [
            "SampleCount",
            "Sum",
            "Average",
            "Minimum",
            "Maximum",
            "IQM",
            "p0",
            "p50",
            "p99",
            "p99.9",
            "p99.9999999999",
            "p100",
            "tm90",
            "tm99.5",
            "tc95",
            "ts95",
            "wm98",
            "TM(10%:90%)",
            "TM(2%:98%)",
            "TM(150:1000)",
            "TM(:95%)",
            "TM(5%:)",
            "TC(0.005:0.030)",
            "TS(80%:)",
            "WM(5%:95%)",
            "PR(:300)",
            "PR(100:2000)",
            "PR(100:)",
        ] {
            assert!(is_statistic(known), "{known}");
        }
    }

    #[test]
    fn what_cloudwatch_would_refuse_is_not_known() {
        for unknown in [
            "",
            "average",
            "Avg",
            "P99",
            "p",
            "p101",
            "p99.",
            "p.9",
            "p99.99999999999",
            "p-1",
            "p9e1",
            "pinf",
            "tm",
            "IQM90",
            "TM",
            "TM()",
            "TM(:)",
            "TM(90%:10%)",
            "TM(10%:90)",
            "TM(10:101%)",
            "TM(10%:90%",
            "PR(10%:90%)",
            "PR(300)",
            "tm(10%:90%)",
            "PR(:300) ",
            "RM(1:2)",
        ] {
            assert!(!is_statistic(unknown), "{unknown}");
        }
    }
}
