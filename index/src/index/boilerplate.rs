//! What sites repeat is learnt as their pages come, left out of them, and forgotten as they go.
//!
//! A site's table ([`Boilerplate`]) is one row, read before a change of its pages and written with it. A text that is
//! unchanged is only a visit, and costs nothing here. Owners are numbers of texts: one that the page table does not have is
//! gone, and leaves the row at the next change, whatever became of it.

use super::Index;
use crate::boilerplate::Boilerplate;
use crate::error::IndexError;
use crate::page::PageId;
use crate::query::host;
use crate::split::lines;
use crate::store::{Batch, Store, Table};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The tables of some sites while a change of their pages is prepared.
pub(super) struct Sites(BTreeMap<String, Site>);

struct Site {
    boilerplate: Boilerplate,
    /// As it is stored.
    row: Option<Vec<u8>>,
}

/// The text that a page had before: its site and its number.
pub(super) type Earlier = (String, u32);

impl<S: Store> Index<S> {
    /// The text that memory knows of a page.
    pub(super) fn earlier(&self, id: PageId) -> Option<Earlier> {
        let state = self.state.borrow();
        state.pages.find(id).map(|entry| (state.pages.host(entry).to_owned(), entry.number))
    }

    /// The tables of these sites.
    pub(super) async fn sites(&self, hosts: BTreeSet<String>) -> Result<Sites, IndexError> {
        let hosts: Vec<String> = hosts.into_iter().collect();
        let rows = self.store.get_many(Table::Boilerplate, &hosts).await?;
        Ok(self.read_sites(hosts.into_iter().zip(rows)))
    }

    /// The tables of the sites of pages that are to be deleted, without them.
    pub(super) async fn sites_without(&self, ids: &[PageId]) -> Result<Sites, IndexError> {
        let earlier: Vec<Earlier> = ids.iter().filter_map(|id| self.earlier(*id)).collect();
        let unknown = ids.iter().filter(|id| !self.contains(**id));
        let unknown: Vec<String> = unknown.map(PageId::to_string).collect();
        let unreadable = self.store.get_many(Table::Pages, &unknown).await?.iter().any(Option::is_some);
        let mut sites = if unreadable {
            // It does not say of which site it is; it is not in the page table, so that it goes from each.
            let all = self.scan(Table::Boilerplate, "").await?;
            self.read_sites(all.into_iter().map(|(host, row)| (host, Some(row))))
        } else {
            self.sites(earlier.iter().map(|(host, _)| host.clone()).collect()).await?
        };
        let gone: HashSet<u32> = earlier.into_iter().map(|(_, number)| number).collect();
        for site in sites.0.values_mut() {
            site.boilerplate.forget(&|number| gone.contains(&number));
        }
        Ok(sites)
    }

    /// A row that cannot be read is as an empty one.
    fn read_sites(&self, rows: impl Iterator<Item = (String, Option<Vec<u8>>)>) -> Sites {
        let mut state = self.state.borrow_mut();
        let mut sites = BTreeMap::new();
        for (host, row) in rows {
            let mut boilerplate = Boilerplate::default();
            match row.as_deref().map(Boilerplate::decode) {
                Some(Ok(known)) => boilerplate = known,
                Some(Err(_)) => state.corrupt += 1,
                None => {}
            }
            boilerplate.forget(&|number| state.pages.slot_of_number(number).is_none());
            sites.insert(host, Site { boilerplate, row });
        }
        Sites(sites)
    }
}

impl Sites {
    /// Learns the lines of a page's text, which gets this `number` and takes the place of an `earlier` one; gives what its
    /// site does not repeat. No text (passages that somebody else made) has no lines.
    pub fn learn<'a>(
        &mut self,
        url: &str,
        number: u32,
        earlier: Option<Earlier>,
        text: &'a str,
    ) -> Cow<'a, str> {
        let host = host(url);
        if let Some((before, earlier)) = earlier
            && let Some(site) = self.0.get_mut(&before)
        {
            if before == host {
                site.boilerplate.renumber(earlier, number);
            } else {
                site.boilerplate.forget(&|known| known == earlier);
            }
        }
        let Some(site) = self.0.get_mut(host) else { return text.into() };
        let lines: Vec<&str> = lines(text).collect();
        let repeated = site.boilerplate.see(number, &lines);
        if !repeated.contains(&true) {
            return text.into();
        }
        let kept = lines.into_iter().zip(repeated).filter(|(_, repeated)| !repeated).map(|(line, _)| line);
        kept.collect::<Vec<_>>().join("\n").into()
    }

    /// Adds the rows that changed to a batch.
    pub fn put(self, batch: &mut Batch) -> Result<(), IndexError> {
        for (host, site) in self.0 {
            if site.boilerplate.is_empty() {
                if site.row.is_some() {
                    batch.delete(Table::Boilerplate, host);
                }
                continue;
            }
            let row = site.boilerplate.encode()?;
            if site.row.as_ref() != Some(&row) {
                batch.put(Table::Boilerplate, host, row);
            }
        }
        Ok(())
    }
}
