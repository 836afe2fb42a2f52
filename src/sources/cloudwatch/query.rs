//! The query of a metric: one statistic of a CloudWatch metric, or metric math.

use std::{any::Any, collections::BTreeSet};

use serde_json::{Value, json};

use super::{expression, statistic::STATISTIC as A_STATISTIC};
use crate::report::{
    form::Form,
    metric, source,
    table::{
        Need::{DefaultsTo, Optional},
        Settings, object,
    },
    walk::Cursor,
};

object! {
    pub METRIC: "CloudWatch's keys in a metric: either one statistic (`namespace`, `name`, `dimensions`, `statistic`) or an \
        `expression`.", statistic_or_expression, liveness_is_of_use;

    NAMESPACE: String = "namespace", Optional, A_NAMESPACE, "CloudWatch's namespace of the metric.";
    NAME: String = "name", Optional, METRIC_NAME, "CloudWatch's name of the metric.";
    DIMENSIONS: Vec<(String, String)> = "dimensions", DefaultsTo("{}"), SET_OF_DIMENSIONS,
        "Name and value of each dimension: exactly the set under which the metric is published.";
    STATISTIC: String = "statistic", Optional, A_STATISTIC,
        "The statistic of each period, as CloudWatch spells it: Sum, Average, p99, TM(10%:90%), ...";
    EXPRESSION: String = "expression", Optional, MATH,
        "Metric math over the ids of the section's metrics, in place of a statistic of one metric.";
}

fn statistic_or_expression() -> Value {
    json!({
        "if": { "required": [EXPRESSION.name] },
        "then": {
            "properties": { NAMESPACE.name: false, NAME.name: false, DIMENSIONS.name: false, STATISTIC.name: false },
        },
        "else": { "required": [NAMESPACE.name, NAME.name, STATISTIC.name] },
    })
}

fn liveness_is_of_use() -> Value {
    json!({
        "if": { "properties": { metric::MISSING.name: { "const": "retry" } }, "not": { "required": [EXPRESSION.name] } },
        "then": { "properties": { metric::LIVENESS.name: false } },
    })
}

/// The query of a metric in CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// One statistic of one metric.
    Stat(Stat),
    /// Metric math over ids of the same section.
    Expression(String),
}

/// One statistic of one CloudWatch metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// E.g. `AWS/ApplicationELB`.
    pub namespace: String,
    /// E.g. `TargetResponseTime`.
    pub name: String,
    /// Name and value; the exact set under which the metric is published.
    pub dimensions: Vec<(String, String)>,
    /// As CloudWatch spells it: `Average`, `Sum`, `p99`, `tm95`, ...
    pub statistic: String,
}

impl Query {
    /// The query of a metric that CloudWatch is the source of.
    pub fn of(query: &dyn source::Query) -> Option<&Self> {
        (query as &dyn Any).downcast_ref()
    }

    fn expression(&self) -> &str {
        match self {
            Self::Expression(text) => text,
            Self::Stat(_) => "",
        }
    }
}

impl source::Query for Query {
    fn equals(&self, other: &dyn source::Query) -> bool {
        Self::of(other) == Some(self)
    }

    fn is_expression(&self) -> bool {
        matches!(self, Self::Expression(_))
    }

    fn ids(&self) -> BTreeSet<&str> {
        let text = self.expression();
        expression::ids(text).into_iter().map(|range| &text[range]).collect()
    }

    fn is_sum(&self) -> bool {
        matches!(self, Self::Stat(stat) if stat.statistic == "Sum")
    }

    fn no_sign_of_idleness(&self) -> Option<String> {
        match self {
            Self::Stat(stat) if !self.is_sum() => Some(format!(
                "is read as {}, but only a Sum of 0 tells that there was no traffic; expected one with \"statistic: Sum\"",
                stat.statistic
            )),
            _ => None,
        }
    }

    fn is_filled(&self, is_filled: &dyn Fn(&str) -> bool) -> bool {
        expression::is_always_filled(self.expression(), is_filled)
    }

    fn partial_fill(&self) -> &'static str {
        "FILL around a part only, as in 100*FILL(errors,0)/requests"
    }

    fn unfilled_summands(&self) -> BTreeSet<&str> {
        expression::unfilled_summands(self.expression())
    }

    fn filled_with_zero(&self, id: &str) -> String {
        format!("FILL({id},0)")
    }
}

