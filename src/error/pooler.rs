//! From a pooler's error code to a kind and a hint.
//!
//! Supavisor (Supabase's shared pooler) puts its own code in front of the message, as in
//! `(EMAXCONN) max client connections reached, limit: 200`; PgBouncer has SQLSTATEs only. Codes read in
//! Supavisor's `lib/supavisor/errors`; older releases wrote a few of them as plain sentences, matched here
//! because they have no code.

use super::Kind;

/// What vecops knows about one pooler code.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The pooler's own code.
    pub code: &'static str,
    /// The kind of failure.
    pub kind: Kind,
    /// What to do next.
    pub hint: &'static str,
}

const TABLE: &[Known] = &[
    Known {
        code: "EMAXCONN",
        kind: Kind::Connection,
        hint: "The pooler's clients are all taken; close some, or raise the pool size in the project's database settings.",
    },
    Known {
        code: "EMAXCONNSESSION",
        kind: Kind::Connection,
        hint: "A session pooler serves as many clients as its pool size; close some, or use the direct connection.",
    },
    Known {
        code: "ECHECKOUTTIMEOUT",
        kind: Kind::Connection,
        hint: "No server connection came free in time; end long transactions, then run the command again.",
    },
    Known {
        code: "ECHECKOUTRETRIES",
        kind: Kind::Connection,
        hint: "No server connection came free; end long transactions, then run the command again.",
    },
    Known {
        code: "EPOOLCHECKOUT",
        kind: Kind::Connection,
        hint: "The pooler could not open a server connection; run the command again, or use the direct connection.",
    },
    Known {
        code: "EDBHANDLEREXITED",
        kind: Kind::Connection,
        hint: "The pooler lost its server connection; run the command again.",
    },
    Known {
        code: "EWORKERNOTFOUND",
        kind: Kind::Connection,
        hint: "The pooler is restarting; run the command again in a moment.",
    },
    Known {
        code: "EPOOLTERMINATING",
        kind: Kind::Connection,
        hint: "The pooler is restarting; run the command again in a moment.",
    },
    Known {
        code: "ENOTFOUND",
        kind: Kind::Connection,
        hint: "The pooler does not know this project: check the project ref in the user name (`postgres.<project-ref>`), the pooler's region, and that the project is not paused.",
    },
    Known {
        code: "ENOIDENTIFIER",
        kind: Kind::Connection,
        hint: "Through the pooler the user name carries the project: `postgres.<project-ref>`.",
    },
    Known {
        code: "EWRONGPASSWORD",
        kind: Kind::Connection,
        hint: "The database password is wrong; `vecops profile show` says where it came from.",
    },
    Known {
        code: "EAUTHQUERY",
        kind: Kind::Connection,
        hint: "The pooler could not look the user up; check the user name with `vecops profile show`.",
    },
    Known {
        code: "EAUTHTIMEOUT",
        kind: Kind::Connection,
        hint: "The login took too long; run the command again.",
    },
    Known {
        code: "ECIRCUITBREAKER",
        kind: Kind::Connection,
        hint: "Too many failed logins; the pooler blocks this project for a while. Check the password, wait, then run `vecops profile check`.",
    },
    Known {
        code: "EADDRNOTALLOWED",
        kind: Kind::Connection,
        hint: "This machine's address is not in the project's network restrictions.",
    },
    Known {
        code: "EBANNED",
        kind: Kind::Connection,
        hint: "This machine's address is banned after failed logins; unban it in the project's database settings.",
    },
    Known {
        code: "EJITUNAUTHORIZED",
        kind: Kind::Connection,
        hint: "The access token may not log in as this role; enable it in the project's settings, or use the database password.",
    },
    Known {
        code: "ESSLREQUIRED",
        kind: Kind::Connection,
        hint: "The project enforces TLS; remove `sslmode=disable` from the profile.",
    },
    Known {
        code: "ESSLHANDSHAKE",
        kind: Kind::Connection,
        hint: "TLS with the pooler failed; run `vecops profile check`.",
    },
    Known {
        code: "EPREPAREDDUP",
        kind: Kind::Precondition,
        hint: "This is a transaction pooler, which keeps no prepared statements; use the session pooler, port 5432.",
    },
    Known {
        code: "EPREPAREDNOTFOUND",
        kind: Kind::Precondition,
        hint: "This is a transaction pooler, which keeps no prepared statements; use the session pooler, port 5432.",
    },
    Known {
        code: "EPSSIMPLEQUERY",
        kind: Kind::Precondition,
        hint: "This is a transaction pooler, which keeps no prepared statements; use the session pooler, port 5432.",
    },
    Known {
        code: "EMAXPREPARED",
        kind: Kind::Conflict,
        hint: "The pooler holds too many prepared statements; use the session pooler, port 5432.",
    },
    Known {
        code: "EMAXPREPAREDMEM",
        kind: Kind::Conflict,
        hint: "The pooler holds too many prepared statements; use the session pooler, port 5432.",
    },
    Known {
        code: "ESTARTUPPACKETTOOLARGE",
        kind: Kind::Connection,
        hint: "The connection options are too long for the pooler; shorten `options` in the profile or `PGOPTIONS`.",
    },
];

