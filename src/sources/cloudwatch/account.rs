//! `accounts`: whom the update reads, and as which role.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::{Value, json};

use crate::{
    aws::names::AccountId,
    report::{
        form::Form,
        json_schema::text,
        problem::remedy,
        syntax::NAME,
        table::{
            Need::{Optional, Required},
            Settings, object,
        },
        walk::Cursor,
    },
};

object! {
    ACCOUNT: "An AWS account that is read. The function's own account is the one without a role.", external_id_is_for_a_role;

    ID: AccountId = "id", Required, ACCOUNT_ID,
        "The account's id. Credentials that turn out to belong to another account are not used.";
    ROLE: (String, AccountId) = "role", Optional, ROLE_ARN,
        "The ARN of the role that is assumed to read the account. Without one it is the function's own account.";
    EXTERNAL_ID: String = "external_id", Optional, AN_EXTERNAL_ID,
        "The external id that the role's trust policy asks for.";
}

fn external_id_is_for_a_role() -> Value {
    json!({
        "if": { "not": { "required": [ROLE.name] } },
        "then": { "properties": { EXTERNAL_ID.name: false } },
    })
}

/// An AWS account that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAccount {
    /// Its name in report.yaml.
    pub name: String,
    /// The account that the credentials must turn out to belong to.
    pub id: AccountId,
    /// The role to assume there; without one it is the function's own account.
    pub role: Option<Role>,
}

/// A role in a source account.
#[derive(Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN, in the account that it is configured for.
    pub arn: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
}

/// Without the external id: it is shared with the source account alone.
impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let external_id = self.external_id.as_ref().map(|_| "[redacted]");
        f.debug_struct("Role")
            .field("arn", &self.arn)
            .field("external_id", &external_id)
            .finish()
    }
}

/// The accounts by name; one that could not be read keeps its name, so that sections may refer to it.
pub type Accounts = BTreeMap<String, Option<Arc<SourceAccount>>>;

/// All accounts. One that no section uses is fine: it may be in preparation.
pub const ACCOUNTS: Form<Accounts> = Form::Other {
    read,
    schema: || {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": NAME.key_schema(),
            "additionalProperties": ACCOUNT.schema(),
        })
    },
};

fn read(cursor: &Cursor<'_>) -> Option<Accounts> {
    let entries = cursor.entries()?;
    if entries.is_empty() {
        cursor.wrong("names no account; expected at least one");
    }
    let mut own = None;
    let mut accounts = Accounts::new();
    for (name, cursor) in entries {
        NAME.check_key(name, &cursor);
        let settings = cursor.settings(&ACCOUNT);
        if let Some(settings) = settings.as_ref().filter(|settings| settings.given(&ROLE).is_none()) {
            match own {
                None => own = Some(name),
                Some(own) => settings.wrong(format!(
                    "\"role\" is missing, and the function's own account is already {own:?}; expected the role to assume"
                )),
            }
        }
        let account = settings.and_then(|settings| account(name, &settings));
        accounts.insert(name.to_owned(), account.map(Arc::new));
    }
    Some(accounts)
}

/// Reads the name of an account, as a section refers to it.
pub fn named(cursor: &Cursor<'_>, accounts: &Accounts) -> Option<Arc<SourceAccount>> {
    let name = cursor.text()?;
    let account = accounts.get(name.value.as_str());
    if account.is_none() {
        let known: Vec<_> = accounts.keys().map(String::as_str).collect();
        cursor.wrong(format!(
            "{name} is not under \"accounts\"; {}",
            remedy(&name.value, &known)
        ));
    }
    account.cloned().flatten()
}

fn account(name: &str, settings: &Settings<'_>) -> Option<SourceAccount> {
    let id = settings.read(&ID);
    let role = settings.placed(&ROLE);
    let external_id = settings.placed(&EXTERNAL_ID);
    if settings.given(&ROLE).is_none()
        && let Some(cursor) = settings.given(&EXTERNAL_ID)
    {
        cursor.wrong("is for a role, and there is none; expected \"role\" beside it");
    }
    if let (Some(id), Some((cursor, (_, owner)))) = (&id, &role)
        && owner != id
    {
        cursor.wrong(format!("is in account {owner}, but \"id\" is {id}; expected the same"));
    }
    Some(SourceAccount {
        name: name.into(),
        id: id?,
        role: role.map(|(_, (arn, _))| Role {
            arn,
            external_id: external_id.map(|(_, id)| id),
        }),
    })
}

/// YAML takes an account id for a number unless it is in quotes, and some programs then drop its leading zeros.
const ACCOUNT_ID: Form<AccountId> = Form::Other {
    read: |cursor| cursor.parse_digits("an AWS account id; expected 12 digits", AccountId::parse),
    schema: || {
        let mut schema = text("[0-9]{12}");
        schema["type"] = json!(["integer", "string"]);
        schema["maximum"] = 999_999_999_999_u64.into();
        schema
    },
};

/// A role's ARN and the account in it: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, as IAM's reference defines it.
const ROLE_ARN: Form<(String, AccountId)> = Form::parsed(
    "a role's ARN; expected arn:aws:iam::<12 digits>:role/<name> (or aws-cn, aws-us-gov)",
    "arn:aws(?:-cn|-us-gov)?:iam::[0-9]{12}:role/(?:[!-~]{0,510}/)?[A-Za-z0-9_+=,.@-]{1,64}",
    |arn| Some((arn.to_owned(), AccountId::parse(arn.split(':').nth(4)?)?)),
);

/// STS's rule.
const AN_EXTERNAL_ID: Form<String> = Form::text(
    "an external id; expected 2 to 1224 letters, digits and _+=,.@:/-",
    "[A-Za-z0-9_+=,.@:/-]{2,1224}",
)
.unseen();

#[cfg(test)]
mod tests {
    use super::*;

    fn account(arn: &str) -> Option<AccountId> {
        ROLE_ARN.parse(arn).map(|(_, account)| account)
    }

    #[test]
    fn a_role_arn_tells_its_account() {
        for arn in [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws-cn:iam::111122223333:role/team/a/reader",
            "arn:aws-us-gov:iam::111122223333:role/r+=,.@-_",
        ] {
            assert_eq!(account(arn), AccountId::parse("111122223333"), "{arn}");
        }
    }

    #[test]
    fn what_is_no_role_arn_tells_none() {
        let long = format!("arn:aws:iam::111122223333:role/{}", "r".repeat(65));
        let deep = format!("arn:aws:iam::111122223333:role/{}/r", "p".repeat(511));
        for arn in [
            "",
            "reader",
            "arn:aws:iam::11112222333:role/reader",
            "arn:aws:iam:us-east-1:111122223333:role/reader",
            "arn:aws:iam::111122223333:user/reader",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam::111122223333:roles/reader",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:sts::111122223333:assumed-role/reader/session",
            "arn:aws-nowhere:iam::111122223333:role/reader",
            &long,
            &deep,
        ] {
            assert_eq!(account(arn), None, "{arn}");
        }
    }

    #[test]
    fn external_ids_follow_sts() {
        let is_external_id = |text: &str| AN_EXTERNAL_ID.parse(text).is_some();
        assert!(is_external_id("ab") && is_external_id("a_+=,.@:/-9") && is_external_id(&"x".repeat(1224)));
        assert!(!is_external_id("a") && !is_external_id("a b") && !is_external_id(&"x".repeat(1225)));
    }
}
