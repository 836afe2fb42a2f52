//! A listener that takes messages by webhook, as the service does whose rules it is given.

use crate::stand_in::{Recorded, Services, Site, StandIn};
pub use crate::{
    exchange::{Reply, Request},
    fault::Fault,
};

/// A service's side: the reply to a request. A message counts as taken when its status is 2xx.
pub type Rules = fn(&Request) -> Reply;

/// The running listener. It stops when this is dropped.
pub struct Inbox(StandIn<Channel>);

struct Channel {
    rules: Rules,
    taken: Vec<Vec<u8>>,
}

impl Services for Channel {
    type Role = ();
    type Step = ();

    const ROLES: &'static [()] = &[()];

    fn step((): (), _: &Request) {}

    fn reply(&mut self, _: &mut Site<()>, request: &Recorded<(), ()>) -> Reply {
        let reply = (self.rules)(request);
        if reply.is_success() {
            self.taken.push(request.body.clone());
        }
        reply
    }
}

impl Inbox {
    /// Starts it; when this returns, it accepts connections.
    pub async fn start(rules: Rules) -> Self {
        let taken = Vec::new();
        Self(StandIn::start_with(Channel { rules, taken }).await)
    }

    /// An address of this listener.
    pub fn url(&self, path_and_query: &str) -> String {
        self.0.address(()) + path_and_query
    }

    /// Lets the next request that has not been spoken for go wrong.
    pub fn fail_next(&self, fault: Fault) {
        self.0.fail_next((), fault);
    }

    /// Takes all faults back that have not happened yet.
    pub fn forgive(&self) {
        self.0.forgive();
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Request> {
        let requests = self.0.requests().into_iter();
        requests.map(|recorded| recorded.request).collect()
    }

    /// The bodies of the messages that are in the channel, in order.
    pub fn taken(&self) -> Vec<Vec<u8>> {
        self.0.state().services.taken.clone()
    }
}
