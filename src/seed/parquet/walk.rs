//! From levels back to rows: vectors as slices of their leaf, nested values as JSON.
//!
//! Where something is absent, each leaf below it has one level that says so; where something is repeated, the levels of
//! the next one follow. Algorithm: Melnik and others, "Dremel: Interactive Analysis of Web-Scale Datasets", appendix.

use std::borrow::Cow;

use super::super::value::{Value, json_of};
use super::leaf::{Leaf, Values};
use super::node::{Kind, Node};
use super::scalar;

/// Reads one column, row after row.
pub(super) struct Walk<'b> {
    leaves: &'b [Option<Leaf>],
    first: usize,
    cursors: Vec<Cursor>,
    /// Where the cursors stood at the row's beginning.
    row: Vec<Cursor>,
}

/// How far a leaf is read.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    level: usize,
    value: usize,
}

impl<'b> Walk<'b> {
    /// The walk over the rows that the leaves have read.
    pub(super) fn new(leaves: &'b [Option<Leaf>], node: &Node) -> Self {
        let cursors = vec![Cursor::default(); node.leaves.len()];
        Self {
            leaves,
            first: node.leaves.start,
            row: cursors.clone(),
            cursors,
        }
    }

    /// The value of the next row, or what is wrong with it.
    pub(super) fn next_row(&mut self, node: &Node) -> Result<Value<'b>, String> {
        self.row.copy_from_slice(&self.cursors);
        let mut value = self.value(node);
        if value.is_ok() && !self.is_at_end() {
            value = Err(broken());
        }
        if value.is_err() {
            self.leave_row();
        }
        value
    }

    /// Whether each leaf was read to the row's end, and not beyond: in a damaged file leaves disagree about it.
    fn is_at_end(&self) -> bool {
        let leaves = self.leaves.iter().skip(self.first);
        let mut cursors = self.row.iter().zip(&self.cursors).zip(leaves);
        cursors.all(|((start, cursor), leaf)| {
            leaf.as_ref()
                .is_none_or(|leaf| leaf.end(start.level, 1) == cursor.level)
        })
    }

    /// Goes on behind a row that was not read to its end.
    fn leave_row(&mut self) {
        let leaves = self.leaves.iter().skip(self.first);
        for ((start, cursor), leaf) in self.row.iter().zip(&mut self.cursors).zip(leaves) {
            let Some(leaf) = leaf else { continue };
            let end = leaf.end(start.level, 1);
            *cursor = Cursor {
                level: end,
                value: start.value + leaf.count(start.level..end),
            };
        }
    }

    fn leaf(&self, index: usize) -> Result<&'b Leaf, String> {
        self.leaves.get(index).and_then(Option::as_ref).ok_or_else(broken)
    }

    fn cursor(&mut self, index: usize) -> Result<&mut Cursor, String> {
        let index = index.checked_sub(self.first);
        index
            .and_then(|index| self.cursors.get_mut(index))
            .ok_or_else(broken)
    }

    /// The definition level of a node where its first leaf stands.
    fn definition(&mut self, node: &Node) -> Result<i16, String> {
        let level = self.cursor(node.leaves.start)?.level;
        self.leaf(node.leaves.start)?.definition(level).ok_or_else(broken)
    }

    /// Passes over the levels that say that something is absent.
    fn pass(&mut self, node: &Node) -> Result<(), String> {
        for index in node.leaves.clone() {
            self.cursor(index)?.level += 1;
        }
        Ok(())
    }

    fn value(&mut self, node: &Node) -> Result<Value<'b>, String> {
        if self.definition(node)? < node.definition {
            self.pass(node)?;
            return Ok(Value::Null);
        }
        match &node.kind {
            Kind::Leaf => self.leaf_value(node),
            Kind::List(element, level) => match element.kind {
                Kind::Leaf => self.list_of_leaves(node, *level),
                _ => self.json(node),
            },
            Kind::Struct(_) | Kind::Map(..) => self.json(node),
        }
    }

    fn leaf_value(&mut self, node: &Node) -> Result<Value<'b>, String> {
        let leaf = self.leaf(node.leaves.start)?;
        let cursor = self.cursor(node.leaves.start)?;
        let at = cursor.value;
        cursor.level += 1;
        cursor.value += 1;
        scalar::value(leaf, at)
    }

    /// A list of numbers as they are in memory, where none is absent.
    fn list_of_leaves(&mut self, node: &Node, level: i16) -> Result<Value<'b>, String> {
        let leaf = self.leaf(node.leaves.start)?;
        if !matches!(
            leaf.values,
            Values::Halves(_) | Values::Floats(_) | Values::Doubles(_)
        ) {
            return self.json(node);
        }
        let start = *self.cursor(node.leaves.start)?;
        let end = leaf.end(start.level, level);
        let is_empty = self.definition(node)? < element_there(node);
        let count = leaf.count(start.level..end);
        if !is_empty && count < end - start.level {
            return self.json(node);
        }
        *self.cursor(node.leaves.start)? = Cursor {
            level: end,
            value: start.value + count,
        };
        let range = start.value..start.value + count;
        let slice = match &leaf.values {
            Values::Halves(values) => values.get(range).map(Value::Halves),
            Values::Floats(values) => values.get(range).map(Value::Floats),
            Values::Doubles(values) => values.get(range).map(Value::Doubles),
            _ => None,
        };
        slice.ok_or_else(broken)
    }

    fn json(&mut self, node: &Node) -> Result<Value<'b>, String> {
        let mut json = String::new();
        self.write(node, &mut json)?;
        Ok(Value::Json(Cow::Owned(json)))
    }

    fn write(&mut self, node: &Node, json: &mut String) -> Result<(), String> {
        if self.definition(node)? < node.definition {
            json.push_str("null");
            return self.pass(node);
        }
        match &node.kind {
            Kind::Leaf => {
                let value = self.leaf_value(node)?;
                json.push_str(&json_of(&value).ok_or("holds a value that JSON does not have")?);
            }
            Kind::Struct(children) => {
                for (place, child) in children.iter().enumerate() {
                    json.push(if place == 0 { '{' } else { ',' });
                    json.push_str(&text(&child.name));
                    json.push(':');
                    self.write(child, json)?;
                }
                json.push('}');
            }
            Kind::List(element, level) => {
                json.push('[');
                self.write_each(node, *level, json, |walk, json| walk.write(element, json))?;
                json.push(']');
            }
            Kind::Map(key, value, level) => {
                json.push('{');
                self.write_each(node, *level, json, |walk, json| {
                    let key = match walk.value(key)? {
                        Value::Text(key) => key.into_owned(),
                        other => json_of(&other).unwrap_or_default(),
                    };
                    json.push_str(&text(&key));
                    json.push(':');
                    match value {
                        Some(value) => walk.write(value, json),
                        None => {
                            json.push_str("null");
                            Ok(())
                        }
                    }
                })?;
                json.push('}');
            }
        }
        Ok(())
    }

    /// Writes what is repeated, with commas between.
    fn write_each(
        &mut self,
        node: &Node,
        level: i16,
        json: &mut String,
        write: impl Fn(&mut Self, &mut String) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.definition(node)? < element_there(node) {
            return self.pass(node);
        }
        loop {
            write(self, json)?;
            let at = self.cursor(node.leaves.start)?.level;
            let next = self.leaf(node.leaves.start)?.repetitions.get(at);
            if next.is_none_or(|next| *next < level) {
                return Ok(());
            }
            json.push(',');
        }
    }
}

impl Leaf {
    /// The definition level at a place.
    fn definition(&self, level: usize) -> Option<i16> {
        match self.most {
            0 => (level < self.values.len()).then_some(0),
            _ => self.definitions.get(level).copied(),
        }
    }

    /// Where the repetition of this level that starts here ends.
    fn end(&self, start: usize, level: i16) -> usize {
        let behind = self.repetitions.get(start + 1..).unwrap_or_default();
        let length = behind.iter().position(|next| *next < level);
        start + 1 + length.unwrap_or(behind.len())
    }

    /// How many values are there at these levels.
    fn count(&self, levels: std::ops::Range<usize>) -> usize {
        match self.most {
            0 => levels.len(),
            most => {
                let definitions = self.definitions.get(levels).unwrap_or_default();
                definitions.iter().filter(|level| **level == most).count()
            }
        }
    }
}

/// The definition level from which on a list or map has an element.
pub(super) fn element_there(node: &Node) -> i16 {
    node.definition + 1
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What is wrong where levels do not fit together.
pub(super) fn broken() -> String {
    "is a list whose bounds are broken".to_owned()
}
