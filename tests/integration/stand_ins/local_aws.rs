//! What the end-to-end tests rely on in the local AWS, each point tried with the SDK alone.

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Metric, MetricDataQuery, MetricStat, StandardUnit},
};
use aws_sdk_sts::{
    config::Credentials,
    error::{DisplayErrorContext, ProvideErrorMetadata},
};
use jiff::{Span, Timestamp};
use testkit::{
    accounts::{Account, HOME_REGION, Published, Reader, SESSION_SECRET, SKYPE_SECRET, reader_arn},
    local_aws::LocalAws,
};
use tokio::net::TcpStream;

const MONITORING: &str = "100000000001";
const PRODUCTION: &str = "111111111111";
const STAGING: &str = "222222222222";
const READER: Reader = Reader {
    monitoring: MONITORING,
    external_id: "the-external-id",
    may_read: true,
};

/// The full hour before the last: past, but young enough not to be forgotten.
fn an_hour() -> Timestamp {
    let hour = Timestamp::now().as_second().div_euclid(3600) - 2;
    Timestamp::from_second(hour * 3600).unwrap()
}

fn minute(start: Timestamp, minute: i64) -> Timestamp {
    start + Span::new().minutes(minute)
}

fn metric(points: Vec<(Timestamp, f64)>) -> Published<'static> {
    Published {
        namespace: "AWS/ApplicationELB",
        name: "HealthyHostCount",
        dimensions: &[("LoadBalancer", "app/core/1"), ("TargetGroup", "targetgroup/core/1")],
        unit: StandardUnit::Count,
        points,
    }
}

/// Assumes a role; an error is STS's code.
async fn assume(
    aws: &LocalAws,
    as_whom: &Credentials,
    role: &str,
    external_id: Option<&str>,
) -> Result<Credentials, String> {
    let client = aws_sdk_sts::Client::new(&aws.sdk_config(as_whom.clone(), HOME_REGION));
    let call = client.assume_role().role_arn(role).role_session_name("test");
    let answer = call.set_external_id(external_id.map(str::to_owned)).send().await;
    let answer = answer.map_err(|error| error.code().unwrap_or("none").to_owned())?;
    let keys = answer.credentials().unwrap();
    let token = Some(keys.session_token().to_owned());
    Ok(Credentials::new(
        keys.access_key_id(),
        keys.secret_access_key(),
        token,
        None,
        "test",
    ))
}