/// A metric is either one statistic or an expression.
pub fn read(settings: &Settings<'_>) -> Option<Query> {
    let stat = [
        settings.given(&NAMESPACE),
        settings.given(&NAME),
        settings.given(&DIMENSIONS),
        settings.given(&STATISTIC),
    ];
    if let Some(cursor) = settings.given(&EXPRESSION) {
        for other in stat.into_iter().flatten() {
            other.wrong("stands beside \"expression\"; expected one or the other");
        }
        let text = settings.read(&EXPRESSION)?;
        if let Some(fault) = expression::fault(&text) {
            cursor.wrong(fault);
        }
        return Some(Query::Expression(text));
    }
    if stat.iter().all(Option::is_none) {
        settings.wrong("says nothing to read; expected \"namespace\", \"name\" and \"statistic\", or \"expression\"");
        return None;
    }
    let namespace = settings.required(&NAMESPACE);
    let name = settings.required(&NAME);
    let dimensions = settings.read(&DIMENSIONS);
    let statistic = settings.required(&STATISTIC);
    Some(Query::Stat(Stat {
        namespace: namespace?,
        name: name?,
        dimensions: dimensions?,
        statistic: statistic?,
    }))
}

const A_NAMESPACE: Form<String> = Form::text(
    "a namespace; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const METRIC_NAME: Form<String> = Form::text(
    "a metric's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const DIMENSION_NAME: Form<String> = Form::text(
    "a dimension's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const METRIC_NAME_PATTERN: &str = "[!-9;-~](?:[ -~]{0,253}[!-~])?";

const DIMENSION_VALUE: Form<String> = Form::text(
    "a dimension's value; expected 1 to 1024 printable ASCII characters",
    "[!-~](?:[ -~]{0,1022}[!-~])?",
);

const SET_OF_DIMENSIONS: Form<Vec<(String, String)>> = Form::Other {
    read: |cursor| Some(dimensions(cursor)),
    schema: || {
        json!({
            "type": "object",
            "maxProperties": MOST_DIMENSIONS,
            "propertyNames": DIMENSION_NAME.key_schema(),
            "additionalProperties": DIMENSION_VALUE.schema(),
        })
    },
};

const MOST_DIMENSIONS: usize = 30;

fn dimensions(cursor: &Cursor<'_>) -> Vec<(String, String)> {
    let entries = cursor.entries().unwrap_or_default();
    if entries.len() > MOST_DIMENSIONS {
        cursor.wrong(format!(
            "has {} dimensions; expected at most {MOST_DIMENSIONS}",
            entries.len()
        ));
    }
    let dimension = |(name, cursor): (&str, Cursor<'_>)| {
        DIMENSION_NAME.check_key(name, &cursor);
        Some((name.to_owned(), DIMENSION_VALUE.read(&cursor)?))
    };
    entries.into_iter().filter_map(dimension).collect()
}

const MATH: Form<String> = Form::text(
    "an expression; expected 1 to 2048 characters on one line",
    r"[^\x00-\x1f\x7f-\x9f]{1,2048}",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_cloudwatch_are_printable_ascii_without_outer_spaces() {
        let is_name = |text: &str| METRIC_NAME.parse(text).is_some();
        assert!(is_name("AWS/ApplicationELB") && is_name("a b") && is_name("%") && is_name(&"a".repeat(255)));
        assert!(!is_name("") && !is_name("ä") && !is_name(&"a".repeat(256)) && !is_name(" a") && !is_name("a "));
        assert!(!is_name(":a") && is_name("a:") && !is_name("a\n"));
    }

    #[test]
    fn values_of_dimensions_may_begin_with_a_colon_and_are_longer() {
        let is_value = |text: &str| DIMENSION_VALUE.parse(text).is_some();
        assert!(is_value(":") && is_value(&"a".repeat(1024)) && !is_value(&"a".repeat(1025)) && !is_value(""));
    }

    #[test]
    fn an_expression_is_one_line() {
        let is_line = |text: &str| MATH.parse(text).is_some();
        assert!(is_line("a + b") && is_line(&"ä".repeat(2048)) && !is_line(&"ä".repeat(2049)) && !is_line(""));
        assert!(!is_line("a\nb") && !is_line("a\u{85}b") && !is_line("a\u{7f}"));
    }
}
