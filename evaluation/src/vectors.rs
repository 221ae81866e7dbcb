//! Vectors that were made before, on disk: the first run embeds for minutes, the next ones read.
//!
//! One file a model, named by the hash of its files: records of a key (SHA-256 of prefix and text) and the
//! values, one after the other, only ever appended to. A record that a killed run left half-written is cut off.
//! The kernels' source is not part of the key: `tools/bench.sh` gives every state of it a folder of its own.

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names a text.
pub type Key = [u8; 32];

/// All vectors of one model.
pub struct Vectors {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    vectors: HashMap<Key, Vec<f32>>,
    file: File,
    made: usize,
}

impl Vectors {
    /// Reads what is there; the file is begun where nothing is.
    pub fn open(folder: &Path, model: [u8; 32], dims: usize) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let name: String = model.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{name}.f32"));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(why) => return Err(Error::File { path, why }),
        };
        let record = size_of::<Key>() + 4 * dims;
        let whole = bytes.len() - bytes.len() % record;
        let vectors = bytes[..whole].chunks_exact(record).filter_map(parse).collect();
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(Error::file(&path))?;
        file.set_len(whole as u64).map_err(Error::file(&path))?;
        Ok(Self { path, known: Mutex::new(Known { vectors, file, made: 0 }) })
    }

    /// The key of a text with a prefix before it.
    pub fn key(&self, prefix: &str, text: &str) -> Key {
        let mut hash = Sha256::new();
        hash.update(prefix);
        hash.update(text);
        hash.finalize().into()
    }

    /// Whether a vector is there.
    pub fn has(&self, key: &Key) -> bool {
        self.lock().vectors.contains_key(key)
    }

    /// A vector, if it is there.
    pub fn get(&self, key: &Key) -> Option<Vec<f32>> {
        self.lock().vectors.get(key).cloned()
    }

    /// Keeps vectors, on disk too.
    pub fn keep(&self, vectors: Vec<(Key, Vec<f32>)>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for (key, values) in &vectors {
            bytes.extend_from_slice(key);
            values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        }
        let mut known = self.lock();
        known.made += vectors.len();
        known.vectors.extend(vectors);
        known.file.write_all(&bytes).map_err(Error::file(&self.path))
    }

    /// How many were made in this run.
    pub fn made(&self) -> usize {
        self.lock().made
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // What is in it is right after every statement, so a thread that died in between spoilt nothing.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One record.
fn parse(record: &[u8]) -> Option<(Key, Vec<f32>)> {
    let (key, values) = record.split_first_chunk::<32>()?;
    let values = values.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Some((*key, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again_and_half_records_are_cut_off() {
        let folder = std::env::temp_dir().join(format!("afterimage-vectors-{}", std::process::id()));
        let first = Vectors::open(&folder, [7; 32], 2).unwrap();
        let (a, b) = (first.key("", "a"), first.key("", "b"));
        first.keep(vec![(a, vec![0.5, -1.0]), (b, vec![2.0, 3.0])]).unwrap();
        assert_eq!(first.made(), 2);
        drop(first);
        let path = folder.join("0707070707070707.f32");
        let mut bytes = fs::read(&path).unwrap();
        bytes.pop();
        fs::write(&path, bytes).unwrap();
        let again = Vectors::open(&folder, [7; 32], 2).unwrap();
        assert_eq!(again.get(&a), Some(vec![0.5, -1.0]));
        assert!(!again.has(&b));
        again.keep(vec![(b, vec![2.0, 3.0])]).unwrap();
        drop(again);
        let last = Vectors::open(&folder, [7; 32], 2).unwrap();
        assert_eq!(last.get(&b), Some(vec![2.0, 3.0]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
