//! What is kept, as a person looks through it: the list of pages, what is known of one, what each site takes, pins.

use super::{Engine, EngineError};
use crate::{platform::Platform, rules, url_key};
use afterimage_index::{
    PageId, PageInfo, sort_by,
    store::{Batch, Store, Table},
};
use afterimage_messages::{
    ListPages, PageList, PageStatus, Pin, Row, Sensitive, SensitiveGroup, SiteList, SiteUse, SkipReason,
};
use std::collections::{BTreeMap, HashSet};

/// A pinned page has a row under this and its identifier, in `meta`.
pub(super) const PIN_PREFIX: &str = "pin/";
/// Rows of a list that are ever given at once.
const LIST_LIMIT: usize = 200;
/// Sites that are given.
const SITES: usize = 500;
/// Outcomes of readings that are remembered, so that the popup can say why a page was not read.
pub(super) const SKIPPED: usize = 64;

pub(super) fn pin_key(id: PageId) -> String {
    format!("{PIN_PREFIX}{id}")
}

/// The pinned pages.
pub(super) async fn load_pins<S: Store>(store: &S) -> Result<HashSet<PageId>, EngineError> {
    let mut pins = HashSet::new();
    let mut after = PIN_PREFIX.to_owned();
    loop {
        let rows = store.scan(Table::Meta, Some(&after), 256).await?;
        let Some((last, _)) = rows.last() else { return Ok(pins) };
        after = last.clone();
        for (key, _) in &rows {
            match key.strip_prefix(PIN_PREFIX) {
                Some(page) => pins.extend(page.parse::<PageId>().ok()),
                None => return Ok(pins),
            }
        }
    }
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// A part of the list of all pages.
    pub(super) async fn pages(&self, list: ListPages) -> Result<PageList, EngineError> {
        let site = match &list.filters.site {
            Some(site) => Some(
                rules::sites::normalise(site)
                    .ok_or_else(|| EngineError::BadArgument(format!("{site:?} names no site")))?,
            ),
            None => None,
        };
        let (after, before) = (list.filters.after, list.filters.before);
        let mut all = self.index.list(|page| {
            let fits = site.as_ref().is_none_or(|site| rules::sites::is_on(page.host, site))
                && after.is_none_or(|after| page.last_seen >= after)
                && before.is_none_or(|before| page.last_seen < before);
            fits.then_some((page.last_seen, page.id))
        });
        sort_by(&mut all, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let limit = (list.limit as usize).min(LIST_LIMIT);
        let ids: Vec<PageId> = all.iter().skip(list.offset as usize).take(limit).map(|(_, id)| *id).collect();
        let rows = self.index.pages(&ids).await?.into_iter().flatten().map(|page| self.row(page)).collect();
        let seen = if list.offset == 0 { all.iter().map(|(seen, _)| *seen).collect() } else { Vec::new() };
        Ok(PageList { total: all.len() as u32, seen, rows })
    }

    fn row(&self, page: PageInfo) -> Row {
        Row {
            page: page.id.to_string(),
            site: url_key::site(&page.url),
            title: if page.title.is_empty() { page.url.clone() } else { page.title },
            url: page.url,
            first_seen: page.first_seen,
            last_seen: page.last_seen,
            visits: page.visits,
            passages: page.passages,
            language: page.language,
            pinned: self.pins.borrow().contains(&page.id),
        }
    }

    /// What is known of an address, and what the rules say about it.
    pub(super) async fn page_status(&self, url: &str) -> Result<PageStatus, EngineError> {
        let known = self.find_page(url).await?;
        let page = match known {
            Some(id) => self.index.page(id).await?.map(|page| self.row(page)),
            None => None,
        };
        let key = url_key::UrlKey::new(url, None).ok();
        let id = key.as_ref().map(|key| PageId::from_key_hash(key.sha256()));
        let queued = id.is_some_and(|id| self.queue.borrow().newest(id).is_some());
        let settings = self.settings.borrow();
        let host = rules::public_host(url);
        let rule = host.as_deref().and_then(|host| rules::sites::rule_for(host, &settings.sites)).cloned();
        let by_address = if !settings.consent {
            Some(SkipReason::NoConsent)
        } else if rules::is_paused(&settings, self.platform().now()) {
            Some(SkipReason::Paused)
        } else {
            rules::check_address(url, &settings, false).err()
        };
        let before = id.and_then(|id| self.outcome(id));
        // What is on a page is seen only by reading it, which a person may have asked for in a pause.
        let on_it = before.filter(|reason| {
            let on_pages =
                [SkipReason::PasswordField, SkipReason::CardField, SkipReason::NoArchive, SkipReason::Empty];
            on_pages.contains(reason)
        });
        let skip = match by_address {
            Some(SkipReason::Paused | SkipReason::Manual) => on_it.or(by_address),
            by_address => by_address.or(before),
        };
        Ok(PageStatus {
            site: url_key::site(url),
            page,
            queued,
            skip,
            level: rule.as_ref().map_or(settings.level, |rule| rule.level),
            rule,
            changeable: host.is_some(),
        })
    }

    /// The page at an address.
    pub(super) async fn find_page(&self, url: &str) -> Result<Option<PageId>, EngineError> {
        let key = url_key::UrlKey::new(url, None).ok();
        match key.map(|key| PageId::from_key_hash(key.sha256())).filter(|id| self.index.contains(*id)) {
            Some(id) => Ok(Some(id)),
            None => Ok(self.index.find_alias(url_key::alias_hash(url)).await?),
        }
    }

    fn outcome(&self, id: PageId) -> Option<SkipReason> {
        self.skipped.borrow().iter().rev().find(|(page, _)| *page == id).map(|(_, reason)| *reason)
    }

    /// Remembers, in memory only, what became of a page's reading.
    pub(super) fn note_outcome(&self, url: &str, outcome: Option<SkipReason>) {
        let Ok(key) = url_key::UrlKey::new(url, None) else { return };
        let id = PageId::from_key_hash(key.sha256());
        let mut skipped = self.skipped.borrow_mut();
        skipped.retain(|(page, _)| *page != id);
        if let Some(reason) = outcome {
            skipped.push_back((id, reason));
            if skipped.len() > SKIPPED {
                skipped.pop_front();
            }
        }
    }

    /// Keeps a page from retention, or no longer.
    pub(super) async fn pin(&self, pin: Pin) -> Result<PageStatus, EngineError> {
        let Pin { page, pinned } = pin;
        let id: PageId =
            page.parse().map_err(|_| EngineError::BadArgument(format!("{page:?} names no page")))?;
        let Some(info) = self.index.page(id).await? else {
            return Err(EngineError::BadArgument(format!("the page {page} is not kept")));
        };
        let mut batch = Batch::new();
        if pinned {
            batch.put(Table::Meta, pin_key(id), vec![1]);
        } else {
            batch.delete(Table::Meta, pin_key(id));
        }
        self.store().commit(batch).await?;
        if pinned {
            self.pins.borrow_mut().insert(id);
        } else {
            self.pins.borrow_mut().remove(&id);
        }
        self.page_status(&info.url).await
    }

    /// What each site takes, the largest first.
    pub(super) fn sites(&self) -> SiteList {
        let mut sites: BTreeMap<String, (u32, u64)> = BTreeMap::new();
        self.index.list(|page| {
            let host = page.host.strip_prefix("www.").unwrap_or(page.host);
            let site = match sites.get_mut(host) {
                Some(site) => site,
                None => sites.entry(host.to_owned()).or_default(),
            };
            site.0 += 1;
            site.1 += page.bytes;
            None::<()>
        });
        let total = sites.len() as u32;
        let mut sites: Vec<SiteUse> = (sites.into_iter())
            .map(|(site, (pages, bytes))| SiteUse { site, pages, bytes: bytes as f64 })
            .collect();
        sort_by(&mut sites, |a, b| b.bytes.total_cmp(&a.bytes).then_with(|| a.site.cmp(&b.site)));
        sites.truncate(SITES);
        SiteList { total, sites }
    }

    /// The kept list of sensitive sites.
    pub(super) fn sensitive(&self) -> Sensitive {
        let groups = rules::sensitive::groups()
            .map(|(name, sites)| SensitiveGroup {
                name: name.into(),
                sites: sites.into_iter().map(str::to_owned).collect(),
            })
            .collect();
        Sensitive { groups }
    }
}
