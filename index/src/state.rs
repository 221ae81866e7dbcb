//! What the index keeps in memory: the page table, the resident parts of the segments, and what is new.
//!
//! All of it is synchronous and knows no store, so that [`crate::Index`] can borrow it for the length of one
//! call and never across an `await`.

use crate::catalog::{Entry, Manifest, Pages, SegmentEntry, Slot};
use crate::error::IndexError;
use crate::page::{Missing, PageId};
use crate::segment::Segment;
use crate::segment::fresh::Fresh;
use crate::segment::vectors::Vectors;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// The derived state.
#[derive(Default)]
pub(crate) struct State {
    pub pages: Pages,
    /// Oldest first.
    pub segments: Vec<Rc<Segment>>,
    pub fresh: Fresh,
    spaces: Vec<Space>,
    /// But for its segments, which are those above.
    pub manifest: Manifest,
    /// The manifest in the store is older.
    pub manifest_changed: bool,
    /// A page was deleted since the last checkpoint: its identifier is in the journal, its host in the page table.
    pub deleted: bool,
    /// Keys of journal rows that the next checkpoint makes superfluous.
    pub journal: Vec<String>,
    /// Pieces of the page table that changed since the last checkpoint.
    pub changed_pieces: BTreeSet<u8>,
    /// Pages that a rebuild is to look at.
    pub rebuild: VecDeque<PageId>,
    /// `rebuild` is filled.
    pub rebuilding: bool,
    /// Segments of which a question found a list damaged.
    pub lost: BTreeSet<u32>,
    /// Pages of which a row turned out to be damaged.
    pub damaged: HashSet<PageId>,
    /// Rows that cannot be used.
    pub corrupt: usize,
    /// What [`State::dead_share`] found of each segment, and how many pages had been removed then.
    dead_shares: RefCell<HashMap<u32, (u64, f64)>>,
}

/// A space.
struct Space {
    name: String,
    dimensions: usize,
    /// How many vectors each page has, by its slot.
    embedded: Vec<u32>,
    /// How many vectors living pages have.
    total: u64,
}

impl State {
    /// A page number that no text ever had.
    pub fn new_number(&mut self) -> u32 {
        let number = self.manifest.next_number;
        self.manifest.next_number = number.wrapping_add(1);
        number
    }

    /// A sequence number for the journal that was never used.
    pub fn new_journal(&mut self) -> u64 {
        let sequence = self.manifest.next_journal;
        self.manifest.next_journal = sequence.wrapping_add(1);
        sequence
    }

    /// An identifier for a segment that was never used.
    pub fn new_segment(&mut self) -> u32 {
        let id = self.manifest.next_segment;
        self.manifest.next_segment = id.wrapping_add(1);
        id
    }

    /// The manifest as it is to be stored.
    pub fn manifest(&self) -> Manifest {
        let segments: Vec<SegmentEntry> = self.segments.iter().map(|segment| segment.entry.clone()).collect();
        Manifest { segments, ..self.manifest.clone() }
    }

    /// Adds a segment that was read or written, and counts its vectors.
    pub fn add_segment(&mut self, segment: Segment) {
        for part in &segment.vectors {
            self.count_part(part);
        }
        self.segments.push(Rc::new(segment));
    }

    fn count_part(&mut self, part: &Vectors) {
        let Some(space) = self.space_for(&part.space, part.dimensions) else { return };
        for (index, run) in part.runs.iter().enumerate() {
            self.count_vectors(space, run.slot, part.rows(index).len() as u32);
        }
    }

    /// Forgets a page. Its segments keep what they have of it, dead.
    pub fn remove_page(&mut self, id: PageId) -> bool {
        let Some(slot) = self.pages.slot(id) else { return false };
        for space in &mut self.spaces {
            if let Some(embedded) = space.embedded.get_mut(slot as usize) {
                space.total -= u64::from(std::mem::take(embedded));
            }
        }
        self.pages.remove(id).is_some()
    }

    /// The segments that hold something of these texts, or of any that is gone already: earlier texts of the same
    /// pages may be among those.
    pub fn holding(&self, numbers: &HashSet<u32>) -> Vec<u32> {
        let holds = |number: u32, slot: Slot| numbers.contains(&number) || !self.pages.is_alive(slot);
        let holding = self.segments.iter().filter(|segment| {
            let mut pages = segment.words.iter().flat_map(|words| words.pages());
            let mut runs = segment.vectors.iter().flat_map(|part| &part.runs);
            pages.any(|page| holds(page.0, page.1)) || runs.any(|run| holds(run.number, run.slot))
        });
        holding.map(|segment| segment.entry.id).collect()
    }

    /// Whether the words of a page's text are in a segment or among what is new.
    pub fn has_words(&self, number: u32) -> bool {
        self.fresh.has(number)
            || self.segments.iter().any(|segment| segment.words.as_ref().is_some_and(|w| w.has(number)))
    }

