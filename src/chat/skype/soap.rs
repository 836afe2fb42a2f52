//! Signing in: the SOAP request `RST.srf` of Microsoft accounts, and what its answers mean.
//!
//! The one unattended way in: no page, no cookies, and an app password gets past two-step verification. It answers
//! HTTP 200 for refusals too; those are faults in the XML, at no fixed depth.

use roxmltree::{Document, Node};
use secrecy::{ExposeSecret, SecretString};

use super::{credentials::Credentials, decision::Step};
use crate::run::{PostError, Side};

/// SOAP 1.1.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// The body that asks for a ticket for Skype.
pub fn request(credentials: &Credentials) -> String {
    format!(
        "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"\
         \n xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\"\
         \n xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2002/12/policy\"\
         \n xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/03/addressing\"\
         \n xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\"\
         \n xmlns:ps=\"http://schemas.microsoft.com/Passport/SoapServices/PPCRL\">\
         <Header><wsse:Security><wsse:UsernameToken Id=\"user\">\
         <wsse:Username>{user}</wsse:Username><wsse:Password>{password}</wsse:Password>\
         </wsse:UsernameToken></wsse:Security></Header>\
         <Body><ps:RequestMultipleSecurityTokens Id=\"RSTS\"><wst:RequestSecurityToken Id=\"RST0\">\
         <wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>\
         <wsp:AppliesTo><wsa:EndpointReference><wsa:Address>wl.skype.com</wsa:Address></wsa:EndpointReference>\
         </wsp:AppliesTo><wsse:PolicyReference URI=\"MBI_SSL\"></wsse:PolicyReference>\
         </wst:RequestSecurityToken></ps:RequestMultipleSecurityTokens></Body></Envelope>",
        user = escaped(credentials.user()),
        password = escaped(credentials.password().expose_secret()),
    )
}

/// Element text. A carriage return would come out as a line feed.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\r', "&#13;")
}

/// The compact ticket in an answer, or why there is none. `credentials` are those that were sent.
pub fn ticket(body: &[u8], credentials: &Credentials) -> Result<SecretString, PostError> {
    let not_xml = || Step::SignIn.failed(Side::Service, "the answer is not XML, but perhaps a page for people");
    let text = std::str::from_utf8(body).map_err(|_| not_xml())?;
    let document = Document::parse(text).map_err(|_| not_xml())?;
    if let Some(fault) = named(document.root(), "Fault") {
        return Err(refusal(document.root(), fault, credentials.password()));
    }
    let tokens = || {
        document
            .descendants()
            .filter(|node| node.tag_name().name() == "BinarySecurityToken")
    };
    tokens()
        .find(|node| node.attribute("Id") == Some("Compact0"))
        .or_else(|| tokens().next())
        .and_then(|node| node.text())
        .map(str::trim)
        .filter(|ticket| !ticket.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| Step::SignIn.failed(Side::Service, "the answer holds neither a ticket nor a fault"))
}

/// What a fault asks the operator to do.
fn refusal(root: Node<'_, '_>, fault: Node<'_, '_>, password: &SecretString) -> PostError {
    let told = |within, name| named(within, name).map(|node| short(node, password));
    let code = told(fault, "faultcode").unwrap_or_else(|| "no code".into());
    let reason = told(fault, "faultstring").unwrap_or_else(|| "no reason".into());
    let advice = if reason.contains("Profile accrual is required") {
        "the account's primary alias must be an e-mail address: add an outlook.com address to it"
    } else if code.ends_with("FailedAuthentication") {
        "the password is wrong, or the account has two-step verification and needs an app password, or its user is a \
         phone number or Skype name and not an e-mail address"
    } else {
        "sign in once with a browser and follow what the account's page asks for"
    };
    let mut text = format!("{advice} ({code}: {reason}");
    for name in ["reqstatus", "errorstatus"] {
        if let Some(status) = told(root, name) {
            text.push_str(&format!(", {name} {status}"));
        }
    }
    text.push(')');
    Step::SignIn.failed(Side::Operator, &text)
}

/// The first element with this local name at any depth.
fn named<'a, 'input>(within: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    within.descendants().find(|node| node.tag_name().name() == name)
}

