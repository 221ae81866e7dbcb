//! Several segments become one, a little at a time.
//!
//! Terms are merged in the order of the dictionaries, some hundred a step; then the codes, a piece a step; the last
//! step swaps the manifest. What was written before that belongs to no segment yet: a worker that dies leaves it
//! behind, its identifier is in the manifest's list of garbage, and the next worker removes it and starts again.
//!
//! Pages that are dead when a merge begins are left out. One that dies meanwhile stays in the new segment, dead there
//! too; if it was deleted rather than replaced, the new segment is purged next.

use super::dictionary::Place;
use super::postings::{Posting, decode, sort_postings};
use super::vectors::Vectors;
use super::words::{DEAD, WordsWriter, list, pieces_of, range_of};
use super::{Segment, code_piece_key, codes_key, list_key, prefix, terms_key, words_key};
use crate::catalog::{Pages, SegmentEntry};
use crate::error::IndexError;
use crate::rows::{Unreadable, unseal_raw};
use crate::sort::sort;
use crate::store::{Batch, Store, Table};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Terms, and bytes of their lists, that one step reads at most: some milliseconds of work.
const TERMS: usize = 2048;
const BYTES: u64 = 512 << 10;

/// A merge under way.
pub(crate) struct Merge {
    pub id: u32,
    pub inputs: Vec<Rc<Segment>>,
    /// A page of an input was deleted since it began.
    pub tainted: bool,
    words: Option<WordsMerge>,
    vectors: Vec<VectorsMerge>,
    done: Vec<Vectors>,
    bytes: u64,
}

struct WordsMerge {
    writer: WordsWriter,
    /// For each input the new number of each document; `u32::MAX` where it is dead.
    renumbered: Vec<Vec<u32>>,
    /// The last term that was merged.
    after: Option<String>,
    exhausted: bool,
}

struct VectorsMerge {
    /// Number, ordinal, input and row of each code, in order.
    rows: Vec<(u32, u32, u32, u32)>,
    merged: Vectors,
    piece: u32,
}

/// What a step came to.
pub(crate) enum Progress {
    /// Rows to be written; there is more.
    More(Batch),
    /// [`Merge::finish`] comes next.
    Ready,
    /// This input cannot be read.
    Lost(u32),
}

impl Merge {
    /// Begins to merge `inputs`.
    pub fn new(id: u32, inputs: Vec<Rc<Segment>>, table: &Pages) -> Self {
        let words = WordsMerge::new(&inputs, table);
        let vectors = VectorsMerge::all(&inputs, table);
        Self { id, inputs, tainted: false, words, vectors, done: Vec::new(), bytes: 0 }
    }

    /// Whether a segment is one of its inputs.
    pub fn has_input(&self, id: u32) -> bool {
        self.inputs.iter().any(|input| input.entry.id == id)
    }

    /// Does a little.
    pub async fn step<S: Store>(&mut self, store: &S) -> Result<Progress, IndexError> {
        let mut batch = Batch::new();
        if let Some(words) = self.words.as_mut().filter(|words| !words.exhausted) {
            if let Err(lost) = words.step(store, &self.inputs).await? {
                return Ok(Progress::Lost(lost));
            }
            for (piece, row) in words.writer.take_pieces() {
                put(&mut batch, &mut self.bytes, list_key(self.id, piece), row);
            }
            return Ok(Progress::More(batch));
        }
        let Some(part) = self.vectors.last_mut() else { return Ok(Progress::Ready) };
        part.step(&self.inputs);
        let key = code_piece_key(self.id, &part.merged.space, part.piece);
        put(&mut batch, &mut self.bytes, key, part.merged.encode_piece(part.piece));
        part.piece += 1;
        if part.merged.len() == part.rows.len() {
            self.done.extend(self.vectors.pop().map(|part| part.merged));
        }
        Ok(Progress::More(batch))
    }

