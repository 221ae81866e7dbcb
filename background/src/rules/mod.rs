//! The privacy rules: may this page be read?
//!
//! Pure functions of what is known of a page and of the settings, so that every rule is tested natively.
//! They are asked twice: before a page's text is extracted, and again before it is stored, because the
//! page may have changed in between. There is no off-switch, not even for tests (which use `.test` names:
//! to these rules an ordinary public site).
//!
//! - [`address`]: private networks and machines.
//! - [`lists`]: how the kept lists are written and matched; [`sensitive`] and [`search`] are the two lists.
//! - [`excluded`]: what the person typed into the options.

pub mod address;
pub mod excluded;
mod lists;
pub mod search;
pub mod sensitive;

use afterimage_messages::{Settings, SkipReason};
use url::Url;

/// What is known of a page before its text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageFacts<'a> {
    /// The address, as the browser gives it (the sender's own, not the one in a message).
    pub url: &'a str,
    /// It is in a private window.
    pub private_window: bool,
    /// It is the top frame of its tab.
    pub top_frame: bool,
    /// A password field can be seen on it.
    pub visible_password: bool,
    /// A payment-card field can be seen on it.
    pub visible_card: bool,
}

/// `Ok` when the page may be read and stored, else the first reason why not.
///
/// The order is that of telling a person most: their own choices first, then what the page is, then what
/// is on it.
pub fn check(page: &PageFacts<'_>, settings: &Settings) -> Result<(), SkipReason> {
    if !settings.consent {
        return Err(SkipReason::NoConsent);
    }
    if settings.paused {
        return Err(SkipReason::Paused);
    }
    if page.private_window {
        return Err(SkipReason::PrivateWindow);
    }
    if !page.top_frame {
        return Err(SkipReason::NotTopFrame);
    }
    let url = Url::parse(page.url).map_err(|_| SkipReason::Scheme)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SkipReason::Scheme);
    }
    let host = host_of(&url).ok_or(SkipReason::Scheme)?;
    if address::is_private(&host) {
        return Err(SkipReason::PrivateAddress);
    }
    if excluded::is_excluded(&host, &settings.excluded_sites) {
        return Err(SkipReason::Excluded);
    }
    if sensitive::is_sensitive(&host) {
        return Err(SkipReason::SensitiveSite);
    }
    if search::is_results(&host, &url) {
        return Err(SkipReason::SearchResults);
    }
    if page.visible_password {
        return Err(SkipReason::PasswordField);
    }
    if page.visible_card {
        return Err(SkipReason::CardField);
    }
    Ok(())
}

/// The host in the form that all rules compare: lower case, IPv6 in brackets, no dot at its end. `None` if
/// there is none.
fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: PageFacts<'static> = PageFacts {
        url: "https://example.org/article",
        private_window: false,
        top_frame: true,
        visible_password: false,
        visible_card: false,
    };

    fn settings() -> Settings {
        Settings { consent: true, ..Settings::default() }
    }

    fn reason(page: PageFacts<'_>) -> Option<SkipReason> {
        check(&page, &settings()).err()
    }

    #[test]
    fn an_ordinary_page_is_read() {
        for url in [
            "https://example.org/article",
            "http://news.example.co.uk:8080/a?b=c#d",
            "http://blog.test/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://xn--bcher-kva.example/",
        ] {
            assert_eq!(reason(PageFacts { url, ..PLAIN }), None, "{url}");
        }
    }

    #[test]
    fn nothing_is_read_without_consent_or_while_paused() {
        assert_eq!(check(&PLAIN, &Settings::default()), Err(SkipReason::NoConsent));
        let paused = Settings { paused: true, ..settings() };
        assert_eq!(check(&PLAIN, &paused), Err(SkipReason::Paused));
    }

    #[test]
    fn each_fact_has_its_reason() {
        for (page, expected) in [
            (PageFacts { private_window: true, ..PLAIN }, SkipReason::PrivateWindow),
            (PageFacts { top_frame: false, ..PLAIN }, SkipReason::NotTopFrame),
            (PageFacts { visible_password: true, ..PLAIN }, SkipReason::PasswordField),
            (PageFacts { visible_card: true, ..PLAIN }, SkipReason::CardField),
            (PageFacts { url: "file:///home/a.html", ..PLAIN }, SkipReason::Scheme),
            (PageFacts { url: "chrome://settings/", ..PLAIN }, SkipReason::Scheme),
            (PageFacts { url: "not a url", ..PLAIN }, SkipReason::Scheme),
            (PageFacts { url: "https://bücher.example/", ..PLAIN }, SkipReason::Scheme),
            (PageFacts { url: "http://localhost:3000/", ..PLAIN }, SkipReason::PrivateAddress),
            (PageFacts { url: "http://192.168.1.1/", ..PLAIN }, SkipReason::PrivateAddress),
            (PageFacts { url: "https://www.paypal.com/", ..PLAIN }, SkipReason::SensitiveSite),
            (PageFacts { url: "https://www.google.com/search?q=a", ..PLAIN }, SkipReason::SearchResults),
        ] {
            assert_eq!(reason(page), Some(expected), "{page:?}");
        }
    }

    #[test]
    fn disguises_do_not_help() {
        for (url, expected) in [
            // The parser reads these as 127.0.0.1.
            ("http://2130706433/", SkipReason::PrivateAddress),
            ("http://0x7f.1/", SkipReason::PrivateAddress),
            ("http://017700000001/", SkipReason::PrivateAddress),
            ("http://127.0.0.1./", SkipReason::PrivateAddress),
            ("http://user@localhost/", SkipReason::PrivateAddress),
            ("http://LOCALHOST./", SkipReason::PrivateAddress),
            ("https://WWW.PayPal.com./", SkipReason::SensitiveSite),
            ("https://x:y@www.paypal.com:8443/", SkipReason::SensitiveSite),
        ] {
            assert_eq!(reason(PageFacts { url, ..PLAIN }), Some(expected), "{url}");
        }
        // And one that only looks like a private address.
        assert_eq!(reason(PageFacts { url: "https://localhost@example.org/", ..PLAIN }), None);
    }

    #[test]
    fn what_the_person_excluded_is_excluded() {
        let settings = Settings { excluded_sites: vec!["Example.org".into()], ..settings() };
        assert_eq!(check(&PLAIN, &settings), Err(SkipReason::Excluded));
        let sub = PageFacts { url: "https://a.b.example.org./", ..PLAIN };
        assert_eq!(check(&sub, &settings), Err(SkipReason::Excluded));
        let other = PageFacts { url: "https://notexample.org/", ..PLAIN };
        assert_eq!(check(&other, &settings), Ok(()));
    }
}
