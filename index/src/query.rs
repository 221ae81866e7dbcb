//! Questions and their answers.

use crate::fusion::Fusion;
use crate::language::Must;
use crate::page::PageInfo;

/// A question.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Its words, as typed; any text.
    pub text: &'a str,
    /// Its meaning, where an embedder was there to give one.
    pub vector: Option<QueryVector<'a>>,
    /// What the text of every hit must satisfy.
    pub must: Must,
    /// What every hit must satisfy besides.
    pub filters: Filters,
    /// Which hit comes first.
    pub order: Order,
    /// At most this many hits.
    pub limit: usize,
}

/// Which hit comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The one that answers best.
    #[default]
    Best,
    /// Of those that answer well, the one that was seen last.
    Newest,
}

/// The meaning of a question.
#[derive(Debug, Clone)]
pub struct QueryVector<'a> {
    /// The space (model and revision). Only passages of the same space are compared with it.
    pub space: &'a str,
    /// The vector, of any length but zero.
    pub values: &'a [f32],
    /// How it is combined with the words.
    pub fusion: Fusion,
    /// A page whose best cosine is below this is not found by its meaning. At -1 every page is a hit, above
    /// 1 only words find pages.
    pub min_cosine: f32,
}

/// What every hit must satisfy; an absent field asks nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    /// Hosts, which their subdomains match too: `example.org` finds `www.example.org`. One of them must match.
    pub sites: Option<Vec<String>>,
    /// Hosts like those of `sites`; none of them.
    pub without_sites: Vec<String>,
    /// Last seen at this time or later, ms since the epoch.
    pub after: Option<f64>,
    /// Last seen before this time, ms since the epoch.
    pub before: Option<f64>,
}

impl Filters {
    /// Both this and `other`.
    #[must_use]
    pub fn and(mut self, other: Filters) -> Filters {
        self.sites = match (self.sites, other.sites) {
            (Some(a), Some(b)) => {
                let within = |inner: &[String], outer: &[String]| -> Vec<String> {
                    inner
                        .iter()
                        .filter(|host| outer.iter().any(|site| host_on(host, site)))
                        .cloned()
                        .collect()
                };
                Some([within(&a, &b), within(&b, &a)].concat())
            }
            (one, other) => one.or(other),
        };
        self.without_sites.extend(other.without_sites);
        let narrower = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (one, other) => one.or(other),
        };
        self.after = narrower(self.after, other.after, f64::max);
        self.before = narrower(self.before, other.before, f64::min);
        self
    }

    /// Whether a page last seen at this time satisfies them.
    pub(crate) fn accept_time(&self, last_seen: f64) -> bool {
        self.after.is_none_or(|after| last_seen >= after)
            && self.before.is_none_or(|before| last_seen < before)
    }

    /// Whether a page on this host satisfies them.
    pub(crate) fn accept_host(&self, host: &str) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.iter().any(|site| host_on(host, site)))
            && !self.without_sites.iter().any(|site| host_on(host, site))
    }
}

/// Whether `host` is `site` or one of its subdomains. A blank site asks nothing.
fn host_on(host: &str, site: &str) -> bool {
    let site = site.trim().trim_matches('.').to_lowercase();
    let host = host.trim_end_matches('.').to_lowercase();
    match host.strip_suffix(&site) {
        Some(rest) => site.is_empty() || rest.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

/// The host in `url`, or nothing. By hand: the URLs come from the browser's own parser, and a second one
/// would be the largest dependency of this crate.
pub(crate) fn host(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else { return "" };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// One page that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The page.
    pub page: PageInfo,
    /// Its best passage around what matched, in pieces that together are one text; those that match a word
    /// of the question are marked.
    pub snippet: Vec<Piece>,
    /// The passage, where it has no word of the question and was found by meaning: [`crate::closest`] shows the
    /// sentence of it that whoever has an embedder thinks closest.
    pub unmarked: Option<String>,
    /// The fused score; comparable within one answer only.
    pub score: f64,
    /// How close the page's meaning is to the question's, where the page has vectors of its space: the cosine of its
    /// best passage, or the mean of that and the cosine of its lead.
    pub cosine: Option<f64>,
    /// The cosine of its closest passage, or of its lead if that is closer: what the least cosine is asked of.
    pub closest: Option<f64>,
    /// The page's BM25 score, if a word matched.
    pub bm25: Option<f64>,
    /// What found it.
    pub why: Why,
    /// How many other pages match that say nearly the same; they are no hits of their own.
    pub alike: u32,
}

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Plain text.
    pub text: String,
    /// It matches the question.
    pub marked: bool,
}

/// What found a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Words of the question are in it.
    Words,
    /// It means something close.
    Meaning,
    /// Both.
    Both,
}

/// How much is in the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages.
    pub pages: usize,
    /// Their passages, titles included.
    pub passages: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_matches_itself_and_its_subdomains() {
        for (url, site, matches) in [
            ("https://example.org/a", "example.org", true),
            ("https://www.example.org/a", "example.org", true),
            ("https://WWW.Example.ORG/a", " Example.org ", true),
            ("https://badexample.org/", "example.org", false),
            ("https://example.org.evil.test/", "example.org", false),
            ("https://evil.test/?u=https://example.org/", "example.org", false),
            ("https://evil.test#@example.org", "example.org", false),
            ("https://user:pw@example.org:8443/", "example.org", true),
            ("https://example.org", "www.example.org", false),
            ("http://[2001:db8::1]:80/", "2001:db8::1", true),
            ("https://example.org./", "example.org", true),
            ("no url at all", "example.org", false),
            ("", "example.org", false),
            ("https://example.org/", "", true),
        ] {
            assert_eq!(host_on(host(url), site), matches, "{url} on {site}");
        }
    }
}
