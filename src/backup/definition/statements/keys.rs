//! Constraints and indexes. A partition's come before its parent's, which then takes them for its own.

use super::{Statement, comment, joined};
use crate::backup::definition::{Constraint, ConstraintKind, Definition, Index, ReplicaIdentity, Table};

pub(super) fn keys(definition: &Definition) -> Vec<Statement> {
    let own = |kind: ConstraintKind| {
        matches!(
            kind,
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion
        )
    };
    let mut statements = constraints(definition, |constraint| own(constraint.kind));
    statements.extend(constraints(definition, |constraint| {
        constraint.kind == ConstraintKind::Check && !constraint.validated
    }));
    statements.extend(constraints(definition, |constraint| {
        constraint.kind == ConstraintKind::ForeignKey
    }));
    statements.extend(check_comments(definition));
    statements
}

fn constraints(definition: &Definition, wanted: impl Fn(&Constraint) -> bool) -> Vec<Statement> {
    let mut statements = Vec::new();
    for table in definition.tables.iter().rev() {
        for constraint in table.constraints.iter().filter(|constraint| wanted(constraint)) {
            let sql = format!(
                "alter table {} add constraint {} {}",
                table.name, constraint.name, constraint.definition
            );
            let sql = [sql].into_iter().chain(described(table, constraint));
            statements.push(Statement::new(title(table, constraint), joined(sql)));
        }
    }
    statements
}

/// Conditions were made with their tables; their comments are left.
fn check_comments(definition: &Definition) -> Vec<Statement> {
    let mut statements = Vec::new();
    for table in &definition.tables {
        for constraint in &table.constraints {
            if constraint.kind == ConstraintKind::Check && constraint.validated {
                let described = described(table, constraint);
                statements.extend(described.map(|sql| Statement::new(title(table, constraint), sql)));
            }
        }
    }
    statements
}

fn described(table: &Table, constraint: &Constraint) -> Option<String> {
    let on = format!("constraint {} on {}", constraint.name, table.name);
    comment(&on, constraint.comment.as_ref())
}

fn title(table: &Table, constraint: &Constraint) -> String {
    format!(
        "constraint `{}` of `{}`",
        constraint.name.plain(),
        table.name.plain()
    )
}

pub(super) fn indexes(definition: &Definition) -> Vec<Statement> {
    let mut statements = Vec::new();
    for of_vectors in [false, true] {
        for table in definition.tables.iter().rev() {
            let wanted = table
                .indexes
                .iter()
                .filter(|index| index.is_vector_index() == of_vectors);
            statements.extend(wanted.map(|index| made_index(table, index)));
        }
    }
    for table in &definition.tables {
        if let Some(ReplicaIdentity::Index(index)) = &table.replica_identity {
            let sql = format!("alter table {} replica identity using index {index}", table.name);
            let object = format!("the replica identity of `{}`", table.name.plain());
            statements.push(Statement::new(object, sql));
        }
    }
    statements
}

fn made_index(table: &Table, index: &Index) -> Statement {
    let unique = if index.unique { "unique " } else { "" };
    let sql = format!(
        "create {unique}index {} on {} {}",
        index.name, table.name, index.definition
    );
    let on = format!("index {}.{}", table.name.schema, index.name);
    let sql = [sql].into_iter().chain(comment(&on, index.comment.as_ref()));
    Statement::new(
        format!("index `{}` of `{}`", index.name.plain(), table.name.plain()),
        joined(sql),
    )
}
