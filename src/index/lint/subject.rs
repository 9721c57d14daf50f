//! What is linted: a statement as it is, as the server recorded it, or out of a function's body.

use serde::Serialize;

use super::clause::with_known_limit;
use super::desk::{Setting, Statement};
use crate::sql::Ident;

/// A query to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Where it comes from.
    pub origin: Origin,
    /// Its text; of a function the part that is a query.
    pub text: String,
    /// The function that it stands in.
    pub(super) function: Option<Body>,
    /// The LIMIT that a caller gets who does not say one, where a function's argument has a default.
    pub(super) default_rows: Option<u32>,
    /// Whether a LIMIT is an argument whose default is NULL.
    pub(super) limit_may_be_null: bool,
    /// Whether the server plans it without its parameters' values, as it does the body of an SQL function before 18.
    pub(super) plans_without_values: bool,
}

/// Where a query comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Origin {
    /// Somebody gave it.
    Statement,
    /// A function's body.
    Function {
        /// The function, with its arguments.
        name: String,
    },
    /// `pg_stat_statements`.
    Recorded {
        /// How often it ran.
        calls: i64,
        /// How long it took in the mean, in milliseconds.
        mean_ms: f64,
    },
}

/// What the names in a function's body mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Body {
    /// The function's name, by which its arguments may be qualified.
    pub(super) name: Ident,
    /// Arguments and declared variables, in order; the types as SQL.
    pub(super) variables: Vec<Variable>,
    /// The settings that it runs under.
    pub(super) settings: Vec<Setting>,
}

/// A name in a function's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) type_text: String,
    pub(super) default: Option<String>,
}

impl Subject {
    /// A statement as it is.
    pub fn statement(text: impl Into<String>) -> Self {
        Self::new(Origin::Statement, text.into())
    }

    pub(super) fn new(origin: Origin, text: String) -> Self {
        Self {
            origin,
            text,
            function: None,
            default_rows: None,
            limit_may_be_null: false,
            plans_without_values: false,
        }
    }

    /// The settings that it runs under.
    pub(super) fn settings(&self) -> &[Setting] {
        self.function.as_ref().map_or(&[], |body| &body.settings)
    }

    /// The names that a LIMIT may be given by.
    fn names(&self) -> Vec<String> {
        let variables = self.function.iter().flat_map(|body| &body.variables);
        variables.map(|variable| variable.name.clone()).collect()
    }

    /// The text with a number for an unknown LIMIT; none where it is known.
    pub(super) fn with_known_limit(&self, text: &str, rows: u32) -> Option<String> {
        with_known_limit(text, &self.names(), rows)
    }

    /// What the server prepares for a text of it. A function's arguments become columns of a one-row subquery of the
    /// function's name beside the body, so that the server itself finds out what each name means, by the function's rules:
    /// columns first. `types` are those of the parameters, where they are known.
    pub(super) fn prepared(&self, text: &str, types: &[String]) -> Statement {
        // The text ends before its semicolon, and a comment at its end before the parenthesis.
        let text = text.trim().trim_end_matches(';');
        let Some(body) = &self.function else {
            return Statement {
                text: text.to_owned(),
                types: types.to_vec(),
            };
        };
        let column = |(place, variable): (usize, &Variable)| {
            let name = match variable.name.as_str() {
                "" => String::new(),
                name => format!(" as \"{}\"", name.replace('"', "\"\"")),
            };
            format!("${}::{}{name}", place + 1, variable.type_text)
        };
        let columns: Vec<String> = body.variables.iter().enumerate().map(column).collect();
        Statement {
            text: format!(
                "select vecops_body.* from (select {}) as {} cross join lateral (\n{text}\n) as vecops_body",
                columns.join(", "),
                body.name
            ),
            types: Vec::new(),
        }
    }
}
