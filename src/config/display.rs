//! `unit`, `show` and `decimals`: how a value is written, with defaults that fit each other.

use super::{
    Display, Show, Unit,
    problem::remedy,
    walk::{Cursor, Settings},
};

const fn time(micros: u32) -> Unit {
    Unit::Time { micros }
}

const fn data(bits: u64) -> Unit {
    Unit::Data { bits }
}

/// CloudWatch's units, and how a value in each is shown unless the report says otherwise. Its kilo is 1,000.
const UNITS: [(&str, (Unit, Show)); 16] = [
    ("None", (Unit::None, Show::Number)),
    ("Count", (Unit::Count, Show::Count)),
    ("Percent", (Unit::Percent, Show::Percent)),
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
    /// As CloudWatch spells it.
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

    /// Whether a value in `unit` can be shown so. `number` shows every value as it was published.
    fn fits(self, unit: Unit) -> bool {
        match self {
            Self::Number => true,
            Self::Count => matches!(unit, Unit::Count | Unit::None),
            Self::Percent => matches!(unit, Unit::Percent | Unit::Count | Unit::None),
            Self::Ms | Self::S => matches!(unit, Unit::Time { .. }),
            Self::Bytes => matches!(unit, Unit::Data { .. }),
        }
    }

    fn needs(self) -> &'static str {
        match self {
            Self::Number => "any unit",
            Self::Count => "Count or None",
            Self::Percent => "Percent, Count or None",
            Self::Ms | Self::S => "a unit of time such as Seconds",
            Self::Bytes => "a unit of data such as Bytes",
        }
    }
}

/// Reads how a metric's value is written. With neither `unit` nor `show` it is a count.
pub fn read(metric: &Settings<'_>) -> Display {
    let unit = metric.get("unit").and_then(|cursor| Some((cursor, read_unit(cursor)?)));
    let show = metric
        .get("show")
        .and_then(|cursor| cursor.word("a way to show a value", &SHOWS));
    let usual = unit.as_ref().map_or(Show::Count, |(_, (_, usual))| *usual);
    let show = show.unwrap_or(usual);
    let unit = match unit {
        Some((cursor, (unit, _))) => {
            if !show.fits(unit) {
                let name = SHOWS
                    .iter()
                    .find(|(_, known)| *known == show)
                    .map_or("", |(name, _)| name);
                cursor.wrong(format!("cannot be shown as {name}; expected {}", show.needs()));
            }
            unit
        }
        None => show.usual_unit(),
    };
    let decimals = metric.get("decimals").and_then(|cursor| cursor.whole(0..=6));
    Display {
        unit,
        show,
        decimals: decimals
            .and_then(|n| u8::try_from(n).ok())
            .unwrap_or(show.usual_decimals()),
    }
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
            _ => format!("{text} is not a unit of CloudWatch; {}", remedy(&text.value, &names)),
        });
    }
    unit
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{tree, walk::Walk};

    /// What the settings in `yaml` say, and what is wrong with them.
    fn display(yaml: &str) -> (Display, Vec<String>) {
        let node = tree::parse(yaml.as_bytes()).unwrap();
        let env = |_: &str| None;
        let walk = Walk::new(&env);
        let display = read(&walk.start(&node).settings(&["unit", "show", "decimals"]).unwrap());
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
            ("{unit: Seconds, show: s, decimals: 3}", time(1_000_000), Show::S, 3),
            ("{unit: Seconds, show: number}", time(1_000_000), Show::Number, 2),
        ] {
            assert_eq!(display(yaml), (Display { unit, show, decimals }, vec![]), "{yaml}");
        }
    }

    #[test]
    fn every_unit_keeps_its_name() {
        for (name, _) in UNITS {
            assert_eq!(display(&format!("{{unit: {name}, show: number}}")).0.unit.name(), name);
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let problems = [
            "{unit: Count, show: ms}",
            "{unit: Seconds, show: bytes}",
            "{unit: Bytes, show: percent}",
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
