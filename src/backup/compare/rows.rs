//! Which rows of a table are new, gone or others.

use std::collections::HashMap;

use serde::Serialize;

use super::super::chunk::{Chunk, ChunkReader};
use super::super::digest::Sha;
use super::super::form;
use super::super::manifest::{Column, Manifest, Table};
use super::super::repository::Repository;
use super::Side;
use super::spill::{Pair, Spill, Which, hash};
use crate::error::Result;
use crate::progress::Task;
use crate::sql::{Ident, QualifiedName};
use crate::vector::copy::RowView;
use crate::vector::copy::text::{self, Form};

/// The most letters of a key's value that are shown.
const LONGEST_KEY: usize = 200;

/// The rows of a table that are not the same in both backups.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RowChanges {
    /// The columns of the key that tells rows apart; none where whole rows are compared, which are then never changed.
    pub key: Vec<Ident>,
    /// Rows that only the later backup has.
    pub added: u64,
    /// Rows that only the earlier backup has.
    pub removed: u64,
    /// Rows with the same key and other values.
    pub changed: u64,
    /// Rows that are the same.
    pub unchanged: u64,
    /// In which columns rows have changed, by the number of rows.
    pub columns: Vec<ChangedColumn>,
    /// Columns that only one backup has, or under another type: their values are not compared.
    pub not_compared: Vec<Ident>,
    /// Some of the keys.
    pub examples: Examples,
    /// How many chunks both backups hold, which were not read.
    pub equal_chunks: u64,
    /// How many chunks were read.
    pub read_chunks: u64,
}

/// A column in which rows have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedColumn {
    /// Its name.
    pub column: Ident,
    /// In how many rows.
    pub rows: u64,
}

/// Keys of rows, each as the texts of its columns; not all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Examples {
    /// Of new rows.
    pub added: Vec<Vec<String>>,
    /// Of rows that are gone.
    pub removed: Vec<Vec<String>>,
    /// Of rows with other values.
    pub changed: Vec<Vec<String>>,
}

impl RowChanges {
    /// Whether every row is the same.
    pub fn is_none(&self) -> bool {
        self.added + self.removed + self.changed == 0 && self.not_compared.is_empty()
    }
}

/// A table of one of the backups.
#[derive(Debug, Clone)]
struct Half {
    repository: Repository,
    table: Table,
    /// The chunks that the other backup does not have.
    chunks: Vec<Chunk>,
}

/// A table of both backups.
#[derive(Debug, Clone)]
pub(super) struct Comparing {
    before: Half,
    after: Half,
    key: Vec<Column>,
    forms: Vec<Option<Form>>,
    /// The columns whose values are compared.
    values: Vec<Column>,
    not_compared: Vec<Ident>,
    is_equal: bool,
    most_keys: usize,
    equal_chunks: u64,
}

impl Comparing {
    pub(super) fn new(
        (before, old, table): (&Side, &Manifest, &Table),
        (after, _, other): (&Side, &Manifest, &Table),
        most_keys: usize,
    ) -> Self {
        let in_both = |column: &&Column| other.columns.contains(column);
        let named = |names: &[Ident]| -> Vec<Column> {
            let columns = names
                .iter()
                .filter_map(|name| table.columns.iter().find(|column| column.name == *name));
            columns.filter(in_both).cloned().collect()
        };
        let key = if table.key == other.key {
            named(&table.key)
        } else {
            Vec::new()
        };
        let key = if key.len() == table.key.len() {
            key
        } else {
            Vec::new()
        };
        let values = table.columns.iter().filter(in_both);
        let lone = |columns: &[Column], others: &[Column]| -> Vec<Ident> {
            let lone = columns.iter().filter(|column| !others.contains(column));
            lone.map(|column| column.name.clone()).collect()
        };
        let mut not_compared = lone(&table.columns, &other.columns);
        not_compared.extend(lone(&other.columns, &table.columns));
        not_compared.dedup();
        let same_columns = table.columns == other.columns;
        let (old_chunks, new_chunks, equal_chunks) = if same_columns {
            without_equal(&table.chunks, &other.chunks)
        } else {
            (table.chunks.clone(), other.chunks.clone(), 0)
        };
        let half = |side: &Side, table: &Table, chunks| Half {
            repository: side.repository.clone(),
            table: table.clone(),
            chunks,
        };
        Self {
            is_equal: same_columns && table.rows == other.rows && table.digest == other.digest,
            forms: key
                .iter()
                .map(|column| form::of_column(&old.definition, column))
                .collect(),
            values: values.filter(|column| !key.contains(column)).cloned().collect(),
            before: half(before, table, old_chunks),
            after: half(after, other, new_chunks),
            key,
            not_compared,
            most_keys,
            equal_chunks,
        }
    }

    pub(super) fn name(&self) -> &QualifiedName {
        &self.before.table.name
    }

    pub(super) fn is_equal(&self) -> bool {
        self.is_equal
    }

    /// How many bytes of objects are read.
    pub(super) fn bytes(&self) -> u64 {
        let chunks = self.before.chunks.iter().chain(&self.after.chunks);
        chunks.map(|chunk| chunk.stored_bytes).sum()
    }