/// The buckets of [`metric`] in the hour from `start`, as (minutes after it, value); an error is CloudWatch's code.
async fn read(
    aws: &LocalAws,
    as_whom: &Credentials,
    region: &str,
    (statistic, period): (&str, i32),
    start: Timestamp,
) -> Result<Vec<(i64, f64)>, String> {
    let client = aws_sdk_cloudwatch::Client::new(&aws.sdk_config(as_whom.clone(), region));
    let published = metric(Vec::new());
    let dimensions = published.dimensions.iter().map(|(name, value)| {
        aws_sdk_cloudwatch::types::Dimension::builder()
            .name(*name)
            .value(*value)
            .build()
    });
    let metric = Metric::builder()
        .namespace(published.namespace)
        .metric_name(published.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .stat(statistic)
        .period(period)
        .build();
    let query = MetricDataQuery::builder().id("m").metric_stat(stat).build();
    let call = client
        .get_metric_data()
        .metric_data_queries(query)
        .start_time(DateTime::from_secs(start.as_second()))
        .end_time(DateTime::from_secs(minute(start, 60).as_second()));
    let answer = call.send().await.map_err(|error| match error.code() {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    })?;
    let result = answer.metric_data_results().first().unwrap();
    let minutes = result
        .timestamps()
        .iter()
        .map(|time| (time.secs() - start.as_second()) / 60);
    Ok(minutes.zip(result.values().iter().copied()).collect())
}

#[tokio::test]
async fn each_account_and_region_has_its_own_metrics() {
    let aws = LocalAws::start().await.unwrap();
    let function = Account::new(&aws, MONITORING)
        .create_function_role(&[PRODUCTION, STAGING])
        .await
        .unwrap();
    let start = an_hour();
    for (account, region, value) in [
        (PRODUCTION, "us-east-1", 1.0),
        (PRODUCTION, "eu-west-1", 2.0),
        (STAGING, "us-east-1", 3.0),
        (MONITORING, "us-east-1", 4.0),
    ] {
        Account::new(&aws, account)
            .publish(region, &metric(vec![(start, value)]))
            .await
            .unwrap();
    }
    for source in [PRODUCTION, STAGING] {
        Account::new(&aws, source).create_reader_role(&READER).await.unwrap();
    }
    for (account, region, expected) in [
        (PRODUCTION, "us-east-1", vec![(0, 1.0)]),
        (PRODUCTION, "eu-west-1", vec![(0, 2.0)]),
        (STAGING, "us-east-1", vec![(0, 3.0)]),
        (STAGING, "eu-west-1", vec![]),
    ] {
        let reader = assume(&aws, &function, &reader_arn(account), Some(READER.external_id))
            .await
            .unwrap();
        assert_eq!(
            read(&aws, &reader, region, ("Minimum", 60), start).await.unwrap(),
            expected,
            "{account} {region}"
        );
    }
}

#[tokio::test]
async fn an_hour_of_minutes_is_found_again_in_longer_buckets() {
    let aws = LocalAws::start().await.unwrap();
    let start = an_hour();
    let points = (-5..65).map(|n| (minute(start, n), n as f64)).collect();
    Account::new(&aws, PRODUCTION)
        .publish("us-east-1", &metric(points))
        .await
        .unwrap();
    let root = aws.root_of(PRODUCTION);
    let minutes = read(&aws, &root, "us-east-1", ("Average", 60), start).await.unwrap();
    assert_eq!(
        minutes,
        (0..60).map(|n| (n, n as f64)).collect::<Vec<_>>(),
        "start inclusive, end exclusive"
    );
    let quarters = read(&aws, &root, "us-east-1", ("Sum", 900), start).await.unwrap();
    assert_eq!(quarters, [(0, 105.0), (15, 330.0), (30, 555.0), (45, 780.0)]);
    let hour = read(&aws, &root, "us-east-1", ("Maximum", 3600), start).await.unwrap();
    assert_eq!(hour, [(0, 59.0)]);
}

#[tokio::test]
async fn a_reader_role_takes_only_the_function_with_the_external_id() {
    let aws = LocalAws::start().await.unwrap();
    let function = Account::new(&aws, MONITORING)
        .create_function_role(&[PRODUCTION])
        .await
        .unwrap();
    let foreign = Account::new(&aws, "333333333333")
        .create_function_role(&[PRODUCTION])
        .await
        .unwrap();
    let production = Account::new(&aws, PRODUCTION);
    let role = production.create_reader_role(&READER).await.unwrap();
    Account::new(&aws, STAGING).create_reader_role(&READER).await.unwrap();
    let root = aws.root_of(MONITORING);
    let right = Some(READER.external_id);
    assert_eq!(assume(&aws, &function, &role, right).await.err(), None);
    for (what, as_whom, role, external_id) in [
        ("wrong external id", &function, &role, Some("another")),
        ("no external id", &function, &role, None),
        ("another account's role", &foreign, &role, right),
        ("another principal of the account", &root, &role, right),
        ("not in the function's policy", &function, &reader_arn(STAGING), right),
        ("no such role", &function, &reader_arn("444444444444"), right),
    ] {
        let code = assume(&aws, as_whom, role, external_id).await.err();
        assert_eq!(code.as_deref(), Some("AccessDenied"), "{what}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_read_is_denied_by_cloudwatch() {
    let aws = LocalAws::start().await.unwrap();
    let function = Account::new(&aws, MONITORING)
        .create_function_role(&[PRODUCTION])
        .await
        .unwrap();
    let reader = Reader {
        may_read: false,
        ..READER
    };
    let role = Account::new(&aws, PRODUCTION)
        .create_reader_role(&reader)
        .await
        .unwrap();
    let reader = assume(&aws, &function, &role, Some(READER.external_id)).await.unwrap();
    for denied in [&reader, &function] {
        let code = read(&aws, denied, "us-east-1", ("Average", 60), an_hour())
            .await
            .unwrap_err();
        assert!(code.starts_with("AccessDenied"), "{code}");
    }
}

#[tokio::test]
async fn the_function_uses_its_own_secrets_only() {
    let aws = LocalAws::start().await.unwrap();
    let monitoring = Account::new(&aws, MONITORING);
    let function = monitoring.create_function_role(&[]).await.unwrap();
    for name in [SKYPE_SECRET, SESSION_SECRET, "other"] {
        monitoring.create_secret(name, Some("first")).await.unwrap();
    }
    let client = aws_sdk_secretsmanager::Client::new(&aws.sdk_config(function, HOME_REGION));
    let get = async |name| {
        let answer = client.get_secret_value().secret_id(name).send().await;
        answer.map_err(|error| error.code().map(str::to_owned))
    };
    let put = async |name| {
        let call = client.put_secret_value().secret_id(name).secret_string("second");
        call.send().await.map_err(|error| error.code().map(str::to_owned))
    };
    let denied = Some("AccessDeniedException".to_owned());
    put(SESSION_SECRET).await.unwrap();
    assert_eq!(put(SKYPE_SECRET).await.unwrap_err(), denied);
    assert_eq!(get(SESSION_SECRET).await.unwrap().secret_string(), Some("second"));
    assert_eq!(get(SKYPE_SECRET).await.unwrap().secret_string(), Some("first"));
    assert_eq!(get("other").await.unwrap_err(), denied);
}

#[tokio::test]
async fn the_local_aws_stops_when_it_is_dropped() {
    let aws = LocalAws::start().await.unwrap();
    let address = aws.endpoint().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).await.is_ok());
    drop(aws);
    // The kernel closes the port while it takes the killed process down.
    for _ in 0..100 {
        if TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{address} still answers");
}
