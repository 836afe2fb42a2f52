//! Signing in: the SOAP request `RST.srf` of Microsoft accounts, and what its answers mean.
//!
//! The one unattended way in: no page, no cookies, and an app password gets past two-step verification. It answers
//! HTTP 200 for refusals too; those are faults in the XML, at no fixed depth.

use roxmltree::Node;
use secrecy::{ExposeSecret, SecretString};

use super::{
    credentials::Credentials,
    decision::Step,
    xml::{self, Unread},
};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::conversation::Step as _,
};

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
    let document = xml::parse(text).map_err(|unread| match unread {
        Unread::NotXml => not_xml(),
        Unread::TooMuch => Step::SignIn.failed(Side::Service, "the answer has more levels or namespaces than are read"),
    })?;
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

/// The error of a fault, with what the operator has to do. Only known texts of a fault are told: others may repeat what was
/// sent, in any encoding.
fn refusal(root: Node<'_, '_>, fault: Node<'_, '_>, password: &SecretString) -> PostError {
    let text = |within, name| named(within, name).map(|node| node.text().unwrap_or_default().trim());
    let told = |text: Option<&str>, is_known: fn(&str) -> bool, what: &str| match text {
        None | Some("") => format!("no {what}"),
        Some(text) if is_known(text) && !text.contains(password.expose_secret()) => text.to_owned(),
        Some(_) => format!("an unknown {what}"),
    };
    let (code, reason) = (text(fault, "faultcode"), text(fault, "faultstring"));
    let mut said = format!(
        "{}: {}",
        told(code, is_code, "code"),
        told(reason, |reason| REASONS.contains(&reason), "reason")
    );
    if code.is_some_and(is_of_the_service) {
        return Step::SignIn.failed(Side::Service, &format!("the sign-in has a fault ({said})"));
    }
    let advice = if reason.is_some_and(|reason| reason.contains(PROFILE_ACCRUAL)) {
        "the account's primary alias must be an e-mail address: add an outlook.com address to it"
    } else if code.is_some_and(|code| code.ends_with("FailedAuthentication")) {
        "the password is wrong, or the account has two-step verification and needs an app password, or its user is a \
         phone number or Skype name and not an e-mail address"
    } else {
        "sign in once with a browser and follow what the account's page asks for"
    };
    for name in ["reqstatus", "errorstatus"] {
        if let Some(status) = text(root, name) {
            said.push_str(&format!(", {name} {}", told(Some(status), is_status, "status")));
        }
    }
    Step::SignIn.failed(Side::Operator, &format!("{advice} ({said})"))
}

const PROFILE_ACCRUAL: &str = "Profile accrual is required";

/// The reasons that this service is known to give.
const REASONS: [&str; 3] = ["Authentication Failure", PROFILE_ACCRUAL, "Invalid Request"];

/// Prefixes of fault codes, as this service and others write them.
const PREFIXES: [&str; 8] = ["wsse", "wst", "wsp", "psf", "ps", "S", "soap", "env"];

/// Fault codes of SOAP 1.1 and 1.2, WS-Security (section 12) and WS-Trust (section 11).
const CODES: [&str; 25] = [
    "AuthenticationBadElements",
    "BadRequest",
    "Client",
    "DataEncodingUnknown",
    "ExpiredData",
    "FailedAuthentication",
    "FailedCheck",
    "InvalidRequest",
    "InvalidScope",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "InvalidTimeRange",
    "MessageExpired",
    "MustUnderstand",
    "Receiver",
    "RenewNeeded",
    "RequestFailed",
    "SecurityTokenUnavailable",
    "Sender",
    "Server",
    "UnableToRenew",
    "UnspecifiedFault",
    "UnsupportedAlgorithm",
    "UnsupportedSecurityToken",
    "VersionMismatch",
];

fn is_code(text: &str) -> bool {
    match text.split_once(':') {
        Some((prefix, code)) => PREFIXES.contains(&prefix) && CODES.contains(&code),
        None => CODES.contains(&text) || is_status(text),
    }
}

/// A Windows error number, such as `0x80048821`.
fn is_status(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a fault is one of the service itself (SOAP 1.1, section 4.4.1): `Server`, or a finer one such as `Server.Busy`.
fn is_of_the_service(code: &str) -> bool {
    let name = code.rsplit(':').next().unwrap_or(code);
    name.split('.').next() == Some("Server")
}

/// The first element with this local name at any depth.
fn named<'a, 'input>(within: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    within.descendants().find(|node| node.tag_name().name() == name)
}

#[cfg(test)]
mod tests;
