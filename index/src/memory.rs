//! What the index keeps in memory: everything but the texts, rebuilt from the store at each start.
//!
//! All of it is synchronous and knows no store, so that [`crate::Index`] can borrow it for the length of one
//! call and never across an `await`.

use crate::error::IndexError;
use crate::page::{Missing, PageId, PageInfo};
use crate::postings::{Postings, Slot};
use crate::records::{ChunkRow, PASSAGES_PER_ROW, PageRow, chunks};
use crate::vector::Vector;
use std::collections::HashMap;

/// The derived state.
#[derive(Default)]
pub(crate) struct Memory {
    pub pages: HashMap<PageId, Page>,
    /// Who was seen under a raw URL. Mostly one page; two where an address changed what it leads to.
    aliases: HashMap<[u8; 16], Vec<PageId>>,
    pub words: Postings,
    /// One for each slot of `words`, the removed included.
    passages: Vec<Passage>,
    spaces: Vec<Space>,
    /// Rows that cannot be used.
    pub corrupt: usize,
    /// Greater than every generation that is or was in use.
    next_generation: u32,
}

/// A page.
pub(crate) struct Page {
    pub info: PageInfo,
    pub generation: u32,
    pub titled: bool,
    /// Its readable passages, in order.
    pub slots: Vec<Slot>,
    /// Its row in the store, key included.
    row_bytes: usize,
    /// Its rows of passages, keys included; 0 where one cannot be used.
    chunk_bytes: Vec<usize>,
}

impl Page {
    /// How many rows its passages have.
    pub fn chunks(&self) -> usize {
        self.chunk_bytes.len()
    }
}

/// A passage.
struct Passage {
    ordinal: u32,
    /// Index into `spaces`, and the vector.
    vector: Option<(u32, Vector)>,
}

/// A space, as long as it has vectors.
struct Space {
    name: String,
    dimensions: usize,
    vectors: usize,
}

impl Memory {
    /// A generation that no passage ever had.
    pub fn new_generation(&mut self) -> u32 {
        let generation = self.next_generation;
        self.next_generation = generation.wrapping_add(1);
        generation
    }

    /// Adds a page without its passages, in place of the one of the same identifier.
    pub fn put_page(&mut self, id: PageId, row: PageRow, row_bytes: usize) {
        self.remove_page(id);
        self.next_generation = self.next_generation.max(row.generation.saturating_add(1));
        let page = Page {
            generation: row.generation,
            titled: row.titled,
            slots: Vec::new(),
            row_bytes,
            chunk_bytes: vec![0; chunks(row.passages)],
            info: row.into_info(id),
        };
        for alias in &page.info.aliases {
            self.aliases.entry(*alias).or_default().push(id);
        }
        self.pages.insert(id, page);
    }

    /// Adds the passages of one row; `texts` are complete, the title's included. `false` if the row does not
    /// belong to what is known of its page.
    pub fn put_chunk(
        &mut self,
        id: PageId,
        chunk: usize,
        row: &ChunkRow,
        texts: &[String],
        row_bytes: usize,
    ) -> bool {
        let Some(page) = self.pages.get_mut(&id) else { return false };
        let total = page.info.passages as usize;
        let first = chunk.saturating_mul(PASSAGES_PER_ROW);
        let fits = page.generation == row.generation
            && page.chunk_bytes.get(chunk) == Some(&0)
            && texts.len() == PASSAGES_PER_ROW.min(total.saturating_sub(first));
        if !fits {
            return false;
        }
        page.chunk_bytes[chunk] = row_bytes;
        let mut slots = Vec::with_capacity(texts.len());
        for (offset, text) in texts.iter().enumerate() {
            slots.push(self.words.add(text));
            self.passages.push(Passage { ordinal: (first + offset) as u32, vector: None });
        }
        page.slots.extend(&slots);
        for (slot, vector) in slots.into_iter().zip(&row.vectors) {
            if let Some((space, vector)) = vector {
                self.set_vector(slot, space, vector.clone());
            }
        }
        true
    }

    /// Once all rows are read: counts what is missing of each page.
    pub fn count_missing(&mut self) {
        for page in self.pages.values_mut() {
            let missing = page.chunk_bytes.iter().filter(|bytes| **bytes == 0).count();
            if missing > 0 {
                self.corrupt += missing;
                page.info.text_hash = [0; 32];
            }
        }
    }

    /// Forgets the passages of a row that turned out to be damaged.
    pub fn set_aside(&mut self, id: PageId, chunk: usize) {
        let Some(page) = self.pages.get_mut(&id) else { return };
        let Some(bytes) = page.chunk_bytes.get_mut(chunk).filter(|bytes| **bytes > 0) else { return };
        *bytes = 0;
        self.corrupt += 1;
        page.info.text_hash = [0; 32];
        let (gone, kept): (Vec<Slot>, Vec<Slot>) = (page.slots.iter().copied())
            .partition(|slot| self.passages[*slot as usize].ordinal as usize / PASSAGES_PER_ROW == chunk);
        page.slots = kept;
        gone.into_iter().for_each(|slot| self.remove_passage(slot));
    }

    /// Removes a page and all that is known of it.
    pub fn remove_page(&mut self, id: PageId) -> bool {
        let Some(page) = self.pages.remove(&id) else { return false };
        for alias in &page.info.aliases {
            if let Some(pages) = self.aliases.get_mut(alias) {
                pages.retain(|page| *page != id);
                if pages.is_empty() {
                    self.aliases.remove(alias);
                }
            }
        }
        page.slots.into_iter().for_each(|slot| self.remove_passage(slot));
        if self.words.wants_compaction() {
            self.compact();
        }
        true
    }

