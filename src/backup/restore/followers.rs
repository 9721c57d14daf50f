//! What depends on a table that makes way: it follows the table that takes the place, or the swap is refused with all that
//! cannot, before anything is made.
//!
//! Statements are the server's own text, written while the live table has its name; run once the restored table has it,
//! they mean that one. Catalogs: PostgreSQL documentation, "pg_depend".

use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Row as _};

use super::super::definition::{Definition, Grantee};
use super::wanted::Wanted;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, QualifiedName, fixed};

/// What follows, and to whom the tables are given.
#[derive(Debug, Clone, Default)]
pub(super) struct Followers {
    found: Vec<Follower>,
    owners: Vec<(QualifiedName, Ident)>,
}

/// An object that depends on a table that makes way.
#[derive(Debug, Clone, FromRow)]
struct Follower {
    object: String,
    /// Why it cannot follow.
    why: Option<String>,
    /// What lets go of the old table.
    before: Vec<String>,
    /// What takes hold of the new one.
    after: Vec<String>,
    /// The columns that it uses, each as a JSON array of schema, table and column.
    uses: Vec<String>,
}

impl Followers {
    /// Looks for them. What cannot follow is an error that names all of it.
    pub(super) async fn find(connection: &mut PgConnection, wanted: &Wanted) -> Result<Self> {
        let names: Vec<String> = wanted
            .opened
            .tables
            .iter()
            .map(|table| table.name.to_string())
            .collect();
        let rows = fixed(include_str!("../../../sql/backup/restore/followers.sql"))
            .bind(names.clone())
            .fetch_all(&mut *connection)
            .await
            .context("look for what depends on the live tables")?;
        let mut found = Vec::new();
        let mut refused = Vec::new();
        for row in &rows {
            let follower = Follower::from_row(row)?;
            let why = follower
                .why
                .clone()
                .or_else(|| lost_column(&follower, &wanted.opened));
            match why {
                Some(why) => refused.push(format!("{}: {why}", follower.object)),
                None => found.push(follower),
            }
        }
        let mut owners = Vec::new();
        let rows = fixed(include_str!("../../../sql/backup/restore/live_owners.sql"))
            .bind(names)
            .fetch_all(&mut *connection)
            .await
            .context("look who owns the live tables")?;
        for row in &rows {
            let name: String = row.try_get("name")?;
            let owner: String = row.try_get("owner")?;
            if !row.try_get::<bool, _>("may_change")? {
                refused.push(format!("table {name}: role {owner} owns it"));
            } else if !row.try_get::<bool, _>("is_own")? {
                if !row.try_get::<bool, _>("may_give")? {
                    refused.push(format!(
                        "table {name}: what takes its place cannot be given to its owner {owner}"
                    ));
                }
                owners.push((parsed(&name)?, identifier(owner)?));
            }
        }
        if refused.is_empty() {
            return Ok(Self { found, owners });
        }
        let error = Error::precondition(
            "objects depend on the live tables and cannot follow the tables that take their places",
        );
        let error = refused.iter().fold(error, Error::cause);
        Err(error.hint("Drop them first and make them again afterwards, or restore beside the live tables with `--schema NAME`."))
    }

    /// The objects, and the owners, for people.
    pub(super) fn told(&self) -> Vec<String> {
        let objects = self.found.iter().map(|follower| follower.object.clone());
        let owners = self
            .owners
            .iter()
            .map(|(table, owner)| format!("the owner of {}, {}", table.plain(), owner.plain()));
        objects.chain(owners).collect()
    }

    /// Lets go of the live tables.
    pub(super) async fn let_go(&self, connection: &mut PgConnection) -> Result<()> {
        for follower in &self.found {
            run(connection, follower, &follower.before).await?;
        }
        Ok(())
    }

    /// Takes hold of the tables that are in their places.
    pub(super) async fn take_hold(&self, connection: &mut PgConnection) -> Result<()> {
        for follower in &self.found {
            run(connection, follower, &follower.after).await?;
        }
        Ok(())
    }

    /// Gives the tables to those who owned the old ones, with their sequences and the policies that are for the owner.
    pub(super) async fn give(&self, connection: &mut PgConnection, opened: &Definition) -> Result<()> {
        for (table, owner) in &self.owners {
            let policies = opened.table(table).into_iter().flat_map(|table| &table.policies);
            let of_owner = policies.filter(|policy| policy.roles.contains(&Grantee::Owner));
            let statements = of_owner.map(|policy| {
                let roles: Vec<String> = policy.roles.iter().map(|role| named(role, owner)).collect();
                format!("alter policy {} on {table} to {}", policy.name, roles.join(", "))
            });
            for statement in statements.chain([format!("alter table {table} owner to {owner}")]) {
                sql::run(&mut *connection, statement)
                    .await
                    .with_context(|| format!("give `{}` to its owner", table.plain()))?;
            }
        }
        Ok(())
    }
}

async fn run(connection: &mut PgConnection, follower: &Follower, statements: &[String]) -> Result<()> {
    for statement in statements {
        sql::run(&mut *connection, statement.clone())
            .await
            .with_context(|| format!("let {} follow the restored table", follower.object))
            .map_err(|error| {
                error.hint("Nothing was changed, and the restored tables wait closed: mend or drop what is named, then run the same command again.")
            })?;
    }
    Ok(())
}

/// The first column that it uses and the restored table does not have.
fn lost_column(follower: &Follower, opened: &Definition) -> Option<String> {
    follower.uses.iter().find_map(|used| {
        let [schema, table, column]: [String; 3] = serde_json::from_str(used).ok()?;
        let is_it = |name: &QualifiedName| name.schema.as_str() == schema && name.name.as_str() == table;
        let restored = opened.tables.iter().find(|known| is_it(&known.name))?;
        let is_lost = restored.column(&column).is_none();
        is_lost.then(|| format!("it uses the column {column}, which the backup's table does not have"))
    })
}

fn named(role: &Grantee, owner: &Ident) -> String {
    match role {
        Grantee::Public => "public".to_owned(),
        Grantee::Owner => owner.to_string(),
        Grantee::Role(name) => name.to_string(),
    }
}

fn parsed(name: &str) -> Result<QualifiedName> {
    name.parse()
        .map_err(|error| Error::bug(format!("the server's name `{name}` is none: {error}")))
}

fn identifier(name: String) -> Result<Ident> {
    Ident::new(name).map_err(|error| Error::bug(format!("the catalog holds a name that is none: {error}")))
}
