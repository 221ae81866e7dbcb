//! What version 1 wrote, read only: it kept vectors in the rows of the texts, and neither words nor fingerprints.
//! [`crate::index`]'s rebuild writes such pages anew, once.

use super::{PASSAGES_PER_ROW, PageRow, TextRow, Unreadable, unseal_version};
use crate::vector::Vector;
use serde::Deserialize;

const VERSION: u8 = 1;

#[derive(Deserialize)]
struct OldPage {
    generation: u32,
    url: String,
    title: String,
    language: Option<String>,
    text_hash: [u8; 32],
    first_seen: f64,
    last_seen: f64,
    visits: u32,
    aliases: Vec<[u8; 16]>,
    passages: u32,
    titled: bool,
}

#[derive(Deserialize)]
struct OldChunk {
    generation: u32,
    deflated: Vec<u8>,
    spaces: Vec<String>,
    /// Index into `spaces`, values.
    vectors: Vec<Option<(u32, Box<[i8]>)>>,
}

/// A page's row.
pub(crate) fn page(bytes: &[u8]) -> Result<PageRow, Unreadable> {
    let old: OldPage = unseal_version(bytes, VERSION)?;
    Ok(PageRow {
        number: old.generation,
        url: old.url,
        title: old.title,
        language: old.language,
        text_hash: old.text_hash,
        first_seen: old.first_seen,
        last_seen: old.last_seen,
        visits: old.visits,
        aliases: old.aliases,
        passages: old.passages,
        titled: old.titled,
        words: 0,
        fingerprint: None,
    })
}

/// A row of passages, and the space and the vector of each passage that had one.
#[expect(clippy::type_complexity, reason = "one caller, which takes it apart")]
pub(crate) fn chunk(bytes: &[u8]) -> Result<(TextRow, Vec<Option<(String, Vector)>>), Unreadable> {
    let old: OldChunk = unseal_version(bytes, VERSION)?;
    if old.vectors.is_empty() || old.vectors.len() > PASSAGES_PER_ROW {
        return Err(Unreadable);
    }
    let passages = old.vectors.len() as u32;
    let mut vectors = Vec::with_capacity(old.vectors.len());
    for vector in old.vectors {
        vectors.push(match vector {
            None => None,
            Some((space, values)) => Some((
                old.spaces.get(space as usize).ok_or(Unreadable)?.clone(),
                Vector::from_stored(values).ok_or(Unreadable)?,
            )),
        });
    }
    Ok((TextRow { number: old.generation, passages, deflated: old.deflated }, vectors))
}
