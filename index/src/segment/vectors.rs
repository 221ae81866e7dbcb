//! A vector part of a segment: the codes of passages in one space, which say which passages are worth a closer look.
//!
//! The vectors themselves stay in their pages' rows (`rows::vectors`): they are the truth, they go with their page,
//! and merging segments need not move them.

use super::words::DEAD;
use crate::catalog::{Pages, Slot};
use crate::codes::{Code, code_bytes, fine_bytes};
use crate::error::IndexError;
use crate::rows::{Unreadable, seal, seal_raw, unseal, unseal_raw};
use crate::sort::sort;
use crate::vector::MAX_DIMENSIONS;
use serde::{Deserialize, Serialize};

/// Bytes of codes in one row, before it is rounded down to whole codes; the finer ones come on top.
const PIECE: usize = 4 << 20;

/// Passages of one page that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Run {
    pub number: u32,
    pub slot: Slot,
    /// Its first row; the next run's is its end.
    pub first: u32,
}

/// Codes, and whose they are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vectors {
    pub space: String,
    pub dimensions: usize,
    pub runs: Vec<Run>,
    /// The numbers of the runs ascend: always in a segment, not in what is new.
    ascending: bool,
    /// Which of its page's passages each row is.
    pub ordinals: Vec<u32>,
    pub codes: Vec<u8>,
    /// The rows that have a finer code, the leads', ascending; and those codes.
    leads: Vec<u32>,
    fine: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    space: String,
    dimensions: u32,
    /// Number of each run's page and its rows.
    runs: Vec<(u32, u32)>,
    ordinals: Vec<u32>,
    /// The rows that have a finer code.
    leads: Vec<u32>,
}

impl Vectors {
    pub fn new(space: &str, dimensions: usize) -> Self {
        Self {
            space: space.to_owned(),
            dimensions,
            runs: Vec::new(),
            ascending: true,
            ordinals: Vec::new(),
            codes: Vec::new(),
            leads: Vec::new(),
            fine: Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// The rows of a run, by its index.
    pub fn rows(&self, run: usize) -> std::ops::Range<usize> {
        let end = self.runs.get(run + 1).map_or(self.len(), |next| next.first as usize);
        self.runs[run].first as usize..end
    }

    /// The run that a row is in.
    pub fn run_of(&self, row: u32) -> usize {
        self.runs.partition_point(|run| run.first <= row).saturating_sub(1)
    }

    /// Starts or goes on with a page's run.
    pub fn push(&mut self, number: u32, slot: Slot, ordinal: u32, code: Code<'_>) {
        if self.runs.last().is_none_or(|run| run.number != number) {
            self.ascending &= self.runs.last().is_none_or(|run| run.number < number);
            self.runs.push(Run { number, slot, first: self.ordinals.len() as u32 });
        }
        if let Some(fine) = code.fine {
            self.leads.push(self.ordinals.len() as u32);
            self.fine.extend(fine);
        }
        self.ordinals.push(ordinal);
        self.codes.extend(code.bits);
    }

    /// The codes of a row.
    pub fn code(&self, row: usize) -> Code<'_> {
        let size = code_bytes(self.dimensions);
        let fine = self.leads.binary_search(&(row as u32)).ok().and_then(|lead| self.fine(lead));
        Code { bits: &self.codes[row * size..(row + 1) * size], fine }
    }

    /// The codes of some rows, without the finer ones; nothing if they are not there.
    pub fn codes_of(&self, rows: &std::ops::Range<usize>) -> &[u8] {
        let size = code_bytes(self.dimensions);
        self.codes.get(rows.start * size..rows.end * size).unwrap_or_default()
    }

    /// The rows that have a finer code, ascending.
    pub fn leads(&self) -> &[u32] {
        &self.leads
    }

    /// The finer code of the n-th of [`Vectors::leads`].
    pub fn fine(&self, lead: usize) -> Option<&[u8]> {
        let size = fine_bytes(self.dimensions);
        self.fine.get(lead * size..(lead + 1) * size)
    }

    /// Of `rows`, those that have a finer code, as a range of [`Vectors::leads`].
    fn leads_in(&self, rows: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let before = |row: usize| self.leads.partition_point(|lead| (*lead as usize) < row);
        before(rows.start)..before(rows.end)
    }

    /// Rows and bytes of each piece of `rows` rows: how they are cut.
    pub fn piece_rows(dimensions: usize) -> usize {
        (PIECE / code_bytes(dimensions)).max(1)
    }

    /// How many pieces its codes have.
    pub fn pieces(&self) -> u32 {
        self.len().div_ceil(Self::piece_rows(self.dimensions)) as u32
    }

    /// The rows of one piece.
    fn rows_of_piece(&self, piece: usize) -> std::ops::Range<usize> {
        let rows = Self::piece_rows(self.dimensions);
        let first = piece.saturating_mul(rows).min(self.len());
        first..first.saturating_add(rows).min(self.len())
    }

    /// The row of one piece: codes, then the finer ones of the leads among them.
    pub fn encode_piece(&self, piece: u32) -> Vec<u8> {
        let rows = self.rows_of_piece(piece as usize);
        let leads = self.leads_in(&rows);
        let of = |bytes: &'_ [u8], range: std::ops::Range<usize>, size: usize| {
            bytes[range.start * size..range.end * size].to_vec()
        };
        let mut bytes = of(&self.codes, rows, code_bytes(self.dimensions));
        bytes.extend(of(&self.fine, leads, fine_bytes(self.dimensions)));
        seal_raw(&bytes)
    }

