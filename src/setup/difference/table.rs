//! The table, its columns, and the record in the vector column's comment.

use super::{Comparison, ddl};
use crate::catalog::{Column, Table, TableKind};
use crate::collection::{Collection, IdType, Policy, Record};
use crate::sql::Ident;

impl Comparison<'_> {
    pub(super) fn table(&mut self) {
        let collection = self.collection;
        match &self.facts.table {
            None => self.step(
                format!("create the table {}", self.plain()),
                "it does not exist",
                ddl::create_table(collection, &self.extension),
            ),
            Some(table) if table.kind != TableKind::Table => self.drift(
                true,
                (
                    self.plain(),
                    "an ordinary table".into(),
                    format!("{:?}", table.kind).to_lowercase(),
                ),
                "Setup manages ordinary tables only; declare another `table`.",
            ),
            Some(table) => self.columns(table),
        }
    }

    fn columns(&mut self, table: &Table) {
        self.id(table);
        let collection = self.collection;
        let wanted = [
            (
                &collection.content,
                "text",
                ddl::add_content as fn(&Collection) -> String,
            ),
            (&collection.metadata, "jsonb", ddl::add_metadata),
        ];
        for (column, type_name, add) in wanted {
            match table.column(column.as_str()) {
                None => self.missing_column(column, add(collection)),
                Some(found) if !is_of_type(found, type_name) => self.other_type(found, type_name),
                Some(_) => {}
            }
        }
        self.embedding(table);
        if collection.policy == Policy::Owner {
            self.owner(table);
        }
    }

    fn missing_column(&mut self, column: &Ident, sql: String) {
        let title = format!("add the column {} to {}", column.plain(), self.plain());
        self.step(title, "the table does not have it", sql);
    }

    fn other_type(&mut self, found: &Column, declared: &str) {
        let object = format!("{}.{}", self.plain(), found.name);
        self.drift(
            true,
            (object, declared.to_owned(), found.type_text.clone()),
            "Setup never changes a column's type: declare another column, or change the type by a migration of yours.",
        );
    }

    /// The primary key decides what the match function returns, and is nothing to change under living rows.
    fn id(&mut self, table: &Table) {
        let (id, declared) = (self.collection.id_column(), self.collection.id);
        let object = format!("{}.{}", self.plain(), id.plain());
        let type_name = match declared {
            IdType::Bigint => "int8",
            IdType::Uuid => "uuid",
            IdType::Text => "text",
        };
        match table.column(id.as_str()) {
            None => self.drift(
                true,
                (object, declared.to_string(), "no such column".into()),
                "Add a primary key `id` by a migration of yours, or declare another table.",
            ),
            Some(found) if !found.is_builtin(type_name) => {
                let found = found.type_text.clone();
                self.drift(
                    true,
                    (object, declared.to_string(), found.clone()),
                    format!(
                        "Declare `id = \"{found}\"` where that is bigint, uuid or text, or another table."
                    ),
                );
            }
            Some(found) if table.primary_key != [id.as_str()] => {
                let key = match table.primary_key.as_slice() {
                    [] => "no primary key".to_owned(),
                    columns => format!("the primary key ({})", columns.join(", ")),
                };
                self.drift(
                    false,
                    (object, "the primary key".into(), key),
                    format!(
                        "Run `alter table {} add primary key ({})`.",
                        self.plain(),
                        found.name
                    ),
                );
            }
            Some(found) if declared == IdType::Bigint && found.default_expression.is_none() => {
                if found.identity.is_empty() {
                    self.note(format!(
                        "{object} counts up by no identity: writers must give every id"
                    ));
                }
            }
            Some(_) => {}
        }
    }

    fn embedding(&mut self, table: &Table) {
        let collection = self.collection;
        let declared = format!("{}({})", collection.element, collection.dimensions);
        let Some(found) = table.column(collection.embedding.as_str()) else {
            let sql = ddl::add_embedding(collection, &self.extension);
            return self.missing_column(&collection.embedding, sql);
        };
        if found.element(&self.extension) != Some(collection.element) {
            self.other_type(found, &declared);
        } else if found.dimensions() != Some(collection.dimensions) {
            let object = format!("{}.{}", self.plain(), found.name);
            self.drift(
                true,
                (object, declared, found.type_text.clone()),
                "Embeddings of other dimensions come from another model: declare these dimensions, or another \
                 `embedding` column for the new model.",
            );
        }
    }

    fn owner(&mut self, table: &Table) {
        let collection = self.collection;
        match table.column(collection.owner.as_str()) {
            None => self.missing_column(&collection.owner, ddl::add_owner(collection)),
            Some(found) if !found.is_builtin("uuid") => self.other_type(found, "uuid"),
            Some(found) if found.default_expression.is_none() => {
                let title = format!("give {}.{} its default", self.plain(), collection.owner.plain());
                let reason = "without it, signed-in users must send their own id with each row";
                self.step(title, reason, ddl::set_owner_default(collection));
            }
            Some(_) => {}
        }
    }

    /// The record tells everyone later which model made the embeddings. Where the table has rows, a record that
    /// names another model is the truth, and the declaration is what drifted.
    pub(super) fn record(&mut self) {
        let collection = self.collection;
        let table = self.facts.table.as_ref();
        let column = table.and_then(|table| table.column(collection.embedding.as_str()));
        if column.is_some_and(|column| column.dimensions() != Some(collection.dimensions)) {
            return;
        }
        let comment = column.and_then(|column| column.comment.as_deref());
        let declared = collection.record();
        let recorded = comment.and_then(Record::find);
        if recorded.as_ref() == Some(&declared) {
            return;
        }
        let object = format!("{}.{}", self.plain(), collection.embedding.plain());
        let has_rows = table.is_some_and(|table| table.bytes > 0);
        let other_model = recorded.as_ref().and_then(|record| record.model.clone());
        if has_rows && other_model.is_some() && other_model != declared.model {
            let name = |model: Option<String>| model.unwrap_or_else(|| "no model".to_owned());
            return self.drift(
                false,
                (object, name(declared.model), name(other_model)),
                "The rows were embedded by another model: declare that one, or embed every row again and then run \
                 `comment on column` with null.",
            );
        }
        self.step(
            format!("record the model and metric in the comment of {object}"),
            if recorded.is_some() {
                "the record says something else"
            } else {
                "there is no record"
            },
            ddl::record(collection, comment),
        );
    }
}

fn is_of_type(column: &Column, declared: &str) -> bool {
    column.is_builtin(declared) || (declared == "text" && column.is_builtin("varchar"))
}
