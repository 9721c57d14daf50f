//! What of a definition the server's version knows.

use super::super::definition::{Column, Definition, GeneratedKind};
use super::facts::Facts;
use crate::error::{Error, Result};

/// What the server's version does not know.
pub(super) fn suit_version(
    definition: &mut Definition,
    facts: &Facts,
    left_out: &mut Vec<String>,
) -> Result<()> {
    const MAINTAIN: i32 = 170_000;
    const VIRTUAL: i32 = 180_000;
    for table in &mut definition.tables {
        let is_virtual = |column: &Column| {
            let generated = column.generated.as_ref();
            generated.is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
        };
        if facts.version < VIRTUAL
            && let Some(column) = table.columns.iter().find(|column| is_virtual(column))
        {
            let message = format!(
                "`{}.{}` is a virtual generated column, which PostgreSQL has from 18 on",
                table.name.plain(),
                column.name.plain()
            );
            return Err(Error::precondition(message).hint("Restore into PostgreSQL 18 or newer."));
        }
        if facts.version < MAINTAIN {
            let granted = &mut table.access.granted;
            let before: usize = granted.iter().map(|grant| grant.privileges.len()).sum();
            for grant in granted.iter_mut() {
                grant.privileges.retain(|privilege| privilege != "maintain");
                grant.grantable.retain(|privilege| privilege != "maintain");
            }
            granted.retain(|grant| !grant.privileges.is_empty());
            table
                .access
                .owner_lacks
                .retain(|privilege| privilege != "maintain");
            let after: usize = table
                .access
                .granted
                .iter()
                .map(|grant| grant.privileges.len())
                .sum();
            if after < before {
                left_out.push(format!(
                    "the privilege MAINTAIN on `{}`: PostgreSQL has it from 17 on",
                    table.name.plain()
                ));
            }
        }
    }
    Ok(())
}
