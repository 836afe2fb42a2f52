//! The whole function with two destinations on a local AWS, its role allowed no more than it needs: what it posts, what
//! it keeps, and what it counts.

use std::fs;

use serde_json::{Value, json};
use testkit::{
    accounts::{HOME_REGION, SESSION_SECRET, SKYPE_SECRET},
    skype::SkypeStandIn,
    teams_free::{GROUP, Step, TeamsFreeStandIn},
};

use crate::worlds::{
    function::{EXTERNAL_ID, FunctionWorld, Said, event},
    report::Report,
};

const PRODUCTION: &str = "111111111111";

/// The only secret that the role may both read and write.
const SECRET: &str = SESSION_SECRET;

fn report(skype: &SkypeStandIn, teams: &TeamsFreeStandIn) -> String {
    let (skype_hosts, hosts) = (skype.hosts(), teams.hosts());
    Report::new("hourly")
        .account("production", PRODUCTION, Some(EXTERNAL_ID))
        .section("Production", "production", HOME_REGION)
        .destination(json!({
            "name": "operations", "kind": "skype", "group": skype.group(), "secret": SKYPE_SECRET,
            "hosts": {"login": skype_hosts.login, "edge": skype_hosts.edge, "messages": skype_hosts.messages},
        }))
        .destination(json!({
            "name": "group", "kind": "teams_free", "group": GROUP, "secret": SECRET,
            "hosts": {"login": hosts.login, "teams": hosts.teams},
        }))
        .build()
        .to_string()
}

fn counted(said: &Said, names: [&str; 6]) -> [Value; 6] {
    let lines = said.emf();
    assert_eq!(lines.len(), 1, "{}", said.text());
    names.map(|name| lines[0][name].clone())
}

#[tokio::test]
async fn each_destination_has_its_own_outcome_and_its_own_need_of_a_person() {
    let world = FunctionWorld::new().await;
    let teams = TeamsFreeStandIn::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.yaml");
    fs::write(&path, report(&world.skype, &teams)).unwrap();
    let config = [
        ("HOURLY_CONFIG", path.to_str().unwrap()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let names = [
        "Posted_operations",
        "Posted_group",
        "Failed_group",
        "SignInNeeded_operations",
        "SignInNeeded_group",
        "SignInNeeded",
    ];
    world.put_secret(SECRET, &teams.sign_in()).await;

    let said = world.invoke(&event(), &config).await;
    assert!(said.answer.is_ok(), "{}", said.text());
    assert_eq!(teams.steps(), [Step::Renew, Step::Exchange, Step::Post]);
    assert_eq!(counted(&said, names), [1, 1, 0, 0, 0, 0].map(Value::from));
    let kept: Value = serde_json::from_str(&world.secret(SECRET).await).unwrap();
    assert!(kept["session"].is_object() && kept["previous_refresh_token"].is_string());

    // Somebody changes the password.
    teams.revoke_skype_tokens();
    teams.end_sign_ins();
    let ended = world.invoke(&event(), &config).await;
    assert_eq!(counted(&ended, names), [1, 0, 1, 0, 1, 1].map(Value::from));
    let error = ended.answer.as_ref().unwrap_err().to_string();
    assert!(
        error.contains("NotPosted") && error.contains("run `hourly login teams-free`"),
        "{error}"
    );
    for secret in teams.issued() {
        assert!(!said.text().contains(&secret) && !ended.text().contains(&secret));
    }
}
