//! Indexes that could be built, and the SQL that builds and asks each.
//!
//! What an index on less than the whole vectors finds is ordered again by the vectors themselves. The expressions are those
//! of `vecops index create --element ... --dimensions ...`: a query uses an index on an expression only where it repeats it.

use serde::Serialize;

use crate::sql::Ident;
use crate::vector::{ElementType, Metric};

/// What an index holds of each vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Stored {
    /// Its element type.
    pub element: ElementType,
    /// How many dimensions, the leading ones.
    pub dimensions: u32,
}

/// An HNSW index that could be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Candidate {
    /// What it holds of each vector.
    pub stored: Stored,
    /// The links of each element.
    pub m: u32,
    /// The candidates kept while an element is inserted.
    pub ef_construction: u32,
    /// Whether what it finds is ordered again by the whole vectors.
    pub is_reranked: bool,
}

/// The column that is indexed.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions.
    pub dimensions: u32,
    /// How distance is measured.
    pub metric: Metric,
}

/// Which candidates there are to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The values of m.
    pub m: Vec<u32>,
    /// The values of `ef_construction`.
    pub ef_construction: Vec<u32>,
    /// The element types.
    pub elements: Vec<ElementType>,
    /// How many leading dimensions are tried besides all of them.
    pub leading: Vec<u32>,
}

impl Grid {
    /// Every candidate that pgvector can build on the column.
    pub fn candidates(&self, column: &Column) -> Vec<Candidate> {
        let lengths = std::iter::once(column.dimensions).chain(
            self.leading
                .iter()
                .copied()
                .filter(|&some| some < column.dimensions),
        );
        let mut all = Vec::new();
        for dimensions in lengths {
            for &element in &self.elements {
                // Leading dimensions are there to be small, and their signs lose more than they save.
                let is_leading = dimensions < column.dimensions;
                let is_useless = is_leading && element != ElementType::Halfvec
                    || column.element == ElementType::Halfvec && element == ElementType::Vector
                    || element == ElementType::Bit && column.metric == Metric::L1;
                if is_useless || dimensions > element.most_indexed_dimensions() {
                    continue;
                }
                for &m in &self.m {
                    for &ef_construction in &self.ef_construction {
                        if ef_construction >= 2 * m {
                            all.push(Candidate {
                                stored: Stored { element, dimensions },
                                m,
                                ef_construction,
                                is_reranked: is_leading || element == ElementType::Bit,
                            });
                        }
                    }
                }
            }
        }
        all
    }
}

impl Candidate {
    /// As a person says it.
    pub fn label(&self, column: &Column) -> String {
        let Stored { element, dimensions } = self.stored;
        let length = if dimensions == column.dimensions {
            String::new()
        } else {
            format!("({dimensions})")
        };
        let again = if self.is_reranked { " + re-rank" } else { "" };
        format!(
            "{element}{length} m {} efc {}{again}",
            self.m, self.ef_construction
        )
    }

    /// What is indexed of `named`, a column or a parameter.
    fn expression(&self, column: &Column, schema: &Ident, named: &str) -> String {
        let Stored { element, dimensions } = self.stored;
        let type_name = |element: ElementType| match element {
            ElementType::Bit => "pg_catalog.bit".to_owned(),
            other => format!("{schema}.{other}"),
        };
        let part = if dimensions == column.dimensions {
            named.to_owned()
        } else {
            format!(
                "{schema}.subvector({named}, 1, {dimensions})::{}({dimensions})",
                type_name(column.element)
            )
        };
        if element == ElementType::Bit {
            format!(
                "({schema}.binary_quantize({part})::{}({dimensions}))",
                type_name(element)
            )
        } else if element == column.element && dimensions == column.dimensions {
            part
        } else if element == column.element {
            format!("({part})")
        } else {
            format!("(({part})::{}({dimensions}))", type_name(element))
        }
    }

    /// The metric by which the index orders.
    fn metric(&self, column: &Column) -> Metric {
        match self.stored.element {
            ElementType::Bit => Metric::Hamming,
            _ => column.metric,
        }
    }

