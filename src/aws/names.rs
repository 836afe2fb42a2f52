//! Names that AWS gives: account ids and regions. Pure.

use std::fmt;

use crate::report::form::Form;

/// An AWS account id: twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The account id that `text` is, unless it is not twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// Its twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The form of a region's name, such as `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`. Regions are opened every year, so
/// there is no list.
pub const REGION: Form<String> = Form::text(
    "a region; expected one like us-east-1",
    "[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_their_form() {
        for good in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-4",
            "us-gov-west-1",
            "cn-north-1",
            "eusc-de-east-1",
            "me-central-1",
        ] {
            assert!(REGION.parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "us-east",
            "us-east-1a",
            "useast1",
            "US-EAST-1",
            "us--1",
            "-east-1",
            "us-east-",
            "us_east_1",
            "east-1",
        ] {
            assert!(REGION.parse(bad).is_none(), "{bad}");
        }
    }
}
