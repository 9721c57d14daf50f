//! Sequences and tables, closed to everybody but their owner.

use super::types::collated;
use super::{Statement, close_relation, comment, joined};
use crate::backup::definition::{
    Column, ConstraintKind, Definition, GeneratedKind, Identity, ReplicaIdentity, Sequence, Table,
};
use crate::sql::literal;

pub(super) fn tables(definition: &Definition) -> Vec<Statement> {
    let is_made_by_column =
        |sequence: &&Sequence| sequence.owned_by.as_ref().is_some_and(|owned| owned.identity);
    let mut statements = Vec::new();
    for sequence in definition
        .sequences
        .iter()
        .filter(|sequence| !is_made_by_column(sequence))
    {
        statements.push(made_sequence(sequence));
    }
    for table in &definition.tables {
        statements.push(made_table(definition, table));
    }
    statements.extend(definition.sequences.iter().map(settled_sequence));
    statements
}

/// The values of sequences, as they were given out.
pub(super) fn values(definition: &Definition) -> Vec<Statement> {
    let values = definition.sequences.iter().map(|sequence| {
        let sql = format!(
            "select pg_catalog.setval({}, {}, {})",
            literal(&sequence.name.to_string()),
            sequence.last_value,
            sequence.is_called
        );
        Statement::new(format!("sequence `{}`", sequence.name.plain()), sql)
    });
    values.collect()
}

fn made_sequence(sequence: &Sequence) -> Statement {
    let sql = format!(
        "create sequence {} as {} {}",
        sequence.name,
        sequence.type_text,
        counting(sequence)
    );
    Statement::new(format!("sequence `{}`", sequence.name.plain()), sql)
}

fn counting(sequence: &Sequence) -> String {
    let cycle = if sequence.cycle { "cycle" } else { "no cycle" };
    format!(
        "start with {} increment by {} minvalue {} maxvalue {} cache {} {cycle}",
        sequence.start, sequence.increment, sequence.minimum, sequence.maximum, sequence.cache
    )
}

/// What a sequence can have only when its table is there.
fn settled_sequence(sequence: &Sequence) -> Statement {
    let owned = sequence.owned_by.as_ref().filter(|owned| !owned.identity);
    let owned = owned.map(|owned| {
        format!(
            "alter sequence {} owned by {}.{}",
            sequence.name, owned.table, owned.column
        )
    });
    let on = format!("sequence {}", sequence.name);
    let sql = owned
        .into_iter()
        .chain(comment(&on, sequence.comment.as_ref()))
        .chain([close_relation("sequence", &sequence.name)]);
    Statement::new(format!("sequence `{}`", sequence.name.plain()), joined(sql))
}

fn made_table(definition: &Definition, table: &Table) -> Statement {
    let name = &table.name;
    let unlogged = if table.unlogged { "unlogged " } else { "" };
    let columns = table
        .columns
        .iter()
        .map(|column| described(definition, table, column));
    let checks = table
        .constraints
        .iter()
        .filter(|constraint| constraint.kind == ConstraintKind::Check && constraint.validated)
        .map(|check| format!("constraint {} {}", check.name, check.definition));
    let parts: Vec<String> = columns.chain(checks).map(|part| format!("    {part}")).collect();
    let partitioned = table
        .partitioned_by
        .as_ref()
        .map_or_else(String::new, |by| format!(" partition by {by}"));
    let mut sql = vec![
        format!(
            "create {unlogged}table {name} (\n{}\n){partitioned}{}",
            parts.join(",\n"),
            storage_parameters(table)
        ),
        close_relation("table", name),
    ];
    sql.extend(
        table
            .parents
            .iter()
            .filter(|parent| definition.table(parent).is_some())
            .map(|parent| match &table.partition_bound {
                Some(bound) => format!("alter table {parent} attach partition {name} {bound}"),
                None => format!("alter table {name} inherit {parent}"),
            }),
    );
    for column in &table.columns {
        sql.extend(column_settings(table, column));
    }
    sql.extend(comment(&format!("table {name}"), table.comment.as_ref()));
    match &table.replica_identity {
        Some(ReplicaIdentity::Full) => sql.push(format!("alter table {name} replica identity full")),
        Some(ReplicaIdentity::Nothing) => sql.push(format!("alter table {name} replica identity nothing")),
        Some(ReplicaIdentity::Index(_)) | None => {}
    }
    Statement::new(format!("table `{}`", name.plain()), joined(sql))
}

fn described(definition: &Definition, table: &Table, column: &Column) -> String {
    let kind = format!(
        "{} {}{}",
        column.name,
        column.type_text,
        collated(column.collation.as_ref())
    );
    let not_null = column.not_null.then(|| "not null".to_owned());
    let default = column
        .default
        .as_ref()
        .map(|default| format!("default {default}"));
    let generated = column.generated.as_ref().map(|generated| {
        let kind = match generated.kind {
            GeneratedKind::Stored => "stored",
            GeneratedKind::Virtual => "virtual",
        };
        format!("generated always as ({}) {kind}", generated.expression)
    });
    let identity = column
        .identity
        .map(|identity| identity_of(definition, table, column, identity));
    let parts = [Some(kind), not_null, default, generated, identity];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn identity_of(definition: &Definition, table: &Table, column: &Column, identity: Identity) -> String {
    let kind = match identity {
        Identity::Always => "always",
        Identity::ByDefault => "by default",
    };
    let sequence = definition.sequences_of(&table.name).find(|sequence| {
        let owned = sequence.owned_by.as_ref();
        owned.is_some_and(|owned| owned.identity && owned.column == column.name)
    });
    let options = sequence.map_or_else(String::new, |sequence| {
        format!(" (sequence name {} {})", sequence.name, counting(sequence))
    });
    format!("generated {kind} as identity{options}")
}

fn storage_parameters(table: &Table) -> String {
    let own = table.options.iter().map(|option| parameter("", option));
    let long_values = table
        .long_value_options
        .iter()
        .map(|option| parameter("toast.", option));
    let all: Vec<String> = own.chain(long_values).collect();
    if all.is_empty() {
        return String::new();
    }
    format!(" with ({})", all.join(", "))
}

/// `name=value` from the catalog with its value quoted; what is no number or word needs it, and all may have it.
pub(super) fn parameter(prefix: &str, option: &str) -> String {
    match option.split_once('=') {
        Some((name, value)) => format!("{prefix}{name} = {}", literal(value)),
        None => format!("{prefix}{option}"),
    }
}

fn column_settings(table: &Table, column: &Column) -> Vec<String> {
    let alter = format!("alter table only {} alter column {}", table.name, column.name);
    let mut sql = Vec::new();
    sql.extend(
        column
            .storage
            .as_ref()
            .map(|storage| format!("{alter} set storage {storage}")),
    );
    sql.extend(
        column
            .compression
            .as_ref()
            .map(|method| format!("{alter} set compression {method}")),
    );
    sql.extend(
        column
            .statistics
            .map(|target| format!("{alter} set statistics {target}")),
    );
    if !column.options.is_empty() {
        let options: Vec<String> = column
            .options
            .iter()
            .map(|option| parameter("", option))
            .collect();
        sql.push(format!("{alter} set ({})", options.join(", ")));
    }
    let on = format!("column {}.{}", table.name, column.name);
    sql.extend(comment(&on, column.comment.as_ref()));
    sql
}
