use proptest::prelude::*;
use roxmltree::Document;

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
        (fault("S:Server", "Try again later"), Side::Service, "has a fault"),
        (fault("Server.Busy", "Try again later"), Side::Service, "has a fault"),
        (fault("psf:ServerX", "Locked"), Side::Operator, "browser"),
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
fn a_fault_tells_nothing_that_is_not_known() {
    let unknown = [
        "hunter2 is wrong",
        "hunt&#10;er2",
        "h&#x85;unter2",
        "hunter%32",
        "aHVudGVyMg==",
        "h unter2",
        "hunter&amp;#50;",
        "Authentication Failure: aHVudGVyMg==",
        "wsse:aHVudGVyMg",
        "hunter2:FailedAuthentication",
        "0x68756e74657232",
        "Locked",
    ];
    for said in unknown {
        let in_reason = ticket(&fault("wsse:FailedAuthentication", said)).unwrap_err();
        assert!(
            in_reason.text.contains("app password")
                && in_reason
                    .text
                    .contains("(wsse:FailedAuthentication: an unknown reason,"),
            "{in_reason}"
        );
        let in_code = ticket(&fault(said, "Authentication Failure")).unwrap_err();
        assert!(
            in_code.text.contains("(an unknown code: Authentication Failure,"),
            "{in_code}"
        );
        let status = envelope(&format!("<S:Fault/><reqstatus>{said}</reqstatus>"));
        let in_status = ticket(&status).unwrap_err();
        assert!(
            in_status
                .text
                .ends_with("(no code: no reason, reqstatus an unknown status)"),
            "{in_status}"
        );
    }
}

#[test]
fn a_password_that_is_a_known_word_is_not_told() {
    let body = fault("wsse:FailedAuthentication", "Authentication Failure");
    for (password, said) in [
        ("FailedAuthentication", "an unknown code"),
        ("Failure", "an unknown reason"),
        ("0x800488ff", "an unknown status"),
    ] {
        let error = super::ticket(&body, &Credentials::new("bot@example.com", password).unwrap()).unwrap_err();
        assert!(error.text.contains(said) && !error.text.contains(password), "{error}");
    }
}

#[test]
fn namespaces_within_each_other_are_refused_before_they_are_resolved() {
    let starts: String = (0..2_700).map(|n| format!("<a xmlns:n{n}='u'>")).collect();
    let body = envelope(&format!("{starts}{}", "</a>".repeat(2_700)));
    assert!(body.len() > 60_000 && body.len() < 64 * 1024, "{}", body.len());
    let error = ticket(&body).unwrap_err();
    assert!(
        error.whose_move == Side::Service && error.text.contains("namespaces"),
        "{error}"
    );
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
fn fuzz_answer_to_a_skype_sign_in() {
    let ticket_sample = envelope("<wsse:BinarySecurityToken Id=\"Compact0\">t=EwB4&amp;p=</wsse:BinarySecurityToken>");
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
