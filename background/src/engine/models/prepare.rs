//! From files that came to a model that can be used: compared with their pinned hashes piece by piece, then converted
//! block by block. What is under way is in memory only; a worker that dies begins anew, which takes seconds.

use super::pins::{Pinned, TOKENIZER, WEIGHTS};
use afterimage_index::store::{Store, StoreError, Table};
use afterimage_messages::ModelProblem;
use afterimage_models::weights::{Converter, WeightsError, header_length};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Pieces that are hashed in one step.
const AT_ONCE: usize = 2;
/// The longest tokenizer that is held in memory.
const TOKENIZER_LIMIT: u64 = 16 << 20;

/// A model on its way.
pub struct Preparing {
    pub pinned: Pinned,
    job: Job,
}

enum Job {
    Verify(Verify),
    Convert(Convert),
}

#[derive(Default)]
struct Verify {
    file: usize,
    hash: Sha256,
    at: u64,
    /// Where the pieces of the weights begin and end.
    pieces: Vec<Range<u64>>,
    tokenizer: Vec<u8>,
}

struct Convert {
    converter: Converter,
    pieces: Pieces,
    tokenizer: Vec<u8>,
}

/// What became of a step.
pub enum Outcome {
    /// There is more to do.
    More,
    /// These are the converted weights and the tokenizer.
    Done { weights: Vec<u8>, tokenizer: Vec<u8> },
    /// The files are of no use.
    Refused(ModelProblem, String),
}

impl Preparing {
    pub fn new(pinned: Pinned) -> Self {
        Self { pinned, job: Job::Verify(Verify::default()) }
    }

    /// It converts already.
    pub fn converts(&self) -> bool {
        matches!(self.job, Job::Convert(_))
    }

    /// How much of verifying or of converting is done.
    pub fn done(&self) -> f64 {
        match &self.job {
            Job::Verify(verify) => {
                let before: u64 = self.pinned.files[..verify.file].iter().map(|file| file.bytes).sum();
                (before + verify.at) as f64 / self.pinned.bytes().max(1) as f64
            }
            Job::Convert(convert) => convert.converter.done(),
        }
    }

    /// Does a little.
    pub async fn step<S: Store>(&mut self, store: &S) -> Result<Outcome, StoreError> {
        match &mut self.job {
            Job::Verify(verify) => {
                if let Some(outcome) = verify.step(&self.pinned, store).await? {
                    return Ok(outcome);
                }
                if verify.file <= TOKENIZER {
                    return Ok(Outcome::More);
                }
                let Verify { pieces, tokenizer, .. } = std::mem::take(verify);
                let mut pieces = Pieces { ranges: pieces, current: None };
                match begin(&self.pinned, &mut pieces, store).await? {
                    Ok(converter) => {
                        self.job = Job::Convert(Convert { converter, pieces, tokenizer });
                        Ok(Outcome::More)
                    }
                    Err(error) => Ok(unusable(&error)),
                }
            }
            Job::Convert(Convert { converter, pieces, .. }) => {
                let Some(wanted) = converter.wants() else {
                    return Ok(self.finish());
                };
                let Some(bytes) = pieces.read(&self.pinned, wanted, store).await? else {
                    return Ok(gone());
                };
                Ok(converter.take(&bytes).map_or_else(|error| unusable(&error), |()| Outcome::More))
            }
        }
    }

    fn finish(&mut self) -> Outcome {
        match std::mem::replace(&mut self.job, Job::Verify(Verify::default())) {
            Job::Convert(Convert { converter, tokenizer, .. }) => {
                Outcome::Done { weights: converter.finish(), tokenizer }
            }
            Job::Verify(_) => Outcome::More,
        }
    }
}

impl Verify {
    /// Hashes some pieces. `None`: so far all is well.
    async fn step<S: Store>(&mut self, pinned: &Pinned, store: &S) -> Result<Option<Outcome>, StoreError> {
        let spec = &pinned.files[self.file];
        if self.file == TOKENIZER && spec.bytes > TOKENIZER_LIMIT {
            return Ok(Some(Outcome::Refused(ModelProblem::Unusable, "the tokenizer is too large".into())));
        }
        let began = self.at;
        let after = match began {
            0 => pinned.pieces_of(self.file),
            // Between the last piece and the next.
            at => pinned.piece(self.file, at - 1),
        };
        let rows = store.scan(Table::Models, Some(&after), AT_ONCE).await?;
        for (key, bytes) in rows {
            if key != pinned.piece(self.file, self.at) || bytes.is_empty() {
                break;
            }
            let end = self.at + bytes.len() as u64;
            if end > spec.bytes {
                return Ok(Some(gone()));
            }
            self.hash.update(&bytes);
            if self.file == WEIGHTS {
                self.pieces.push(self.at..end);
            } else {
                self.tokenizer.extend(&bytes);
            }
            self.at = end;
        }
        if self.at < spec.bytes {
            return Ok((self.at == began).then(gone));
        }
        let hash = hex(&std::mem::take(&mut self.hash).finalize());
        if hash != spec.sha256 {
            return Ok(Some(Outcome::Refused(ModelProblem::WrongBytes, format!("{} is {hash}", spec.name))));
        }
        self.file += 1;
        self.at = 0;
        Ok(None)
    }
}

async fn begin<S: Store>(
    pinned: &Pinned,
    pieces: &mut Pieces,
    store: &S,
) -> Result<Result<Converter, WeightsError>, StoreError> {
    let size = pinned.files[WEIGHTS].bytes;
    let cut_off = || WeightsError::NotSafetensors("it is too short".into());
    let beginning = pieces.read(pinned, 0..size.min(8), store).await?.unwrap_or_default();
    let length = match header_length(&beginning) {
        Ok(length) if length as u64 <= size => length,
        Ok(_) => return Ok(Err(cut_off())),
        Err(error) => return Ok(Err(error)),
    };
    let Some(header) = pieces.read(pinned, 0..length as u64, store).await? else { return Ok(Err(cut_off())) };
    Ok(Converter::new(&header, size, pinned.config.clone()))
}

/// A file that lies in the store in pieces, read from the front to the back.
struct Pieces {
    ranges: Vec<Range<u64>>,
    /// The piece that was read last, by its place in `ranges`.
    current: Option<(usize, Vec<u8>)>,
}

impl Pieces {
    /// `None`: a piece is gone.
    async fn read<S: Store>(
        &mut self,
        pinned: &Pinned,
        wanted: Range<u64>,
        store: &S,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = Vec::with_capacity((wanted.end - wanted.start) as usize);
        let mut at = wanted.start;
        while at < wanted.end {
            let place = self.ranges.partition_point(|range| range.end <= at);
            let Some(range) = self.ranges.get(place).cloned() else { return Ok(None) };
            if self.current.as_ref().is_none_or(|(current, _)| *current != place) {
                let key = pinned.piece(WEIGHTS, range.start);
                let Some(piece) = store.get(Table::Models, &key).await? else { return Ok(None) };
                self.current = Some((place, piece));
            }
            let Some((_, piece)) = &self.current else { return Ok(None) };
            let to = wanted.end.min(range.end);
            let part = piece.get((at - range.start) as usize..(to - range.start) as usize);
            let Some(part) = part else { return Ok(None) };
            bytes.extend(part);
            at = to;
        }
        Ok(Some(bytes))
    }
}

fn gone() -> Outcome {
    Outcome::Refused(ModelProblem::WrongBytes, "a part of what came is gone".into())
}

fn unusable(error: &WeightsError) -> Outcome {
    Outcome::Refused(ModelProblem::Unusable, format!("{}: {error}", error.code()))
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