const WITHOUT_CODE: &[(&str, &str)] = &[
    ("Tenant or user not found", "ENOTFOUND"),
    ("max clients reached in session mode", "EMAXCONNSESSION"),
    ("max client connections reached", "EMAXCONN"),
    (
        "invalid SCRAM server-final-message received from server",
        "EWRONGPASSWORD",
    ),
];

/// Finds the pooler's code in a server message and what it means.
pub fn lookup(message: &str) -> Option<Known> {
    let code = written_code(message).or_else(|| {
        WITHOUT_CODE
            .iter()
            .find(|(text, _)| message.contains(text))
            .map(|(_, code)| *code)
    })?;
    TABLE.iter().find(|known| known.code == code).copied()
}

/// The code in front of the message: `(ECODE) text` or `ECODE: text`.
fn written_code(message: &str) -> Option<&str> {
    let start = message.trim_start().trim_start_matches('(');
    let end = start
        .find(|c: char| !c.is_ascii_uppercase())
        .unwrap_or(start.len());
    start
        .get(..end)
        .filter(|code| code.len() > 4 && code.starts_with('E') && code != &"ERROR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_supavisor_has_a_kind_and_a_hint() {
        let codes = "EMAXCONN EMAXCONNSESSION ECHECKOUTTIMEOUT ECHECKOUTRETRIES EPOOLCHECKOUT EDBHANDLEREXITED \
            EWORKERNOTFOUND EPOOLTERMINATING ENOTFOUND ENOIDENTIFIER EWRONGPASSWORD EAUTHQUERY EAUTHTIMEOUT \
            ECIRCUITBREAKER EADDRNOTALLOWED EBANNED EJITUNAUTHORIZED ESSLREQUIRED ESSLHANDSHAKE EPREPAREDDUP \
            EPREPAREDNOTFOUND EPSSIMPLEQUERY EMAXPREPARED EMAXPREPAREDMEM ESTARTUPPACKETTOOLARGE";
        for code in codes.split_whitespace() {
            let known = lookup(&format!("({code}) whatever it says")).unwrap_or_else(|| panic!("{code}"));
            assert_eq!(known.code, code);
            assert!(known.hint.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn codes_are_read_in_each_form() {
        assert_eq!(
            lookup("(EMAXCONN) max client connections reached, limit: 200")
                .unwrap()
                .code,
            "EMAXCONN"
        );
        assert_eq!(
            lookup("ENOTFOUND: tenant/user a.b not found").unwrap().code,
            "ENOTFOUND"
        );
        assert_eq!(lookup("Tenant or user not found").unwrap().code, "ENOTFOUND");
        assert!(lookup("relation \"ENOTFOUND\" does not exist").is_none());
        assert!(lookup("").is_none());
    }
}
