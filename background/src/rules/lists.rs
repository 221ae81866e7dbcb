//! How the kept lists are written, and how a host is found in one.

use std::collections::HashSet;

/// The lines that say something, without the comments.
pub(super) fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A set of hosts; each stands for itself and its subdomains.
#[derive(Debug, Default)]
pub(super) struct Hosts(HashSet<&'static str>);

impl Hosts {
    pub(super) fn insert(&mut self, host: &'static str) -> bool {
        self.0.insert(host)
    }

    /// Whether `host` is in the set, or a domain above it is: one look-up for each of its labels, however
    /// long the list.
    pub(super) fn covers(&self, host: &str) -> bool {
        with_parents(host).any(|name| self.0.contains(name))
    }
}

/// `a.b.c`, then `b.c`, then `c`.
pub(super) fn with_parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, parent)| parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        let found: Vec<_> = entries("# a\n\n  b.org \n## c\nd.org\r\n").collect();
        assert_eq!(found, ["b.org", "d.org"]);
    }

    #[test]
    fn a_host_covers_its_subdomains_and_nothing_else() {
        let mut hosts = Hosts::default();
        hosts.insert("paypal.com");
        for host in ["paypal.com", "www.paypal.com", "a.b.paypal.com"] {
            assert!(hosts.covers(host), "{host}");
        }
        for host in ["notpaypal.com", "paypal.com.example.org", "com", "paypal.co", "paypal.com.", ""] {
            assert!(!hosts.covers(host), "{host}");
        }
    }

    #[test]
    fn parents_go_up_label_by_label() {
        assert_eq!(with_parents("a.b.c").collect::<Vec<_>>(), ["a.b.c", "b.c", "c"]);
    }
}
