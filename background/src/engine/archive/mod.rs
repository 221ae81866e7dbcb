//! A file with everything that is kept: its bytes, and nothing else. background/FORMAT.md describes them.
//!
//! A file is a header and frames. A frame's checksum is a SHA-256 over the one before it and its own bytes, so that each
//! can be checked as it comes, and a frame that is missing, twice there or in another place shows at once; the last one's
//! vouches for the whole file. The alternative, one hash at the end, would need a state that outlives the worker.
//!
//! Whoever made a file may mean harm: each length is held against its limit before anything is allocated for it, and
//! what is wrong is a [`FileProblem`], never a panic.

mod entry;

pub use entry::Entry;

use afterimage_messages::{FILE_MAGIC, FILE_VERSION, FRAME_HEADER, FRAME_LIMIT, FileProblem, Settings};
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Deflate's level: the next ones gain 1 % and take twice the time.
const DEFLATE_LEVEL: u8 = 6;
/// The most that a payload may unpack to.
const PLAIN_LIMIT: usize = 8 << 20;
/// A frame is full with so many bytes of pages, not yet deflated: some hundred KB of file, some 20 ms of work.
pub const FRAME_FULL: usize = 512 << 10;

const SETTINGS: u8 = 1;
const PAGES: u8 = 2;
const END: u8 = 3;

/// A checksum of all bytes of a file up to a place.
pub type Chain = [u8; 32];

/// What is in a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The first: settings.
    Settings(Box<Settings>),
    /// Pages.
    Pages(Vec<Entry>),
    /// The last: how many pages are in the file, and how many could not be written into it.
    End {
        /// In the file.
        pages: u32,
        /// Not in it.
        left_out: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct End {
    pages: u32,
    left_out: u32,
}

/// A file's first bytes: magic, version, and a zero, as it is not sealed.
pub fn header() -> Vec<u8> {
    let mut header = FILE_MAGIC.as_bytes().to_vec();
    header.extend([FILE_VERSION, 0]);
    header
}

/// The checksum of the header alone.
pub fn begin() -> Chain {
    Sha256::digest(header()).into()
}

/// A frame's bytes, and the checksum with which the next one goes on. `None` if it would be too large.
pub fn write(chain: &Chain, content: &Content) -> Option<(Vec<u8>, Chain)> {
    let (kind, plain) = match content {
        Content::Settings(settings) => (SETTINGS, serde_json::to_vec(settings).ok()?),
        Content::Pages(pages) => (PAGES, entry::pack(pages)?),
        Content::End { pages, left_out } => {
            (END, postcard::to_allocvec(&End { pages: *pages, left_out: *left_out }).ok()?)
        }
    };
    if plain.len() > PLAIN_LIMIT {
        return None;
    }
    let payload = compress_to_vec(&plain, DEFLATE_LEVEL);
    let length = u32::try_from(payload.len()).ok().filter(|length| *length <= FRAME_LIMIT)?;
    let sum = checksum(chain, kind, length, &payload);
    let mut frame = Vec::with_capacity(FRAME_HEADER as usize + payload.len());
    frame.push(kind);
    frame.extend(length.to_le_bytes());
    frame.extend(sum);
    frame.extend(payload);
    Some((frame, sum))
}

/// What is in a whole frame that follows `chain`, and the checksum with which the next one goes on.
pub fn read(chain: &Chain, frame: &[u8]) -> Result<(Content, Chain), FileProblem> {
    let (head, payload) = frame.split_at_checked(FRAME_HEADER as usize).ok_or(FileProblem::Damaged)?;
    let (kind, rest) = (head[0], &head[1..]);
    let (length, sum) = rest.split_at(4);
    let length = length.try_into().map(u32::from_le_bytes).map_err(|_| FileProblem::Damaged)?;
    if length > FRAME_LIMIT {
        return Err(FileProblem::TooLarge);
    }
    if payload.len() != length as usize || sum != checksum(chain, kind, length, payload) {
        return Err(FileProblem::Damaged);
    }
    let sum = sum.try_into().map_err(|_| FileProblem::Damaged)?;
    let plain = decompress_to_vec_with_limit(payload, PLAIN_LIMIT).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => FileProblem::TooLarge,
        _ => FileProblem::Damaged,
    })?;
    let content = match kind {
        SETTINGS => serde_json::from_slice(&plain)
            .map(|settings| Content::Settings(Box::new(settings)))
            .map_err(|_| FileProblem::Damaged)?,
        PAGES => Content::Pages(entry::unpack(&plain)?),
        END => {
            let End { pages, left_out } = postcard::from_bytes(&plain).map_err(|_| FileProblem::Damaged)?;
            Content::End { pages, left_out }
        }
        _ => return Err(FileProblem::Unknown),
    };
    Ok((content, sum))
}

fn checksum(chain: &Chain, kind: u8, length: u32, payload: &[u8]) -> Chain {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update([kind]);
    hash.update(length.to_le_bytes());
    hash.update(payload);
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
