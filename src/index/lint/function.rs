//! The queries in a function's body.
//!
//! A body of `begin atomic` is parsed already. Of a plpgsql body only whole queries are taken: what follows `return
//! query` or `in` of a loop, and selects that stand alone. What is put together at run time is said to be out of reach.

use sqlx::{FromRow, PgConnection};

use super::clause::{Clause, queries};
use super::distance::distances;
use super::facts::named;
use super::subject::{Body, Origin, Subject, Variable};
use super::token::{Words, folded};
use crate::error::{Context as _, Error, Result, nearest};
use crate::sql::{Ident, fixed};

/// What a function's body was taken apart into.
#[derive(Debug, Default)]
pub struct Bodies {
    /// Its queries that compare vectors.
    pub subjects: Vec<Subject>,
    /// What could not be taken apart, as sentences.
    pub notes: Vec<String>,
}

#[derive(FromRow)]
struct FunctionRow {
    schema: String,
    name: String,
    identity_arguments: String,
    language: String,
    source: String,
    parsed_body: Option<String>,
    argument_names: Vec<String>,
    argument_types: Vec<String>,
    argument_defaults: Vec<Option<String>>,
    settings: Vec<String>,
    is_inlined: bool,
}

/// The queries of the functions of this name; without a schema, of every schema.
pub async fn functions(
    connection: &mut PgConnection,
    schema: Option<&str>,
    name: &str,
    server_version_num: i32,
) -> Result<Bodies> {
    let rows = fixed(include_str!("../../../sql/index/lint_functions.sql"))
        .bind(schema.map(str::to_owned))
        .bind(name.to_owned())
        .fetch_all(&mut *connection)
        .await
        .context("read the function")?;
    let shown = schema.map_or_else(|| named(&[name]), |schema| named(&[schema, name]));
    if rows.is_empty() {
        return Err(no_function(connection, &shown, name).await?);
    }
    let mut bodies = Bodies::default();
    for row in &rows {
        let row = FunctionRow::from_row(row)?;
        take_apart(&row, server_version_num, &mut bodies)?;
    }
    Ok(bodies)
}

/// The error for a name that no function has, with the nearest of those that compare vectors.
async fn no_function(connection: &mut PgConnection, shown: &str, name: &str) -> Result<Error> {
    let names = super::recorded::callers(connection).await?;
    let error = Error::precondition(format!("there is no function `{shown}`"));
    Ok(match nearest(name, names.iter().map(String::as_str)) {
        Some(near) if near == name => error.hint(format!(
            "There is one of this name in another schema: `--function {near}`."
        )),
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint("Name it as `schema.name`, without its arguments."),
    })
}

fn take_apart(row: &FunctionRow, server_version_num: i32, bodies: &mut Bodies) -> Result<()> {
    let shown = format!("{}({})", named(&[&row.schema, &row.name]), row.identity_arguments);
    let (texts, variables) = match row.language.as_str() {
        "sql" => (sql_queries(row), Vec::new()),
        "plpgsql" => {
            let (texts, missed) = plpgsql_queries(&row.source);
            bodies
                .notes
                .extend(missed.into_iter().map(|part| format!("`{shown}`: {part}")));
            (texts, declared(&row.source))
        }
        other => {
            bodies.notes.push(format!(
                "`{shown}` is written in {other}, which cannot be taken apart"
            ));
            return Ok(());
        }
    };
    let body = body(row, variables)?;
    let before = bodies.subjects.len();
    for text in texts {
        if distances(&Words::of(&text)).is_empty() {
            continue;
        }
        let (default_rows, limit_may_be_null) = limit_argument(&text, &body.variables);
        bodies.subjects.push(Subject {
            default_rows,
            limit_may_be_null,
            plans_without_values: row.language == "sql" && !row.is_inlined && server_version_num < 180_000,
            function: Some(body.clone()),
            ..Subject::new(Origin::Function { name: shown.clone() }, text)
        });
    }
    if bodies.subjects.len() == before {
        bodies
            .notes
            .push(format!("`{shown}` holds no query that compares vectors"));
    }
    Ok(())
}

