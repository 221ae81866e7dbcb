//! The privacy rules: may this page be read?
//!
//! Pure functions of what is known of a page and of the settings, so that every rule is tested natively.
//! They are asked twice: before a page's text is extracted, and again before it is stored, because the
//! page may have changed in between. There is no off-switch, not even for tests (which use `.test` names:
//! to these rules an ordinary public site).
//!
//! - [`address`]: private networks and machines.
//! - [`lists`]: how the kept lists are written and matched; [`sensitive`] and [`search`] are the two lists.
//! - [`sites`]: what the person decided for sites.

pub mod address;
mod lists;
pub mod search;
pub mod sensitive;
pub mod sites;

use afterimage_messages::{Level, Settings, SkipReason};
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
    /// It asks that no copy of it be kept.
    pub noarchive: bool,
    /// The person asked for this very page.
    pub asked: bool,
}

/// How much of the page may be read and stored (never [`Level::Never`]), else the first reason why nothing. `now` is in
/// ms since the epoch.
///
/// The order is that of telling a person most: their own choices first, then what the page is, then what
/// is on it. What a person asks for page by page overrides a pause and manual mode, and nothing else.
pub fn check(page: &PageFacts<'_>, settings: &Settings, now: f64) -> Result<Level, SkipReason> {
    if !settings.consent {
        return Err(SkipReason::NoConsent);
    }
    if is_paused(settings, now) && !page.asked {
        return Err(SkipReason::Paused);
    }
    if page.private_window {
        return Err(SkipReason::PrivateWindow);
    }
    if !page.top_frame {
        return Err(SkipReason::NotTopFrame);
    }
    let level = check_address(page.url, settings, page.asked)?;
    if page.visible_password {
        return Err(SkipReason::PasswordField);
    }
    if page.visible_card {
        return Err(SkipReason::CardField);
    }
    if page.noarchive && settings.honour_noarchive {
        return Err(SkipReason::NoArchive);
    }
    Ok(level)
}

/// What can be said from the address alone: as [`check`], without consent, pause, and what is on the page.
pub fn check_address(url: &str, settings: &Settings, asked: bool) -> Result<Level, SkipReason> {
    let url = Url::parse(url).map_err(|_| SkipReason::Scheme)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SkipReason::Scheme);
    }
    let host = host_of(&url).ok_or(SkipReason::Scheme)?;
    if address::is_private(&host) {
        return Err(SkipReason::PrivateAddress);
    }
    let level = match sites::rule_for(&host, &settings.sites) {
        Some(rule) => rule.level,
        None if sensitive::is_sensitive(&host) => return Err(SkipReason::SensitiveSite),
        // Who reads nothing but what they ask for wants all of that.
        None if settings.level == Level::Never && asked => Level::Full,
        None => settings.level,
    };
    if level == Level::Never {
        return Err(SkipReason::Excluded);
    }
    if settings.manual && !asked {
        return Err(SkipReason::Manual);
    }
    if search::is_results(&host, &url) {
        return Err(SkipReason::SearchResults);
    }
    Ok(level)
}

/// Nothing is to be read just now.
pub fn is_paused(settings: &Settings, now: f64) -> bool {
    settings.paused || settings.paused_until.is_some_and(|until| now < until)
}

