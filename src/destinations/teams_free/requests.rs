//! The requests of Teams Free: where each goes, and with which headers.

use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, ORIGIN, REFERER},
};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use super::{
    authz::{self, Session},
    config::TeamsFreeHosts,
    hosts::below,
    oauth,
};
use crate::destinations::conversation::{
    message::{self, Body},
    token::secret_header,
};

/// The headers by which clients of Teams Free name themselves to the chat service. A group that came from Skype is
/// answered with 404 without the first, and has been found to need the second since.
const PRODUCT: [(&str, &str); 4] = [
    ("ms-ic3-product", "tfl"),
    ("ms-ic3-additional-product", "Sfl"),
    ("X-MS-Client-Consumer-Type", "teams4life"),
    ("BehaviorOverride", "redirectAs404"),
];

/// Which of an account's chats are listed: all kinds, a hundred at a time.
const LISTED: &str = "view=msnp24Equivalent&pageSize=100&startTime=0&targetType=Passport%7CSkype%7CLync%7CThread";

/// Makes requests.
#[derive(Debug, Clone)]
pub struct Requests {
    http: Client,
    hosts: TeamsFreeHosts,
}

impl Requests {
    /// To these hosts.
    pub fn new(http: Client, hosts: TeamsFreeHosts) -> Self {
        Self { http, hosts }
    }

    /// The host of Teams.
    pub fn teams(&self) -> &Url {
        &self.hosts.teams
    }

    /// Asks for a device code.
    pub fn device_code(&self, client_id: &str) -> RequestBuilder {
        self.login(
            oauth::DEVICE_CODE_PATH,
            &[("client_id", client_id), ("scope", oauth::SCOPE)],
        )
    }

    /// Asks for tokens: with a refresh token, or with a device code.
    pub fn tokens(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.login(oauth::TOKEN_PATH, form)
    }

    fn login(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.http
            .post(below(&self.hosts.login, path))
            .header(ACCEPT, "application/json")
            .form(form)
    }

    /// Exchanges an access token for a Skype token.
    pub fn skype_token(&self, access: &SecretString) -> RequestBuilder {
        self.http
            .post(below(&self.hosts.teams, authz::PATH))
            .header(ACCEPT, "application/json; ver=1.0")
            .header(
                AUTHORIZATION,
                secret_header(&format!("Bearer {}", access.expose_secret())),
            )
            // Said, or a server may ask for it (HTTP 411): an empty body alone is sent without it.
            .header(CONTENT_LENGTH, 0)
    }

    /// Posts a message.
    pub fn post(&self, session: &Session, group: &str, body: &Body<'_>) -> RequestBuilder {
        let id: String = form_urlencoded::byte_serialize(group.as_bytes()).collect();
        let url = below(&session.chat_service, &message::path(&id).join("/"));
        self.chat(self.http.post(url), session).json(body)
    }

    /// Lists chats.
    pub fn chats(&self, session: &Session) -> RequestBuilder {
        let mut url = below(&session.chat_service, "v1/users/ME/conversations");
        url.set_query(Some(LISTED));
        self.more_chats(session, url)
    }

    /// Lists more chats, from where the list before has said; that has to be allowed.
    pub fn more_chats(&self, session: &Session, page: Url) -> RequestBuilder {
        self.chat(self.http.get(page), session)
    }

    fn chat(&self, request: RequestBuilder, session: &Session) -> RequestBuilder {
        let origin = self.hosts.teams.origin().ascii_serialization();
        let referer = format!("{origin}/");
        PRODUCT
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .header(ACCEPT, "application/json")
            .header("Authentication", session.token.header("skypetoken"))
            .header(ORIGIN, origin)
            .header(REFERER, referer)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        delivery::key::Key,
        destinations::conversation::token::Token,
        update::message::{Format, Message},
    };

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn requests() -> Requests {
        let hosts = TeamsFreeHosts::parse(None, None).unwrap();
        Requests::new(crate::destinations::http::client().unwrap(), hosts)
    }

    fn session() -> Session {
        Session {
            token: Token::given(NOW, "eyJ.hunter2.b", None).unwrap(),
            chat_service: Url::parse("https://teams.live.com/api/chatsvc/consumer").unwrap(),
        }
    }

    fn header<'a>(request: &'a reqwest::Request, name: &str) -> Option<&'a str> {
        request.headers().get(name)?.to_str().ok()
    }

    #[test]
    fn a_post_says_what_clients_of_teams_free_say() {
        let message = Message {
            format: Format::Plain,
            body: "x".into(),
        };
        let key = Key {
            report: "production".into(),
            as_of: NOW,
            destination: "ops".into(),
            request: None,
        };
        let body = Body::new(&message, &key, None);
        let request = requests()
            .post(&session(), "19:ab+c/d_e@thread.skype", &body)
            .build()
            .unwrap();
        assert_eq!(
            request.url().as_str(),
            "https://teams.live.com/api/chatsvc/consumer/v1/users/ME/conversations/19%3Aab%2Bc%2Fd_e%40thread.skype/messages"
        );
        for (name, value) in PRODUCT {
            assert_eq!(header(&request, name), Some(value));
        }
        assert_eq!(header(&request, "authentication"), Some("skypetoken=eyJ.hunter2.b"));
        assert_eq!(header(&request, "content-type"), Some("application/json"));
        assert_eq!(header(&request, "origin"), Some("https://teams.live.com"));
        assert_eq!(header(&request, "referer"), Some("https://teams.live.com/"));
        assert!(!format!("{request:?}").contains("hunter2"));
    }

    #[test]
    fn the_exchange_has_an_empty_body_and_says_so() {
        let request = requests().skype_token(&"hunter2".to_owned().into()).build().unwrap();
        assert_eq!(
            request.url().as_str(),
            "https://teams.live.com/api/auth/v1.0/authz/consumer"
        );
        assert_eq!(header(&request, "authorization"), Some("Bearer hunter2"));
        assert_eq!(header(&request, "content-length"), Some("0"));
        assert!(request.body().is_none());
        assert!(!format!("{request:?}").contains("hunter2"));
    }

    #[test]
    fn tokens_are_asked_for_by_form() {
        let refresh = SecretString::from("M.C5_a+b/c");
        let request = requests()
            .tokens(&oauth::renewal(oauth::CLIENT_ID, &refresh))
            .build()
            .unwrap();
        assert_eq!(
            request.url().as_str(),
            "https://login.microsoftonline.com/consumers/oauth2/v2.0/token"
        );
        assert_eq!(
            std::str::from_utf8(request.body().unwrap().as_bytes().unwrap()).unwrap(),
            "grant_type=refresh_token&client_id=4b3e8f46-56d3-427f-b1e2-d239b2ea6bca&refresh_token=M.C5_a%2Bb%2Fc\
             &scope=service%3A%3Aapi.fl.spaces.skype.com%3A%3AMBI_SSL+openid+profile+offline_access"
        );
    }

    #[test]
    fn chats_are_listed_as_clients_do() {
        let request = requests().chats(&session()).build().unwrap();
        assert_eq!(
            request.url().as_str(),
            "https://teams.live.com/api/chatsvc/consumer/v1/users/ME/conversations\
             ?view=msnp24Equivalent&pageSize=100&startTime=0&targetType=Passport%7CSkype%7CLync%7CThread"
        );
    }
}
