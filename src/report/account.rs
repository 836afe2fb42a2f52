//! `accounts`: whom the update reads, and as which role.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    model::{AccountId, Role, SourceAccount},
    problem::quote,
    syntax::{NAME, is_name},
    walk::{Cursor, Settings},
};

/// The accounts by name; one that could not be read keeps its name, so that sections may refer to it.
pub type Accounts<'a> = BTreeMap<&'a str, Option<Arc<SourceAccount>>>;

/// Reads all accounts. One that no section uses is fine: it may be in preparation.
pub fn read<'a>(cursor: &Cursor<'a>) -> Option<Accounts<'a>> {
    let entries = cursor.entries()?;
    if entries.is_empty() {
        cursor.wrong("names no account; expected at least one");
    }
    let mut own = None;
    let mut accounts = Accounts::new();
    for (name, cursor) in entries {
        if !is_name(name) {
            cursor.wrong(format!("{} is not {NAME}", quote(name)));
        }
        let Some(settings) = cursor.settings(&["id", "role", "external_id"]) else {
            accounts.insert(name, None);
            continue;
        };
        if settings.get("role").is_none() {
            match own {
                None => own = Some(name),
                Some(own) => settings.wrong(format!(
                    "\"role\" is missing, and the function's own account is already {own:?}; expected the role to assume"
                )),
            }
        }
        accounts.insert(name, account(name, &settings).map(Arc::new));
    }
    Some(accounts)
}

fn account(name: &str, settings: &Settings<'_>) -> Option<SourceAccount> {
    let id = settings
        .required("id")
        .and_then(|cursor| cursor.parse_digits("an AWS account id; expected 12 digits", AccountId::parse));
    let external_id = settings.get("external_id").and_then(|cursor| {
        cursor.parse_unseen(
            "an external id; expected 2 to 1224 letters, digits and _+=,.@:/-",
            |text| is_external_id(text).then(|| text.to_owned()),
        )
    });
    let Some(cursor) = settings.get("role") else {
        if let Some(cursor) = settings.get("external_id") {
            cursor.wrong("is for a role, and there is none; expected \"role\" beside it");
        }
        return Some(SourceAccount {
            name: name.into(),
            id: id?,
            role: None,
        });
    };
    let (arn, owner) = cursor.parse(
        "a role's ARN; expected arn:aws:iam::<12 digits>:role/<name> (or aws-cn, aws-us-gov)",
        |arn| Some((arn.to_owned(), role_account(arn)?)),
    )?;
    let id = id?;
    if owner != id {
        cursor.wrong(format!("is in account {owner}, but \"id\" is {id}; expected the same"));
    }
    Some(SourceAccount {
        name: name.into(),
        id,
        role: Some(Role { arn, external_id }),
    })
}

/// The account that a role's ARN is in: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, as IAM's reference defines it.
fn role_account(arn: &str) -> Option<AccountId> {
    let rest = ["aws", "aws-cn", "aws-us-gov"].iter().find_map(|partition| {
        arn.strip_prefix("arn:")?
            .strip_prefix(partition)?
            .strip_prefix(":iam::")
    })?;
    let (account, resource) = rest.split_once(':')?;
    let (path, name) = resource.strip_prefix("role")?.rsplit_once('/')?;
    let is_path = path.is_empty() || path.starts_with('/') && path.len() <= 511;
    let is_named = (1..=64).contains(&name.len()) && name.bytes().all(|b| is_word(b) || b"+=,.@-".contains(&b));
    (is_path && is_named && path.bytes().all(|b| b.is_ascii_graphic())).then(|| AccountId::parse(account))?
}

/// STS's rule.
fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len()) && text.bytes().all(|b| is_word(b) || b"+=,.@:/-".contains(&b))
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_tells_its_account() {
        for arn in [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws-cn:iam::111122223333:role/team/a/reader",
            "arn:aws-us-gov:iam::111122223333:role/r+=,.@-_",
        ] {
            assert_eq!(role_account(arn), AccountId::parse("111122223333"), "{arn}");
        }
    }

    #[test]
    fn what_is_no_role_arn_tells_none() {
        let long = format!("arn:aws:iam::111122223333:role/{}", "r".repeat(65));
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
        ] {
            assert_eq!(role_account(arn), None, "{arn}");
        }
    }

    #[test]
    fn external_ids_follow_sts() {
        assert!(is_external_id("ab") && is_external_id("a_+=,.@:/-9") && is_external_id(&"x".repeat(1224)));
        assert!(!is_external_id("a") && !is_external_id("a b") && !is_external_id(&"x".repeat(1225)));
    }
}
