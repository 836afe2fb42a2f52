//! The alarms of the template: how they are made, and, by a simulation, when NothingPosted rings.
//!
//! No local AWS evaluates alarms as CloudWatch does. The rules here are those that CloudWatch's user guide documents for
//! missing data; where it leaves something open, every reading of it is tried.

use serde_json::{Value, json};

use super::{TEMPLATE, resource, resources_of};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// A reading of what the user guide leaves open.
#[derive(Debug, Clone, Copy)]
struct Rules {
    grid: Grid,
    /// How many periods the evaluation range is longer than was asked for.
    more: usize,
    /// How long a datapoint takes from its time until the alarm sees it.
    delay: i64,
}

/// Where an alarm's periods lie.
#[derive(Debug, Clone, Copy)]
enum Grid {
    /// On the clock's, the running one included.
    Running,
    /// On the clock's, those that have ended.
    Ended,
    /// They end now.
    Sliding,
}

/// What an alarm looks at: one datapoint for each post.
#[derive(Debug, Clone, Copy)]
struct Alarm {
    period: i64,
    periods: usize,
    /// Whether a period without a datapoint counts as a real 0, where there is any datapoint at all.
    fill: bool,
}

impl Alarm {
    /// NothingPosted, for a longest pause of so many hours.
    fn of_template(pause: &str) -> Self {
        let alarm = &resource("NothingPostedAlarm")["Properties"];
        let number = |value: &Value| {
            let path = &value["Fn::FindInMap"];
            assert_eq!(
                (&path[0], &path[1]),
                (&json!("Pause"), &json!({"Ref": "LongestPauseHours"}))
            );
            TEMPLATE["Mappings"]["Pause"][pause][path[2].as_str().unwrap()]
                .as_i64()
                .unwrap()
        };
        let metrics = alarm["Metrics"].as_array().unwrap();
        let [posted, filled] = &metrics[..] else {
            panic!("{metrics:?}")
        };
        let expression = filled["Expression"].as_str().unwrap();
        assert_eq!(
            (&posted["ReturnData"], &filled["ReturnData"]),
            (&json!(false), &json!(true))
        );
        Self {
            period: number(&posted["MetricStat"]["Period"]),
            periods: usize::try_from(number(&alarm["EvaluationPeriods"])).unwrap(),
            fill: expression == format!("FILL({}, 0)", posted["Id"].as_str().unwrap()),
        }
    }

    /// Whether it rings at an instant, after these posts.
    fn rings(self, now: i64, posts: &[i64], rules: Rules) -> bool {
        let end = match rules.grid {
            Grid::Running => (now.div_euclid(self.period) + 1) * self.period,
            Grid::Ended => now.div_euclid(self.period) * self.period,
            Grid::Sliding => now,
        };
        let seen: Vec<i64> = posts.iter().copied().filter(|post| post + rules.delay <= now).collect();
        let counted = (1..).take(self.periods + rules.more).map(|n| {
            let start = end - n * self.period;
            let inside = seen.iter().filter(|post| (start..start + self.period).contains(*post));
            Some(inside.count()).filter(|count| *count > 0)
        });
        let mut newest_first: Vec<Option<usize>> = counted.collect();
        if self.fill && newest_first.iter().any(Option::is_some) {
            newest_first = newest_first.into_iter().map(|it| it.or(Some(0))).collect();
        }
        // Real datapoints are evaluated as far as they go, the newest first; only what is then still lacking is filled
        // up with missing ones, which are breaching.
        newest_first.iter().flatten().take(self.periods).all(|count| *count < 1)
    }

    /// When it first rings at or after an instant, looked at every minute.
    fn first_rings(self, from: i64, until: i64, posts: &[i64], rules: Rules) -> Option<i64> {
        (from..until).step_by(60).find(|now| self.rings(*now, posts, rules))
    }
}

fn all_rules(alarm: Alarm) -> Vec<Rules> {
    let mut all = Vec::new();
    for grid in [Grid::Running, Grid::Ended, Grid::Sliding] {
        for more in [0, 2, 5, alarm.periods] {
            for delay in [0, 2 * MINUTE, 5 * MINUTE] {
                all.push(Rules { grid, more, delay });
            }
        }
    }
    all
}

/// Minute 57 of an hour of the first day, and so many seconds.
fn minute_57(hour: i64, seconds: i64) -> i64 {
    hour * HOUR + 57 * MINUTE + seconds
}

#[test]
fn a_lost_hour_rings_before_the_next_one_and_the_next_post_ends_it() {
    let alarm = Alarm::of_template("1");
    for rules in all_rules(alarm) {
        for late in [0, 90, 179] {
            // 13:57 is lost.
            let hours = (0..24).filter(|hour| *hour != 13);
            let posts: Vec<_> = hours.map(|hour| minute_57(hour, late)).collect();
            let context = format!("{rules:?}, {late} s late");
            let rang = alarm.first_rings(2 * HOUR, 24 * HOUR, &posts, rules).expect(&context);
            let after = (rang - minute_57(13, 0)) / MINUTE;
            assert!((15..=25).contains(&after), "{after} min after 13:57; {context}");
            let ended = minute_57(14, late) + rules.delay + alarm.period + MINUTE;
            assert_eq!(alarm.first_rings(ended, 24 * HOUR, &posts, rules), None, "{context}");
        }
    }
}

/// A run may end three minutes after it began, and Lambda's second retry nine minutes later still.
#[test]
fn hours_that_are_posted_late_do_not_ring() {
    let alarm = Alarm::of_template("1");
    let late = [0, 12 * MINUTE, 0, 179, 1, 12 * MINUTE, 12 * MINUTE, 0];
    let posts: Vec<_> = (0..).zip(late).map(|(hour, late)| minute_57(hour, late)).collect();
    for rules in all_rules(alarm) {
        assert_eq!(
            alarm.first_rings(2 * HOUR, minute_57(7, 0), &posts, rules),
            None,
            "{rules:?}"
        );
    }
}

