//! Commands of docs/deploy.md and docs/operations.md, typed on the stack.

use std::{
    fs::{self},
    path::Path,
};

use aws_sdk_sts::config::Credentials;
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::accounts::{HOME_REGION, READER_ROLE, SESSION_SECRET, SKYPE_SECRET};
use tokio::process::Command;

use super::{BUILT, EXTERNAL_ID, MONITORING, PRODUCTION, ROOT, STACK, STAGING, World};

impl World {
    /// Deploys the function's stack with these parameters besides those that it always needs.
    pub async fn deploy_function(&self, parameters: &[String]) {
        let mut arguments: Vec<String> = [
            "deploy",
            "--template-file",
            BUILT,
            "--config-file",
            concat!(env!("CARGO_MANIFEST_DIR"), "/samconfig.toml"), // sam looks for it beside the template
            "--no-confirm-changeset",
            "--parameter-overrides",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend([
            format!("ProductionAccountId={PRODUCTION}"),
            format!("StagingAccountId={STAGING}"),
            format!("ExternalId={EXTERNAL_ID}"),
            format!("SkypeGroup={}", self.skype.group()),
        ]);
        arguments.extend_from_slice(&self.parameters);
        arguments.extend_from_slice(parameters);
        let sam = Path::new(ROOT).join(".venv/tools/bin/sam");
        let mut sam = self.command(&sam, &self.aws.root_of(MONITORING));
        said(sam.args(arguments)).await.unwrap();
    }

    /// Deploys the reader role into a source account.
    pub async fn deploy_reader(&self, account: &str, monitoring: &str, external_id: &str) {
        let mut deploy = self.aws_command(&self.aws.root_of(account));
        deploy
            .args(["cloudformation", "deploy", "--stack-name", READER_ROLE])
            .args(["--template-file", "deploy/reader-role.yaml"])
            .args(["--capabilities", "CAPABILITY_NAMED_IAM", "--parameter-overrides"])
            .arg(format!("MonitoringAccountId={monitoring}"))
            .arg(format!("ExternalId={external_id}"));
        said(&mut deploy).await.unwrap();
    }

    /// Puts the chat's user and password, and empties the session.
    pub async fn put_secrets(&self, credentials: &str) {
        for (secret, value) in [(SKYPE_SECRET, credentials), (SESSION_SECRET, "{}")] {
            let path = self.files.path().join("secret.json");
            fs::write(&path, value).unwrap();
            let value = format!("file://{}", path.display());
            let put = [
                "secretsmanager",
                "put-secret-value",
                "--secret-id",
                secret,
                "--secret-string",
                &value,
            ];
            self.admin(MONITORING, &put).await;
        }
    }

    /// Invokes the function and waits; an error is the function's own.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        let payload = self.files.path().join("event.json");
        let answer = self.files.path().join("answer.json");
        fs::write(&payload, event.to_string()).unwrap();
        let payload = format!("fileb://{}", payload.display());
        let function = self.output("FunctionName").await;
        let invoke = ["lambda", "invoke", "--function-name", &function, "--payload", &payload];
        let told = self
            .admin(MONITORING, &[&invoke[..], &[answer.to_str().unwrap()]].concat())
            .await;
        let answer = serde_json::from_slice(&fs::read(answer).unwrap()).unwrap();
        match told.get("FunctionError") {
            None => Ok(answer),
            Some(_) => Err(answer),
        }
    }

    /// What the update says as of a time, without posting it.
    pub async fn dry_run(&self, as_of: Timestamp) -> String {
        let event = json!({"time": as_of.to_string(), "dry_run": true});
        let answer = self.invoke(&event).await.unwrap();
        answer["message"].as_str().unwrap().to_owned()
    }

    /// Runs the hours that wait in the queue again; what the operator reads.
    pub async fn redrive(&self) -> Result<String, String> {
        let redrive = Path::new(ROOT).join("deploy/redrive");
        said(self.command(&redrive, &self.aws.root_of(MONITORING)).arg(STACK)).await
    }

    /// An output of the function's stack.
    pub async fn output(&self, key: &str) -> String {
        let describe = ["cloudformation", "describe-stacks", "--stack-name", STACK];
        let described = self.admin(MONITORING, &describe).await;
        let outputs = described["Stacks"][0]["Outputs"].as_array().unwrap();
        let output = outputs.iter().find(|output| output["OutputKey"] == key).expect(key);
        output["OutputValue"].as_str().unwrap().to_owned()
    }

    /// A command of the AWS command line, by the root user of an account.
    pub async fn admin(&self, account: &str, arguments: &[&str]) -> Value {
        let answer = self.as_whom(&self.aws.root_of(account), arguments).await.unwrap();
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    /// A command of the AWS command line; an error is what it says.
    pub async fn as_whom(&self, credentials: &Credentials, arguments: &[&str]) -> Result<String, String> {
        said(self.aws_command(credentials).args(arguments)).await
    }

    fn aws_command(&self, credentials: &Credentials) -> Command {
        self.command(&self.files.path().join("aws"), credentials)
    }

    /// A program that finds the local AWS, and nothing of the person who runs the test.
    fn command(&self, program: &Path, credentials: &Credentials) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(ROOT)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.files.path().display()))
            .env("HOME", self.files.path())
            .env("SAM_CLI_TELEMETRY", "0")
            .env("AWS_DEFAULT_REGION", HOME_REGION)
            .env("AWS_MAX_ATTEMPTS", "1")
            .envs(self.aws.environment(credentials, HOME_REGION));
        if credentials.session_token().is_none() {
            command.env_remove("AWS_SESSION_TOKEN");
        }
        command
    }
}

/// What a command prints; an error is that and what it complains of.
async fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let words: Vec<_> = command.as_std().get_args().map(|word| word.to_string_lossy()).collect();
    Err(format!("{}: {}\n{text}\n{complaint}", words.join(" "), output.status))
}