fn body(row: &FunctionRow, declared: Vec<Variable>) -> Result<Body> {
    let wrong = |error| Error::bug(format!("the catalog holds a name that is none: {error}"));
    let arguments = row
        .argument_types
        .iter()
        .enumerate()
        .map(|(place, type_text)| Variable {
            name: row.argument_names.get(place).cloned().unwrap_or_default(),
            type_text: type_text.clone(),
            default: row.argument_defaults.get(place).cloned().flatten(),
        });
    let setting = |setting: &String| {
        let (name, value) = setting.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    Ok(Body {
        name: Ident::new(row.name.clone()).map_err(wrong)?,
        variables: arguments.chain(declared).collect(),
        settings: row.settings.iter().filter_map(setting).collect(),
    })
}

/// The statements of an SQL function.
fn sql_queries(row: &FunctionRow) -> Vec<String> {
    let text = match &row.parsed_body {
        None => row.source.as_str(),
        Some(parsed) => {
            let words = Words::of(parsed);
            let last = words.tokens.len().saturating_sub(1);
            if words.is(0, "begin") && words.is(1, "atomic") && words.is(last, "end") {
                let inside = words.span(2..last);
                parsed.get(inside).unwrap_or_default()
            } else if words.is(0, "return") {
                return vec![format!(
                    "select {}",
                    parsed.get(words.span(1..last + 1)).unwrap_or_default()
                )];
            } else {
                parsed
            }
        }
    };
    Words::of(text)
        .statements()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// The whole queries of a plpgsql body, and what is out of reach.
fn plpgsql_queries(source: &str) -> (Vec<String>, Vec<String>) {
    let words = Words::of(source);
    let count = words.tokens.len();
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    let mut missed = Vec::new();
    let starts = |at: usize| words.is(at, "select") || words.is(at, "with");
    let ends = |start: usize, end: &str| {
        (start..count)
            .find(|&at| words.depth(at) == words.depth(start) && (words.is(at, ";") || words.is(at, end)))
    };
    for at in 0..count {
        let (start, end) = if words.is(at, "return") && words.is(at + 1, "query") {
            (at + 2, ends(at, ";"))
        } else if words.is(at, "in") && starts(at + 1) {
            (at + 1, ends(at + 1, "loop"))
        } else if starts(at)
            && (at == 0
                || ["begin", "then", "else", "loop", ";"]
                    .iter()
                    .any(|mark| words.is(at - 1, mark)))
        {
            (at, ends(at, ";"))
        } else {
            if words.is(at, "execute") && !words.is(at.wrapping_sub(1), "query") {
                missed.push(
                    "a statement is put together at run time (EXECUTE); look at its text with `--sql`"
                        .to_owned(),
                );
            }
            continue;
        };
        if !starts(start) {
            missed.push(
                "a query is put together at run time (EXECUTE); look at its text with `--sql`".to_owned(),
            );
        } else if let Some(end) = end
            && found.last().is_none_or(|last| start >= last.end)
        {
            found.push(start..end);
        }
    }
    let texts = found
        .iter()
        .filter_map(|range| source.get(words.span(range.clone())))
        .map(without_into)
        .collect();
    let inside = |distance: usize| found.iter().any(|range| range.contains(&distance));
    if distances(&words).iter().any(|distance| !inside(distance.word)) {
        missed.push("a distance stands outside of the queries that could be taken out".to_owned());
    }
    missed.dedup();
    (texts, missed)
}

/// A query without the `into` that plpgsql adds to it.
fn without_into(text: &str) -> String {
    const NEXT: [&str; 6] = ["from", "where", "order", "limit", "group", "union"];
    let words = Words::of(text);
    let into = (0..words.tokens.len()).find(|&at| words.is(at, "into") && words.depth(at) == 0);
    let Some(at) = into else {
        return text.to_owned();
    };
    let end = (at + 1..words.tokens.len())
        .find(|&next| words.depth(next) == 0 && NEXT.iter().any(|keyword| words.is(next, keyword)))
        .unwrap_or(words.tokens.len());
    let cut = words.span(at..end);
    let (before, after) = (&text[..cut.start], &text[cut.end..]);
    format!("{}{after}", before.trim_end())
}

/// The variables that a plpgsql body declares.
fn declared(source: &str) -> Vec<Variable> {
    let words = Words::of(source);
    let count = words.tokens.len();
    let Some(start) = (0..count).find(|&at| words.is(at, "declare")) else {
        return Vec::new();
    };
    let end = (start..count).find(|&at| words.is(at, "begin")).unwrap_or(count);
    let mut variables = Vec::new();
    let mut at = start + 1;
    while at < end {
        let stop = (at..end).find(|&next| words.is(next, ";")).unwrap_or(end);
        let first = if words.is(at + 1, "constant") {
            at + 2
        } else {
            at + 1
        };
        let last = (first..stop)
            .find(|&next| {
                [":=", "=", "default", "not"]
                    .iter()
                    .any(|mark| words.is(next, mark))
            })
            .unwrap_or(stop);
        let type_text = source.get(words.span(first..last)).unwrap_or_default();
        // A row or a copied type has no name that a parameter could be cast to.
        if !type_text.is_empty() && !type_text.contains('%') && !type_text.eq_ignore_ascii_case("record") {
            variables.push(Variable {
                name: folded(words.text_of(at)),
                type_text: type_text.to_owned(),
                default: None,
            });
        }
        at = stop + 1;
    }
    variables
}

/// The rows that a LIMIT by an argument's default asks for, and whether the default is NULL.
fn limit_argument(text: &str, variables: &[Variable]) -> (Option<u32>, bool) {
    let words = Words::of(text);
    for query in queries(&words) {
        let Some(clause) = query.clause(Clause::Limit) else {
            continue;
        };
        // An expression, such as `least(coalesce(n, 10), 200)`, may do anything with a NULL.
        let is_alone = !clause.clone().any(|at| words.is(at, "("));
        for at in clause {
            let name = folded(words.text_of(at));
            let number = words
                .text_of(at)
                .strip_prefix('$')
                .and_then(|number| number.parse::<usize>().ok());
            let named = variables
                .iter()
                .enumerate()
                .find(|(place, variable)| variable.name == name || number == Some(place + 1));
            if let Some(default) = named.and_then(|(_, variable)| variable.default.as_ref()) {
                let is_null = default.to_ascii_lowercase().starts_with("null");
                return (default.parse().ok(), is_null && is_alone);
            }
        }
    }
    (None, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_queries_come_out_of_a_plpgsql_body() {
        let source = "declare bound constant int := 5; v vector(3);
            begin
              select embedding into v from docs where id = 1;
              return query select id from docs where a in (select 1) order by embedding <=> v limit bound;
              for r in select id from docs order by embedding <-> v loop null; end loop;
              return query execute format('select %s <=> $1', c);
            end";
        let (queries, missed) = plpgsql_queries(source);
        assert_eq!(
            queries,
            [
                "select embedding from docs where id = 1",
                "select id from docs where a in (select 1) order by embedding <=> v limit bound",
                "select id from docs order by embedding <-> v"
            ]
        );
        assert_eq!(missed.len(), 1);
        let names: Vec<_> = declared(source)
            .into_iter()
            .map(|variable| (variable.name, variable.type_text))
            .collect();
        assert_eq!(
            names,
            [
                ("bound".to_owned(), "int".to_owned()),
                ("v".to_owned(), "vector(3)".to_owned())
            ]
        );
    }

    #[test]
    fn a_limit_by_default_is_read() {
        let argument = |default: &str| Variable {
            name: "n".to_owned(),
            type_text: "integer".to_owned(),
            default: Some(default.to_owned()),
        };
        assert_eq!(
            limit_argument("select 1 limit n", &[argument("7")]),
            (Some(7), false)
        );
        assert_eq!(
            limit_argument("select 1 limit f.n", &[argument("NULL::integer")]),
            (None, true)
        );
        assert_eq!(
            limit_argument("select 1 limit least(n, 9)", &[argument("NULL::integer")]),
            (None, false)
        );
    }
}