    /// The index's definition from `USING` on, over the column of this name.
    pub fn body(&self, column: &Column, schema: &Ident, named: &str) -> String {
        format!(
            "using hnsw ({} {schema}.{}) with (m = {}, ef_construction = {})",
            self.expression(column, schema, named),
            self.metric(column).opclass(self.stored.element),
            self.m,
            self.ef_construction
        )
    }

    /// A query for the nearest `k` rows of `table`: their `key` by the distance of `embedding` to `vector`. What is ordered
    /// again is as much as `ef_search` lets the index find.
    pub fn query(&self, column: &Column, asked: &Asked<'_>) -> String {
        let Asked {
            schema,
            table,
            key,
            embedding,
            vector,
            k,
            ef_search,
        } = *asked;
        let of_index = self.metric(column).indexed_distance(
            &schema.to_string(),
            &self.expression(column, schema, &format!("t.{embedding}")),
            &self.expression(column, schema, vector),
        );
        if !self.is_reranked {
            return format!("select t.{key} from {table} t order by {of_index} limit {k}");
        }
        let whole = column
            .metric
            .indexed_distance(&schema.to_string(), &format!("near.{embedding}"), vector);
        format!(
            "select near.{key} from (select t.{key}, t.{embedding} from {table} t order by {of_index} \
             limit {ef_search}) near order by {whole} limit {k}"
        )
    }
}

/// What a query is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The extension's schema.
    pub schema: &'a Ident,
    /// The table, as SQL.
    pub table: &'a str,
    /// Its key, as SQL.
    pub key: &'a str,
    /// Its vectors, as SQL.
    pub embedding: &'a str,
    /// What is compared with them, as SQL.
    pub vector: &'a str,
    /// How many rows.
    pub k: u32,
    /// How many candidates are ordered again.
    pub ef_search: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(element: ElementType, dimensions: u32) -> Column {
        Column {
            element,
            dimensions,
            metric: Metric::Cosine,
        }
    }

    fn grid() -> Grid {
        use ElementType::{Bit, Halfvec, Vector};
        Grid {
            m: vec![16, 48],
            ef_construction: vec![64, 128],
            elements: vec![Vector, Halfvec, Bit],
            leading: vec![512],
        }
    }

    #[test]
    fn only_what_pgvector_can_build_is_there() {
        let labels = |column: Column| -> Vec<String> {
            let all = grid().candidates(&column);
            all.iter().map(|one| one.label(&column)).collect()
        };
        let wide = labels(column(ElementType::Vector, 3_072));
        assert!(
            wide.iter()
                .all(|label| !label.starts_with("vector m") && !label.contains("m 48 efc 64"))
        );
        assert!(wide.contains(&"halfvec(512) m 16 efc 64 + re-rank".to_owned()));
        assert!(wide.contains(&"bit m 16 efc 64 + re-rank".to_owned()));
        let half = labels(column(ElementType::Halfvec, 384));
        assert!(
            half.iter()
                .all(|label| !label.contains("vector(") && !label.starts_with("vector"))
        );
        assert_eq!(half.len(), 6);
    }

    #[test]
    fn queries_repeat_what_is_indexed() {
        let column = column(ElementType::Vector, 1_536);
        let schema = Ident::constant("ext");
        for candidate in grid().candidates(&column) {
            let indexed = candidate.expression(&column, &schema, "embedding");
            let body = candidate.body(&column, &schema, "embedding");
            assert!(body.starts_with(&format!("using hnsw ({indexed} ")), "{body}");
            let query = candidate.query(
                &column,
                &Asked {
                    schema: &schema,
                    table: "public.docs",
                    key: "id",
                    embedding: "embedding",
                    vector: "$1",
                    k: 10,
                    ef_search: 80,
                },
            );
            let asked = candidate.expression(&column, &schema, "t.embedding");
            assert!(query.contains(&format!("order by {asked} operator(")), "{query}");
            assert_eq!(query.contains("limit 80"), candidate.is_reranked, "{query}");
        }
    }
}