    pub(super) fn run(&self, task: &Task) -> Result<RowChanges> {
        let chunks = || self.before.chunks.iter().chain(&self.after.chunks);
        let rows = chunks().map(|chunk| chunk.rows).sum();
        let mut spill = Spill::new(rows, if self.key.is_empty() { 0 } else { self.values.len() });
        self.read(&self.before, Which::Before, &mut spill, task)?;
        self.read(&self.after, Which::After, &mut spill, task)?;
        let mut changes = RowChanges {
            key: self.key.iter().map(|column| column.name.clone()).collect(),
            not_compared: self.not_compared.clone(),
            equal_chunks: self.equal_chunks,
            read_chunks: u64::try_from(chunks().count()).unwrap_or_default(),
            ..RowChanges::default()
        };
        let read = |half: &Half| half.chunks.iter().map(|chunk| chunk.rows).sum::<u64>();
        changes.unchanged = self.before.table.rows.saturating_sub(read(&self.before));
        let mut columns = vec![0; self.values.len()];
        spill.each(&mut |key, pair| self.count(key, &pair, &mut changes, &mut columns))?;
        let columns = self.values.iter().zip(columns).filter(|(_, rows)| *rows > 0);
        changes.columns = columns
            .map(|(column, rows)| ChangedColumn {
                column: column.name.clone(),
                rows,
            })
            .collect();
        let examples = &mut changes.examples;
        for keys in [&mut examples.added, &mut examples.removed, &mut examples.changed] {
            keys.sort();
        }
        Ok(changes)
    }

    fn read(&self, half: &Half, which: Which, spill: &mut Spill, task: &Task) -> Result<()> {
        let place = |column: &Column| half.table.columns.iter().position(|other| other == column);
        let key: Vec<usize> = self.key.iter().filter_map(place).collect();
        let values: Vec<usize> = self.values.iter().filter_map(place).collect();
        let mut hashes = Vec::new();
        for chunk in &half.chunks {
            let reader = ChunkReader::open(&half.repository, chunk)?;
            reader.each_row(&mut |row: RowView<'_>| {
                let fields: Vec<Option<&[u8]>> = row.fields().collect();
                let field = |at: &usize| fields.get(*at).copied().flatten();
                hashes.clear();
                let mut named = Vec::new();
                if key.is_empty() {
                    // The row itself is the key: its compared values, which may be long, by their SHA-256.
                    let mut whole = Vec::new();
                    for at in &values {
                        framed(field(at), &mut whole);
                    }
                    named.extend_from_slice(&Sha::of(&whole).0);
                } else {
                    for at in &key {
                        framed(field(at), &mut named);
                    }
                    hashes.extend(values.iter().map(|at| hash(field(at))));
                }
                spill.add(which, &named, &hashes)
            })?;
            task.advance(chunk.stored_bytes);
        }
        Ok(())
    }

    fn count(&self, key: &[u8], pair: &Pair, changes: &mut RowChanges, columns: &mut [u64]) {
        let number = |rows: &[Vec<u64>]| u64::try_from(rows.len()).unwrap_or_default();
        let (before, after) = (number(&pair.before), number(&pair.after));
        if let (false, [old], [new]) = (self.key.is_empty(), pair.before.as_slice(), pair.after.as_slice()) {
            if old == new {
                changes.unchanged += 1;
                return;
            }
            changes.changed += 1;
            for (rows, (old, new)) in columns.iter_mut().zip(old.iter().zip(new)) {
                *rows += u64::from(old != new);
            }
            self.example(key, &mut changes.examples.changed);
            return;
        }
        changes.unchanged += before.min(after);
        changes.added += after.saturating_sub(before);
        changes.removed += before.saturating_sub(after);
        if after > before {
            self.example(key, &mut changes.examples.added);
        } else if before > after {
            self.example(key, &mut changes.examples.removed);
        }
    }

    fn example(&self, key: &[u8], to: &mut Vec<Vec<String>>) {
        if !self.key.is_empty() && to.len() < self.most_keys {
            let fields = unframed(key);
            let texts = self
                .forms
                .iter()
                .zip(fields)
                .map(|(form, bytes)| shown(form.as_ref(), bytes));
            to.push(texts.collect());
        }
    }
}

/// The chunks of both sides without those that hold the same rows, and how many those are.
fn without_equal(before: &[Chunk], after: &[Chunk]) -> (Vec<Chunk>, Vec<Chunk>, u64) {
    let same = |chunk: &Chunk| (chunk.content, chunk.rows, chunk.digest);
    let mut there: HashMap<_, u64> = HashMap::new();
    for chunk in after {
        *there.entry(same(chunk)).or_default() += 1;
    }
    let mut taken: HashMap<_, u64> = HashMap::new();
    let mut equal = 0;
    let mut keep = |chunk: &&Chunk| match there.get_mut(&same(chunk)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            *taken.entry(same(chunk)).or_default() += 1;
            equal += 1;
            false
        }
        _ => true,
    };
    let before: Vec<Chunk> = before.iter().filter(&mut keep).cloned().collect();
    let mut keep = |chunk: &&Chunk| match taken.get_mut(&same(chunk)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let after = after.iter().filter(&mut keep).cloned().collect();
    (before, after, equal)
}

/// Appends a value behind its length, as a row of binary COPY does.
fn framed(value: Option<&[u8]>, to: &mut Vec<u8>) {
    let length = value.map_or(-1, |value| i64::try_from(value.len()).unwrap_or(i64::MAX));
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(value.unwrap_or_default());
}

fn unframed(mut key: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while let Some((length, rest)) = key.split_first_chunk::<8>() {
        let length = usize::try_from(i64::from_be_bytes(*length)).unwrap_or_default();
        let (value, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        values.push(value);
        key = rest;
    }
    values
}

/// A key's value for people: its text, or its bytes where its type is not known here.
fn shown(form: Option<&Form>, bytes: &[u8]) -> String {
    let known = form.and_then(|form| text::of(form, bytes).ok());
    let mut text = known.unwrap_or_else(|| text::of(&Form::Hexadecimal, bytes).unwrap_or_default());
    if let Some((cut, _)) = text.char_indices().nth(LONGEST_KEY) {
        text.truncate(cut);
        text.push('…');
    }
    text
}
