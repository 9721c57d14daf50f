//! Who may do what: grants, policies, and what default privileges add.

use serde::{Deserialize, Serialize};

use crate::sql::Ident;

/// Who may do what with one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// What others than the owner may do.
    pub granted: Vec<Grant>,
    /// What the owner may not do although owners usually may.
    pub owner_lacks: Vec<String>,
}

/// What one grantee may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Who.
    pub to: Grantee,
    /// What, in lower case and sorted.
    pub privileges: Vec<String>,
    /// What of it may be passed on.
    pub grantable: Vec<String>,
}

/// Whom a grant or a policy is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grantee {
    /// Everybody.
    Public,
    /// Whoever owns the object.
    Owner,
    /// This role.
    Role(Ident),
}

impl Grantee {
    /// The role, where it is a named one.
    pub fn role(&self) -> Option<&Ident> {
        match self {
            Self::Role(name) => Some(name),
            Self::Public | Self::Owner => None,
        }
    }
}

impl Access {
    /// The roles that are named in it.
    pub fn roles(&self) -> impl Iterator<Item = &Ident> {
        self.granted.iter().filter_map(|grant| grant.to.role())
    }

    /// Whether nobody but the owner may do anything, and the owner everything.
    pub fn is_empty(&self) -> bool {
        self.granted.is_empty() && self.owner_lacks.is_empty()
    }
}

/// A row-level security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: Ident,
    /// Whether one permissive policy that passes is enough; otherwise each must pass.
    pub permissive: bool,
    /// The command that it is for: `select`, `insert`, `update`, `delete` or `all`.
    pub command: String,
    /// Whom it is for.
    pub roles: Vec<Grantee>,
    /// The condition on rows that are there.
    pub using: Option<String>,
    /// The condition on rows that are written.
    pub check: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// What default privileges add to one kind of new object for one grantee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultPrivilege {
    /// The role whose new objects get it.
    pub creator: Ident,
    /// The schema; none where it is every schema.
    pub schema: Option<Ident>,
    /// The kind of object, as in `tables`.
    pub object: String,
    /// Who gets it.
    pub to: Grantee,
    /// What, in lower case and sorted.
    pub privileges: Vec<String>,
}
