//! What a restore would do, for people and programs to look at before it begins.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::definition::{Access, Column, ConstraintKind, Grantee, Index, Stage as Step, Table};
use super::super::manifest::Manifest;
use super::facts::Facts;
use super::followers::Followers;
use super::ledger::Stage;
use super::probe::Forecast;
use super::room::{self, DiskNeed};
use super::wanted::{Wanted, WantedTable};
use super::{Existing, Part, Request};
use crate::error::{Context as _, Result};
use crate::index_build::Settings;
use crate::index_build::estimate::{Layout, Shape};
use crate::index_build::facts::{Server, server};
use crate::sql::{Ident, QualifiedName, fixed};
use crate::vector::ElementType;

/// What a restore would do.
#[derive(Debug, Clone, Serialize)]
pub struct RestorePlan {
    /// The backup's name.
    pub backup: String,
    /// The moment that it shows, by its server's clock.
    pub snapshot_time: String,
    /// Whether all was there that was asked for when it was made.
    pub degraded: Vec<String>,
    /// The version of the server that it comes from.
    pub source_version: String,
    /// The version of pgvector that it comes from.
    pub source_vector: Option<String>,
    /// What of the tables is restored.
    pub part: Part,
    /// What becomes of tables that are there.
    pub existing: Existing,
    /// Whether an earlier run had begun; this one goes on.
    pub resumes: bool,
    /// The tables.
    pub tables: Vec<PlannedTable>,
    /// The indexes that are built over the rows.
    pub indexes: Vec<PlannedIndex>,
    /// Everything else that is made.
    pub objects: Vec<String>,
    /// The bytes of rows that travel; the disk needs about as many, and more for indexes and log.
    pub raw_bytes: u64,
    /// The server's `maintenance_work_mem`, in bytes.
    pub maintenance_work_mem: u64,
    /// What the tables will lack, and why.
    pub left_out: Vec<String>,
    /// The version of the server here.
    pub server_version: String,
    /// The version of pgvector here, or the one that would be installed.
    pub vector_version: Option<String>,
    /// What it takes on the server's disk.
    pub disk: DiskNeed,
    /// How long it should take, where that was measured.
    pub forecast: Option<Forecast>,
    /// What depends on the live tables and follows those that take their places.
    pub followers: Vec<String>,
}

/// A table of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedTable {
    /// Its name in the backup.
    pub from: QualifiedName,
    /// Its name here.
    pub to: QualifiedName,
    /// How many rows it has.
    pub rows: u64,
    /// The bytes of its rows.
    pub raw_bytes: u64,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// How many policies it has.
    pub policies: u64,
    /// Who may do what with it in the end, each as `role: privileges`.
    pub grants: Vec<String>,
    /// Who may do what with the table that is there now.
    pub grants_now: Vec<String>,
    /// Its vector columns with their types, as in `embedding extensions.vector(384)`.
    pub vectors: Vec<String>,
    /// What this database's default privileges would give, and the restore takes away.
    pub default_grants: Vec<String>,
}

/// An index of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedIndex {
    /// Which.
    pub index: String,
    /// Its name with its schema.
    #[serde(skip)]
    pub name: String,
    /// How its rows lie, where that can be said.
    #[serde(skip)]
    pub layout: Option<Layout>,
    /// The rows that it will hold.
    pub rows: u64,
    /// Its bytes on disk, where that can be told.
    pub bytes: Option<u64>,
    /// The bytes of `maintenance_work_mem` in which its graph fits, where that can be told.
    pub memory_needed: Option<u64>,
    /// The memory and the workers that it is built with.
    pub settings: Settings,
    /// Whether its rows are more than fit.
    pub spills: bool,
}

pub(super) async fn plan(
    connection: &mut PgConnection,
    manifest: &Manifest,
    wanted: &Wanted,
    facts: &Facts,
    request: &Request,
    earlier: Option<Stage>,
) -> Result<RestorePlan> {
    let followers = match request.existing {
        Existing::Swap if earlier != Some(Stage::Finished) => {
            Followers::find(connection, wanted).await?.told()
        }
        _ => Vec::new(),
    };
    let has_rows = request.part != Part::OnlySchema;
    let rows = |rows: u64| if has_rows { rows } else { 0 };
    let mut live = live_grants(connection, wanted).await?;
    let mut tables = Vec::new();
    for table in &wanted.tables {
        let entry = table.entry(manifest)?;
        let opened = wanted.opened.table(&table.to);
        tables.push(PlannedTable {
            from: table.from.clone(),
            to: table.to.clone(),
            rows: rows(entry.rows),
            raw_bytes: rows(entry.raw_bytes),
            row_security: opened.is_some_and(|table| table.row_security),
            policies: opened.map_or(0, |table| u64::try_from(table.policies.len()).unwrap_or_default()),
            grants: opened.map(grants).unwrap_or_default(),
            grants_now: live.remove(&table.to.to_string()).unwrap_or_default(),
            vectors: opened.map(vectors).unwrap_or_default(),
            default_grants: default_grants(facts, &table.to),
        });
    }
    let server = server(connection).await?;
    let disk = room::disk(connection).await?;
    let indexes = indexes(manifest, wanted, request, server);
    let entries = if request.part == Part::All {
        entries(manifest, wanted)
    } else {
        0
    };
    let need = room::needed(&disk, &tables, &indexes, entries);
    let raw_bytes = tables.iter().map(|table| table.raw_bytes).sum();
    Ok(RestorePlan {
        backup: manifest.name.clone(),
        snapshot_time: manifest.snapshot.time.clone(),
        degraded: manifest.reasons.clone(),
        source_version: manifest.source.server_version.clone(),
        source_vector: manifest
            .source
            .vector
            .as_ref()
            .map(|vector| vector.version.clone()),
        part: request.part,
        existing: request.existing,
        resumes: earlier.is_some(),
        indexes,
        objects: objects(wanted, request),
        raw_bytes,
        maintenance_work_mem: u64::try_from(server.maintenance_work_mem).unwrap_or_default(),
        left_out: wanted.left_out.clone(),
        server_version: disk.server_version,
        vector_version: facts
            .extension(&Ident::constant("vector"))
            .map(|extension| extension.version.clone()),
        disk: need,
        forecast: None,
        followers,
        tables,
    })
}

