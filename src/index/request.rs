//! From what the user asks for to the definition of an index, refused before the server would refuse it.
//!
//! Limits and operator classes: pgvector 0.8, README and `sql/vector.sql`.

use crate::catalog::LocatedColumn;
use crate::error::{Error, Result};
use crate::index_build::{
    Definition,
    estimate::{Hnsw, Ivfflat, Layout, Shape, usual_lists},
};
use crate::sql::Ident;
use crate::vector::{ElementType, Metric};

/// The leading dimensions that models with meaningful ones are cut to most often.
const USUAL_LEADING: u32 = 1_024;

/// How an index is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A graph.
    Hnsw {
        /// The links of each element.
        m: u32,
        /// The candidates kept while an element is inserted.
        ef_construction: u32,
    },
    /// Lists around centres; as many as the rows ask for where it is not said.
    Ivfflat {
        /// How many.
        lists: Option<u32>,
    },
}

/// An index that the user asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How it is laid out.
    pub method: Method,
    /// How distance is measured; the column's own way where it is not said.
    pub metric: Option<Metric>,
    /// The element type that the index holds, where it is another than the column's.
    pub element: Option<ElementType>,
    /// The dimensions that the index holds: the leading ones of a wider column, or those of a column that says none.
    pub dimensions: Option<u32>,
    /// Another expression than the column, as SQL; then element type and dimensions say what it is.
    pub expression: Option<String>,
    /// The operator class, where it is not the usual one of metric and type.
    pub opclass: Option<Ident>,
    /// The rows that it holds, as SQL.
    pub condition: Option<String>,
    /// Its name, where it is not the usual one.
    pub name: Option<Ident>,
}

impl Request {
    /// The index that this is on a column; `rows` decide how many lists there are.
    pub fn definition(&self, on: &LocatedColumn, rows: u64) -> Result<Definition> {
        let element = self.element.unwrap_or(on.element);
        let dimensions = self.indexed_dimensions(on, element)?;
        let metric = self.metric(on, element)?;
        self.expect_served(metric, element)?;
        let key = self.key(on, element, dimensions)?;
        let schema = &on.extension.schema;
        let opclass = match &self.opclass {
            Some(opclass) => format!("{schema}.{opclass}"),
            None => format!("{schema}.{}", metric.opclass(element)),
        };
        let (method, parameters) = self.parameters(rows);
        let condition = self
            .condition
            .as_ref()
            .map_or_else(String::new, |condition| format!(" where ({condition})"));
        let name = match &self.name {
            Some(name) => name.clone(),
            None => self.usual_name(on, element, dimensions, metric)?,
        };
        Ok(Definition {
            name,
            table: on.table.name.clone(),
            body: format!("using {method} ({key} {opclass}) with ({parameters}){condition}"),
            comment: None,
            tablespace: None,
            layout: self.layout(element, dimensions, rows),
        })
    }

    fn layout(&self, element: ElementType, dimensions: u32, rows: u64) -> Option<Layout> {
        // The size of a sparse vector depends on its values.
        if element == ElementType::Sparsevec {
            return None;
        }
        let shape = Shape { element, dimensions };
        Some(match self.method {
            Method::Hnsw { m, .. } => Layout::Hnsw(Hnsw { shape, m }),
            Method::Ivfflat { lists } => Layout::Ivfflat(Ivfflat {
                shape,
                lists: lists.unwrap_or_else(|| usual_lists(rows)),
            }),
        })
    }

    fn parameters(&self, rows: u64) -> (&'static str, String) {
        match self.method {
            Method::Hnsw { m, ef_construction } => {
                ("hnsw", format!("m = {m}, ef_construction = {ef_construction}"))
            }
            Method::Ivfflat { lists } => {
                let lists = lists.unwrap_or_else(|| usual_lists(rows));
                ("ivfflat", format!("lists = {lists}"))
            }
        }
    }

    /// What stands between the parentheses: the column, or an expression in parentheses of its own.
    fn key(&self, on: &LocatedColumn, element: ElementType, dimensions: u32) -> Result<String> {
        if let Some(expression) = &self.expression {
            return Ok(format!("({expression})"));
        }
        let schema = &on.extension.schema;
        let same_type = element == on.element;
        let same_length = on.dimensions == Some(dimensions);
        let column = on.column.to_string();
        if same_type && (same_length || element == ElementType::Sparsevec && on.dimensions.is_some()) {
            return Ok(column);
        }
        let part = if same_length || on.dimensions.is_none() {
            column
        } else if matches!(on.element, ElementType::Vector | ElementType::Halfvec) {
            format!(
                "{schema}.subvector({column}, 1, {dimensions})::{}({dimensions})",
                on.extension.type_name(on.element)
            )
        } else {
            let message = format!(
                "only `vector` and `halfvec` have leading dimensions, not `{}`",
                on.element
            );
            return Err(Error::usage(message).hint("Leave `--dimensions` out."));
        };
        let type_name = on.extension.type_name(element);
        Ok(match element {
            ElementType::Bit if on.element != ElementType::Bit => {
                format!("({schema}.binary_quantize({part})::{type_name}({dimensions}))")
            }
            _ if same_type && !same_length && on.dimensions.is_some() => format!("({part})"),
            _ => format!("(({part})::{type_name}({dimensions}))"),
        })
    }

