//! Pages and passages, as they go in and as they come out.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names a page: the first 16 bytes of the SHA-256 of its URL key.
///
/// Sixteen bytes are enough that no two of a person's pages ever share one, and half the key length in
/// every row. Displayed and parsed as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageId([u8; 16]);

impl PageId {
    /// From the SHA-256 of the page's URL key (the URL without fragment, tracking parameters and so on;
    /// making that key is the caller's rule, not the index's).
    pub fn from_key_hash(sha256_of_url_key: [u8; 32]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&sha256_of_url_key[..16]);
        PageId(id)
    }

    /// The first of its bytes: evenly spread.
    pub(crate) fn first_byte(self) -> u8 {
        self.0[0]
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageId({self})")
    }
}

/// A text is not a [`PageId`]: it is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPageId;

impl fmt::Display for BadPageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a page's identifier is 32 hexadecimal digits")
    }
}

impl std::error::Error for BadPageId {}

impl FromStr for PageId {
    type Err = BadPageId;

    fn from_str(text: &str) -> Result<Self, BadPageId> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(BadPageId);
        }
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or(BadPageId)?;
            let low = char::from(pair[1]).to_digit(16).ok_or(BadPageId)?;
            *byte = (high * 16 + low) as u8;
        }
        Ok(PageId(id))
    }
}

/// A page to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPage {
    /// Its identifier.
    pub id: PageId,
    /// The address to open.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// A BCP 47 tag, where the page or a detector says one.
    pub language: Option<String>,
    /// SHA-256 of its normalised text, so that an unchanged page is recognised.
    pub text_hash: [u8; 32],
    /// When it was read, ms since the epoch.
    pub seen_at: f64,
    /// Hashes of the raw URLs under which it was seen.
    pub aliases: Vec<[u8; 16]>,
    /// Its text in passages, in order (see [`crate::split`]); the index adds the title as a passage of its
    /// own, before these. Blank ones are dropped.
    pub passages: Vec<String>,
}

/// A page to keep, by its text: lines that its site repeats are left out before passages are made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewText {
    /// All but the text. Its passages are replaced by those of `text`.
    pub page: NewPage,
    /// What was read. A line is a block, as for [`crate::split`].
    pub text: String,
}

/// What is known of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageInfo {
    /// Its identifier.
    pub id: PageId,
    /// The address to open.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// A BCP 47 tag, if known.
    pub language: Option<String>,
    /// SHA-256 of its normalised text. All zero when a part of the stored text turned out to be damaged,
    /// so that the next visit sees a changed page and heals it.
    pub text_hash: [u8; 32],
    /// When it was first read, ms since the epoch.
    pub first_seen: f64,
    /// When it was last read, ms since the epoch.
    pub last_seen: f64,
    /// How often it was read.
    pub visits: u32,
    /// Hashes of the raw URLs under which it was seen, in the order of their first appearance.
    pub aliases: Vec<[u8; 16]>,
    /// How many passages it has, the title's included.
    pub passages: u32,
}

/// Names one passage of one version of a page's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageRef {
    /// The page.
    pub page: PageId,
    /// Which of its passages, from 0; the title's is the first, if the page has a title. One more than there are
    /// is the page's lead: title and beginning together, which is embedded but neither kept nor shown.
    pub ordinal: u32,
    /// Changes whenever the page's text is replaced, so that a vector that arrives late for a text that is
    /// gone is recognised.
    pub generation: u32,
}

/// What a passage lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing<'a> {
    /// A vector of this space; one of another space does not count.
    In(&'a str),
    /// Any vector at all. For a makeshift embedder, whose vectors must not replace better ones.
    Any,
}

impl<'a> From<&'a str> for Missing<'a> {
    fn from(space: &'a str) -> Self {
        Missing::In(space)
    }
}

/// A passage that has no vector yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unembedded {
    /// Which one.
    pub passage: PassageRef,
    /// Its text.
    pub text: String,
}
