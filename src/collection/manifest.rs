//! Reads `[collections.NAME]` of `vecops.toml`, and puts each broken rule at the line of its key.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::rules;
use super::{Collection, HnswIndex, IdType, IterativeScan, Policy};
use crate::error::Result;
use crate::manifest::ManifestFile;
use crate::sql::{Ident, QualifiedName};
use crate::vector::{ElementType, Metric};

/// The manifest, as far as collections are concerned.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    collections: BTreeMap<Spanned<String>, Section>,
    /// The misspelling that would otherwise declare nothing without a word.
    collection: Option<Spanned<IgnoredAny>>,
}

/// `[collections.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    schema: Option<Spanned<String>>,
    table: Option<Spanned<String>>,
    id: Option<Spanned<String>>,
    dimensions: Spanned<u32>,
    element: Option<Spanned<String>>,
    metric: Option<Spanned<String>>,
    content: Option<Spanned<String>>,
    metadata: Option<Spanned<String>>,
    embedding: Option<Spanned<String>>,
    owner: Option<Spanned<String>>,
    model: Option<String>,
    provider: Option<String>,
    normalized: Option<bool>,
    policy: Option<Spanned<String>>,
    index_metadata: Option<bool>,
    index: Option<IndexSection>,
    match_limit: Option<Spanned<u32>>,
    match_limit_max: Option<Spanned<u32>>,
}

/// `[collections.NAME.index]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexSection {
    method: Option<Spanned<String>>,
    m: Option<Spanned<u32>>,
    ef_construction: Option<Spanned<u32>>,
    ef_search: Option<Spanned<u32>>,
    iterative_scan: Option<Spanned<String>>,
}