    /// How many dimensions the index has, within what the method holds.
    fn indexed_dimensions(&self, on: &LocatedColumn, element: ElementType) -> Result<u32> {
        let column = format!("{}.{}", on.table.name.plain(), on.column.plain());
        let dimensions = match (self.dimensions, on.dimensions) {
            (Some(wanted), Some(has)) if wanted > has && self.expression.is_none() => {
                return Err(Error::usage(format!(
                    "`{column}` has {has} dimensions, not {wanted}"
                )));
            }
            (Some(wanted), _) => wanted,
            (None, Some(has)) => has,
            (None, None) => {
                return Err(Error::precondition(format!(
                    "`{column}` does not say how many dimensions its vectors have, and an index must know"
                ))
                .hint("Say them with `--dimensions N`; rows of another length then end the build.")
                .hint(format!(
                    "Or fix them: `alter table {} alter column {} type {}(N)`.",
                    on.table.name, on.column, on.element
                )));
            }
        };
        let most = match self.method {
            Method::Hnsw { .. } => element.most_indexed_dimensions(),
            Method::Ivfflat { .. } => element.most_indexed_dimensions().min(64_000),
        };
        if dimensions > most {
            return Err(too_many(on, element, dimensions, most));
        }
        Ok(dimensions)
    }

    fn metric(&self, on: &LocatedColumn, element: ElementType) -> Result<Metric> {
        let metric = match self.metric {
            Some(metric) => metric,
            None if on.metric.fits(element) => on.metric,
            None => Metric::Hamming,
        };
        if metric.fits(element) || self.opclass.is_some() {
            return Ok(metric);
        }
        let message = format!("`{metric}` is no distance of `{element}`");
        Err(Error::usage(message).hint(if element == ElementType::Bit {
            "Bits have `--metric hamming` and `--metric jaccard`."
        } else {
            "It has `--metric l2`, `inner-product`, `cosine` and `l1`."
        }))
    }

    fn expect_served(&self, metric: Metric, element: ElementType) -> Result<()> {
        match self.method {
            Method::Hnsw { m, ef_construction } if ef_construction < 2 * m => Err(Error::usage(format!(
                "`ef_construction` {ef_construction} is less than twice m, {m}"
            ))
            .hint(format!("Say `--ef-construction {}` or more.", 2 * m))),
            Method::Ivfflat { .. }
                if matches!(metric, Metric::L1 | Metric::Jaccard) || element == ElementType::Sparsevec =>
            {
                Err(Error::usage(format!(
                    "ivfflat has no operator class for `{element}` and `{metric}`"
                ))
                .hint("Say `--method hnsw`."))
            }
            _ => Ok(()),
        }
    }

    /// Table, column, what is indexed of it, metric and method.
    fn usual_name(
        &self,
        on: &LocatedColumn,
        element: ElementType,
        dimensions: u32,
        metric: Metric,
    ) -> Result<Ident> {
        let mut parts = vec![String::new(), on.column.as_str().to_owned()];
        if element != on.element {
            parts.push(element.to_string());
        }
        if on.dimensions != Some(dimensions) {
            parts.push(dimensions.to_string());
        }
        parts.push(metric.name().replace('-', "_"));
        parts.push(self.parameters(0).0.to_owned());
        if self.condition.is_some() || self.expression.is_some() {
            return Err(
                Error::usage("an index on an expression or on some rows has no usual name")
                    .hint("Give it one with `--name NAME`."),
            );
        }
        Ok(on.table.name.name.with_suffix(&parts.join("_")))
    }
}

/// The error for too many dimensions, with every way out.
fn too_many(on: &LocatedColumn, element: ElementType, dimensions: u32, most: u32) -> Error {
    let column = format!("{}.{}", on.table.name.plain(), on.column.plain());
    let error = Error::precondition(format!(
        "an index holds at most {most} dimensions of `{element}`, and `{column}` has {dimensions}"
    ));
    let can_be_half =
        element == ElementType::Vector && dimensions <= ElementType::Halfvec.most_indexed_dimensions();
    let can_be_bits = matches!(element, ElementType::Vector | ElementType::Halfvec)
        && dimensions <= ElementType::Bit.most_indexed_dimensions();
    let mut error = error;
    if can_be_half {
        error = error.hint("Index it as `--element halfvec`: half the size, nearly the same recall.");
    }
    if can_be_bits {
        error = error
            .hint("Index its signs as `--element bit`, and order the nearest of them again by the vectors.");
        error = error.hint(format!(
            "Or index its leading dimensions, `--dimensions {}`, where the model allows it (Matryoshka).",
            most.min(USUAL_LEADING)
        ));
    }
    error
}
