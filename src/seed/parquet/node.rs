//! The columns of a file as a tree: which leaf belongs to what, and from which levels on something is there.
//!
//! Lists and maps have been written in several ways; the rules are those of
//! <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md>, "Nested Types".

use std::ops::Range;

use ::parquet::basic::{ConvertedType, LogicalType, Repetition};
use ::parquet::errors::ParquetError;
use ::parquet::schema::types::{SchemaDescriptor, Type};

/// A column, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its name.
    pub(super) name: String,
    /// The definition level from which on it is there, and not null.
    pub(super) definition: i16,
    /// Its leaves, by their place in the file.
    pub(super) leaves: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A value.
    Leaf,
    /// Values with names.
    Struct(Vec<Node>),
    /// Values of one kind, and the repetition level at which the next one follows.
    List(Box<Node>, i16),
    /// Keys with values, and the repetition level at which the next pair follows.
    Map(Box<Node>, Option<Box<Node>>, i16),
}

/// The columns of a file.
pub(super) fn roots(schema: &SchemaDescriptor) -> Result<Vec<Node>, ParquetError> {
    let mut growing = Growing { leaves: 0 };
    let fields = schema.root_schema().get_fields().iter();
    fields
        .map(|field| growing.field(field, Levels::default()))
        .collect()
}

impl Node {
    /// The node at a path of names through structs.
    pub(super) fn below(&self, path: &[String]) -> Option<&Self> {
        let Some((name, rest)) = path.split_first() else {
            return Some(self);
        };
        match &self.kind {
            Kind::Struct(children) => children.iter().find(|child| child.name == *name)?.below(rest),
            _ => None,
        }
    }
}

/// The levels that what is around a node needs.
#[derive(Clone, Copy, Default)]
struct Levels {
    definition: i16,
    repetition: i16,
}

impl Levels {
    fn optional(self) -> Self {
        Self {
            definition: self.definition + 1,
            ..self
        }
    }

    fn repeated(self) -> Self {
        Self {
            definition: self.definition + 1,
            repetition: self.repetition + 1,
        }
    }
}

/// Counts the leaves.
struct Growing {
    leaves: usize,
}

impl Growing {
    /// A field, which may be absent or stand there several times.
    fn field(&mut self, of: &Type, around: Levels) -> Result<Node, ParquetError> {
        match repetition(of) {
            Repetition::REQUIRED => self.value(of, around),
            Repetition::OPTIONAL => self.value(of, around.optional()),
            Repetition::REPEATED => {
                let element = self.value(of, around.repeated())?;
                Ok(list(of, element, around))
            }
        }
    }

    /// A field where it is there.
    fn value(&mut self, of: &Type, levels: Levels) -> Result<Node, ParquetError> {
        let first = self.leaves;
        if of.is_primitive() {
            self.leaves += 1;
            return Ok(self.node(of, levels, first, Kind::Leaf));
        }
        if is_list(of) {
            return self.list(of, levels);
        }
        if is_map(of) {
            return self.map(of, levels);
        }
        let children = of.get_fields().iter();
        let children: Vec<Node> = children
            .map(|child| self.field(child, levels))
            .collect::<Result<_, _>>()?;
        if children.is_empty() {
            return Err(wrong(of, "a struct without fields"));
        }
        Ok(self.node(of, levels, first, Kind::Struct(children)))
    }

    fn list(&mut self, of: &Type, levels: Levels) -> Result<Node, ParquetError> {
        let repeated = only_repeated(of)?;
        let element = if repeated.is_primitive() || is_element(repeated, of) {
            self.value(repeated, levels.repeated())?
        } else {
            let inner = repeated.get_fields().first();
            let inner = inner.ok_or_else(|| wrong(of, "a list of nothing"))?;
            self.field(inner, levels.repeated())?
        };
        Ok(list(of, element, levels))
    }

    fn map(&mut self, of: &Type, levels: Levels) -> Result<Node, ParquetError> {
        let first = self.leaves;
        let pair = only_repeated(of)?;
        let inside = levels.repeated();
        let fields = if pair.is_group() { pair.get_fields() } else { &[] };
        let (key, value) = match fields {
            [key] => (self.field(key, inside)?, None),
            [key, value] => {
                let key = self.field(key, inside)?;
                (key, Some(Box::new(self.field(value, inside)?)))
            }
            _ => return Err(wrong(of, "a map of something else than pairs")),
        };
        let kind = Kind::Map(Box::new(key), value, inside.repetition);
        Ok(self.node(of, levels, first, kind))
    }

    fn node(&self, of: &Type, levels: Levels, first: usize, kind: Kind) -> Node {
        Node {
            name: of.name().to_owned(),
            definition: levels.definition,
            leaves: first..self.leaves,
            kind,
        }
    }
}

fn list(of: &Type, element: Node, levels: Levels) -> Node {
    Node {
        name: of.name().to_owned(),
        definition: levels.definition,
        leaves: element.leaves.clone(),
        kind: Kind::List(Box::new(element), levels.repeated().repetition),
    }
}

fn repetition(of: &Type) -> Repetition {
    let info = of.get_basic_info();
    if info.has_repetition() {
        info.repetition()
    } else {
        Repetition::REQUIRED
    }
}

fn is_list(of: &Type) -> bool {
    let info = of.get_basic_info();
    matches!(info.logical_type_ref(), Some(LogicalType::List)) || info.converted_type() == ConvertedType::LIST
}

fn is_map(of: &Type) -> bool {
    let info = of.get_basic_info();
    let converted = info.converted_type();
    matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(converted, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
}

/// The one child of a list or map, which stands there several times.
fn only_repeated(of: &Type) -> Result<&Type, ParquetError> {
    match of.get_fields() {
        [one] if repetition(one) == Repetition::REPEATED => Ok(one),
        _ => Err(wrong(of, "a list or map without its one repeated field")),
    }
}

/// Whether the repeated group of a list is its element, and not only around it.
fn is_element(repeated: &Type, list: &Type) -> bool {
    match repeated.get_fields() {
        [only] => {
            let name = repeated.name();
            !is_list(repeated)
                && repetition(only) != Repetition::REPEATED
                && (name == "array" || name.strip_suffix("_tuple") == Some(list.name()))
        }
        _ => true,
    }
}

fn wrong(of: &Type, what: &str) -> ParquetError {
    ParquetError::General(format!("`{}` is {what}", of.name()))
}
