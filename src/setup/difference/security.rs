//! Row-level security, policies and grants of the table.

use std::collections::BTreeSet;

use super::{Comparison, ddl, list};
use crate::catalog::{self, Table};
use crate::collection::Policy;

impl Comparison<'_> {
    pub(super) fn security(&mut self) {
        let policy = self.collection.policy;
        if policy == Policy::Owner && !self.facts.has_auth_uid {
            self.drift(
                true,
                ("function auth.uid()".into(), "Supabase's".into(), "no such function".into()),
                "The policy `owner` needs Supabase's `auth` schema: declare `policy = \"service\"` on plain PostgreSQL.",
            );
        }
        self.missing_roles();
        if !self.facts.table.as_ref().is_some_and(|table| table.row_security) {
            self.step(
                format!("enable row-level security on {}", self.plain()),
                "without it, every role with a grant sees every row",
                ddl::enable_row_security(self.collection),
            );
        }
        self.policies();
        self.grants();
        self.sequence();
        self.indexes_for_policies();
    }

    fn missing_roles(&mut self) {
        for (role, _) in ddl::expected_grants(self.collection.policy) {
            if self.roles.contains(role) {
                continue;
            }
            if *role == "service_role" {
                self.note("the role `service_role` does not exist here, so nothing is granted to it");
            } else {
                let declared = format!("needed by the policy `{}`", self.collection.policy);
                self.drift(
                    true,
                    (format!("role {role}"), declared, "no such role".into()),
                    "Declare `policy = \"service\"` on plain PostgreSQL, or create the role.",
                );
            }
        }
    }

    /// Makes the template's policy, drops those of other templates, and leaves the user's alone.
    fn policies(&mut self) {
        let expected = ddl::policy(self.collection);
        let found: &[catalog::Policy] = self.facts.table.as_ref().map_or(&[], |table| &table.policies);
        for policy in found {
            if policy.name == expected.name {
                continue;
            }
            if ddl::is_ours(&policy.name) {
                self.step(
                    format!("drop the policy {} of {}", policy.name, self.plain()),
                    format!("the collection's policy is `{}`", self.collection.policy),
                    ddl::drop_policy(&policy.name, &self.collection.table),
                );
            } else {
                self.note(format!(
                    "{} also has the policy `{}` ({} for {}), which setup leaves alone",
                    self.plain(),
                    policy.name,
                    policy.command,
                    list(&policy.roles),
                ));
            }
        }
        let roles: Vec<&str> = expected.roles.to_vec();
        if !roles.iter().all(|role| self.roles.contains(role)) {
            return;
        }
        let same_name = found.iter().find(|policy| policy.name == expected.name);
        if same_name.is_some_and(|policy| is_same(policy, &expected)) {
            return;
        }
        let reason = match same_name {
            None => format!("the policy template `{}` consists of it", self.collection.policy),
            Some(_) => "the one that is there differs from the template".to_owned(),
        };
        self.step(
            format!("create the policy {} on {}", expected.name, self.plain()),
            reason,
            expected.create(&self.collection.table),
        );
    }

    /// Grants are a whole: what is missing and what is too much are put right by the same statements.
    fn grants(&mut self) {
        let expected = ddl::expected_grants(self.collection.policy);
        let mut wrong = Vec::new();
        for role in ["public", "anon", "authenticated", "service_role"] {
            let privileges: BTreeSet<&str> = expected
                .iter()
                .find(|(name, _)| *name == role && self.roles.contains(name))
                .map(|(_, privileges)| privileges.iter().copied().collect())
                .unwrap_or_default();
            let found = self
                .facts
                .table
                .as_ref()
                .map_or_else(Found::default, |table| held(table, role));
            let missing: Vec<&str> = privileges.difference(&found.on_table).copied().collect();
            if !missing.is_empty() {
                wrong.push(format!("`{role}` lacks {}", missing.join(", ")));
            }
            let trusted = role == "service_role";
            let surplus: Vec<&str> = found.anywhere.difference(&privileges).copied().collect();
            if !surplus.is_empty() && !trusted {
                wrong.push(format!("`{role}` has {}", surplus.join(", ")));
            }
        }
        if self.facts.table.is_none() {
            wrong = vec!["new tables get none on Supabase, or too many on older projects".to_owned()];
        }
        if !wrong.is_empty() {
            self.step(
                format!(
                    "grant what the policy `{}` needs on {}",
                    self.collection.policy,
                    self.plain()
                ),
                wrong.join("; "),
                ddl::table_grants(self.collection, &self.roles),
            );
        }
    }

    /// An identity counts up for everyone who may insert; an older `bigserial` needs a grant on its sequence.
    fn sequence(&mut self) {
        let id = self.collection.id_column();
        let column = self
            .facts
            .table
            .as_ref()
            .and_then(|table| table.column(id.as_str()));
        let Some(column) = column.filter(|column| column.identity.is_empty()) else {
            return;
        };
        let Some(sequence) = column.sequence() else {
            return;
        };
        let missing: Vec<&str> = ddl::expected_grants(self.collection.policy)
            .iter()
            .filter(|(role, privileges)| self.roles.contains(role) && privileges.contains(&"insert"))
            .map(|(role, _)| *role)
            .filter(|role| {
                !column
                    .sequence_users
                    .iter()
                    .any(|user| user == role || user == "public")
            })
            .collect();
        if !missing.is_empty() {
            self.step(
                format!("let {} count up {}", list(&missing), sequence.plain()),
                "inserting a row takes the next id from it",
                ddl::grant_sequence(&sequence, &missing),
            );
        }
    }

    fn indexes_for_policies(&mut self) {
        let collection = self.collection;
        let serves = |column: &str, method: &str| {
            self.facts.table.as_ref().is_some_and(|table| {
                table.indexes.iter().any(|index| {
                    index.method == method
                        && index.is_valid
                        && !index.is_partial
                        && index.columns.first().is_some_and(|key| key == column)
                })
            })
        };
        let owner = collection.policy == Policy::Owner && !serves(collection.owner.as_str(), "btree");
        let metadata = collection.index_metadata && !serves(collection.metadata.as_str(), "gin");
        if owner {
            let title = format!("index {}.{}", self.plain(), collection.owner.plain());
            self.create_index(
                &collection.owner_index_name(),
                &title,
                "the policy looks rows up by it",
                &|concurrently| ddl::create_owner_index(collection, concurrently),
            );
        }
        if metadata {
            let title = format!("index {}.{}", self.plain(), collection.metadata.plain());
            self.create_index(
                &collection.metadata_index_name(),
                &title,
                "`index_metadata` is declared",
                &|concurrently| ddl::create_metadata_index(collection, concurrently),
            );
        }
    }
}