/// The host of a public web address, as rules compare it; `None` for any other.
pub fn public_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    host_of(&url).filter(|host| !address::is_private(host))
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
    use afterimage_messages::SiteRule;

    const NOW: f64 = 1_700_000_000_000.0;

    const PLAIN: PageFacts<'static> = PageFacts {
        url: "https://example.org/article",
        private_window: false,
        top_frame: true,
        visible_password: false,
        visible_card: false,
        noarchive: false,
        asked: false,
    };

    fn settings() -> Settings {
        Settings { consent: true, ..Settings::default() }
    }

    fn reason(page: PageFacts<'_>) -> Option<SkipReason> {
        check(&page, &settings(), NOW).err()
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
        assert_eq!(check(&PLAIN, &Settings::default(), NOW), Err(SkipReason::NoConsent));
        let asked = PageFacts { asked: true, ..PLAIN };
        assert_eq!(check(&asked, &Settings::default(), NOW), Err(SkipReason::NoConsent));
        for paused in [
            Settings { paused: true, ..settings() },
            Settings { paused_until: Some(NOW + 1.0), ..settings() },
        ] {
            assert_eq!(check(&PLAIN, &paused, NOW), Err(SkipReason::Paused));
            assert_eq!(check(&asked, &paused, NOW), Ok(Level::Full));
        }
        let over = Settings { paused_until: Some(NOW), ..settings() };
        assert_eq!(check(&PLAIN, &over, NOW), Ok(Level::Full));
    }

    #[test]
    fn in_manual_mode_only_what_is_asked_for_is_read() {
        let manual = Settings { manual: true, ..settings() };
        assert_eq!(check(&PLAIN, &manual, NOW), Err(SkipReason::Manual));
        let asked = PageFacts { asked: true, ..PLAIN };
        assert_eq!(check(&asked, &manual, NOW), Ok(Level::Full));
        let bank = PageFacts { url: "https://www.paypal.com/", ..asked };
        assert_eq!(check(&bank, &manual, NOW), Err(SkipReason::SensitiveSite), "rules stay rules");
        let password = PageFacts { visible_password: true, ..asked };
        assert_eq!(check(&password, &manual, NOW), Err(SkipReason::PasswordField));
    }

    #[test]
    fn levels_come_from_the_rule_for_the_site_or_hold_for_all() {
        let rule = |site: &str, level| SiteRule { site: site.into(), level };
        let titles = Settings {
            level: Level::Title,
            sites: vec![rule("example.org", Level::Full), rule("paypal.com", Level::Title)],
            ..settings()
        };
        let at = |url| check(&PageFacts { url, ..PLAIN }, &titles, NOW);
        assert_eq!(at("https://www.example.org/"), Ok(Level::Full));
        assert_eq!(at("https://example.com/"), Ok(Level::Title));
        assert_eq!(at("https://www.paypal.com/"), Ok(Level::Title), "taken off the kept list");
        assert_eq!(at("https://accounts.google.com/"), Err(SkipReason::SensitiveSite));
        assert_eq!(at("http://localhost/"), Err(SkipReason::PrivateAddress));
        let listed_only = Settings { level: Level::Never, ..titles };
        let at = |url, asked| check(&PageFacts { url, asked, ..PLAIN }, &listed_only, NOW);
        assert_eq!(at("https://example.com/", false), Err(SkipReason::Excluded));
        assert_eq!(at("https://example.com/", true), Ok(Level::Full));
        assert_eq!(at("https://example.org/", false), Ok(Level::Full));
    }

    #[test]
    fn what_asks_not_to_be_archived_is_read_unless_the_person_minds() {
        let page = PageFacts { noarchive: true, ..PLAIN };
        assert_eq!(check(&page, &settings(), NOW), Ok(Level::Full));
        let minds = Settings { honour_noarchive: true, ..settings() };
        assert_eq!(check(&page, &minds, NOW), Err(SkipReason::NoArchive));
        assert_eq!(check(&PLAIN, &minds, NOW), Ok(Level::Full));
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
        let sites = vec![SiteRule { site: "Example.org".into(), level: Level::Never }];
        let settings = Settings { sites, ..settings() };
        assert_eq!(check(&PLAIN, &settings, NOW), Err(SkipReason::Excluded));
        let sub = PageFacts { url: "https://a.b.example.org./", ..PLAIN };
        assert_eq!(check(&sub, &settings, NOW), Err(SkipReason::Excluded));
        let asked = PageFacts { asked: true, ..PLAIN };
        assert_eq!(check(&asked, &settings, NOW), Err(SkipReason::Excluded));
        let other = PageFacts { url: "https://notexample.org/", ..PLAIN };
        assert_eq!(check(&other, &settings, NOW), Ok(Level::Full));
    }
}
