//! `unit`, `show` and `decimals`: how a value is written, with defaults that fit each other.

use serde_json::{Value, json};

use super::{
    form::Form,
    json_schema::{whole, words},
    model::{Display, Show, Unit},
    problem::remedy,
    walk::Cursor,
};

const fn time(micros: u32) -> Unit {
    Unit::Time { micros }
}

const fn data(bits: u64) -> Unit {
    Unit::Data { bits }
}

/// The units, which are CloudWatch's and `Ratio`, and how a value in each is shown unless the report says otherwise. CloudWatch's
/// kilo is 1,000.
const UNITS: [(&str, (Unit, Show)); 17] = [
    ("None", (Unit::None, Show::Number)),
    ("Count", (Unit::Count, Show::Count)),
    ("Percent", (Unit::Percent, Show::Percent)),
    ("Ratio", (Unit::Ratio, Show::Percent)),
    ("Microseconds", (time(1), Show::Ms)),
    ("Milliseconds", (time(1_000), Show::Ms)),
    ("Seconds", (time(1_000_000), Show::Ms)),
    ("Bits", (data(1), Show::Bytes)),
    ("Bytes", (data(8), Show::Bytes)),
    ("Kilobits", (data(1_000), Show::Bytes)),
    ("Kilobytes", (data(8_000), Show::Bytes)),
    ("Megabits", (data(1_000_000), Show::Bytes)),
    ("Megabytes", (data(8_000_000), Show::Bytes)),
    ("Gigabits", (data(1_000_000_000), Show::Bytes)),
    ("Gigabytes", (data(8_000_000_000), Show::Bytes)),
    ("Terabits", (data(1_000_000_000_000), Show::Bytes)),
    ("Terabytes", (data(8_000_000_000_000), Show::Bytes)),
];

/// How the report spells the ways of showing a value.
const SHOWS: [(&str, Show); 6] = [
    ("count", Show::Count),
    ("ms", Show::Ms),
    ("s", Show::S),
    ("bytes", Show::Bytes),
    ("percent", Show::Percent),
    ("number", Show::Number),
];

impl Unit {
    /// As report.yaml spells it.
    pub fn name(self) -> &'static str {
        let known = UNITS.iter().find(|(_, (unit, _))| *unit == self);
        known.map_or("None", |(name, _)| name)
    }
}

impl Show {
    /// The unit that a value is published in unless the report says otherwise.
    fn usual_unit(self) -> Unit {
        match self {
            Self::Count => Unit::Count,
            Self::Number => Unit::None,
            Self::Ms => time(1_000),
            Self::S => time(1_000_000),
            Self::Bytes => data(8),
            Self::Percent => Unit::Percent,
        }
    }

    /// Digits behind the point unless the report says otherwise.
    fn usual_decimals(self) -> u8 {
        match self {
            Self::Count | Self::Ms => 0,
            Self::Bytes | Self::Percent => 1,
            Self::S | Self::Number => 2,
        }
    }

    /// Whether a value in `unit` can be shown so. `number` is for numbers that have no unit to be hidden.
    fn fits(self, unit: Unit) -> bool {
        match self {
            Self::Number => matches!(unit, Unit::None | Unit::Count | Unit::Ratio),
            Self::Count => matches!(unit, Unit::Count | Unit::None),
            Self::Percent => matches!(unit, Unit::Percent | Unit::Ratio),
            Self::Ms | Self::S => matches!(unit, Unit::Time { .. }),
            Self::Bytes => matches!(unit, Unit::Data { .. }),
        }
    }
}

/// A unit, and how a value in it is shown unless the report says otherwise.
pub const UNIT: Form<(Unit, Show)> = Form::Other {
    read: read_unit,
    schema: || words(UNITS.map(|(name, _)| name)),
};

/// A way to show a value.
pub const SHOW: Form<Show> = Form::Other {
    read: |cursor| cursor.word("a way to show a value", &SHOWS),
    schema: || words(SHOWS.map(|(name, _)| name)),
};

/// Digits behind the point.
pub const DECIMALS: Form<u8> = Form::Other {
    read: |cursor| cursor.whole(0..=6).and_then(|n| u8::try_from(n).ok()),
    schema: || whole(0..=6),
};

/// The JSON Schema of a metric, as far as each way to show a value takes units of one kind.
pub fn shows_fit_units(unit: &str, show: &str) -> Value {
    let rule = |(name, way): &(&str, Show)| {
        let fitting = UNITS.iter().filter(|(_, (unit, _))| way.fits(*unit));
        json!({
            "if": { "properties": { show: { "const": name } }, "required": [show] },
            "then": { "properties": { unit: words(fitting.map(|(name, _)| *name)) } },
        })
    };
    json!({ "allOf": SHOWS.iter().map(rule).collect::<Vec<_>>() })
}