/// A foreign text, fit for one line of ours.
fn short(node: Node<'_, '_>, password: &SecretString) -> String {
    let printed = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let text = printed(node.text().unwrap_or_default());
    // Compared as it would be printed: without its control characters a text may have become the password.
    if text.contains(&printed(password.expose_secret())) {
        return "a text that repeats the password".into();
    }
    text.trim().chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    fn ticket(body: &[u8]) -> Result<SecretString, PostError> {
        super::ticket(body, &Credentials::new("bot@example.com", "hunter2").unwrap())
    }

    fn envelope(inner: &str) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:wsse=\"urn:a\" xmlns:psf=\"urn:b\"><S:Body>{inner}</S:Body></S:Envelope>"
        )
        .into_bytes()
    }

    fn fault(code: &str, reason: &str) -> Vec<u8> {
        envelope(&format!(
            "<a><S:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring></S:Fault></a>\
             <psf:pp><psf:reqstatus>0x800488ff</psf:reqstatus><psf:errorstatus>0x80049c2a</psf:errorstatus></psf:pp>"
        ))
    }

    #[test]
    fn the_compact_ticket_is_unescaped() {
        let body = envelope(
            "<x><wsse:BinarySecurityToken Id=\"Other\">no</wsse:BinarySecurityToken>\
             <wsse:BinarySecurityToken Id=\"Compact0\"> t=EwB4&amp;p=\n</wsse:BinarySecurityToken></x>",
        );
        assert_eq!(ticket(&body).unwrap().expose_secret(), "t=EwB4&p=");
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for (body, side, expected) in [
            (
                fault("wsse:FailedAuthentication", "Authentication Failure"),
                Side::Operator,
                "app password",
            ),
            (
                fault("wsse:FailedAuthentication", "Profile accrual is required"),
                Side::Operator,
                "outlook.com",
            ),
            (fault("psf:Blocked", "Locked"), Side::Operator, "browser"),
            (envelope("<S:Fault/>"), Side::Operator, "no code"),
            (envelope(""), Side::Service, "neither a ticket nor a fault"),
            (
                envelope("<wsse:BinarySecurityToken Id=\"Compact0\"> </wsse:BinarySecurityToken>"),
                Side::Service,
                "neither",
            ),
            (
                b"<!DOCTYPE html><html><p>Sorry</html>".to_vec(),
                Side::Service,
                "not XML",
            ),
            (b"".to_vec(), Side::Service, "not XML"),
            (vec![0xff, 0xfe, 0x00], Side::Service, "not XML"),
        ] {
            let error = ticket(&body).unwrap_err();
            assert_eq!(error.whose_move, side, "{error}");
            assert!(error.text.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_codes() {
        let error = ticket(&fault("wsse:FailedAuthentication", "Authentication Failure")).unwrap_err();
        assert!(
            error.text.contains("wsse:FailedAuthentication: Authentication Failure"),
            "{error}"
        );
        assert!(
            error.text.contains("reqstatus 0x800488ff, errorstatus 0x80049c2a"),
            "{error}"
        );
    }

    #[test]
    fn a_fault_that_repeats_the_password_is_not_quoted() {
        for reason in ["hunter2 is wrong", "hunt&#10;er2 is wrong", "h&#x85;unter2"] {
            let error = ticket(&fault("wsse:FailedAuthentication", reason)).unwrap_err();
            assert!(
                error.text.contains("app password") && !error.text.contains("hunter2"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_request_carries_any_password_unchanged(password in "[\\PC\r\n\t]{1,40}") {
            let credentials = Credentials::new("bot&<>@example.com", &password).unwrap();
            let body = request(&credentials);
            let document = Document::parse(&body).unwrap();
            prop_assert_eq!(named(document.root(), "Password").unwrap().text(), Some(password.as_str()));
            prop_assert_eq!(named(document.root(), "Username").unwrap().text(), Some("bot&<>@example.com"));
        }

        #[test]
        fn any_answer_is_judged(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ticket(&body);
        }
    }

    #[test]
    fn fuzz_answers() {
        let ticket_sample =
            envelope("<wsse:BinarySecurityToken Id=\"Compact0\">t=EwB4&amp;p=</wsse:BinarySecurityToken>");
        let refusal = fault("wsse:FailedAuthentication", "hunter2 is wrong");
        let accrual = fault("wsse:FailedAuthentication", "Profile accrual is required");
        let samples: [&[u8]; 4] = [
            &ticket_sample,
            &refusal,
            &accrual,
            b"<!DOCTYPE html><html><p>Sorry</html>",
        ];
        fuzz("SOAP answer", &samples, |body| {
            if let Err(error) = ticket(body) {
                assert_tellable(&error.text, &["hunter2", "EwB4"]);
            }
        });
    }

    #[test]
    fn an_answer_of_elements_within_elements_does_not_use_the_stack_up() {
        for depth in [1_000, 64 * 1024 / 7] {
            let _ = ticket(format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)).as_bytes());
            let _ = ticket("<a>".repeat(depth * 2).as_bytes());
        }
    }
}
