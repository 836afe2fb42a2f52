//! What the tool makes of its environment and of the time of day, before anything is read.

use std::fs;

use super::run;
use crate::worlds::report::minimal;

/// A report that can be read without a variable.
fn report() -> String {
    minimal("{ name: journal, kind: log }")
}

#[tokio::test]
async fn without_credentials_or_region_nothing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.yaml");
    fs::write(&report, self::report()).unwrap();
    // A sign-in of a kind that the tool was built without.
    let profiles = folder.path().join("profiles");
    let sso = "[profile person]\nsso_start_url = https://sso.invalid\nsso_region = us-east-1\n\
               sso_account_id = 100000000001\nsso_role_name = reader\n";
    fs::write(&profiles, sso).unwrap();
    let region = ("AWS_REGION", "us-east-1");
    let keys = [("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none")];
    let profile = [
        region,
        ("AWS_CONFIG_FILE", profiles.to_str().unwrap()),
        ("AWS_PROFILE", "person"),
    ];
    let set = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
               `aws configure export-credentials --format env` prints those of any sign-in";
    for (given, what, remedy) in [
        (&[region][..], "no AWS credentials: ", set),
        (&[region, ("AWS_PROFILE", "nobody")], "no AWS credentials: ", set),
        (
            &profile,
            "no AWS credentials: ProfileFile provider could not be built: ",
            set,
        ),
        (
            &keys,
            "no AWS region: ",
            "set AWS_REGION, or AWS_PROFILE to a profile that has one",
        ),
    ] {
        // A person's own files and the machine's role are not looked at; nothing listens where calls would go.
        let mut environment = vec![
            ("HOURLY_CONFIG", report.to_str().unwrap()),
            ("HOME", folder.path().to_str().unwrap()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ];
        environment.extend(given);
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        for command in ["preview", "post"] {
            let (code, out, err) = run(&[command], &environment).await;
            assert_eq!((code, out.as_str(), err.lines().count()), (1, "", 1), "{err}");
            assert!(
                err.starts_with(&format!("hourly: {what}")) && err.trim_end().ends_with(remedy),
                "{err}"
            );
        }
    }
}

#[tokio::test]
async fn a_time_of_yesterday_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.yaml");
    fs::write(&report, self::report()).unwrap();
    let environment = [
        ("HOURLY_CONFIG", report.to_str().unwrap()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let yesterday = jiff::Timestamp::now() - jiff::Span::new().hours(24);
    let (_, _, err) = run(&["preview", "--at", "23:59"], &environment).await;
    let told = yesterday.strftime("as of %Y-%m-%dT23:59Z, yesterday\n").to_string();
    // In the last minute of a day, 23:59 is now.
    assert!(
        err.starts_with(&told) || yesterday.strftime("%H:%M").to_string() == "23:59",
        "{err}"
    );
    let (_, _, err) = run(&["preview", "--at", &yesterday.to_string()], &environment).await;
    assert!(!err.contains("yesterday"), "{err}");
}