    /// The row that says whose codes they are.
    pub fn encode_head(&self) -> Result<Vec<u8>, IndexError> {
        let runs = (0..self.runs.len()).map(|run| (self.runs[run].number, self.rows(run).len() as u32));
        seal(&Head {
            space: self.space.clone(),
            dimensions: self.dimensions as u32,
            runs: runs.collect(),
            ordinals: self.ordinals.clone(),
            leads: self.leads.clone(),
        })
    }

    /// From its head; the codes are still missing: [`Vectors::pieces`] of them, to be added in order.
    pub fn decode_head(bytes: &[u8], table: &Pages) -> Result<Self, Unreadable> {
        let head: Head = unseal(bytes)?;
        let dimensions = head.dimensions as usize;
        let rows = head.runs.iter().map(|run| u64::from(run.1)).sum::<u64>();
        if dimensions == 0 || dimensions > MAX_DIMENSIONS || rows != head.ordinals.len() as u64 {
            return Err(Unreadable);
        }
        let in_order = head.leads.windows(2).all(|pair| pair[0] < pair[1]);
        if !in_order || head.leads.last().is_some_and(|last| u64::from(*last) >= rows) {
            return Err(Unreadable);
        }
        let mut first = 0;
        let ascending = head.runs.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let runs = head.runs.into_iter().map(|(number, rows)| {
            let run = Run { number, slot: table.slot_of_number(number).unwrap_or(DEAD), first };
            first += rows;
            run
        });
        Ok(Self {
            space: head.space,
            dimensions,
            runs: runs.collect(),
            ascending,
            ordinals: head.ordinals,
            codes: Vec::new(),
            leads: head.leads,
            fine: Vec::new(),
        })
    }

    /// Adds the next piece.
    pub fn add_piece(&mut self, row: Vec<u8>) -> Result<(), Unreadable> {
        let bytes = unseal_raw(row)?;
        let piece = self.codes.len() / (Self::piece_rows(self.dimensions) * code_bytes(self.dimensions));
        let rows = self.rows_of_piece(piece);
        let codes = rows.len() * code_bytes(self.dimensions);
        let fine = self.leads_in(&rows).len() * fine_bytes(self.dimensions);
        if rows.is_empty() || bytes.len() != codes + fine {
            return Err(Unreadable);
        }
        // By what is there, not by what the head claims.
        self.codes.reserve_exact(codes);
        self.codes.extend(&bytes[..codes]);
        self.fine.reserve_exact(fine);
        self.fine.extend(&bytes[codes..]);
        Ok(())
    }

    /// Whether all pieces are there.
    pub fn is_whole(&self) -> bool {
        self.codes.len() == self.len() * code_bytes(self.dimensions)
    }

    /// Those of living pages, pages in the order of their numbers and passages in theirs, each once.
    pub fn sorted(&self, is_alive: impl Fn(Slot) -> bool) -> Self {
        let mut rows: Vec<(u32, u32, Slot, usize)> = Vec::with_capacity(self.len());
        for (index, run) in self.runs.iter().enumerate().filter(|(_, run)| is_alive(run.slot)) {
            rows.extend(self.rows(index).map(|row| (run.number, self.ordinals[row], run.slot, row)));
        }
        sort(&mut rows);
        rows.dedup_by_key(|row| (row.0, row.1));
        let mut sorted = Self::new(&self.space, self.dimensions);
        for (number, ordinal, slot, row) in rows {
            sorted.push(number, slot, ordinal, self.code(row));
        }
        sorted
    }

    /// The runs of a page's text.
    pub fn runs_of(&self, number: u32) -> impl Iterator<Item = usize> {
        let from = if self.ascending { self.runs.partition_point(|run| run.number < number) } else { 0 };
        (from..self.runs.len())
            .take_while(move |run| !self.ascending || self.runs[*run].number == number)
            .filter(move |run| self.runs[*run].number == number)
    }
}
