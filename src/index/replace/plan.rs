//! What replacing an index will do, and what is in its way.

use serde::Serialize;
use sqlx::PgConnection;

use super::{Changes, MethodName, Replacement};
use crate::catalog::LocatedColumn;
use crate::error::{Error, Result};
use crate::index::held::held_anew;
use crate::index::plan::expect_owner;
use crate::index::request::{Method, Request};
use crate::index_build::estimate::{Layout, usual_lists};
use crate::index_build::facts::{self, TableFacts};
use crate::index_build::{Definition, Found, Settings, Wishes};
use crate::sql::{QualifiedName, fixed};
use crate::vector::ElementType;

const USUAL_M: u32 = 16;
const USUAL_EF_CONSTRUCTION: u32 = 64;

/// The replacing of an index, as it will be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplacePlan {
    /// The index.
    pub index: QualifiedName,
    /// Its table.
    pub table: TableFacts,
    /// What it is now.
    pub old: Found,
    /// The new index, under the name that it has until the names are exchanged.
    pub definition: Definition,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// Its access method.
    pub method: MethodName,
    /// The statement.
    pub statement: String,
    /// How many rows the build will meet, about.
    pub rows: u64,
    /// The size that it will have, about, where that can be said.
    pub bytes: Option<u64>,
    /// Memory and workers.
    pub settings: Settings,
    /// Whether queries must be written otherwise to use the new index.
    pub changes_queries: bool,
    /// How far an earlier run is.
    pub under_way: Option<Replacement>,
    /// What changes.
    pub changes: Changes,
}

/// Plans to replace an index on a column; `under_way` is what an earlier run began.
pub async fn plan_replacement(
    connection: &mut PgConnection,
    old: Found,
    on: &LocatedColumn,
    changes: Changes,
    wishes: Wishes,
    under_way: Option<Replacement>,
) -> Result<ReplacePlan> {
    let index = old.definition.qualified();
    let plain = index.plain();
    if old.is_partitioned {
        return Err(
            Error::precondition(format!("`{plain}` is the frame of its partitions' indexes"))
                .hint("Replace those; `vecops index list` shows them."),
        );
    }
    if !old.is_valid {
        return Err(Error::precondition(format!("`{plain}` is not valid"))
            .hint("Run `vecops index clean`, then `vecops index create`."));
    }
    let table = facts::table(connection, &old.definition.table).await?;
    expect_owner(&table)?;
    let changes = match &under_way {
        Some(earlier) => agreed(changes, earlier)?,
        None => changes,
    };
    let rows = held_anew(connection, &table, &old).await?;
    let wanted = wanted(&old, changes, rows)?;
    let options = options(wanted);
    let method = name_of(wanted);
    let is_same =
        same_method(&old, method) && changes.element.is_none_or(|element| held(&old) == Some(element));
    if is_same && options.iter().all(|option| has_option(&old, option)) {
        return Err(
            Error::usage(format!("`{plain}` is so already: nothing would change")).hint(format!(
                "Say what is to change, such as `--m 32`; `vecops index reindex {plain}` builds the same anew."
            )),
        );
    }
    if under_way.is_none() {
        expect_free(connection, &index).await?;
    }
    let mut definition = define(&old, on, changes, wanted, rows)?;
    definition.name = index.name.with_suffix("_vecops_new");
    if let Some(earlier) = &under_way {
        definition.body.clone_from(&earlier.body);
    }
    let changes_queries = changes.element.is_some_and(|element| held(&old) != Some(element));
    let server = facts::server(connection).await?;
    Ok(ReplacePlan {
        statement: definition.statement(true),
        settings: Settings::choose(server, definition.layout, rows, wishes),
        bytes: definition.layout.map(|layout| layout.bytes(rows)),
        rows,
        index,
        table,
        old,
        definition,
        options,
        method,
        changes_queries,
        under_way,
        changes,
    })
}

