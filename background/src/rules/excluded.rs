//! The sites a person excluded, in whatever form they typed them.

use idna::punycode;

use super::lists::with_parents;

/// Whether `host` (lower case, no dot at its end) is one of `sites` or a subdomain of one.
pub fn is_excluded(host: &str, sites: &[String]) -> bool {
    sites.iter().any(|site| covers(site, host))
}

/// Whether the site that was typed is `host` or a domain above it. For the rules, and to find what must be
/// purged when a site is excluded.
pub fn covers(typed: &str, host: &str) -> bool {
    normalise(typed).is_some_and(|site| with_parents(host).any(|name| name == site))
}

/// What a person typed as the host that it means: ` https://WWW.Example.org:8080/a?b ` and `*.example.org`
/// are `example.org`. A leading `www.` is dropped, because who excludes `www.example.org` means the site.
/// `None` if no host is left, as of a lone `*`.
pub fn normalise(typed: &str) -> Option<String> {
    let site = typed.trim();
    let site = site.split_once("://").map_or(site, |(_, rest)| rest);
    let site = site.trim_start_matches('/');
    let site = site.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let site = site.rsplit_once('@').map_or(site, |(_, host)| host);
    // An IPv6 address keeps its brackets and its colons.
    if let Some(end) = site.strip_prefix('[').and_then(|rest| rest.find(']')) {
        return Some(site[..end + 2].to_ascii_lowercase());
    }
    let site = site.split(':').next().unwrap_or_default().to_lowercase();
    let site = site.trim_start_matches(['*', '.']).trim_matches(['.', ' ']);
    let site = site.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(site);
    if site.is_empty() || site.contains(char::is_whitespace) {
        return None;
    }
    site.split('.').map(to_ascii).collect::<Option<Vec<_>>>().map(|labels| labels.join("."))
}

/// A label as the browser writes it in a URL: punycode where it is not ASCII. `None` if it is too long.
fn to_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    punycode::encode_str(label).map(|encoded| format!("xn--{encoded}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type() {
        for typed in [
            "example.org",
            " Example.ORG ",
            "https://example.org",
            "https://example.org/a/b?c#d",
            "http://user:pw@example.org:8080/",
            "//example.org",
            "*.example.org",
            "https://*.example.org/*",
            ".example.org",
            "example.org.",
            "www.example.org",
            "example.org:443",
            "example.org/path",
        ] {
            assert_eq!(normalise(typed).as_deref(), Some("example.org"), "{typed}");
            for host in ["example.org", "www.example.org", "a.b.example.org"] {
                assert!(covers(typed, host), "{typed} covers {host}");
            }
            for host in ["notexample.org", "example.org.evil.test", "org", "example.com"] {
                assert!(!covers(typed, host), "{typed} does not cover {host}");
            }
        }
    }

    #[test]
    fn subdomains_addresses_and_other_scripts() {
        assert!(covers("news.example.org", "a.news.example.org"));
        assert!(!covers("news.example.org", "example.org"));
        assert!(covers("www.org", "a.www.org"), "a site named www");
        assert!(covers("http://93.184.216.34/", "93.184.216.34"));
        assert!(covers("[2606:4700::1111]:8080", "[2606:4700::1111]"));
        assert!(covers("Bücher.example", "www.xn--bcher-kva.example"));
        assert!(covers("https://ドメイン.test/", "xn--eckwd4c7c.test"));
        // A whole top-level domain, if one likes.
        assert!(covers("*.ru", "example.ru"));
    }

    #[test]
    fn nothing_excludes_nothing() {
        for typed in ["", "   ", "*", "*.", ".", "https://", "/", "a b", "?", "https:///"] {
            assert_eq!(normalise(typed), None, "{typed:?}");
            assert!(!covers(typed, "example.org"), "{typed:?}");
        }
        assert!(!is_excluded("example.org", &[]));
        assert!(is_excluded("example.org", &["".into(), "other.org".into(), "example.org".into()]));
    }

    proptest! {
        #[test]
        fn anything_can_be_typed(typed in ".*", host in ".*") {
            let _ = covers(&typed, &host);
            if let Some(site) = normalise(&typed) {
                prop_assert!(!site.is_empty());
            }
        }
    }
}
