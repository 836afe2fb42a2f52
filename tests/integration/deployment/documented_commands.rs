//! The commands that the documents tell people to type, typed.

use std::{fs, os::unix::fs::symlink, path::Path};

use testkit::inbox::{Inbox, Reply};
use tokio::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Version 2 of the AWS command line takes the payload of `file://` for base64 and version 1 does not know the option
/// that says otherwise; `fileb://` is the file's bytes in both. Version 1 is what the tests have.
#[tokio::test]
async fn lambda_is_invoked_with_the_event_as_it_is_in_the_file() {
    let lambda = Inbox::start(|_| Reply::new(200, "{}")).await;
    let folder = tempfile::tempdir().unwrap();
    symlink(Path::new(ROOT).join("events"), folder.path().join("events")).unwrap();
    let path = format!("{ROOT}/.venv/awscli/bin:/usr/bin:/bin");
    let mut commands = 0;
    for document in ["README.md", "docs/deploy.md"] {
        let text = fs::read_to_string(Path::new(ROOT).join(document)).unwrap();
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| line.starts_with("aws lambda invoke ")) {
            let (_, rest) = line
                .split_once("--payload fileb://")
                .unwrap_or_else(|| panic!("{document}: {line}"));
            assert!(!line.contains("--cli-binary-format"), "{document}: {line}");
            let (event, _) = rest.split_once(' ').unwrap();
            let said = Command::new("sh")
                .args(["-c", line])
                .current_dir(folder.path())
                .env_clear()
                .env("PATH", &path)
                .env("HOME", folder.path())
                .env("function", "NAME")
                .env("AWS_ENDPOINT_URL", lambda.url(""))
                .env("AWS_DEFAULT_REGION", "us-east-1")
                .env("AWS_ACCESS_KEY_ID", "none")
                .env("AWS_SECRET_ACCESS_KEY", "none")
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .output()
                .await
                .unwrap();
            assert!(said.status.success(), "{document}: {line}: {said:?}");
            commands += 1;
            let requests = lambda.requests();
            assert_eq!(requests.len(), commands, "{document}: {line}");
            let request = requests.last().unwrap();
            assert!(
                request.path.ends_with("/functions/NAME/invocations"),
                "{}",
                request.path
            );
            assert_eq!(
                request.body,
                fs::read(Path::new(ROOT).join(event)).unwrap(),
                "{document}: {line}"
            );
        }
    }
    assert_eq!(commands, 4);
}
