//! One page, one key: the many addresses of a page brought to one form.
//!
//! A key is itself a URL that can be opened, so that a person never sees an address that leads nowhere.
//! What is changed:
//!
//! - Only http and https addresses have a key. http and https stay apart: they may be different pages.
//! - User name and password, default ports and the dot that may end a host are dropped; the parser lowers
//!   the host's case and resolves `.` and `..`.
//! - Query parameters that only say where a click came from are dropped ([`is_tracking`]). All others are
//!   kept byte for byte and in order: `watch?v=` must not collapse, and a server may care for the order.
//! - The fragment is dropped, except where it is a route of a single-page app: `#/…` and `#!…`.
//! - A `rel=canonical` of the same origin replaces the address, with two exceptions. A canonical that is
//!   the root of the site on a page that is not is ignored: many single-page apps ship one such link in
//!   their only HTML file, and every page of the site would become one. And where the address is a `#/…`
//!   or `#!…` route, the link is ignored for the same reason: the server that wrote it never saw the route.
//!
//! Non-ASCII hosts are refused, not converted: browsers hand over punycode, and the tables for the
//! conversion would be 100 KB of code that never runs.

use std::fmt;

use sha2::{Digest, Sha256};
use url::Url;

/// Query parameters that say where a visitor came from and nothing of what the page shows. `utm_*` and the
/// other families are in [`TRACKING_PREFIXES`]. Names that sites also use for content (`ref`, `source`,
/// `id`, `si`) are not here: merging two pages is worse than keeping one twice.
const TRACKING: &[&str] = &[
    // Google Ads and Analytics
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "_ga",
    "_gl",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    // Meta
    "fbclid",
    "igshid",
    "igsh",
    "fb_action_ids",
    "fb_action_types",
    "fb_source",
    // Microsoft, Yandex, TikTok, X, LinkedIn, Pinterest, Reddit, Snapchat, Impact
    "msclkid",
    "yclid",
    "ysclid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "sccid",
    "irclickid",
    // Twitter's embeds
    "ref_src",
    "ref_url",
    // Newsletters: Mailchimp, HubSpot, Marketo, Vero, Drip, Omeda, Klaviyo, Olytics, Adobe, Wicked Reports
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "mkt_tok",
    "vero_id",
    "vero_conv",
    "__s",
    "oly_anon_id",
    "oly_enc_id",
    "_kx",
    "s_cid",
    "wickedid",
];

/// Families of tracking parameters, by how their names begin (Google's UTM, Matomo, Piwik, HubSpot ads).
const TRACKING_PREFIXES: &[&str] = &["utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_"];

/// The form of a page's address under which it is stored. See the module for the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlKey(String);

/// Why an address has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAPage {
    /// It is not a URL, or its host is not ASCII.
    Invalid,
    /// It is neither http nor https.
    Scheme,
    /// It names no host.
    NoHost,
}

impl NotAPage {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            NotAPage::Invalid => "url_invalid",
            NotAPage::Scheme => "url_scheme",
            NotAPage::NoHost => "url_no_host",
        }
    }
}

impl fmt::Display for NotAPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAPage::Invalid => "not a web address: give a full URL, its host in ASCII (punycode)",
            NotAPage::Scheme => "only http and https pages can be stored",
            NotAPage::NoHost => "the address names no host",
        })
    }
}

impl std::error::Error for NotAPage {}

impl UrlKey {
    /// The key of the page at `url`, which says of itself that it is `canonical` (`link[rel=canonical]`,
    /// absolute or relative; nonsense is ignored).
    pub fn new(url: &str, canonical: Option<&str>) -> Result<UrlKey, NotAPage> {
        let mut page = parse(url)?;
        if let Some(canonical) = canonical.and_then(|link| canonical_of(&page, link)) {
            page = canonical;
        }
        drop_tracking(&mut page);
        Ok(UrlKey(page.into()))
    }

    /// The key as a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the key; its first 16 bytes are the page's id.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Display for UrlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name under which a raw address is remembered: the first 16 bytes of its SHA-256.
///
/// The address is hashed exactly as given, fragment included. `history.onVisitRemoved` reports addresses
/// as the browser keeps them, one entry for each fragment, and the same string was seen when the page was
/// read; every normalisation in between could only make the two differ.
pub fn alias_hash(raw_url: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(raw_url.as_bytes()).into();
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest[..16]);
    hash
}

/// Two addresses of one origin (scheme, host and port); never for what has no origin to speak of.
pub fn same_origin(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin().is_tuple() && a.origin() == b.origin(),
        _ => false,
    }
}