/// Who may do what with the tables that are there now.
async fn live_grants(connection: &mut PgConnection, wanted: &Wanted) -> Result<HashMap<String, Vec<String>>> {
    let names: Vec<String> = wanted.tables.iter().map(|table| table.to.to_string()).collect();
    let rows = fixed(include_str!("../../../sql/backup/restore/live_grants.sql"))
        .bind(names)
        .fetch_all(connection)
        .await
        .context("read the grants on the tables that are there")?;
    let mut grants: HashMap<String, Vec<String>> = HashMap::new();
    for row in &rows {
        let (to, what): (String, String) = (row.try_get("grantee")?, row.try_get("privileges")?);
        grants
            .entry(row.try_get("name")?)
            .or_default()
            .push(format!("{to}: {what}"));
    }
    Ok(grants)
}

fn vectors(table: &Table) -> Vec<String> {
    let is_vector = |column: &&Column| column.type_name.as_str().parse::<ElementType>().is_ok();
    let columns = table.columns.iter().filter(is_vector);
    columns
        .map(|column| format!("{} {}", column.name.plain(), column.type_text))
        .collect()
}

/// How many entries keys and other indexes will have.
fn entries(manifest: &Manifest, wanted: &Wanted) -> u64 {
    let of_table = |table: &WantedTable| {
        let defined = wanted.made.table(&table.at)?;
        let keys = defined.constraints.iter().filter(|key| {
            matches!(
                key.kind,
                ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion
            )
        });
        let others = defined.indexes.iter().filter(|index| !index.is_vector_index());
        let count = u64::try_from(keys.count() + others.count()).ok()?;
        Some(count * table.rows(manifest))
    };
    wanted.tables.iter().filter_map(of_table).sum()
}

fn indexes(manifest: &Manifest, wanted: &Wanted, request: &Request, server: Server) -> Vec<PlannedIndex> {
    let mut planned = Vec::new();
    if request.part == Part::OnlyData {
        return planned;
    }
    for table in &wanted.made.tables {
        let with_rows = wanted.tables.iter().find(|wanted| wanted.at == table.name);
        let rows = with_rows.map(|table| table.rows(manifest));
        let rows = rows.filter(|_| request.part == Part::All).unwrap_or_default();
        for index in &table.indexes {
            let layout = layout(index);
            let settings = Settings::choose(server, layout, rows, request.build);
            let name = QualifiedName::new(table.name.schema.clone(), index.name.clone());
            planned.push(PlannedIndex {
                index: format!("index `{}` of `{}`", index.name.plain(), table.name.plain()),
                name: name.plain(),
                layout,
                rows,
                bytes: layout.map(|layout| layout.bytes(rows)),
                memory_needed: settings.needed,
                settings,
                spills: settings.spills_after.is_some(),
            });
        }
    }
    planned
}

/// How an index's rows lie, where that can be said.
fn layout(index: &Index) -> Option<Layout> {
    let key = index.key_type.as_ref()?;
    let shape = Shape {
        element: key.name.as_str().parse().ok()?,
        dimensions: u32::try_from(key.modifier).ok()?,
    };
    Layout::of_index(&index.method, shape, &index.options)
}

fn objects(wanted: &Wanted, request: &Request) -> Vec<String> {
    if request.part == Part::OnlyData {
        return Vec::new();
    }
    let made = [Step::Extensions, Step::Types, Step::Keys].map(|step| wanted.made.statements(step));
    let set = [Step::Functions, Step::Triggers].map(|step| wanted.opened.statements(step));
    made.into_iter()
        .chain(set)
        .flatten()
        .map(|statement| statement.object)
        .collect()
}

fn grants(table: &Table) -> Vec<String> {
    let of = |access: &Access, column: &str| -> Vec<String> {
        let each = access.granted.iter().map(|grant| {
            let to = match &grant.to {
                Grantee::Public => "everybody".to_owned(),
                Grantee::Owner => "the owner".to_owned(),
                Grantee::Role(name) => name.plain(),
            };
            format!("{to}: {}{column}", grant.privileges.join(", "))
        });
        each.collect()
    };
    let mut grants = of(&table.access, "");
    for column in &table.columns {
        grants.extend(of(&column.access, &format!(" on {}", column.name.plain())));
    }
    grants
}

fn default_grants(facts: &Facts, to: &QualifiedName) -> Vec<String> {
    let here = |schema: &Option<String>| schema.as_ref().is_none_or(|schema| schema == to.schema.as_str());
    let mut grants: Vec<(String, Vec<String>)> = Vec::new();
    for default in facts.defaults.iter().filter(|default| here(&default.schema)) {
        match grants.iter_mut().find(|(role, _)| *role == default.to) {
            Some((_, privileges)) => privileges.push(default.privileges.clone()),
            None => grants.push((default.to.clone(), vec![default.privileges.clone()])),
        }
    }
    grants
        .into_iter()
        .map(|(role, privileges)| format!("{role}: {}", privileges.join(", ")))
        .collect()
}