    fn remove_passage(&mut self, slot: Slot) {
        self.words.remove(slot);
        if let Some((space, _)) = self.passages[slot as usize].vector.take() {
            self.spaces[space as usize].vectors -= 1;
        }
    }

    fn compact(&mut self) {
        let new_slots = self.words.compact();
        let mut keep = new_slots.iter().map(Option::is_some);
        self.passages.retain(|_| keep.next().unwrap_or(false));
        for page in self.pages.values_mut() {
            page.slots = page.slots.iter().filter_map(|slot| new_slots[*slot as usize]).collect();
        }
    }

    /// Replaces what is known of a page, but not of its passages.
    pub fn update_page(&mut self, info: PageInfo, row_bytes: usize) {
        let Some(page) = self.pages.get_mut(&info.id) else { return };
        for alias in info.aliases.iter().filter(|alias| !page.info.aliases.contains(alias)) {
            self.aliases.entry(*alias).or_default().push(info.id);
        }
        page.info = info;
        page.row_bytes = row_bytes;
    }

    /// The size of a row of passages changed.
    pub fn resize_chunk(&mut self, id: PageId, chunk: usize, row_bytes: usize) {
        let bytes = self.pages.get_mut(&id).and_then(|page| page.chunk_bytes.get_mut(chunk));
        if let Some(bytes) = bytes {
            *bytes = row_bytes;
        }
    }

    /// The page that was seen under a raw URL; of several the one seen last.
    pub fn find_alias(&self, alias: [u8; 16]) -> Option<PageId> {
        let pages = self.aliases.get(&alias)?.iter().filter_map(|id| self.pages.get(id));
        let last = pages.max_by(|a, b| {
            a.info.last_seen.total_cmp(&b.info.last_seen).then_with(|| a.info.id.cmp(&b.info.id))
        })?;
        Some(last.info.id)
    }

    /// Rows of pages and passages, in bytes.
    pub fn stored_bytes(&self) -> u64 {
        let page_bytes = |page: &Page| (page.row_bytes + page.chunk_bytes.iter().sum::<usize>()) as u64;
        self.pages.values().map(page_bytes).sum()
    }

    /// The number of a space that has vectors.
    pub fn space(&self, name: &str) -> Option<u32> {
        let used = |space: &Space| space.vectors > 0 && space.name == name;
        self.spaces.iter().position(used).map(|index| index as u32)
    }

    /// Refuses vectors that cannot be compared with those of the space.
    pub fn check_dimensions(&self, space: &str, got: usize) -> Result<(), IndexError> {
        let Some(known) = self.space(space) else { return Ok(()) };
        let expected = self.spaces[known as usize].dimensions;
        if expected == got {
            Ok(())
        } else {
            Err(IndexError::DimensionMismatch { space: space.to_owned(), expected, got })
        }
    }

    /// Gives a passage a vector, in place of any other. One whose dimensions are not those of its space is
    /// counted as corrupt and left out.
    pub fn set_vector(&mut self, slot: Slot, space: &str, vector: Vector) {
        if self.check_dimensions(space, vector.dimensions()).is_err() {
            self.corrupt += 1;
            return;
        }
        let index = self.spaces.iter().position(|known| known.name == space).unwrap_or_else(|| {
            self.spaces.push(Space { name: space.to_owned(), dimensions: 0, vectors: 0 });
            self.spaces.len() - 1
        });
        self.spaces[index].dimensions = vector.dimensions();
        self.spaces[index].vectors += 1;
        let before = self.passages[slot as usize].vector.replace((index as u32, vector));
        if let Some((before, _)) = before {
            self.spaces[before as usize].vectors -= 1;
        }
    }

    /// A passage's vector, if it has one of this space.
    pub fn vector(&self, slot: Slot, space: u32) -> Option<&Vector> {
        let (of, vector) = self.passages[slot as usize].vector.as_ref()?;
        (*of == space).then_some(vector)
    }

    /// Which of its page's passages it is.
    pub fn ordinal(&self, slot: Slot) -> u32 {
        self.passages[slot as usize].ordinal
    }

    /// The slot of one of a page's passages.
    pub fn slot(&self, page: &Page, ordinal: u32) -> Option<Slot> {
        // Slots ascend with ordinals, also after a row was set aside.
        let at = page.slots.binary_search_by_key(&ordinal, |slot| self.ordinal(*slot)).ok()?;
        Some(page.slots[at])
    }

    /// The passages that have no vector of this space, of each page that has such: most recently seen page
    /// first, in order.
    pub fn unembedded(&self, missing: Missing<'_>) -> Vec<(&Page, Vec<u32>)> {
        let space = match missing {
            Missing::In(name) => self.space(name),
            Missing::Any => None,
        };
        let lacks = |slot: &Slot| match (missing, space) {
            (Missing::Any, _) => self.passages[*slot as usize].vector.is_none(),
            (Missing::In(_), None) => true,
            (Missing::In(_), Some(space)) => self.vector(*slot, space).is_none(),
        };
        let mut pages: Vec<(&Page, Vec<u32>)> = (self.pages.values())
            .map(|page| {
                (page, page.slots.iter().copied().filter(lacks).map(|slot| self.ordinal(slot)).collect())
            })
            .filter(|(_, ordinals): &(_, Vec<u32>)| !ordinals.is_empty())
            .collect();
        pages.sort_by(|(a, _), (b, _)| {
            b.info.last_seen.total_cmp(&a.info.last_seen).then_with(|| a.info.id.cmp(&b.info.id))
        });
        pages
    }
}
