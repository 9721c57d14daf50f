//! Policies and grants of each policy template.
//!
//! Supabase gives new tables no grants since 2026, and older projects give them too many: both are made explicit.
//! `auth.uid()` stands in a subselect, so that it is computed once for a statement and not for each row. The
//! service role bypasses row-level security; a table for it alone has a policy all the same, so that row-level
//! security without any policy is always a mistake.

use crate::collection::{Collection, Policy};
use crate::sql::{Ident, QualifiedName};

/// The roles that Supabase's API works as.
pub(in crate::setup) const API_ROLES: [&str; 3] = ["anon", "authenticated", "service_role"];

const READ: &[&str] = &["select"];
const WRITE: &[&str] = &["delete", "insert", "select", "update"];

/// Which privileges on the table the template gives to whom.
pub(in crate::setup) fn expected_grants(
    policy: Policy,
) -> &'static [(&'static str, &'static [&'static str])] {
    match policy {
        Policy::Service => &[("service_role", WRITE)],
        Policy::Owner => &[("authenticated", WRITE), ("service_role", WRITE)],
        Policy::PublicRead => &[("anon", READ), ("authenticated", READ), ("service_role", WRITE)],
    }
}

/// The policy of a template.
pub(in crate::setup) struct PolicySpec {
    /// Its name, which says that it is vecops'.
    pub(in crate::setup) name: &'static str,
    /// What it is for.
    pub(in crate::setup) command: &'static str,
    /// Whom it is for.
    pub(in crate::setup) roles: &'static [&'static str],
    /// Which rows are seen.
    pub(in crate::setup) using: String,
    /// Which rows may be written.
    pub(in crate::setup) check: Option<String>,
}

/// The names of every template's policy.
fn policy_names() -> [&'static str; 3] {
    ["vecops_service", "vecops_owner", "vecops_public_read"]
}

/// Whether the policy of this name is one that vecops makes, and so may drop.
pub(in crate::setup) fn is_ours(policy: &str) -> bool {
    policy_names().contains(&policy)
}

/// The policy that the collection's template consists of.
pub(in crate::setup) fn policy(collection: &Collection) -> PolicySpec {
    let everything = || "true".to_owned();
    let [service, owner, public_read] = policy_names();
    match collection.policy {
        Policy::Service => PolicySpec {
            name: service,
            command: "all",
            roles: &["service_role"],
            using: everything(),
            check: Some(everything()),
        },
        Policy::Owner => {
            let own = format!("{} = (select auth.uid())", collection.owner);
            PolicySpec {
                name: owner,
                command: "all",
                roles: &["authenticated"],
                using: own.clone(),
                check: Some(own),
            }
        }
        Policy::PublicRead => PolicySpec {
            name: public_read,
            command: "select",
            roles: &["anon", "authenticated"],
            using: everything(),
            check: None,
        },
    }
}

impl PolicySpec {
    /// Makes the policy, in place of one of the same name.
    pub(in crate::setup) fn create(&self, table: &QualifiedName) -> String {
        let check = self
            .check
            .as_ref()
            .map_or_else(String::new, |check| format!("\n    with check ({check})"));
        format!(
            "{}\ncreate policy {} on {table}\n    for {} to {}\n    using ({}){check};",
            drop_policy(self.name, table),
            self.name,
            self.command,
            self.roles.join(", "),
            self.using,
        )
    }
}

/// Drops one of vecops' policies.
pub(in crate::setup) fn drop_policy(name: &str, table: &QualifiedName) -> String {
    format!("drop policy if exists {name} on {table};")
}

/// Gives each role what the template says, and takes everything else from the roles that anybody can have.
/// Only `roles`, those that exist, are named.
pub(in crate::setup) fn table_grants(collection: &Collection, roles: &[&str]) -> String {
    let table = &collection.table;
    let mut statements = vec![format!("revoke all on table {table} from {};", outsiders(roles))];
    for (role, privileges) in expected_grants(collection.policy) {
        if roles.contains(role) {
            statements.push(format!(
                "grant {} on table {table} to {role};",
                privileges.join(", ")
            ));
        }
    }
    statements.join("\n")
}

/// Lets the template's roles, those of them that exist, call the match function, and nobody else.
pub(in crate::setup) fn function_grants(
    collection: &Collection,
    extension: &Ident,
    roles: &[&str],
) -> String {
    let function = super::match_function(collection, extension).identity();
    let callers: Vec<&str> = expected_grants(collection.policy)
        .iter()
        .map(|(role, _)| *role)
        .filter(|role| roles.contains(role))
        .collect();
    let mut statements = vec![format!(
        "revoke all on function {function} from {};",
        outsiders(roles)
    )];
    if !callers.is_empty() {
        statements.push(format!(
            "grant execute on function {function} to {};",
            callers.join(", ")
        ));
    }
    statements.join("\n")
}

/// Everybody, and the API's roles that anybody can have.
fn outsiders(roles: &[&str]) -> String {
    let named = ["anon", "authenticated"]
        .into_iter()
        .filter(|role| roles.contains(role));
    ["public"].into_iter().chain(named).collect::<Vec<_>>().join(", ")
}

/// Lets roles take the next number of a sequence.
pub(in crate::setup) fn grant_sequence(sequence: &QualifiedName, roles: &[&str]) -> String {
    format!("grant usage on sequence {sequence} to {};", roles.join(", "))
}