    /// All vector parts of a space.
    fn parts<'a>(&'a self, space: &'a str) -> impl Iterator<Item = &'a Vectors> {
        let written = self.segments.iter().flat_map(|segment| &segment.vectors).map(|part| &**part);
        let all = written.chain(&self.fresh.vectors);
        all.filter(move |part| part.space == space)
    }

    /// The same as they are now, to be kept. What is new is copied: it grows, and there is little of it.
    pub fn parts_now(&self, space: &str) -> Vec<Rc<Vectors>> {
        let written = self.segments.iter().flat_map(|segment| &segment.vectors).cloned();
        let new = self.fresh.vectors.iter().map(|part| Rc::new(part.clone()));
        written.chain(new).filter(|part| part.space == space).collect()
    }

    /// Which passages of a page's text have a vector.
    pub fn embedded_ordinals(&self, space: &str, number: u32) -> HashSet<u32> {
        let mut found = HashSet::new();
        for part in self.parts(space) {
            for run in part.runs_of(number) {
                found.extend(part.ordinals[part.rows(run)].iter().copied());
            }
        }
        found
    }

    /// Index and dimensions of a space that has vectors.
    fn space(&self, name: &str) -> Option<&Space> {
        self.spaces.iter().find(|space| space.total > 0 && space.name == name)
    }

    /// The spaces that have vectors.
    pub fn space_names(&self) -> Vec<String> {
        self.spaces.iter().filter(|space| space.total > 0).map(|space| space.name.clone()).collect()
    }

    /// Refuses vectors that cannot be compared with those of the space.
    pub fn check_dimensions(&self, space: &str, got: usize) -> Result<(), IndexError> {
        match self.space(space) {
            Some(known) if known.dimensions != got => Err(IndexError::DimensionMismatch {
                space: space.to_owned(),
                expected: known.dimensions,
                got,
            }),
            _ => Ok(()),
        }
    }

    /// The index of a space, new or known; `None` if its vectors have other dimensions.
    pub fn space_for(&mut self, name: &str, dimensions: usize) -> Option<usize> {
        if let Some(at) = self.spaces.iter().position(|space| space.name == name) {
            if self.spaces[at].total == 0 {
                self.spaces[at].dimensions = dimensions;
            }
            return (self.spaces[at].dimensions == dimensions).then_some(at);
        }
        self.spaces.push(Space { name: name.to_owned(), dimensions, embedded: Vec::new(), total: 0 });
        Some(self.spaces.len() - 1)
    }

    /// A living page got so many vectors more.
    pub fn count_vectors(&mut self, space: usize, slot: Slot, more: u32) {
        if !self.pages.is_alive(slot) {
            return;
        }
        let space = &mut self.spaces[space];
        if space.embedded.len() <= slot as usize {
            space.embedded.resize(slot as usize + 1, 0);
        }
        space.embedded[slot as usize] += more;
        space.total += u64::from(more);
    }

    /// A page has so many vectors less.
    pub fn uncount_vectors(&mut self, space: &str, slot: Slot, less: u32) {
        let Some(space) = self.spaces.iter_mut().find(|known| known.name == space) else { return };
        if let Some(embedded) = space.embedded.get_mut(slot as usize) {
            let less = less.min(*embedded);
            *embedded -= less;
            space.total -= u64::from(less);
        }
    }

    /// How many vectors a page has in a space.
    pub fn embedded(&self, space: &str, slot: Slot) -> u32 {
        let counts = self.spaces.iter().find(|known| known.name == space).map(|known| &known.embedded);
        counts.and_then(|counts| counts.get(slot as usize)).copied().unwrap_or(0)
    }

    /// Some pages have lost their vectors in a space.
    pub fn forget_vectors(&mut self, name: &str, pages: &[(PageId, usize)]) {
        let Some(at) = self.spaces.iter().position(|space| space.name == name) else { return };
        for (id, bytes) in pages {
            let Some(slot) = self.pages.slot(*id) else { continue };
            if let Some(embedded) = self.spaces[at].embedded.get_mut(slot as usize) {
                self.spaces[at].total -= u64::from(std::mem::take(embedded));
            }
            self.pages.update(slot, |entry| {
                entry.vector_bytes = entry.vector_bytes.saturating_sub(*bytes as u32);
            });
            self.changed_pieces.insert(crate::catalog::piece_of(*id));
        }
    }

    /// Forgets a space: its codes in all segments.
    pub fn drop_space(&mut self, name: &str) {
        self.dead_shares.borrow_mut().clear();
        self.spaces.retain(|space| space.name != name);
        self.fresh.vectors.retain(|part| part.space != name);
        for segment in &mut self.segments {
            if segment.entry.spaces.iter().any(|space| space.0 == name) {
                let mut entry = segment.entry.clone();
                entry.spaces.retain(|space| space.0 != name);
                let vectors = segment.vectors.iter().filter(|part| part.space != name).cloned().collect();
                *segment = Rc::new(Segment { entry, words: segment.words.clone(), vectors });
            }
        }
    }