    /// The last rows, and the new segment, if anything is left of the old ones. The caller adds the manifest.
    pub fn finish(&mut self, table: &Pages) -> Result<(Batch, Option<Segment>), IndexError> {
        let mut batch = Batch::new();
        let mut entry = SegmentEntry { id: self.id, docs: 0, spaces: Vec::new(), bytes: 0 };
        let mut words = None;
        if let Some(merge) = self.words.take() {
            let written = merge.writer.finish(table)?;
            entry.docs = written.words.docs();
            put(&mut batch, &mut self.bytes, words_key(self.id), written.head);
            put(&mut batch, &mut self.bytes, terms_key(self.id), written.terms);
            if let Some((piece, row)) = written.last {
                put(&mut batch, &mut self.bytes, list_key(self.id, piece), row);
            }
            words = Some(written.words);
        }
        for part in &self.done {
            entry.spaces.push((part.space.clone(), part.len() as u32));
            put(&mut batch, &mut self.bytes, codes_key(self.id, &part.space), part.encode_head()?);
        }
        entry.bytes = self.bytes;
        for input in &self.inputs {
            batch.delete_prefix(Table::Segments, prefix(input.entry.id));
        }
        let vectors = std::mem::take(&mut self.done);
        let is_empty = words.is_none() && vectors.is_empty();
        Ok((batch, (!is_empty).then(|| Segment::new(entry, words, vectors))))
    }
}

/// Adds a row of a segment to a batch, and its size to a sum.
pub(crate) fn put(batch: &mut Batch, bytes: &mut u64, key: String, row: Vec<u8>) {
    *bytes += (key.len() + row.len()) as u64;
    batch.put(Table::Segments, key, row);
}

impl WordsMerge {
    /// `None` if nothing is alive.
    fn new(inputs: &[Rc<Segment>], table: &Pages) -> Option<Self> {
        // Number, input, first document, documents.
        let mut alive: Vec<(u32, usize, u32, u32)> = Vec::new();
        for (input, segment) in inputs.iter().enumerate() {
            let Some(words) = &segment.words else { continue };
            let pages = words.pages().filter(|page| page.1 != DEAD && table.is_alive(page.1));
            alive.extend(pages.map(|(number, _, first, docs)| (number, input, first, docs)));
        }
        sort(&mut alive);
        // A page is in one segment; should it be in two, one is enough.
        alive.dedup_by_key(|page| page.0);
        if alive.is_empty() {
            return None;
        }
        let docs_of = |segment: &Rc<Segment>| segment.words.as_ref().map_or(0, |words| words.docs()) as usize;
        let mut renumbered: Vec<Vec<u32>> =
            inputs.iter().map(|segment| vec![u32::MAX; docs_of(segment)]).collect();
        let mut next = 0;
        for (_, input, first, docs) in &alive {
            for doc in *first..first + docs {
                renumbered[*input][doc as usize] = next;
                next += 1;
            }
        }
        let writer = WordsWriter::new(alive.iter().map(|page| (page.0, page.3)).collect());
        Some(Self { writer, renumbered, after: None, exhausted: false })
    }

    /// Merges the next terms. The inner error is the identifier of an input that cannot be read.
    async fn step<S: Store>(
        &mut self,
        store: &S,
        inputs: &[Rc<Segment>],
    ) -> Result<Result<(), u32>, IndexError> {
        let mut terms: BTreeMap<String, Vec<(usize, Place)>> = BTreeMap::new();
        // Up to where every input was looked at.
        let mut known: Option<String> = None;
        for (input, segment) in inputs.iter().enumerate() {
            let Some(words) = &segment.words else { continue };
            let mut bytes = 0;
            let mut found = 0;
            for (term, place) in words.dictionary.after(self.after.as_deref()) {
                bytes += range_of(&place).map_or(0, |(start, end)| end - start);
                found += 1;
                let last = found == TERMS || bytes > BYTES;
                if last && known.as_ref().is_none_or(|known| term < *known) {
                    known = Some(term.clone());
                }
                terms.entry(term).or_default().push((input, place));
                if last {
                    break;
                }
            }
        }
        if let Some(known) = &known {
            terms.retain(|term, _| term <= known);
        }
        let pieces = match read_pieces(store, inputs, &terms).await? {
            Ok(pieces) => pieces,
            Err(lost) => return Ok(Err(lost)),
        };
        for (term, places) in &terms {
            let mut postings: Vec<Posting> = Vec::new();
            for (input, place) in places {
                let renumbered = &self.renumbered[*input];
                let keep = |posting: Posting| {
                    let doc = renumbered.get(posting.doc as usize).copied().unwrap_or(u32::MAX);
                    if doc != u32::MAX {
                        postings.push(Posting { doc, ..posting });
                    }
                };
                if read(place, renumbered.len() as u32, |piece| pieces.get(&(*input, piece)), keep).is_err() {
                    return Ok(Err(inputs[*input].entry.id));
                }
            }
            sort_postings(&mut postings);
            if !postings.is_empty() {
                self.writer.add(term, &postings)?;
            }
        }
        self.exhausted = known.is_none();
        self.after = known;
        Ok(Ok(()))
    }
}

