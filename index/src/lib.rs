//! Passages and vectors in, ranked pages out.
//!
//! The index keeps every page that was read as *passages* (its title, then a few sentences each, see [`split`])
//! and finds them again by their words and by their meaning. It knows neither a browser nor a model: durable
//! bytes go through a [`store::Store`], vectors come from whoever has an embedder. Everything runs on one
//! thread and compiles to WASM.
//!
//! # How it works
//!
//! - **Truth and derived state.** The tables `pages`, `passages`, `vectors` and `aliases` (`rows`) are the truth. What
//!   answers questions is derived from them and can be made again: immutable segments with posting lists and codes of
//!   vectors (`segment`, `codes`), and a small catalog that says which segments there are and what is known of each page
//!   (`catalog`). FORMAT.md describes every row.
//! - **Boilerplate.** Lines that three pages of a site (a host) have are left out of the fourth (`boilerplate`), before its
//!   passages are made; so words, vectors, snippets, phrases and fingerprints are those of its own text. The hash of the text
//!   stays that of what was read. What a site repeats is in a table of its own, which changes with the pages, in the same
//!   batch; lost, it is learnt anew.
//! - **Changes** (`index`) commit one batch and then change memory; a failed commit changes neither. A page's
//!   text is replaced as a whole, under a new *number* that no text had before, so that a vector that was computed for
//!   the old text, and a segment that holds its words, are recognised. The caller's own changes (an entry of its queue)
//!   commit in the same batch.
//! - **What is new** is in memory (`segment::fresh`) and in a journal. [`Index::maintain`] makes segments of it, merges
//!   them in tiers, and makes good what is damaged, in steps of milliseconds, when the caller has time. Opening reads the
//!   catalog, what of the segments is resident, and the few pages that the journal names.
//! - **Vectors** arrive later than texts: [`Index::next_unembedded`] says what is missing in a *space* (a model
//!   and its revision), [`Index::set_vectors`] keeps them. Besides its passages a page has a *lead*, its title and
//!   beginning as one text. Vectors of different spaces are never compared, and one space can be built while another
//!   one answers.
//! - **Questions** (`language` understands what was typed, `search` answers) score every page: BM25 over its words,
//!   prefixes and single typos included, and an estimate of its meaning from one bit a dimension, which four bits of its
//!   lead make a better one where it may matter. The best 64 are compared exactly, `fusion` makes one score of
//!   words and meaning, `typing` keeps exact matches in place while a question is short, `snippet` shows where it
//!   matched.
//! - **Damage.** Rows carry a version and a checksum. What is derived is made again by itself. A damaged text costs its
//!   page at most: the page reports an unknown text hash, and the next visit writes it anew.
//! - **Deletion.** A deleted page's rows go with the deletion; [`Index::purge`] removes its words and codes from
//!   segments. A worker that dies in between goes on where it was.
//!
//! # Known limits
//!
//! No stems. Phrases have no positions to look up: rows that have all their words are read and looked through, those of
//! the best pages first. Of scripts without spaces a single character finds only places where it stands alone or where
//! it begins a pair. While passages move from one space to another, a question in the new one finds by meaning only
//! those that are there.

mod boilerplate;
mod catalog;
mod codes;
mod error;
mod fusion;
mod hash;
mod index;
mod language;
mod near;
mod page;
mod query;
#[cfg(test)]
mod real_pages;
mod rows;
mod search;
mod segment;
mod snippet;
mod sort;
mod split;
mod state;
pub mod store;
mod typing;
mod vector;
mod words;

pub use error::IndexError;
pub use fusion::{EASED, Fusion, RANK_CONSTANT, WORDS_WEIGHT, least_cosine, says_little};
pub use index::{Brief, Index, PageRecord, SpaceVectors, United};
pub use language::{Clock, MAX_PHRASES, Must, Phrase, Question, parse};
pub use page::{BadPageId, Missing, NewPage, NewText, PageId, PageInfo, PassageRef, Unembedded};
pub use query::{Counts, Filters, Hit, Order, Piece, Query, QueryVector, Why};
pub use search::{
    B, K1, MAX_TERMS, PREFIX_WEIGHT, SIMILAR_PASSAGES, SIMILAR_WORDS, TITLE_WEIGHT, TYPO_FROM, TYPO_WEIGHT,
};
pub use snippet::{SNIPPET, closest};
pub use sort::{gather, sort_by};
pub use split::split;
pub use typing::{HELD, TYPED};
