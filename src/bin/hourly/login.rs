//! `hourly login`: signing in for the bot where that takes a person. Standard output is for the secret alone.

use std::process::ExitCode;

use anyhow::{Context, bail};
use hourly_update::{
    aws::{self, secrets::SecretsManager},
    clock::Clock,
    delivery::secrets::Secrets,
    destinations::teams_free::{
        account::Account, chats, config::TeamsFreeHosts, device_code::DeviceCode, login::Login,
    },
};
use secrecy::ExposeSecret;

use crate::{
    cli::{self, TeamsFree},
    exit::{self, Mistake},
    print,
    spinner::spinner,
};

/// Signs in; Ctrl-C ends it.
pub(crate) async fn execute(cli::Login::TeamsFree(teams_free): cli::Login, clock: Clock) -> anyhow::Result<ExitCode> {
    tokio::select! {
        done = teams_free.run(clock) => done.map(|()| ExitCode::SUCCESS),
        _ = tokio::signal::ctrl_c() => {
            print::note("hourly: interrupted")?;
            Ok(exit::interrupted())
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
            None => print::note(&format!("its groups:\n{}", chats::list(&groups)))?,
            Some(wanted) => {
                let group = chats::find(wanted, &groups)?;
                print::note(&format!("for report.yaml:\n  group: {:?}", group.id))?;
            }
        }
        Ok(())
    }

    async fn sign_in(&self, login: &Login) -> anyhow::Result<Account> {
        let code = login.begin().await?;
        print::note(&invitation(&code))?;
        let waiting = spinner();
        waiting.set_message("waiting for the sign-in");
        let account = login.wait(&code).await;
        waiting.finish_and_clear();
        let account = account?;
        print::note(&format!(
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
            print::result(text.expose_secret())?;
            print::note("the sign-in is on standard output, for `aws secretsmanager put-secret-value`")?;
            return Ok(());
        };
        let secrets = SecretsManager::new(&aws::sdk_config().await);
        if let Err(error) = secrets.put(id, text, None).await {
            bail!("signed in, but the secret {id} could not be written: {error}; mend that, and sign in again");
        }
        print::note(&format!("the sign-in is in the secret {id}"))?;
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
