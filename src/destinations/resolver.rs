//! Where a name may lead to, for webhooks that may be on any host.
//!
//! Names are looked up here when the connection is made, which goes to just what was found: a name cannot be harmless
//! when it is checked and lead elsewhere a moment later. Private addresses are fine, since receivers within a company's
//! network are usual; what is next to the function itself is not.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// A resolver that does not tell of addresses where no webhook may be.
pub(crate) struct Guarded<R>(pub R);

impl<R: Resolve> Resolve for Guarded<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = found.await?.collect();
            let barred = addresses.iter().map(SocketAddr::ip).find(is_barred);
            match barred {
                None => Ok(Box::new(addresses.into_iter()) as Addrs),
                Some(address) => Err(Barred(address).into()),
            }
        })
    }
}

/// The system's resolver.
pub(crate) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A name leads to an address where no webhook may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Barred(IpAddr);

impl std::error::Error for Barred {}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "its host's name leads to {}; expected another address, or the host among \"allowed_hosts\"",
            self.0
        )
    }
}

/// Loopback, link-local (where AWS's metadata and credentials are), everybody, nobody. Where an IPv6 address stands for an
/// IPv4 address, that one counts.
fn is_barred(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => is_barred_v4(ip),
        IpAddr::V6(ip) => translated(ip).map_or_else(|| is_barred_v6(ip), is_barred_v4),
    }
}

/// The IPv4 address behind NAT64's well-known prefix (RFC 6052). In a subnet with DNS64 every receiver without an IPv6
/// address has such a one, so these cannot all be barred.
fn translated(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.octets() {
        [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    }
}

/// 0.0.0.0/8 is "this network" (RFC 6890), which Linux takes for itself.
fn is_barred_v4(ip: Ipv4Addr) -> bool {
    ip.octets()[0] == 0 || ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast()
}

/// AWS's link-local services have a unique local address, too: `fd00:ec2::254` and its neighbours,
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>. Nobody has a receiver
/// at addresses that no network is given any more, or that hide an IPv4 address.
fn is_barred_v6(ip: Ipv6Addr) -> bool {
    let out_of_use = match ip.segments() {
        [0, 0, 0, 0, 0, 0, ..] => true,       // IPv4-compatible (RFC 4291), nobody, loopback
        [0, 0, 0, 0, 0xffff, 0, ..] => true,  // IPv4-translated (RFC 2765)
        [0x0064, 0xff9b, 0x0001, ..] => true, // NAT64 of one's own, somewhere in it an IPv4 address (RFC 8215)
        [0x2001, 0, ..] => true,              // Teredo (RFC 4380)
        [0x2002, ..] => true,                 // 6to4 (RFC 7526)
        [first, ..] if first & 0xffc0 == 0xfec0 => true, // site-local (RFC 3879)
        _ => false,
    };
    out_of_use || ip.is_unicast_link_local() || ip.is_multicast() || matches!(ip.segments(), [0xfd00, 0x0ec2, ..])
}

#[cfg(test)]
mod tests {
    use std::{future::ready, io, net::TcpListener, time::Duration};

    use tokio::time::Instant;

    use super::*;
    use crate::{delivery::retry::NoResponse, destinations::http};

    /// A name that leads where its owner likes.
    struct Owned(Vec<SocketAddr>);

    impl Resolve for Owned {
        fn resolve(&self, _: Name) -> Resolving {
            let addresses: Addrs = Box::new(self.0.clone().into_iter());
            Box::pin(ready(Ok(addresses)))
        }
    }

    #[test]
    fn what_is_next_to_the_function_is_barred_and_nothing_else() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.255.255.254", true),
            ("0.0.0.0", true),
            ("0.1.2.3", true),
            ("169.254.169.254", true),
            ("169.254.170.2", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("::", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:169.254.169.254", true),
            ("fe80::1", true),
            ("febf::1", true),
            ("ff02::1", true),
            ("fd00:ec2::254", true),
            ("::127.0.0.1", true),
            ("::169.254.169.254", true),
            ("::203.0.113.7", true),
            ("::ffff:0:169.254.169.254", true),
            ("64:ff9b::169.254.169.254", true),
            ("64:ff9b::127.0.0.1", true),
            ("64:ff9b:1::169.254.169.254", true),
            ("64:ff9b:1:a9fe:a9:fe00::", true),
            ("2002:a9fe:a9fe::1", true),
            ("2002:7f00:1::", true),
            ("2001:0:cb00:7107::1", true),
            ("fec0::1", true),
            ("feff::1", true),
            ("64:ff9b::203.0.113.7", false),
            ("64:ff9b::10.0.0.1", false),
            ("2001:4860:4860::8888", false),
            ("fc00::1", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("192.168.0.1", false),
            ("100.64.0.1", false),
            ("169.253.0.1", false),
            ("203.0.113.7", false),
            ("2001:db8::1", false),
            ("fd12:3456::1", false),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(is_barred(&address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_opens_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let here = listener.local_addr().unwrap();
        let elsewhere = "203.0.113.7:80".parse().unwrap();
        let url = format!("http://receiver.example:{}/hunter2", here.port());
        let call = async |client: reqwest::ClientBuilder| {
            let until = Instant::now() + Duration::from_millis(200);
            http::call(client.build().unwrap().post(&url), until)
                .await
                .err()
                .unwrap()
        };
        let client = || reqwest::Client::builder().no_proxy();
        for addresses in [vec![here], vec![elsewhere, here]] {
            let error = call(client().dns_resolver(Guarded(Owned(addresses)))).await;
            assert!(
                matches!(&error, NoResponse::Blocked(why) if why.contains("leads to 127.0.0.1;") && !why.contains("hunter2")),
                "{error:?}"
            );
            assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        // Without the guard it would have been opened.
        assert!(matches!(
            call(client().dns_resolver(Owned(vec![here]))).await,
            NoResponse::Unanswered(_)
        ));
        assert!(listener.accept().is_ok());
    }

    #[tokio::test]
    async fn the_system_knows_this_machine_and_it_is_barred() {
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(System.resolve(name()).await.unwrap().all(|it| it.ip().is_loopback()));
        let error = Guarded(System).resolve(name()).await.err().unwrap();
        assert!(error.is::<Barred>(), "{error}");
    }
}
