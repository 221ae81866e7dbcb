//! Passages and vectors in, ranked pages out.
//!
//! The index keeps every page that was read as *passages* (its title, then a few sentences each, see [`split`])
//! and finds them again by their words and by their meaning. It knows neither a browser nor a model: durable
//! bytes go through a [`store::Store`], vectors come from whoever has an embedder. Everything runs on one
//! thread and compiles to WASM.
//!
//! # How it works
//!
//! - **Truth and derived state.** The store's tables `pages` and `passages` (`records`) are the only truth. At
//!   [`Index::open`] all of it is read once and `memory` is built: the words of every passage (`postings`), its
//!   vector (`vector`), and what is known of its page. Texts stay in the store and are read again for the few
//!   pages that are shown. Nothing derived is stored, so nothing derived can be stale.
//! - **Changes** (`index`) commit one batch and then change memory; a failed commit changes neither. A page's
//!   text is replaced as a whole, under a new *generation*, so that a vector that was computed for the old text
//!   is recognised and ignored. The caller's own changes (an entry of its queue) commit in the same batch.
//! - **Vectors** arrive later than texts: [`Index::next_unembedded`] says what is missing in a *space* (a model
//!   and its revision), [`Index::set_vectors`] keeps them. A passage has one vector; vectors of different
//!   spaces are never compared.
//! - **Questions** (`language` understands what was typed, `search` answers) score every passage: BM25 over
//!   words (`words`, `postings`), the cosine over vectors, exhaustively. A page is as good as its best passage,
//!   for both: sums favour long pages, means short ones, and the best passage is also the one that has the
//!   question's words close together. `fusion` makes one score of the two, `typing` keeps exact matches in place
//!   while a question is short, `snippet` shows where it matched.
//! - **Damage.** Rows carry a version and a checksum. One that cannot be read is counted and left where it is,
//!   its page reports an unknown text hash, and the next visit writes it anew.
//!
//! This is the engine that is right; its inside is simple on purpose (everything resident, every vector
//! compared). The border is made to stay when the inside becomes segments.
//!
//! # Known limits
//!
//! A word must be typed as it is written, but for case and accents: no prefixes, no typing errors, no stems.
//! Phrases have no positions to look up: passages that have all their words are read and looked through. Of
//! scripts without spaces a single character finds only places where it stands alone. While passages move from
//! one space to another, a question in either finds by meaning only those that are there.

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
mod repeated;
mod rows;
mod search;
mod segment;
mod snippet;
mod split;
mod state;
pub mod store;
mod typing;
mod vector;
mod words;

pub use error::IndexError;
pub use fusion::{Fusion, RANK_CONSTANT, WORDS_WEIGHT};
pub use index::Index;
pub use language::{Clock, Must, Phrase, Question, parse};
pub use page::{BadPageId, Missing, NewPage, PageId, PageInfo, PassageRef, Unembedded};
pub use query::{Counts, Filters, Hit, Piece, Query, QueryVector, Why};
pub use search::{
    B, K1, MAX_TERMS, PREFIX_WEIGHT, SIMILAR_PASSAGES, SIMILAR_WORDS, TITLE_WEIGHT, TYPO_FROM, TYPO_WEIGHT,
};
pub use snippet::SNIPPET;
pub use split::split;
pub use typing::{HELD, TYPED};
