//! From a server's SQLSTATE to a kind and a hint: the one table.
//!
//! Codes: PostgreSQL documentation, appendix A; what they mean on Supabase: `docs/profiles.md`.

use super::Kind;

/// What vecops knows about one SQLSTATE.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The kind of failure.
    pub kind: Kind,
    /// What to do next, where there is one answer.
    pub hint: Option<&'static str>,
}

/// Looks a SQLSTATE up; classes (the first two characters) answer where a code has no line of its own.
pub fn lookup(code: &str) -> Option<Known> {
    let known = |kind, hint| {
        Some(Known {
            kind,
            hint: Some(hint),
        })
    };
    match code {
        "28P01" => known(
            Kind::Connection,
            "Check the password with `vecops profile show`; on Supabase it is the database password, not an API key.",
        ),
        "28000" => known(
            Kind::Connection,
            "Check the user; through a Supabase pooler it is `postgres.<project-ref>`: see `vecops profile check`.",
        ),
        "3D000" => known(
            Kind::Connection,
            "Check the database's name with `vecops profile show`; on Supabase it is `postgres`.",
        ),
        "53300" => known(
            Kind::Connection,
            "Every connection is taken; end idle ones or wait, then see `vecops profile check`.",
        ),
        "57P03" => known(
            Kind::Connection,
            "The server is starting up or shutting down; run the command again in a moment.",
        ),
        "57P01" | "57P02" => known(
            Kind::Connection,
            "The server ended this session; run the command again.",
        ),
        "55P03" => known(
            Kind::Conflict,
            "Another session holds a lock on the object; find it in `pg_stat_activity`, then run the command again.",
        ),
        "40P01" | "40001" => known(
            Kind::Conflict,
            "Two sessions were in each other's way; run the command again.",
        ),
        "57014" => known(
            Kind::Failed,
            "The statement was cancelled or reached a time limit; `vecops profile check` shows the role's limits.",
        ),
        "42P01" => known(
            Kind::Precondition,
            "The table is not there; `vecops setup plan` shows what is missing.",
        ),
        "42704" => known(
            Kind::Precondition,
            "If the type is `vector`, the extension is missing or out of sight: run `vecops setup plan`.",
        ),
        "42883" => known(
            Kind::Precondition,
            "The function or operator is not there for these types; `vecops profile check` says where pgvector lives.",
        ),
        "42501" => known(
            Kind::Precondition,
            "The role lacks a privilege; `vecops profile check` shows its powers, `vecops setup plan` the grants.",
        ),
        "25006" => known(
            Kind::Precondition,
            "The session is read-only: a replica, or a Supabase project whose disk is full; see `vecops profile check`.",
        ),
        "26000" | "42P05" => known(
            Kind::Precondition,
            "This is a transaction pooler, which keeps no prepared statements; use the session pooler, port 5432.",
        ),
        "53100" => known(
            Kind::Precondition,
            "The server's disk or shared memory (`/dev/shm`) is full; free space or enlarge it, then run the command again.",
        ),
        "53200" => known(
            Kind::Precondition,
            "The server is out of memory; lower `maintenance_work_mem` or use a larger one.",
        ),
        "54000" => known(
            Kind::Precondition,
            "An index holds at most 2,000 dimensions of `vector` and 4,000 of `halfvec`: choose another element type.",
        ),
        "0A000" => known(
            Kind::Precondition,
            "This server does not support it; `vecops profile check` shows the versions.",
        ),
        _ => class(code.get(..2)?),
    }
}

fn class(class: &str) -> Option<Known> {
    let kind = match class {
        "08" | "28" => Kind::Connection,
        "53" => Kind::Precondition,
        "40" => Kind::Conflict,
        _ => return None,
    };
    Some(Known { kind, hint: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_wins_over_its_class() {
        assert_eq!(lookup("28P01").unwrap().kind, Kind::Connection);
        assert_eq!(lookup("55P03").unwrap().kind, Kind::Conflict);
        assert!(lookup("08006").unwrap().hint.is_none());
        assert!(lookup("XX000").is_none());
        assert!(lookup("").is_none());
    }
}
