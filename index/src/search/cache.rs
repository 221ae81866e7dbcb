//! What questions have read: pieces of posting lists and rows of vectors, up to a bound.

use crate::page::PageId;
use crate::rows::{VectorRow, checksum};
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Bytes of posting lists that are kept. At 0 every question reads all its lists.
const LIST_BYTES: usize = 24 << 20;

/// Bytes of vectors that are kept: those of 200,000 passages on 20,000 pages and of their leads, with 384 dimensions
/// and some to spare, need no reading then. At 0 every question reads some hundred rows of the store.
pub(crate) const VECTOR_BYTES: usize = 250_000 * 384;

/// A row of vectors, by the number of the page, the chunk, and a hash of the space, which the row has in full.
type BlockKey = (u32, u32, u32);

/// Both.
pub(crate) struct Cache {
    /// By segment and piece.
    lists: Bounded<(u32, u32), Rc<[u8]>>,
    blocks: Bounded<BlockKey, Rc<VectorRow>>,
    /// Grows when vectors are forgotten: what was read before that is not to be kept.
    pub age: u64,
    /// The last row of vectors that was read ahead.
    pub warmed: Option<String>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { lists: Bounded::new(LIST_BYTES), blocks: Bounded::new(VECTOR_BYTES), age: 0, warmed: None }
    }
}

/// Where a row of vectors is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockAt {
    pub page: PageId,
    pub number: u32,
    pub chunk: u32,
}

/// The number says which page it is.
impl Hash for BlockAt {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (u64::from(self.number) << 32 | u64::from(self.chunk)).hash(state);
    }
}

impl BlockAt {
    fn key(&self, space: &str) -> BlockKey {
        (self.number, self.chunk, checksum(space.as_bytes()))
    }
}

impl Cache {
    pub fn list(&self, segment: u32, piece: u32) -> Option<Rc<[u8]>> {
        self.lists.get(&(segment, piece))
    }

    pub fn keep_list(&mut self, segment: u32, piece: u32, bytes: Rc<[u8]>) {
        self.lists.keep((segment, piece), bytes.len(), bytes);
    }

    pub fn block(&self, at: &BlockAt, space: &str) -> Option<Rc<VectorRow>> {
        self.blocks.get(&at.key(space)).filter(|row| row.space == space)
    }

    pub fn keep_block(&mut self, at: &BlockAt, row: Rc<VectorRow>) {
        let bytes = row.vectors.iter().flatten().map(|vector| vector.dimensions()).sum();
        self.blocks.keep(at.key(&row.space), bytes, row);
    }

    /// There is no room for more vectors but in the place of others.
    pub fn is_full(&self) -> bool {
        self.blocks.bytes >= VECTOR_BYTES / 20 * 19
    }

    /// A row of vectors has changed.
    pub fn forget_block(&mut self, at: &BlockAt, space: &str) {
        self.age += 1;
        self.blocks.forget(&at.key(space));
    }

    /// A segment is gone.
    pub fn forget_lists(&mut self, segment: u32) {
        self.lists.retain(|(of, _)| *of != segment);
    }

    pub fn clear(&mut self) {
        let age = self.age + 1;
        *self = Self { age, ..Self::default() };
    }
}

/// Keeps what came last.
struct Bounded<K, V> {
    items: HashMap<K, (usize, V)>,
    order: VecDeque<K>,
    bytes: usize,
    limit: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Bounded<K, V> {
    fn new(limit: usize) -> Self {
        Self { items: HashMap::new(), order: VecDeque::new(), bytes: 0, limit }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.items.get(key).map(|(_, item)| item.clone())
    }

    fn keep(&mut self, key: K, bytes: usize, item: V) {
        self.forget(&key);
        self.bytes += bytes;
        self.order.push_back(key.clone());
        self.items.insert(key, (bytes, item));
        while self.bytes > self.limit {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some((bytes, _)) = self.items.remove(&oldest) {
                self.bytes -= bytes;
            }
        }
    }

    fn forget(&mut self, key: &K) {
        if let Some((bytes, _)) = self.items.remove(key) {
            self.bytes -= bytes;
            self.order.retain(|known| known != key);
        }
    }

    fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        let gone: Vec<K> = self.items.keys().filter(|key| !keep(key)).cloned().collect();
        gone.iter().for_each(|key| self.forget(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_first_goes_first() {
        let mut kept: Bounded<u32, u32> = Bounded::new(10);
        kept.keep(1, 4, 10);
        kept.keep(2, 4, 20);
        kept.keep(1, 4, 11);
        kept.keep(3, 4, 30);
        assert_eq!((kept.get(&1), kept.get(&2), kept.get(&3)), (Some(11), None, Some(30)));
        kept.retain(|key| *key != 1);
        assert_eq!((kept.get(&1), kept.bytes), (None, 4));
        kept.keep(4, 11, 40);
        assert_eq!((kept.get(&3), kept.get(&4), kept.bytes), (None, None, 0));
    }
}