/// An error where something has one of the names that the two indexes will have in turn.
async fn expect_free(connection: &mut PgConnection, index: &QualifiedName) -> Result<()> {
    for suffix in ["_vecops_new", "_vecops_old"] {
        let name = index.name.with_suffix(suffix);
        let taken = fixed(include_str!("../../../sql/index/relation_named.sql"))
            .bind(index.schema.as_str())
            .bind(name.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        if taken.is_some() {
            let plain = QualifiedName::new(index.schema.clone(), name).plain();
            return Err(Error::conflict(format!(
                "the name `{plain}`, which the replacement needs, is taken"
            ))
            .hint("Rename or drop what has it; `vecops index list` shows the indexes."));
        }
    }
    Ok(())
}

/// What an earlier run began, unless something else is wanted now.
fn agreed(changes: Changes, earlier: &Replacement) -> Result<Changes> {
    if changes.is_empty() || changes == earlier.changes {
        return Ok(earlier.changes);
    }
    let plain = earlier.index.plain();
    Err(Error::conflict(format!(
        "another replacement of `{plain}` is under way: {}",
        earlier.body
    ))
    .hint(format!(
        "Go on with that one by `vecops index replace {plain}`, or undo it with `--rollback` first."
    )))
}

fn wanted(old: &Found, changes: Changes, rows: u64) -> Result<Method> {
    let method = changes.method.unwrap_or(if old.method == "ivfflat" {
        MethodName::Ivfflat
    } else {
        MethodName::Hnsw
    });
    let of_other = match method {
        MethodName::Hnsw => changes.lists.is_some(),
        MethodName::Ivfflat => changes.m.is_some() || changes.ef_construction.is_some(),
    };
    if of_other {
        return Err(
            Error::usage("`--lists` is of ivfflat, `--m` and `--ef-construction` are of hnsw")
                .hint("Say `--method` as well, where the method is to change."),
        );
    }
    Ok(match method {
        MethodName::Hnsw => {
            let m = changes.m.or(option(old, "m")).unwrap_or(USUAL_M);
            let before = option(old, "ef_construction").unwrap_or(USUAL_EF_CONSTRUCTION);
            Method::Hnsw {
                m,
                ef_construction: changes.ef_construction.unwrap_or(before.max(2 * m)),
            }
        }
        MethodName::Ivfflat => Method::Ivfflat {
            lists: Some(
                changes
                    .lists
                    .or(option(old, "lists"))
                    .unwrap_or_else(|| usual_lists(rows)),
            ),
        },
    })
}

fn options(method: Method) -> Vec<String> {
    match method {
        Method::Hnsw { m, ef_construction } => {
            vec![format!("m={m}"), format!("ef_construction={ef_construction}")]
        }
        Method::Ivfflat { lists } => lists.map(|lists| format!("lists={lists}")).into_iter().collect(),
    }
}

fn name_of(method: Method) -> MethodName {
    match method {
        Method::Hnsw { .. } => MethodName::Hnsw,
        Method::Ivfflat { .. } => MethodName::Ivfflat,
    }
}

fn same_method(old: &Found, method: MethodName) -> bool {
    old.method == word(method)
}

fn word(method: MethodName) -> &'static str {
    match method {
        MethodName::Hnsw => "hnsw",
        MethodName::Ivfflat => "ivfflat",
    }
}

fn option(index: &Found, wanted: &str) -> Option<u32> {
    let value = |option: &String| option.strip_prefix(wanted)?.strip_prefix('=')?.parse().ok();
    index.options.iter().find_map(value)
}

/// Whether an index has this parameter, said or by default.
fn has_option(index: &Found, option_text: &str) -> bool {
    let usual = [
        format!("m={USUAL_M}"),
        format!("ef_construction={USUAL_EF_CONSTRUCTION}"),
        "lists=100".to_owned(),
    ];
    let Some((name, _)) = option_text.split_once('=') else {
        return false;
    };
    match option(index, name) {
        Some(value) => option_text == format!("{name}={value}"),
        None => usual.iter().any(|usual| usual == option_text),
    }
}

/// The element type that an index holds.
fn held(index: &Found) -> Option<ElementType> {
    index.opclass.split('_').next()?.parse().ok()
}

/// The new index: with the old one's key where its type stays, made from the column where it changes.
fn define(
    old: &Found,
    on: &LocatedColumn,
    changes: Changes,
    method: Method,
    rows: u64,
) -> Result<Definition> {
    let element = changes.element.filter(|&element| held(old) != Some(element));
    let Some(element) = element else {
        let schema = &on.extension.schema;
        let key = old
            .expression
            .clone()
            .map_or_else(|| on.column.to_string(), |expression| format!("({expression})"));
        let condition = old
            .predicate
            .as_ref()
            .map_or_else(String::new, |predicate| format!(" where ({predicate})"));
        let parameters = options(method).join(", ").replace('=', " = ");
        let body = format!(
            "using {} ({key} {schema}.{}) with ({parameters}){condition}",
            word(name_of(method)),
            old.opclass
        );
        let layout = old.definition.layout.and_then(|layout| {
            let shape = match layout {
                Layout::Hnsw(hnsw) => hnsw.shape,
                Layout::Ivfflat(ivfflat) => ivfflat.shape,
            };
            Layout::of_index(word(name_of(method)), shape, &options(method))
        });
        return Ok(Definition {
            body,
            layout,
            ..old.definition.clone()
        });
    };
    let metric = old.metric().filter(|metric| metric.fits(element));
    let request = Request {
        method,
        metric,
        element: Some(element),
        dimensions: None,
        expression: None,
        opclass: None,
        condition: old.predicate.clone(),
        name: Some(old.definition.name.clone()),
    };
    let definition = request.definition(on, rows)?;
    Ok(Definition {
        comment: old.definition.comment.clone(),
        tablespace: old.definition.tablespace.clone(),
        ..definition
    })
}

impl ReplacePlan {
    /// Whether an index is the one that was wanted.
    pub(super) fn is_met_by(&self, index: &Found) -> bool {
        let element = self.changes.element.or(held(&self.old));
        let same_metric = self.changes_queries || index.opclass == self.old.opclass;
        same_method(index, self.method)
            && held(index) == element
            && same_metric
            && index.predicate == self.old.predicate
            && self.options.iter().all(|option| has_option(index, option))
    }
}