/// How a metric's value is written. With neither `unit` nor `show` it is a count.
pub fn display(unit: Option<(Cursor<'_>, (Unit, Show))>, show: Option<Show>, decimals: Option<u8>) -> Display {
    let usual = unit.as_ref().map_or(Show::Count, |(_, (_, usual))| *usual);
    let show = show.unwrap_or(usual);
    let unit = match unit {
        Some((cursor, (unit, _))) => {
            if !show.fits(unit) {
                cursor.wrong(misfit(unit, show));
            }
            unit
        }
        None => show.usual_unit(),
    };
    Display {
        unit,
        show,
        decimals: decimals.unwrap_or(show.usual_decimals()),
    }
}

fn misfit(unit: Unit, show: Show) -> String {
    let needed = match show {
        Show::Number => {
            let ways = SHOWS.iter().filter(|(_, way)| way.fits(unit));
            let ways: Vec<_> = ways.map(|(name, _)| format!("`show: {name}`")).collect();
            return format!("is hidden by `show: number`; expected {}", ways.join(" or "));
        }
        Show::Count => "Count or None",
        Show::Percent => "Percent (0 to 100) or Ratio (0 to 1)",
        Show::Ms | Show::S => "a unit of time such as Seconds",
        Show::Bytes => "a unit of data such as Bytes",
    };
    let name = SHOWS.iter().find(|(_, way)| *way == show).map_or("", |(name, _)| name);
    format!("cannot be shown as {name}; expected {needed}")
}

fn read_unit(cursor: &Cursor<'_>) -> Option<(Unit, Show)> {
    let text = cursor.text()?;
    let unit = UNITS
        .iter()
        .find(|(name, _)| *name == text.value)
        .map(|(_, unit)| *unit);
    if unit.is_none() {
        let names = UNITS.map(|(name, _)| name);
        cursor.wrong(match text.value.strip_suffix("/Second") {
            Some(name) if names.contains(&name) => {
                format!("{text} is a rate, which no `show` writes; expected None with `show: number` and the rate in the label")
            }
            _ => format!("{text} is not a unit; {}", remedy(&text.value, &names)),
        });
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{table::Need::Optional, table::object, tree, walk::Walk};

    object! {
        DISPLAY: "How a value is written.";
        A_UNIT: (Unit, Show) = "unit", Optional, UNIT, "";
        A_SHOW: Show = "show", Optional, SHOW, "";
        SOME_DECIMALS: u8 = "decimals", Optional, DECIMALS, "";
    }

    /// How a value is written by the settings in `yaml`, and the mistakes in them.
    fn display(yaml: &str) -> (Display, Vec<String>) {
        let node = tree::parse(yaml.as_bytes()).unwrap();
        let env = |_: &str| None;
        let walk = Walk::new(&env);
        let settings = walk.start(&node).settings(&DISPLAY).unwrap();
        let (unit, show, decimals) = (
            settings.placed(&A_UNIT),
            settings.read(&A_SHOW),
            settings.read(&SOME_DECIMALS),
        );
        let display = super::display(unit, show, decimals);
        (display, walk.into_notes().0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn defaults_fit_each_other() {
        for (yaml, unit, show, decimals) in [
            ("{}", Unit::Count, Show::Count, 0),
            ("{show: count}", Unit::Count, Show::Count, 0),
            ("{show: ms}", time(1_000), Show::Ms, 0),
            ("{show: s}", time(1_000_000), Show::S, 2),
            ("{show: bytes}", data(8), Show::Bytes, 1),
            ("{show: percent}", Unit::Percent, Show::Percent, 1),
            ("{show: number}", Unit::None, Show::Number, 2),
            ("{unit: Count}", Unit::Count, Show::Count, 0),
            ("{unit: None}", Unit::None, Show::Number, 2),
            ("{unit: Seconds}", time(1_000_000), Show::Ms, 0),
            ("{unit: Megabytes}", data(8_000_000), Show::Bytes, 1),
            ("{unit: Percent}", Unit::Percent, Show::Percent, 1),
            ("{unit: Ratio}", Unit::Ratio, Show::Percent, 1),
            (
                "{unit: Ratio, show: percent, decimals: 2}",
                Unit::Ratio,
                Show::Percent,
                2,
            ),
            ("{unit: Ratio, show: number}", Unit::Ratio, Show::Number, 2),
            ("{unit: Seconds, show: s, decimals: 3}", time(1_000_000), Show::S, 3),
            ("{unit: Count, show: number}", Unit::Count, Show::Number, 2),
        ] {
            assert_eq!(display(yaml), (Display { unit, show, decimals }, vec![]), "{yaml}");
        }
    }

    #[test]
    fn every_unit_keeps_its_name() {
        for (name, _) in UNITS {
            assert_eq!(display(&format!("{{unit: {name}}}")).0.unit.name(), name);
        }
    }

    #[test]
    fn the_schema_of_webhooks_names_every_unit() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/webhook.schema.json")).unwrap();
        let unit = &schema["$defs"]["reading"]["properties"]["unit"];
        assert_eq!(unit["enum"], serde_json::json!(UNITS.map(|(name, _)| name)));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let problems = [
            "{unit: Count, show: ms}",
            "{unit: Seconds, show: bytes}",
            "{unit: Bytes, show: percent}",
            "{unit: None, show: percent}",
            "{unit: Count, show: percent}",
            "{unit: Ratio, show: count}",
            "{unit: Seconds, show: number}",
            "{unit: Bytes, show: number}",
            "{unit: Percent, show: number}",
            "{unit: Percent, show: count}",
            "{unit: Bytes/Second}",
            "{unit: seconds}",
            "{unit: Furlongs/Second}",
            "{show: millis}",
            "{show: bytess}",
            "{decimals: 7}",
            "{decimals: -1}",
            "{decimals: '2'}",
        ]
        .map(|yaml| display(yaml).1.join("\n"));
        insta::assert_snapshot!(problems.join("\n"));
    }
}
