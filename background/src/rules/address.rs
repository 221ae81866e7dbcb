//! Machines that only this person or their network can reach.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Endings of names that are never public: RFC 6761, 6762, 8375, ICANN's `.internal`, and those that
/// routers and companies made so common that ICANN will not delegate them. `.test` is missing on purpose:
/// nobody keeps private pages there, and our own end-to-end tests serve theirs under it.
const PRIVATE_ENDINGS: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "lan",
    "home.arpa",
    "localdomain",
    "home",
    "corp",
    "intranet",
    "private",
];

/// Whether `host` (as in a URL: lower case, IPv6 in brackets, no dot at its end) is a private machine.
pub fn is_private(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // Something in brackets that is no IPv6 address cannot be judged.
        return inside.parse().map_or(true, is_private_v6);
    }
    if let Ok(address) = host.parse() {
        return is_private_v4(address);
    }
    !host.contains('.')
        || PRIVATE_ENDINGS.iter().any(|ending| {
            host.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || a == 0
        // Carrier-grade NAT, 100.64.0.0/10: also what overlay networks such as Tailscale use.
        || (a == 100 && (64..128).contains(&b))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_private_v4(v4);
    }
    let first = address.segments()[0];
    address.is_loopback()
        || address.is_unspecified()
        // fc00::/7 unique local, fe80::/10 link-local, fec0::/10 site-local (deprecated, still around).
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        || first & 0xffc0 == 0xfec0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_hosts() {
        for host in [
            "localhost",
            "app.localhost",
            "printer.local",
            "local",
            "metadata.google.internal",
            "nas.lan",
            "router.home.arpa",
            "fritz.home",
            "wiki.corp",
            "mail.localdomain",
            "payroll.eu.intranet",
            "nas.private",
            "intranet",
            "router",
            "127.0.0.1",
            "127.255.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fe80::1]",
            "[febf::1]",
            "[fec0::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:c0a8:101]",
            "[nonsense]",
        ] {
            assert!(is_private(host), "{host}");
        }
    }

    #[test]
    fn public_hosts() {
        for host in [
            "example.org",
            "blog.test",
            "localhost.example.org",
            "mylocalhost.com",
            "notlocal.example",
            "home.example.arpa",
            "internal.example.org",
            "thelan.net",
            "private.example.org",
            "localdomain.com",
            "intranet.example.net",
            "notes.myintranet",
            "news.semiprivate",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "169.253.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "11.0.0.1",
            "1.1.1.1",
            "[2606:4700::1111]",
            "[fbff::1]",
            "[fe00::1]",
            "[::ffff:8.8.8.8]",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }
}
