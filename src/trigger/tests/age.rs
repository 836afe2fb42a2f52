//! How old an hour may be.

use super::*;
use crate::metrics::plan::Plan;

#[test]
fn the_oldest_hour_can_still_be_read_whole() {
    let oldest = json!({"time": "2026-11-08T13:57:05Z"});
    let as_of = Trigger::from_event(&oldest.to_string(), now(), kept()).unwrap().as_of;
    assert_eq!(as_of, at("2026-11-08T13:57:00Z"));
    // As late and as far back as a report may say.
    let metric = Metric {
        period: Period::HOUR,
        settle: Duration::from_secs(3 * 3600),
        widen_by: Duration::from_secs(3 * 3600),
        ..metric("Hosts")
    };
    let plan = Plan::new(&one_section(vec![metric]), as_of, None).unwrap();
    let kept = Duration::from_secs(15 * 24 * 3600);
    assert!(
        plan.batches[0].start >= earlier(now(), kept),
        "{}",
        plan.batches[0].start
    );
}

#[test]
fn a_source_may_keep_less_than_the_ledger_but_not_more() {
    let refusal = |days: u32, kept| {
        let time = earlier(now(), DAY * days);
        Trigger::by_hand(Some(time), now(), kept)
            .err()
            .map(|error| error.to_string())
    };
    let of = |days: u32| {
        let why = "it keeps no more";
        Some(Retention { age: DAY * days, why })
    };
    assert_eq!(refusal(3, of(3)), None);
    assert!(
        refusal(4, of(3))
            .unwrap()
            .ends_with("is more than 3 days ago; it keeps no more")
    );
    for kept in [None, of(15)] {
        assert_eq!(refusal(14, kept), None);
        let error = refusal(15, kept).unwrap();
        assert!(
            error.ends_with("is more than 14 days ago; what has been posted is known no longer"),
            "{error}"
        );
    }
}