    /// How many vectors each page lacks.
    fn lacking<'a>(&'a self, missing: Missing<'a>) -> impl Iterator<Item = (Slot, &'a Entry, u32)> {
        let in_space = match missing {
            Missing::In(name) => self.spaces.iter().find(|space| space.name == name),
            Missing::Any => None,
        };
        self.pages.iter().map(move |(slot, entry)| {
            let of = |space: &Space| space.embedded.get(slot as usize).copied().unwrap_or(0);
            let has = match missing {
                Missing::In(_) => in_space.map_or(0, of),
                Missing::Any => self.spaces.iter().map(of).max().unwrap_or(0),
            };
            // What cannot be read is not waited for.
            let wanted = if self.damaged.contains(&entry.id) { 0 } else { entry.wanted() };
            (slot, entry, wanted.saturating_sub(has))
        })
    }

    /// How many vectors are missing.
    pub fn unembedded(&self, missing: Missing<'_>) -> usize {
        self.lacking(missing).map(|(_, _, lacks)| lacks as usize).sum()
    }

    /// The first `limit` passages without a vector: pages with a text before those that have a title only (a whole
    /// history of these may have come at once); of the page seen last first; the title, the lead, then the rest.
    pub fn next_unembedded<'a>(&'a self, missing: Missing<'a>, limit: usize) -> Vec<(&'a Entry, Vec<u32>)> {
        let order = |(_, a): &(Slot, &Entry), (_, b): &(Slot, &Entry)| {
            let title_only = (a.titled && a.passages < 2).cmp(&(b.titled && b.passages < 2));
            title_only.then(b.last_seen.total_cmp(&a.last_seen)).then_with(|| a.id.cmp(&b.id))
        };
        // Each of them lacks one at least, so that no more pages are needed; and to sort a whole history for each few of its
        // passages would take longer than these.
        let mut pages: Vec<(Slot, &Entry)> = Vec::new();
        for (slot, entry, _) in self.lacking(missing).filter(|(_, _, lacks)| *lacks > 0) {
            let page = (slot, entry);
            if pages.len() < limit || pages.last().is_some_and(|last| order(&page, last).is_lt()) {
                let at = pages.partition_point(|known| order(known, &page).is_lt());
                pages.insert(at, page);
                pages.truncate(limit);
            }
        }
        let mut left = limit;
        let mut found = Vec::new();
        for (slot, entry) in pages {
            if left == 0 {
                break;
            }
            let mut there = HashSet::new();
            for space in &self.spaces {
                let counts = match missing {
                    Missing::In(name) => space.name == name,
                    Missing::Any => true,
                };
                if counts && space.embedded.get(slot as usize).is_some_and(|count| *count > 0) {
                    there.extend(self.embedded_ordinals(&space.name, entry.number));
                }
            }
            let in_order = (0..entry.passages.min(1)).chain(entry.lead()).chain(1..entry.passages);
            let lacks: Vec<u32> = in_order.filter(|ordinal| !there.contains(ordinal)).take(left).collect();
            left -= lacks.len();
            if !lacks.is_empty() {
                found.push((entry, lacks));
            }
        }
        found
    }

    /// Of these pages, the one seen last.
    pub fn seen_last(&self, ids: impl Iterator<Item = PageId>) -> Option<PageId> {
        let known = ids.filter_map(|id| self.pages.find(id));
        known
            .max_by(|a, b| a.last_seen.total_cmp(&b.last_seen).then_with(|| a.id.cmp(&b.id)))
            .map(|entry| entry.id)
    }

    /// Bytes of all rows that are kept of pages, segments included.
    pub fn stored_bytes(&self) -> u64 {
        self.pages.bytes() + self.segments.iter().map(|segment| segment.entry.bytes).sum::<u64>()
    }

    /// Which share of a segment is dead. Asked before each step of the work, so it is counted only where pages have gone
    /// since.
    pub fn dead_share(&self, segment: &Segment) -> f64 {
        let (id, removed) = (segment.entry.id, self.pages.removed());
        match self.dead_shares.borrow().get(&id) {
            Some((then, share)) if *then == removed => return *share,
            _ => {}
        }
        let share = self.count_dead(segment);
        let mut shares = self.dead_shares.borrow_mut();
        shares.retain(|id, _| self.segments.iter().any(|segment| segment.entry.id == *id));
        shares.insert(id, (removed, share));
        share
    }

    fn count_dead(&self, segment: &Segment) -> f64 {
        let (mut dead, mut all) = (0, 0);
        let mut count = |slot: Slot, how_many: usize| {
            all += how_many;
            dead += if self.pages.is_alive(slot) { 0 } else { how_many };
        };
        if let Some(words) = &segment.words {
            words.pages().for_each(|(_, slot, _, docs)| count(slot, docs as usize));
        }
        for part in &segment.vectors {
            (0..part.runs.len()).for_each(|run| count(part.runs[run].slot, part.rows(run).len()));
        }
        dead as f64 / all.max(1) as f64
    }
}