#[test]
fn a_report_that_was_never_posted_rings() {
    let alarm = Alarm::of_template("1");
    assert!(
        all_rules(alarm)
            .into_iter()
            .all(|rules| alarm.rings(2 * HOUR, &[], rules))
    );
}

/// Every pause that can be chosen is waited for, with the next post as late as it may be, and not for long after it.
#[test]
fn pauses_of_the_schedule_are_waited_for() {
    let pauses = TEMPLATE["Mappings"]["Pause"].as_object().unwrap();
    let mut choices: Vec<i64> = pauses.keys().map(|hours| hours.parse().unwrap()).collect();
    choices.sort_unstable();
    assert_eq!(
        TEMPLATE["Parameters"]["LongestPauseHours"]["AllowedValues"],
        json!(choices)
    );
    assert_eq!(TEMPLATE["Parameters"]["LongestPauseHours"]["Default"], 1);
    for pause in choices {
        let alarm = Alarm::of_template(&pause.to_string());
        let range = alarm.period * i64::try_from(alarm.periods).unwrap();
        let longest = if alarm.period < HOUR { 24 * HOUR } else { 7 * 24 * HOUR };
        assert!(range <= longest, "CloudWatch refuses it: {pause}");
        let (last, due) = (minute_57(18, 0), minute_57(18 + pause, 0));
        let rings_after = if pause < 24 { 15..=25 } else { 60..=130 };
        for rules in all_rules(alarm) {
            let context = format!("{pause} h, {rules:?}");
            let posts = [last, due + 12 * MINUTE];
            // Before that it would ring on until then.
            assert_eq!(
                alarm.first_rings(due - 10 * MINUTE, due + HOUR, &posts, rules),
                None,
                "{context}"
            );
            let rang = alarm.first_rings(due, due + 3 * HOUR, &[last], rules).expect(&context);
            let after = (rang - due) / MINUTE;
            assert!(rings_after.contains(&after), "{after} min after it was due; {context}");
        }
    }
}

/// The simulation can show an alarm that does not work: with nothing filled, any post in the range counts.
#[test]
fn without_fill_a_lost_hour_would_never_ring() {
    let alarm = Alarm {
        fill: false,
        ..Alarm::of_template("1")
    };
    let hours = (0..24).filter(|hour| *hour != 13);
    let posts: Vec<_> = hours.map(|hour| minute_57(hour, 0)).collect();
    let rules = |more| Rules {
        grid: Grid::Ended,
        more,
        delay: 0,
    };
    let first = |more| alarm.first_rings(2 * HOUR, 24 * HOUR, &posts, rules(more));
    assert!(first(0).is_some());
    assert_eq!(first(alarm.periods), None);
}

#[test]
fn alarms_notify_the_topic_and_know_what_missing_data_mean() {
    let report = json!([{"Name": "Report", "Value": {"Ref": "ReportName"}}]);
    let function = json!([{"Name": "FunctionName", "Value": {"Ref": "HourlyUpdate"}}]);
    let queue = json!([{"Name": "QueueName", "Value": {"Fn::GetAtt": ["NotPosted", "QueueName"]}}]);
    let waiting = "ApproximateNumberOfMessagesVisible";
    // Each rings when there is one in five minutes, and says nothing of missing data.
    let of_one_metric = [
        ("ErrorsAlarm", "AWS/Lambda", "Errors", function, "Sum"),
        ("NotPostedAlarm", "AWS/SQS", waiting, queue, "Maximum"),
        (
            "SignInNeededAlarm",
            "HourlyUpdate",
            "SignInNeeded",
            report.clone(),
            "Sum",
        ),
    ];
    let mut alarms: Vec<_> = resources_of("AWS::CloudWatch::Alarm")
        .map(|(name, _)| name.as_str())
        .collect();
    alarms.sort_unstable();
    assert_eq!(
        alarms,
        [
            "ErrorsAlarm",
            "NotPostedAlarm",
            "NothingPostedAlarm",
            "SignInNeededAlarm"
        ]
    );
    let topic = json!({"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
    for (name, namespace, metric, dimensions, statistic) in of_one_metric {
        let expected = json!({
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": statistic,
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1,
            "TreatMissingData": "notBreaching",
            "AlarmActions": topic,
        });
        has(name, &expected);
    }
    let periods = json!({"Fn::FindInMap": ["Pause", {"Ref": "LongestPauseHours"}, "Periods"]});
    let expected = json!({
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": periods,
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 1,
        "TreatMissingData": "breaching",
        "AlarmActions": topic,
        "OKActions": topic,
    });
    has("NothingPostedAlarm", &expected);
    let posted = &resource("NothingPostedAlarm")["Properties"]["Metrics"][0]["MetricStat"];
    assert_eq!(
        posted["Metric"],
        json!({"Namespace": "HourlyUpdate", "MetricName": "Posted", "Dimensions": report})
    );
    assert_eq!(posted["Stat"], "Sum");
    // While the schedule is off nothing is posted, and nobody wants to hear of it.
    assert_eq!(resource("NothingPostedAlarm")["Condition"], "IsScheduled");
}

#[track_caller]
fn has(alarm: &str, expected: &Value) {
    let properties = &resource(alarm)["Properties"];
    for (property, value) in expected.as_object().unwrap() {
        assert_eq!(&properties[property], value, "{alarm}: {property}");
    }
}
