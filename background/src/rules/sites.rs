//! What a person decided for sites, in whatever form they typed them.

use idna::punycode;

use super::lists::with_parents;
use afterimage_messages::SiteRule;

/// The rule for `host` (lower case, no dot at its end): of those that cover it the one with the longest name.
pub fn rule_for<'a>(host: &str, rules: &'a [SiteRule]) -> Option<&'a SiteRule> {
    let fitting = rules.iter().filter_map(|rule| {
        let site = normalise(&rule.site)?;
        is_on(host, &site).then_some((site.len(), rule))
    });
    fitting.max_by_key(|(length, _)| *length).map(|(_, rule)| rule)
}
/// Whether `host` is `site`, as [`normalise`] gives it, or one of its subdomains.
pub fn is_on(host: &str, site: &str) -> bool {
    with_parents(host).any(|name| name == site)
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
    use afterimage_messages::Level;

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
        let rule = |site: &str, level| SiteRule { site: site.into(), level };
        assert_eq!(rule_for("example.org", &[]), None);
        let rules =
            [rule("", Level::Never), rule("other.org", Level::Never), rule("example.org", Level::Title)];
        assert_eq!(rule_for("example.org", &rules), Some(&rules[2]));
    }

    #[test]
    fn the_rule_for_the_longest_name_holds() {
        let rule = |site: &str, level| SiteRule { site: site.into(), level };
        let rules = [
            rule("blog.example.org", Level::Full),
            rule("https://www.Example.org/", Level::Never),
            rule("org", Level::Title),
        ];
        for (host, expected) in [
            ("a.blog.example.org", Some(0)),
            ("example.org", Some(1)),
            ("shop.example.org", Some(1)),
            ("other.org", Some(2)),
            ("example.com", None),
        ] {
            assert_eq!(rule_for(host, &rules), expected.map(|n: usize| &rules[n]), "{host}");
        }
    }

    fn covers(typed: &str, host: &str) -> bool {
        normalise(typed).is_some_and(|site| is_on(host, &site))
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
