//! `hourly login`: signing in for the bot where that takes a person. What is for people goes to standard error; standard
//! output is for the secret alone.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use hourly_update::{
    aws::{self, secrets::SecretsManager},
    clock::Clock,
    delivery::secrets::Secrets,
    destinations::teams_free::{
        account::Account, chats, config::TeamsFreeHosts, device_code::DeviceCode, login::Login,
    },
};
use secrecy::ExposeSecret;

use crate::{Mistake, say, spinner::spinner};

/// What a shell gives for a program that Ctrl-C has ended: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

/// Where to sign in.
#[derive(Debug, Subcommand)]
pub enum Where {
    /// Sign in to Teams Free for the account that is to post
    ///
    /// Shows a code and the address of the page that asks for it; that can be opened on any device. Then looks for the
    /// group, and keeps the sign-in in a secret or prints it. Whoever has the secret can post as the account.
    TeamsFree(TeamsFree),
}

/// Signing in to Teams Free.
#[derive(Debug, Args)]
pub struct TeamsFree {
    /// The group that is to be posted to, by its name or its id; without it all groups are listed
    #[arg(long, value_name = "NAME|ID")]
    group: Option<String>,

    /// The secret that the sign-in is written to; without it, the sign-in is printed for `put-secret-value`
    #[arg(long, value_name = "NAME|ARN")]
    secret: Option<String>,

    /// Where Microsoft's sign-in is
    #[arg(long, hide = true, value_name = "URL")]
    login_host: Option<String>,

    /// Where Teams is
    #[arg(long, hide = true, value_name = "URL")]
    teams_host: Option<String>,
}

impl Where {
    /// Signs in; Ctrl-C ends it.
    pub async fn run(self, clock: Clock) -> anyhow::Result<ExitCode> {
        let Self::TeamsFree(teams_free) = self;
        tokio::select! {
            done = teams_free.run(clock) => done.map(|()| ExitCode::SUCCESS),
            _ = tokio::signal::ctrl_c() => {
                tell("hourly: interrupted")?;
                Ok(ExitCode::from(INTERRUPTED))
            }
        }
    }
}

impl TeamsFree {
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let hosts = TeamsFreeHosts::parse(self.login_host.as_deref(), self.teams_host.as_deref());
        let hosts = hosts.ok_or_else(|| Mistake("a host is not a base URL".into()))?;
        let login = Login::new(
            hourly_update::destinations::http::client().context("cannot set up HTTP")?,
            hosts,
            clock,
        );
        let account = self.sign_in(&login).await?;
        let groups = login.groups(&account).await;
        // First of all: what was asked for may not be found, and the person is not to sign in again for that.
        self.keep(&account).await?;
        let groups = groups?;
        match &self.group {
            None => tell(&format!("its groups:\n{}", chats::list(&groups)))?,
            Some(wanted) => {
                let group = chats::find(wanted, &groups)?;
                tell(&format!("for report.yaml:\n  group: {:?}", group.id))?;
            }
        }
        Ok(())
    }

    async fn sign_in(&self, login: &Login) -> anyhow::Result<Account> {
        let code = login.begin().await?;
        tell(&invitation(&code))?;
        let waiting = spinner();
        waiting.set_message("waiting for the sign-in");
        let account = login.wait(&code).await;
        waiting.finish_and_clear();
        let account = account?;
        tell(&format!(
            "signed in{}",
            account
                .signed_in_as()
                .map(|who| format!(" as {who}"))
                .unwrap_or_default()
        ))?;
        Ok(account)
    }

    async fn keep(&self, account: &Account) -> anyhow::Result<()> {
        let text = account.to_secret().context("the sign-in could not be written down")?;
        let Some(id) = &self.secret else {
            say(text.expose_secret())?;
            tell("the sign-in is on standard output, for `aws secretsmanager put-secret-value`")?;
            return Ok(());
        };
        let secrets = SecretsManager::new(&aws::sdk_config().await);
        if let Err(error) = secrets.put(id, text, None).await {
            bail!("signed in, but the secret {id} could not be written: {error}; mend that, and sign in again");
        }
        tell(&format!("the sign-in is in the secret {id}"))?;
        Ok(())
    }
}

fn invitation(code: &DeviceCode) -> String {
    let minutes = code.life.as_secs() / 60;
    format!(
        "Open {} on any device, and enter the code {}.\n\
         Sign in as the account that is to post. The code is good for {minutes} minutes.",
        code.address, code.user_code
    )
}

/// For people.
fn tell(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text}")
}