/// What a role holds.
#[derive(Default)]
struct Found<'a> {
    /// On the whole table.
    on_table: BTreeSet<&'a str>,
    /// On the whole table or any column of it.
    anywhere: BTreeSet<&'a str>,
}

fn held<'a>(table: &'a Table, role: &str) -> Found<'a> {
    let of_role = || table.grants.iter().filter(move |grant| grant.grantee == role);
    Found {
        on_table: of_role()
            .filter(|grant| grant.column.is_none())
            .map(|grant| grant.privilege.as_str())
            .collect(),
        anywhere: of_role().map(|grant| grant.privilege.as_str()).collect(),
    }
}

/// Whether a policy says what the template says. The server writes expressions in its own way: in parentheses,
/// with names quoted where it must, and with the subselect's column named.
fn is_same(found: &catalog::Policy, expected: &ddl::PolicySpec) -> bool {
    let essence = |expression: &str| {
        let bare: String = expression
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"'))
            .collect();
        bare.to_lowercase().replace("asuid", "")
    };
    let same = |found: &Option<String>, expected: Option<&String>| match (found, expected) {
        (None, None) => true,
        (Some(found), Some(expected)) => essence(found) == essence(expected),
        _ => false,
    };
    found.permissive
        && found.command == expected.command
        && found.roles == expected.roles
        && same(&found.using_expression, Some(&expected.using))
        && same(&found.check_expression, expected.check.as_ref())
}