/// Hands out the postings at a place.
fn read<'a>(
    place: &Place,
    docs: u32,
    piece: impl Fn(u32) -> Option<&'a Vec<u8>>,
    mut each: impl FnMut(Posting),
) -> Result<(), Unreadable> {
    match place {
        Place::Inline(posting) => each(*posting),
        Place::List { start, end } => {
            let bytes = list(*start, *end, |n| piece(n).map(Vec::as_slice)).ok_or(Unreadable)?;
            decode(&bytes, docs, each).map_err(|_| Unreadable)?;
        }
    }
    Ok(())
}

type Pieces = HashMap<(usize, u32), Vec<u8>>;

/// The pieces of all inputs that hold the lists of these terms.
async fn read_pieces<S: Store>(
    store: &S,
    inputs: &[Rc<Segment>],
    terms: &BTreeMap<String, Vec<(usize, Place)>>,
) -> Result<Result<Pieces, u32>, IndexError> {
    let mut wanted: Vec<(usize, u32)> = (terms.values().flatten())
        .filter_map(|(input, place)| Some((*input, range_of(place)?)))
        .flat_map(|(input, (start, end))| pieces_of(start, end).map(move |piece| (input, piece)))
        .collect();
    sort(&mut wanted);
    wanted.dedup();
    let keys: Vec<String> =
        wanted.iter().map(|(input, piece)| list_key(inputs[*input].entry.id, *piece)).collect();
    let rows = store.get_many(Table::Segments, &keys).await?;
    let mut pieces = HashMap::new();
    for (at, row) in wanted.into_iter().zip(rows) {
        match row.ok_or(Unreadable).and_then(unseal_raw) {
            Ok(bytes) => pieces.insert(at, bytes),
            Err(Unreadable) => return Ok(Err(inputs[at.0].entry.id)),
        };
    }
    Ok(Ok(pieces))
}

impl VectorsMerge {
    /// One for each space that has anything alive.
    fn all(inputs: &[Rc<Segment>], table: &Pages) -> Vec<Self> {
        let mut spaces: Vec<(&str, usize)> = (inputs.iter())
            .flat_map(|input| &input.vectors)
            .map(|part| (part.space.as_str(), part.dimensions))
            .collect();
        sort(&mut spaces);
        spaces.dedup_by_key(|space| space.0);
        let merges = spaces.into_iter().map(|(space, dimensions)| {
            let mut rows: Vec<(u32, u32, u32, u32)> = Vec::new();
            for (input, part) in parts(inputs, space, dimensions) {
                for (index, run) in part.runs.iter().enumerate() {
                    if run.slot != DEAD && table.is_alive(run.slot) {
                        let of_row = |row: usize| (run.number, part.ordinals[row], input as u32, row as u32);
                        rows.extend(part.rows(index).map(of_row));
                    }
                }
            }
            rows.sort_unstable();
            rows.dedup_by_key(|row| (row.0, row.1));
            Self { rows, merged: Vectors::new(space, dimensions), piece: 0 }
        });
        merges.filter(|merge| !merge.rows.is_empty()).collect()
    }

    /// Copies the codes of the next piece.
    fn step(&mut self, inputs: &[Rc<Segment>]) {
        let merged = &mut self.merged;
        let mut by_input: Vec<Option<&Vectors>> = vec![None; inputs.len()];
        for (input, part) in parts(inputs, &merged.space, merged.dimensions) {
            by_input[input] = Some(part);
        }
        let end = (merged.len() + Vectors::piece_rows(merged.dimensions)).min(self.rows.len());
        for (number, ordinal, input, row) in &self.rows[merged.len()..end] {
            let Some(part) = by_input[*input as usize] else { continue };
            // All runs of a segment have their slot from the same table.
            let slot = part.runs[part.run_of(*row)].slot;
            merged.push(*number, slot, *ordinal, part.code(*row as usize));
        }
    }
}

/// The parts of one space, with the index of their input.
fn parts<'a>(
    inputs: &'a [Rc<Segment>],
    space: &str,
    dimensions: usize,
) -> impl Iterator<Item = (usize, &'a Vectors)> {
    inputs.iter().enumerate().filter_map(move |(input, segment)| {
        let part = segment.vectors.iter().find(|part| part.space == space)?;
        (part.dimensions == dimensions).then_some((input, &**part))
    })
}