/// The host of an address, for people: without a leading `www.`; the address itself where it has none.
pub fn site(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or(url);
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// Everything but the query: scheme, host, user, port, fragment.
fn parse(url: &str) -> Result<Url, NotAPage> {
    let url = Url::parse(url).map_err(|_| NotAPage::Invalid)?;
    normalise(url)
}

fn normalise(mut url: Url) -> Result<Url, NotAPage> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(NotAPage::Scheme);
    }
    let host = url.host_str().ok_or(NotAPage::NoHost)?;
    if host.ends_with('.') {
        let host = host.trim_end_matches('.').to_owned();
        if host.is_empty() {
            return Err(NotAPage::NoHost);
        }
        url.set_host(Some(&host)).map_err(|_| NotAPage::Invalid)?;
    }
    // These fail only for URLs without a host.
    url.set_username("").map_err(|()| NotAPage::NoHost)?;
    url.set_password(None).map_err(|()| NotAPage::NoHost)?;
    let route = url.fragment().and_then(route_of).map(str::to_owned);
    url.set_fragment(route.as_deref());
    Ok(url)
}

/// The part of a fragment that is a route: without a text directive (`:~:text=…`), which our own links to
/// passages carry.
fn route_of(fragment: &str) -> Option<&str> {
    if !fragment.starts_with(['/', '!']) {
        return None;
    }
    Some(fragment.split_once(":~:").map_or(fragment, |(route, _)| route))
}

/// The canonical address, where it may replace that of `page`.
fn canonical_of(page: &Url, link: &str) -> Option<Url> {
    if page.fragment().is_some() {
        return None;
    }
    let canonical = normalise(page.join(link.trim()).ok()?).ok()?;
    if canonical.origin() != page.origin() || (is_root(&canonical) && !is_root(page)) {
        return None;
    }
    Some(canonical)
}

/// The address of the site itself. Its query does not count where it is only tracking.
fn is_root(url: &Url) -> bool {
    url.path() == "/"
        && url.fragment().is_none()
        && url.query().is_none_or(|query| query.split('&').all(|pair| pair.is_empty() || is_tracking(pair)))
}

fn drop_tracking(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
    let kept = kept.join("&");
    url.set_query(if kept.is_empty() { None } else { Some(&kept) });
}