/// The words that a key takes, with what each means.
type Words<T> = [(&'static str, T)];

const IDS: &Words<IdType> = &[
    ("bigint", IdType::Bigint),
    ("uuid", IdType::Uuid),
    ("text", IdType::Text),
];
const ELEMENTS: &Words<ElementType> = &[("vector", ElementType::Vector), ("halfvec", ElementType::Halfvec)];
const METRICS: &Words<Metric> = &[
    ("cosine", Metric::Cosine),
    ("inner-product", Metric::InnerProduct),
    ("l2", Metric::L2),
    ("l1", Metric::L1),
];
const POLICIES: &Words<Policy> = &[
    ("service", Policy::Service),
    ("owner", Policy::Owner),
    ("public-read", Policy::PublicRead),
];
const METHODS: &Words<bool> = &[("hnsw", true), ("none", false)];
const ITERATIVE_SCANS: &Words<IterativeScan> = &[
    ("relaxed_order", IterativeScan::RelaxedOrder),
    ("strict_order", IterativeScan::StrictOrder),
    ("off", IterativeScan::Off),
];

/// Reads and checks every collection of the file.
pub(super) fn read(file: &ManifestFile) -> Result<Vec<Collection>> {
    let document: Document = file.parse()?;
    if let Some(misspelt) = document.collection {
        let message = "`collection` is not a section; collections are declared as `[collections.NAME]`";
        return Err(file.error_at(Some(misspelt.span()), message));
    }
    let mut collections: Vec<Collection> = Vec::new();
    for (name, section) in &document.collections {
        let place = Place { file, name, section };
        let collection = place.collection()?;
        if let Some(other) = collections.iter().find(|other| other.table == collection.table) {
            let message = format!(
                "collection `{}` already declares the table {}",
                other.name,
                collection.table.plain()
            );
            return Err(place.error("table", &message));
        }
        collections.push(collection);
    }
    Ok(collections)
}

/// One section and where it stands.
struct Place<'a> {
    file: &'a ManifestFile,
    name: &'a Spanned<String>,
    section: &'a Section,
}

impl Place<'_> {
    /// The section as a collection: defaults filled in, every rule checked.
    fn collection(&self) -> Result<Collection> {
        let section = self.section;
        let name = self.name.get_ref();
        let schema = self.ident("schema", section.schema.as_ref(), "public")?;
        let table = self.ident("table", section.table.as_ref(), name)?;
        let defaults = Collection::new(name, *section.dimensions.get_ref())
            .map_err(|error| self.error("name", error.message()))?;
        let collection = Collection {
            table: QualifiedName::new(schema, table),
            id: self.word("id", section.id.as_ref(), IDS, defaults.id)?,
            element: self.word("element", section.element.as_ref(), ELEMENTS, defaults.element)?,
            metric: self.word("metric", section.metric.as_ref(), METRICS, defaults.metric)?,
            content: self.ident("content", section.content.as_ref(), "content")?,
            metadata: self.ident("metadata", section.metadata.as_ref(), "metadata")?,
            embedding: self.ident("embedding", section.embedding.as_ref(), "embedding")?,
            owner: self.ident("owner", section.owner.as_ref(), "owner_id")?,
            model: section.model.clone(),
            provider: section.provider.clone(),
            normalized: section.normalized.unwrap_or(defaults.normalized),
            policy: self.word("policy", section.policy.as_ref(), POLICIES, defaults.policy)?,
            index_metadata: section.index_metadata.unwrap_or(defaults.index_metadata),
            index: self.index()?,
            match_limit: value(section.match_limit.as_ref(), defaults.match_limit),
            match_limit_max: value(section.match_limit_max.as_ref(), defaults.match_limit_max),
            ..defaults
        };
        match rules::broken(&collection) {
            None => Ok(collection),
            Some(broken) => Err(broken.with_hint(self.error(broken.key, &broken.why))),
        }
    }

    /// The declared index. A larger `m` raises the default of `ef_construction` with it.
    fn index(&self) -> Result<Option<HnswIndex>> {
        let defaults = HnswIndex::default();
        let Some(section) = &self.section.index else {
            return Ok(Some(defaults));
        };
        let m = value(section.m.as_ref(), defaults.m);
        let least = defaults.ef_construction.max(m.saturating_mul(2));
        let scan = section.iterative_scan.as_ref();
        let index = HnswIndex {
            m,
            ef_construction: value(section.ef_construction.as_ref(), least),
            ef_search: value(section.ef_search.as_ref(), defaults.ef_search),
            iterative_scan: self.word(
                "index.iterative_scan",
                scan,
                ITERATIVE_SCANS,
                defaults.iterative_scan,
            )?,
        };
        let wanted = self.word("index.method", section.method.as_ref(), METHODS, true)?;
        Ok(wanted.then_some(index))
    }

    /// One of the words that the key takes.
    fn word<T: Copy>(
        &self,
        key: &'static str,
        declared: Option<&Spanned<String>>,
        words: &Words<T>,
        default: T,
    ) -> Result<T> {
        let Some(declared) = declared else {
            return Ok(default);
        };
        let found = words.iter().find(|(word, _)| *word == declared.get_ref());
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{}` is not one of {}", declared.get_ref(), known.join(", "));
            self.error(key, &message)
        })
    }

    fn ident(&self, key: &'static str, value: Option<&Spanned<String>>, default: &str) -> Result<Ident> {
        let name = value.map_or(default, |value| value.get_ref().as_str());
        Ident::new(name).map_err(|error| self.error(key, &error.to_string()))
    }

    /// An error at the key's line; at the section's name where the key was left to its default.
    fn error(&self, key: &str, message: &str) -> crate::error::Error {
        let span = self.span(key).unwrap_or_else(|| self.name.span());
        let key = match key {
            "name" => String::new(),
            key => format!(".{key}"),
        };
        let message = format!("`collections.{}{key}`: {message}", self.name.get_ref());
        self.file.error_at(Some(span), &message)
    }

    fn span(&self, key: &str) -> Option<Range<usize>> {
        let section = self.section;
        let index = section.index.as_ref();
        match key {
            "schema" => span(section.schema.as_ref()),
            "table" => span(section.table.as_ref()),
            "dimensions" => Some(section.dimensions.span()),
            "id" => span(section.id.as_ref()),
            "policy" => span(section.policy.as_ref()),
            "element" => span(section.element.as_ref()),
            "metric" => span(section.metric.as_ref()),
            "content" => span(section.content.as_ref()),
            "metadata" => span(section.metadata.as_ref()),
            "embedding" => span(section.embedding.as_ref()),
            "owner" => span(section.owner.as_ref()),
            "match_limit" => span(section.match_limit.as_ref()),
            "match_limit_max" => span(section.match_limit_max.as_ref()),
            "index.method" => span(index?.method.as_ref()),
            "index.iterative_scan" => span(index?.iterative_scan.as_ref()),
            "index.m" => span(index?.m.as_ref()),
            "index.ef_construction" => span(index?.ef_construction.as_ref()),
            "index.ef_search" => span(index?.ef_search.as_ref()),
            _ => None,
        }
    }
}

fn value<T: Copy>(declared: Option<&Spanned<T>>, default: T) -> T {
    declared.map_or(default, |value| *value.get_ref())
}

fn span<T>(value: Option<&Spanned<T>>) -> Option<Range<usize>> {
    value.map(Spanned::span)
}

#[cfg(test)]
mod tests;
