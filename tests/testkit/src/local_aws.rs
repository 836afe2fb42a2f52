//! A local AWS: MiniStack from `.venv`, one for each test, with IAM and signatures enforced.
//!
//! It speaks the real wire protocols, so what talks to it is the unchanged SDK. Where it differs from AWS: its buckets
//! are always on the clock's grid (AWS: anchored at StartTime), oldest first, on one page; an expression is answered
//! with InternalError; a query without dimensions matches every set of them; a denied GetMetricData is an error of
//! the call. Metrics older than two weeks are forgotten. `aws:PrincipalArn` is the session's ARN (AWS: the role's).

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use anyhow::bail;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::{process::Process, repository};

/// How long MiniStack may take until it answers; it takes half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running MiniStack with no accounts, roles, secrets or metrics in it. It stops when this is dropped.
pub struct LocalAws {
    endpoint: String,
    process: Process,
    /// For the files that MiniStack would otherwise leave in the common folder for temporary ones.
    _scratch: TempDir,
}

impl LocalAws {
    /// Starts it on a free port and waits until it answers.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts it with more in its environment, which the functions that are deployed to it inherit.
    pub async fn start_with(environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        // Between finding a free port and MiniStack's binding it another process may take it; then the next is tried.
        let mut attempts = 3;
        loop {
            attempts -= 1;
            match Self::start_once(environment).await {
                Err(error) if attempts > 0 && format!("{error:#}").contains("already in use") => {}
                result => return result,
            }
        }
    }

    async fn start_once(environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let root = repository();
        let python = root.join(".venv/ministack/bin/python");
        if !python.exists() {
            bail!("MiniStack is not installed: run `make venv`");
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let scratch = tempfile::tempdir()?;
        let mut command = Command::new(python);
        command
            .arg(root.join("tests/testkit/src/local_aws.py"))
            // Credentials, endpoints and settings of the person who runs this must not reach it.
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", scratch.path())
            .env("TMPDIR", scratch.path())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("AUTH", "true")
            .env("LOG_LEVEL", "INFO")
            .env("PERSIST_STATE", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("DOCKER_HOST", "unix:///nonexistent")
            .env("AWS_ENDPOINT_URL", &endpoint) // for the functions that are deployed to it
            .envs(environment.iter().copied());
        let mut process = Process::start(command)?;
        wait_until_ready(&endpoint, &mut process).await?;
        Ok(Self {
            endpoint,
            process,
            _scratch: scratch,
        })
    }

    /// Where it listens, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it has logged.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The root user of an account, whom IAM does not restrict. Accounts exist by being named: twelve digits.
    pub fn root_of(&self, account: &str) -> Credentials {
        Credentials::new(account, "test", None, None, "local root user")
    }

    /// What an SDK client needs to come here.
    pub fn sdk_config(&self, credentials: Credentials, region: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new(region.to_owned()))
            .endpoint_url(&self.endpoint)
            .build()
    }

    /// What a process needs in its environment to come here, and to go nowhere else.
    pub fn environment(&self, credentials: &Credentials, region: &str) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", region),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
            ("AWS_SESSION_TOKEN", credentials.session_token().unwrap_or_default()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }
}

async fn wait_until_ready(endpoint: &str, process: &mut Process) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{endpoint}/_ministack/ready");
    let limit = Instant::now() + START_LIMIT;
    loop {
        if let Ok(response) = client.get(&url).send().await
            && response.status().is_success()
        {
            return Ok(());
        }
        if process.ended()?.is_some() {
            let status = process.wait().await?;
            bail!("MiniStack ended, {status}: {}", process.output());
        }
        if Instant::now() > limit {
            bail!("MiniStack does not answer after {START_LIMIT:?}: {}", process.output());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
