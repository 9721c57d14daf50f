//! The rules that a collection must keep, each with the key that breaks it.

use super::{Collection, HnswIndex, ID_COLUMN, Policy};
use crate::error::Error;
use crate::vector::ElementType;

/// PostgreSQL cuts names at 63 bytes; `match_` takes six of them.
const LONGEST_NAME: usize = 57;

/// A rule that a collection breaks.
#[derive(Debug)]
pub(super) struct Broken {
    /// The key in the collection's section, `index.m` for a key of its index.
    pub(super) key: &'static str,
    /// What is wrong with its value.
    pub(super) why: String,
    /// What to write instead.
    pub(super) instead: Option<String>,
}

impl Broken {
    /// The error, after the place where the key stands.
    pub(super) fn error(&self, place: impl std::fmt::Display) -> Error {
        self.with_hint(Error::configuration(format!("{place}: {}", self.why)))
    }

    /// Adds what to write instead.
    pub(super) fn with_hint(&self, error: Error) -> Error {
        match &self.instead {
            Some(instead) => error.hint(instead.clone()),
            None => error,
        }
    }
}

fn broken_key(key: &'static str, why: impl Into<String>) -> Broken {
    Broken {
        key,
        why: why.into(),
        instead: None,
    }
}

fn broken_with(key: &'static str, why: impl Into<String>, instead: impl Into<String>) -> Broken {
    Broken {
        instead: Some(instead.into()),
        ..broken_key(key, why)
    }
}

/// The first rule that the collection breaks.
pub(super) fn broken(collection: &Collection) -> Option<Broken> {
    name(collection)
        .or_else(|| element(collection))
        .or_else(|| dimensions(collection))
        .or_else(|| columns(collection))
        .or_else(|| collection.index.as_ref().and_then(index))
        .or_else(|| limits(collection))
}

/// The name ends up in the names of functions and in targets, beside `schema.table`.
fn name(collection: &Collection) -> Option<Broken> {
    let name = &collection.name;
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(simple) {
        return Some(broken_with(
            "name",
            format!("`{name}` is not made of lower-case letters, digits and `_`, starting with a letter"),
            "Choose a plain name; `table` may name a table that has another one.",
        ));
    }
    (name.len() > LONGEST_NAME).then(|| {
        broken_with(
            "name",
            format!("`{name}` is longer than {LONGEST_NAME} bytes, so `match_{name}` would be cut off"),
            "Choose a shorter name; `table` may name a table that has a longer one.",
        )
    })
}

fn element(collection: &Collection) -> Option<Broken> {
    let (element, metric) = (collection.element, collection.metric);
    if !matches!(element, ElementType::Vector | ElementType::Halfvec) {
        return Some(broken_with(
            "element",
            format!("a collection cannot be made of `{element}`"),
            "Choose `vector` or `halfvec`.",
        ));
    }
    (!metric.fits(element)).then(|| {
        broken_with(
            "metric",
            format!("`{metric}` is not defined for `{element}`"),
            "Choose `cosine`, `inner-product`, `l2` or `l1`.",
        )
    })
}

fn dimensions(collection: &Collection) -> Option<Broken> {
    let (element, dimensions) = (collection.element, collection.dimensions);
    if dimensions == 0 {
        return Some(broken_key("dimensions", "a vector has at least one dimension"));
    }
    if dimensions > element.most_dimensions() {
        let most = element.most_dimensions();
        return Some(broken_key(
            "dimensions",
            format!("{dimensions} is more than `{element}` holds, {most}"),
        ));
    }
    let most = element.most_indexed_dimensions();
    if collection.index.is_none() || dimensions <= most {
        return None;
    }
    let why = format!("{dimensions} is more than an index on `{element}` holds, {most}");
    let instead = if dimensions <= ElementType::Halfvec.most_indexed_dimensions() {
        "Choose `element = \"halfvec\"`, whose index holds 4000, or `index.method = \"none\"`."
    } else {
        "Choose a model with fewer dimensions, or `index.method = \"none\"`."
    };
    Some(broken_with("dimensions", why, instead))
}

/// Every column is another one.
fn columns(collection: &Collection) -> Option<Broken> {
    let owner = (collection.policy == Policy::Owner).then_some(("owner", &collection.owner));
    let named = [
        ("content", &collection.content),
        ("metadata", &collection.metadata),
        ("embedding", &collection.embedding),
    ];
    let mut seen = vec![("id", ID_COLUMN)];
    for (key, column) in named.into_iter().chain(owner) {
        if let Some((other, _)) = seen.iter().find(|(_, taken)| *taken == column.as_str()) {
            let why = format!("column {column} is already the column of `{other}`");
            return Some(broken_key(key, why));
        }
        seen.push((key, column.as_str()));
    }
    None
}

fn index(index: &HnswIndex) -> Option<Broken> {
    let HnswIndex {
        m,
        ef_construction,
        ef_search,
        ..
    } = *index;
    within("index.m", m, 2, 100)
        .or_else(|| within("index.ef_construction", ef_construction, 4, 1_000))
        .or_else(|| within("index.ef_search", ef_search, 1, 1_000))
        .or_else(|| {
            (ef_construction < 2 * m).then(|| {
                broken_with(
                    "index.ef_construction",
                    format!("{ef_construction} is less than twice `m`, {m}"),
                    format!("Choose at least {}.", 2 * m),
                )
            })
        })
}

fn limits(collection: &Collection) -> Option<Broken> {
    let (limit, most) = (collection.match_limit, collection.match_limit_max);
    within("match_limit_max", most, 1, 100_000).or_else(|| within("match_limit", limit, 1, most))
}

fn within(key: &'static str, value: u32, least: u32, most: u32) -> Option<Broken> {
    let inside = (least..=most).contains(&value);
    (!inside).then(|| broken_key(key, format!("{value} is not between {least} and {most}")))
}
