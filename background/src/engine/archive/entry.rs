//! A page in a file. Types of their own, so that the file's format does not change with what the index keeps.

use afterimage_index::{PageId, PageInfo, PageRecord, SpaceVectors};
use afterimage_messages::FileProblem;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// The most of each in one frame: far above what there is, and far below what could fill the memory. An element may take
/// many times the bytes that stand for it in the file.
const PAGES: usize = 4_096;
const PASSAGES: usize = 65_536;
const ALIASES: usize = 65_536;
const SPACES: usize = 16;
/// All passages, the title and the lead.
const VECTORS: usize = PASSAGES + 2;

/// A page and all that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The page.
    pub record: PageRecord,
    /// Retention leaves it alone.
    pub pinned: bool,
}

#[derive(Serialize, Deserialize)]
struct Page {
    id: PageId,
    url: String,
    title: String,
    language: Option<String>,
    text_hash: [u8; 32],
    first_seen: f64,
    last_seen: f64,
    visits: u32,
    pinned: bool,
    #[serde(deserialize_with = "at_most::<_, _, ALIASES>")]
    aliases: Vec<[u8; 16]>,
    #[serde(deserialize_with = "at_most::<_, _, PASSAGES>")]
    passages: Vec<String>,
    #[serde(deserialize_with = "at_most::<_, _, SPACES>")]
    vectors: Vec<Vectors>,
}

#[derive(Serialize, Deserialize)]
struct Vectors {
    space: String,
    #[serde(deserialize_with = "at_most::<_, _, VECTORS>")]
    ordinals: Vec<u32>,
    #[serde(with = "values")]
    values: Vec<i8>,
}

/// As a string of bytes: serde would go through the values one by one.
mod values {
    use super::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(values: &[i8], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = values.iter().map(|value| value.cast_unsigned()).collect();
        serializer.serialize_bytes(&bytes)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Vec<i8>, D::Error> {
        let bytes: &[u8] = Deserialize::deserialize(deserializer)?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }
}

#[derive(Deserialize)]
struct Pages(#[serde(deserialize_with = "at_most::<_, _, PAGES>")] Vec<Page>);

/// A list of at most so many elements; one that claims more is refused before any is read.
fn at_most<'a, D, T, const LIMIT: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'a>,
    T: Deserialize<'a>,
{
    struct AtMost<T, const LIMIT: usize>(PhantomData<T>);

    impl<'a, T: Deserialize<'a>, const LIMIT: usize> Visitor<'a> for AtMost<T, LIMIT> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {LIMIT} elements")
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            if list.size_hint().is_some_and(|claimed| claimed > LIMIT) {
                return Err(A::Error::custom("too many elements"));
            }
            let mut found = Vec::new();
            while let Some(element) = list.next_element()? {
                if found.len() == LIMIT {
                    return Err(A::Error::custom("too many elements"));
                }
                found.push(element);
            }
            Ok(found)
        }
    }

    deserializer.deserialize_seq(AtMost::<T, LIMIT>(PhantomData))
}

impl Entry {
    /// About how many bytes it takes before it is deflated.
    pub fn size(&self) -> usize {
        let PageRecord { page, passages, vectors } = &self.record;
        let texts = passages.iter().map(|text| text.len() + 2).sum::<usize>();
        let vectors = vectors.iter().map(|of| of.space.len() + 2 * of.ordinals.len() + of.values.len());
        // The fields of a fixed size, and the lengths of the others.
        100 + page.url.len() + page.title.len() + 16 * page.aliases.len() + texts + vectors.sum::<usize>()
    }

    /// Whether a file can hold it.
    pub fn fits(&self) -> bool {
        let PageRecord { page, passages, vectors } = &self.record;
        self.size() < super::PLAIN_LIMIT / 2
            && passages.len() <= PASSAGES
            && page.aliases.len() <= ALIASES
            && vectors.len() <= SPACES
    }
}

/// The bytes of a list of pages.
pub(super) fn pack(entries: &[Entry]) -> Option<Vec<u8>> {
    let pages: Vec<Page> = entries.iter().cloned().map(Page::from).collect();
    postcard::to_allocvec(&pages).ok()
}

/// The inverse of [`pack`].
pub(super) fn unpack(plain: &[u8]) -> Result<Vec<Entry>, FileProblem> {
    let (Pages(pages), rest) = postcard::take_from_bytes(plain).map_err(|_| FileProblem::Damaged)?;
    let entries: Option<Vec<Entry>> = pages.into_iter().map(Page::into_entry).collect();
    entries.filter(|_| rest.is_empty()).ok_or(FileProblem::Damaged)
}

impl From<Entry> for Page {
    fn from(Entry { record, pinned }: Entry) -> Self {
        let PageRecord { page, passages, vectors } = record;
        let vectors = vectors.into_iter().map(|SpaceVectors { space, ordinals, values }| Vectors {
            space,
            ordinals,
            values,
        });
        Self {
            id: page.id,
            url: page.url,
            title: page.title,
            language: page.language,
            text_hash: page.text_hash,
            first_seen: page.first_seen,
            last_seen: page.last_seen,
            visits: page.visits,
            pinned,
            aliases: page.aliases,
            passages,
            vectors: vectors.collect(),
        }
    }
}

impl Page {
    /// `None` if no page can be so.
    fn into_entry(self) -> Option<Entry> {
        let times = self.first_seen.is_finite() && self.last_seen.is_finite();
        let fit = |of: &Vectors| of.values.len().is_multiple_of(of.ordinals.len().max(1));
        if !times || !self.vectors.iter().all(fit) {
            return None;
        }
        let vectors = self.vectors.into_iter().map(|Vectors { space, ordinals, values }| SpaceVectors {
            space,
            ordinals,
            values,
        });
        let titled = !self.title.trim().is_empty();
        let page = PageInfo {
            id: self.id,
            url: self.url,
            title: self.title,
            language: self.language,
            text_hash: self.text_hash,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            visits: self.visits,
            aliases: self.aliases,
            passages: (self.passages.len() + usize::from(titled)) as u32,
        };
        let record = PageRecord { page, passages: self.passages, vectors: vectors.collect() };
        Some(Entry { record, pinned: self.pinned })
    }
}
