//! Pages of search results: see `search.txt`, which also says how its entries are matched.

use std::sync::LazyLock;

use url::Url;

use super::lists;

const TEXT: &str = include_str!("search.txt");

/// The list, parsed at first use.
static LIST: LazyLock<Vec<Rule>> = LazyLock::new(|| lists::entries(TEXT).filter_map(Rule::parse).collect());

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    /// The host, without the `*` of [`Rule::any_country`].
    host: &'static str,
    /// A country's ending follows the host.
    any_country: bool,
    /// Without a slash at its end; empty for the root.
    path: &'static str,
    /// All paths below count too.
    and_below: bool,
    /// This query parameter must be there.
    parameter: Option<&'static str>,
}

impl Rule {
    /// `None` for a line that is no entry; a test makes sure that there is none.
    fn parse(entry: &'static str) -> Option<Rule> {
        let (entry, parameter) = match entry.split_once('?') {
            Some((entry, parameter)) => (entry, Some(parameter)),
            None => (entry, None),
        };
        let slash = entry.find('/')?;
        let (host, path) = entry.split_at(slash);
        let (host, any_country) = match host.strip_suffix(".*") {
            Some(host) => (host, true),
            None => (host, false),
        };
        let (path, and_below) = match path.strip_suffix("/*") {
            Some(path) => (path, true),
            None => (path.trim_end_matches('/'), false),
        };
        (!host.is_empty()).then_some(Rule { host, any_country, path, and_below, parameter })
    }

    fn matches(&self, host: &str, url: &Url) -> bool {
        self.matches_host(host)
            && self.matches_path(url.path())
            && self.parameter.is_none_or(|wanted| url.query_pairs().any(|(name, _)| name == wanted))
    }

    fn matches_host(&self, host: &str) -> bool {
        let host = if self.any_country {
            let Some(host) = without_country(host) else { return false };
            host
        } else {
            host
        };
        lists::with_parents(host).any(|name| name == self.host)
    }

    fn matches_path(&self, path: &str) -> bool {
        match path.strip_prefix(self.path) {
            Some(rest) if self.and_below => rest.is_empty() || rest.starts_with('/'),
            Some(rest) => rest.is_empty() || rest == "/",
            None => false,
        }
    }
}

/// `www.google.co.uk` → `www.google`. An ending is one label, or two of which the first is `co`, `com` and
/// the like (up to three letters) and the second a country's two. The full list of public endings, 200 KB,
/// would say it exactly; here a mistake skips a page named `/search` on a host named `google`.
fn without_country(host: &str) -> Option<&str> {
    let (rest, last) = host.rsplit_once('.')?;
    match rest.rsplit_once('.') {
        Some((before, second)) if last.len() == 2 && second.len() <= 3 => Some(before),
        _ => Some(rest),
    }
}

/// Whether `url`, whose host is `host` (lower case, no dot at its end), is a page of search results.
pub fn is_results(host: &str, url: &Url) -> bool {
    LIST.iter().any(|rule| rule.matches(host, url))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn found(url: &str) -> bool {
        let url = Url::parse(url).expect(url);
        let host = super::super::host_of(&url).expect("a host");
        is_results(&host, &url)
    }

    #[test]
    fn every_entry_excludes() {
        assert_eq!(LIST.len(), lists::entries(TEXT).count(), "every line is an entry");
        for rule in LIST.iter() {
            let query = rule.parameter.map(|name| format!("?x=1&{name}=a")).unwrap_or_default();
            let endings: &[&str] =
                if rule.any_country { &[".com", ".de", ".co.uk", ".com.br"] } else { &[""] };
            for ending in endings {
                let host = format!("{}{ending}", rule.host);
                let path = rule.path;
                assert!(found(&format!("https://{host}{path}{query}")), "{rule:?}");
                assert!(found(&format!("https://www.{host}{path}/{query}")), "{rule:?}");
                assert_eq!(found(&format!("https://{host}{path}/below{query}")), rule.and_below, "{rule:?}");
                assert!(!found(&format!("https://{host}.example.org{path}{query}")), "{rule:?}");
                assert!(!found(&format!("https://not{host}{path}{query}")), "{rule:?}");
                if !path.is_empty() {
                    assert!(!found(&format!("https://{host}{path}x{query}")), "{rule:?}");
                }
                if rule.parameter.is_some() {
                    assert!(!found(&format!("https://{host}{path}")), "{rule:?}");
                }
            }
        }
    }

    #[test]
    fn results_are_told_from_other_pages_of_the_same_site() {
        for url in [
            "https://www.google.com/search?q=rust&hl=en",
            "https://www.google.co.uk/search?q=rust",
            "https://google.com.br/search?udm=2&q=rust",
            "https://www.bing.com/search?q=rust",
            "https://duckduckgo.com/?t=h_&q=rust",
            "https://html.duckduckgo.com/html/?q=rust",
            "https://uk.search.yahoo.com/search?p=rust",
            "https://www.baidu.com/s?wd=rust",
            "https://yandex.ru/search/?text=rust",
            "https://yandex.com.tr/search/?text=rust",
            "https://search.brave.com/images?q=rust",
            "https://www.startpage.com/do/dsearch?query=rust",
        ] {
            assert!(found(url), "{url}");
        }
        for url in [
            "https://www.google.com/search/howsearchworks/",
            "https://www.google.com/about",
            "https://duckduckgo.com/about",
            "https://duckduckgo.com/",
            "https://www.qwant.com/",
            "https://kagi.com/pricing",
            "https://blog.google/search",
            "https://google.example.org/search?q=a",
            "https://example.org/search?q=a",
            "https://docs.google.com/document/d/1",
            "https://yandex.com/company",
        ] {
            assert!(!found(url), "{url}");
        }
    }
}
