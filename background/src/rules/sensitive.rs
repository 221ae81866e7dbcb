//! Banks, payment, mail, health, password managers, government identity, dating: see `sensitive.txt`,
//! which also says how its entries are matched.
//!
//! Hosts are matched by their labels. The rejected alternative, a search for "bank" or "mail" anywhere in
//! the name, skips a good part of the web that says nothing private (`mailchimp.com`, `riverbank.org`) and
//! cannot be explained to a person.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lists::{self, Hosts};

const TEXT: &str = include_str!("sensitive.txt");

/// The list, parsed at first use.
static LIST: LazyLock<List> = LazyLock::new(|| List::parse(TEXT));

#[derive(Debug, Default)]
struct List {
    hosts: Hosts,
    first_labels: HashSet<&'static str>,
    exceptions: Hosts,
}

impl List {
    fn parse(text: &'static str) -> Self {
        let mut list = List::default();
        for entry in lists::entries(text) {
            if let Some(host) = entry.strip_prefix('!') {
                list.exceptions.insert(host);
            } else if let Some(label) = entry.strip_suffix(".*") {
                list.first_labels.insert(label);
            } else {
                list.hosts.insert(entry);
            }
        }
        list
    }

    fn covers(&self, host: &str) -> bool {
        (self.hosts.covers(host) || self.has_first_label(host)) && !self.exceptions.covers(host)
    }

    /// `mail.example.org`, not `mail.example`: of a host with two labels the first is the site's own name.
    fn has_first_label(&self, host: &str) -> bool {
        let host = host.strip_prefix("www.").unwrap_or(host);
        host.split_once('.')
            .is_some_and(|(first, rest)| rest.contains('.') && self.first_labels.contains(first))
    }
}

/// Whether `host` (lower case, no dot at its end) is on the list.
pub fn is_sensitive(host: &str) -> bool {
    LIST.covers(host)
}

/// The list as a person is shown it: kinds of sites, each with its entries. Exceptions are left out.
pub fn groups() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    TEXT.split("\n## ").skip(1).filter_map(|group| {
        let (name, entries) = group.split_once('\n')?;
        let entries: Vec<&str> = lists::entries(entries).filter(|entry| !entry.starts_with('!')).collect();
        (!entries.is_empty()).then_some((name.trim(), entries))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_excludes() {
        let mut entries = 0;
        for entry in lists::entries(TEXT) {
            entries += 1;
            if let Some(host) = entry.strip_prefix('!') {
                assert!(!is_sensitive(host) && !is_sensitive(&format!("www.{host}")), "{entry}");
            } else if let Some(label) = entry.strip_suffix(".*") {
                for host in [format!("{label}.example.org"), format!("www.{label}.example.co.uk")] {
                    assert!(is_sensitive(&host), "{host}");
                }
                for host in [format!("{label}.example"), format!("x{label}.example.org")] {
                    assert!(!is_sensitive(&host), "{host}");
                }
            } else {
                for host in [entry.to_owned(), format!("www.{entry}"), format!("a.b.{entry}")] {
                    assert!(is_sensitive(&host), "{host}");
                }
                for host in [format!("not{entry}"), format!("a.{entry}.example.org")] {
                    assert!(!is_sensitive(&host), "{host}");
                }
            }
        }
        assert!(entries > 250, "only {entries} entries were read");
    }

    #[test]
    fn every_entry_is_in_a_group_that_is_shown() {
        let shown: Vec<&str> = groups().flat_map(|(_, entries)| entries).collect();
        let all: Vec<&str> = lists::entries(TEXT).filter(|entry| !entry.starts_with('!')).collect();
        assert_eq!(shown, all);
        assert!(groups().all(|(name, _)| !name.is_empty() && !name.starts_with('#')));
    }

    #[test]
    fn the_list_is_well_formed() {
        let mut seen = HashSet::new();
        for entry in lists::entries(TEXT) {
            let host = entry.strip_prefix('!').or(entry.strip_suffix(".*")).unwrap_or(entry);
            assert!(
                host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)),
                "{entry}: a host in lower case, no scheme, no path"
            );
            assert!(!host.starts_with('.') && !host.ends_with('.') && !host.is_empty(), "{entry}");
            assert!(seen.insert(entry), "{entry} stands there twice");
        }
        for entry in &seen {
            let parent = lists::with_parents(entry).skip(1).find(|parent| seen.contains(parent));
            assert_eq!(parent, None, "{entry} is covered already");
        }
    }

    #[test]
    fn well_known_places_are_covered() {
        for host in [
            "mail.google.com",
            "accounts.google.com",
            "login.microsoftonline.com",
            "outlook.live.com",
            "mail.proton.me",
            "mail.yahoo.co.jp",
            "banking.ing.de",
            "secure.chase.com",
            "mychart.example-hospital.org",
            "any.bank",
            "vault.bitwarden.com",
        ] {
            assert!(is_sensitive(host), "{host}");
        }
    }

    #[test]
    fn near_misses_are_read() {
        for host in [
            "notpaypal.com.example.org",
            "paypal.com.example.org",
            "mybank-news.org",
            "mailchimp.com",
            "mail-archive.com",
            "mail.ru",
            "news.mail.ru",
            "login-design.example.org",
            "riverbank.org",
            "bank.example",
            "foodbank.example.org",
            "news.google.com",
            "docs.google.com",
            "health.harvard.edu",
            "account.example",
            "mail.python.org",
            "en.wikipedia.org",
        ] {
            assert!(!is_sensitive(host), "{host}");
        }
    }
}