/// `pair` is `name` or `name=value`, as it stands in the query.
fn is_tracking(pair: &str) -> bool {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name).to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(url: &str) -> String {
        UrlKey::new(url, None).expect(url).0
    }

    fn with_canonical(url: &str, canonical: &str) -> String {
        UrlKey::new(url, Some(canonical)).expect(url).0
    }

    #[test]
    fn tracking_goes_and_everything_else_stays_in_order() {
        for (url, expected) in [
            ("https://www.youtube.com/watch?v=abc&t=10", "https://www.youtube.com/watch?v=abc&t=10"),
            ("https://e.org/a?b=2&utm_source=x&a=1&UTM_Medium=y", "https://e.org/a?b=2&a=1"),
            (
                "https://e.org/?fbclid=1&gclid=2&msclkid=3&mc_eid=4&igshid=5&ref_src=6&yclid=7&_hsenc=8",
                "https://e.org/",
            ),
            ("https://e.org/a?utm_campaign", "https://e.org/a"),
            ("https://e.org/a?", "https://e.org/a"),
            ("https://e.org/a?&x=1&&y=2&", "https://e.org/a?x=1&y=2"),
            ("https://e.org/a?q=%26utm_source%3D1&q=2", "https://e.org/a?q=%26utm_source%3D1&q=2"),
            // Names that only look like tracking.
            ("https://e.org/a?utmost=1&ref=2&gclid2=3", "https://e.org/a?utmost=1&ref=2&gclid2=3"),
        ] {
            assert_eq!(key(url), expected, "{url}");
        }
        for name in TRACKING {
            assert_eq!(key(&format!("https://e.org/a?x=1&{name}=z")), "https://e.org/a?x=1", "{name}");
            assert_eq!(*name, name.to_ascii_lowercase(), "names are compared in lower case");
        }
        for prefix in TRACKING_PREFIXES {
            assert_eq!(key(&format!("https://e.org/a?{prefix}any=z&x=1")), "https://e.org/a?x=1", "{prefix}");
        }
    }

    #[test]
    fn fragments_go_and_routes_stay() {
        for (url, expected) in [
            ("https://e.org/a#part", "https://e.org/a"),
            ("https://e.org/a#", "https://e.org/a"),
            ("https://e.org/a#:~:text=word", "https://e.org/a"),
            ("https://e.org/a#/users/1", "https://e.org/a#/users/1"),
            ("https://e.org/a#/users/1:~:text=word", "https://e.org/a#/users/1"),
            ("https://e.org/a#!inbox", "https://e.org/a#!inbox"),
        ] {
            assert_eq!(key(url), expected, "{url}");
        }
    }

    #[test]
    fn hosts_ports_and_users_are_normalised() {
        for (url, expected) in [
            ("HTTPS://EXAMPLE.org:443/A", "https://example.org/A"),
            ("http://example.org:80", "http://example.org/"),
            ("http://example.org:8080/", "http://example.org:8080/"),
            ("https://example.org:80/", "https://example.org:80/"),
            ("https://example.org./a", "https://example.org/a"),
            ("https://user:secret@example.org/a", "https://example.org/a"),
            ("https://e.org/a/../b/./c", "https://e.org/b/c"),
            ("http://[::1]:80/", "http://[::1]/"),
        ] {
            assert_eq!(key(url), expected, "{url}");
        }
        // Two schemes, two pages.
        assert_ne!(key("http://e.org/"), key("https://e.org/"));
    }

    #[test]
    fn punycode_passes_and_unicode_is_a_clean_error() {
        for url in [
            "https://xn--bcher-kva.example/a",
            "https://xn--fiqs8s/",
            "https://www.xn--80ak6aa92e.com/",
            "https://xn--4dbrk0ce.xn--mgbaam7a8h/",
        ] {
            assert_eq!(key(url), url);
        }
        assert_eq!(UrlKey::new("https://bücher.example/", None), Err(NotAPage::Invalid));
        assert_eq!(UrlKey::new("https://ドメイン.test/", None), Err(NotAPage::Invalid));
        // A path may be anything.
        assert_eq!(key("https://e.org/ü?ü"), "https://e.org/%C3%BC?%C3%BC");
    }

    #[test]
    fn what_is_not_a_page_says_why() {
        for (url, why) in [
            ("", NotAPage::Invalid),
            ("example.org", NotAPage::Invalid),
            ("https://", NotAPage::Invalid),
            ("https://a b/", NotAPage::Invalid),
            ("file:///etc/hosts", NotAPage::Scheme),
            ("about:blank", NotAPage::Scheme),
            ("javascript:alert(1)", NotAPage::Scheme),
            ("data:text/html,x", NotAPage::Scheme),
            ("view-source:https://e.org/", NotAPage::Scheme),
            ("chrome-extension://abcdef/popup.html", NotAPage::Scheme),
            ("ftp://e.org/", NotAPage::Scheme),
            ("http://./", NotAPage::NoHost),
        ] {
            assert_eq!(UrlKey::new(url, None), Err(why), "{url}");
            assert!(why.code().starts_with("url_") && !why.to_string().is_empty());
        }
    }

    #[test]
    fn a_canonical_of_the_same_origin_replaces() {
        assert_eq!(with_canonical("https://e.org/a?session=1", "https://e.org/a"), "https://e.org/a");
        assert_eq!(with_canonical("https://e.org/a?x=1", "/b?utm_source=y#part"), "https://e.org/b");
        assert_eq!(with_canonical("https://e.org:443/a", " https://E.ORG./b "), "https://e.org/b");
        // The root may name itself.
        assert_eq!(with_canonical("https://e.org/?utm_source=y", "https://e.org"), "https://e.org/");
    }

    #[test]
    fn a_foreign_or_useless_canonical_is_ignored() {
        let page = "https://e.org/a?x=1";
        for canonical in [
            "https://other.org/a",
            "https://www.e.org/a",
            "http://e.org/a",
            "https://e.org:8443/a",
            "https://e.org/",
            "https://e.org",
            "https://e.org/?utm_source=y",
            "/",
            "javascript:alert(1)",
            "https://bücher.example/",
            "https://",
        ] {
            assert_eq!(with_canonical(page, canonical), page, "{canonical}");
        }
        // An empty link means the page itself, without its fragment.
        assert_eq!(with_canonical(page, ""), page);
        // The server that wrote the link never saw the route.
        assert_eq!(
            with_canonical("https://e.org/app#/users/1", "https://e.org/app"),
            "https://e.org/app#/users/1"
        );
    }

    #[test]
    fn hashes_are_those_of_the_strings() {
        // printf %s 'https://e.org/a' | sha256sum
        let expected = "870874689b298a275d9c764c4b21bc0eb3a20a49548016d956afda0d367a7522";
        let key = UrlKey::new("https://e.org/a?utm_source=y#x", None).expect("a page");
        assert_eq!(hex(&key.sha256()), expected);
        assert_eq!(hex(&alias_hash("https://e.org/a")), &expected[..32]);
        // History keeps one entry a fragment: they must not collapse.
        assert_ne!(alias_hash("https://e.org/a#x"), alias_hash("https://e.org/a"));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn anything_goes_in_without_a_panic(url in ".*", canonical in ".*") {
            let _ = UrlKey::new(&url, Some(&canonical));
            let _ = alias_hash(&url);
        }

        #[test]
        fn a_key_is_its_own_key(
            scheme in "https?",
            host in "([a-zA-Z0-9-]{0,6}\\.){0,3}[a-z]{1,5}\\.{0,2}",
            rest in "(:[0-9]{1,4})?[/?#]?.*",
        ) {
            if let Ok(key) = UrlKey::new(&format!("{scheme}://{host}{rest}"), None) {
                prop_assert_eq!(UrlKey::new(key.as_str(), None), Ok(key.clone()));
                prop_assert_eq!(UrlKey::new(key.as_str(), Some(key.as_str())), Ok(key));
            }
        }

        #[test]
        fn any_canonical_leaves_the_origin(url in "https://e\\.org/[a-z]{0,4}(\\?[a-z]=[0-9])?", canonical in ".*") {
            if let Ok(key) = UrlKey::new(&url, Some(&canonical)) {
                prop_assert!(key.as_str().starts_with("https://e.org/"));
            }
        }
    }
}
