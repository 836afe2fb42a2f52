//! Which credentials are used where.

use std::sync::Arc;

use aws_sdk_cloudwatch::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};

use super::*;

#[tokio::test]
async fn regions_share_one_role_session() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([], None))
        .times(3)
        .build();
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .output(|| testing::assumed("222222222222"))
        .times(3)
        .build();
    let run = run_with_sts(&[&rule], &sts);
    let [a, b, c] = ["us-east-1", "eu-west-1", "eu-west-1"].map(|region| Batch {
        place: in_region(region).into(),
        ..batch()
    });
    let answers = join3(run.read(&a), run.read(&b), run.read(&c)).await;
    assert!(
        [answers.0, answers.1, answers.2]
            .iter()
            .all(|answer| answer.stopped.is_none())
    );
    assert_eq!((sts.num_calls(), rule.num_calls()), (1, 3));
}

/// Where a request went and how it was signed.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<std::sync::Mutex<Vec<[String; 3]>>>);

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = |name| context.request().headers().get(name).unwrap_or_default().to_owned();
        let seen = [
            context.request().uri().to_owned(),
            header("authorization"),
            header("x-amz-security-token"),
        ];
        self.0.lock().unwrap().push(seen);
        Ok(())
    }
}

#[tokio::test]
async fn a_batch_is_read_in_its_region_with_the_credentials_of_its_account() {
    let seen = Seen::default();
    let mut run = run(&[&mock!(Client::get_metric_data).then_output(|| page([], None))]);
    run.reader.config = run.reader.config.interceptor(seen.clone());
    assert_eq!(run.read(&batch()).await.stopped, None);
    let seen = seen.0.lock().unwrap();
    let [[uri, authorization, token]] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert!(uri.starts_with("https://monitoring.eu-west-1.amazonaws.com/"), "{uri}");
    assert!(
        authorization.contains("Credential=ASIAEXAMPLE/20090213/eu-west-1/monitoring/"),
        "{authorization}"
    );
    assert_eq!(token, "token-of-the-role");
}
