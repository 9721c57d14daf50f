//! The match function and who may call it.

use super::{Comparison, ddl};
use crate::catalog::Function;

impl Comparison<'_> {
    pub(super) fn function(&mut self) {
        let expected = ddl::match_function(self.collection, &self.extension);
        let name = self.collection.match_function().plain();
        let found = self
            .facts
            .functions
            .iter()
            .find(|function| function.argument_types == expected.argument_types);
        self.overloads(&name, found);
        let reasons = match found {
            None => vec!["it does not exist"],
            Some(found) => differences(found, &expected),
        };
        if let Some(found) = found.filter(|found| !is_replaceable(found, &expected)) {
            return self.drift(
                true,
                (
                    format!("function {name}"),
                    format!("returns {}", expected.result),
                    format!(
                        "arguments {}, returns {}",
                        found.arguments,
                        found.result.as_deref().unwrap_or("nothing")
                    ),
                ),
                format!(
                    "PostgreSQL cannot replace it by one of another shape: run `drop function {};`.",
                    expected.identity()
                ),
            );
        }
        if !reasons.is_empty() {
            let verb = if found.is_some() { "replace" } else { "create" };
            self.step(
                format!("{verb} the function {name}"),
                reasons.join("; "),
                expected.create(),
            );
        }
        self.function_grants(found, &name);
    }

    /// Another function of the same name is the user's; PostgREST picks one by the arguments' names.
    fn overloads(&mut self, name: &str, ours: Option<&Function>) {
        for other in &self.facts.functions {
            if ours != Some(other) {
                self.note(format!(
                    "there is another function `{name}({})`; the API picks one by the arguments' names",
                    other.identity_arguments
                ));
            }
        }
    }

    fn function_grants(&mut self, found: Option<&Function>, name: &str) {
        let callers: Vec<&str> = ddl::expected_grants(self.collection.policy)
            .iter()
            .map(|(role, _)| *role)
            .filter(|role| self.roles.contains(role))
            .collect();
        let mut reason = "every new function may be called by everybody".to_owned();
        if let Some(found) = found {
            let may = |role: &str| found.executors.iter().any(|executor| executor == role);
            let wrong: Vec<&str> = ["public", "anon", "authenticated", "service_role"]
                .into_iter()
                .filter(|role| may(role) != callers.contains(role))
                .filter(|role| *role != "service_role" || callers.contains(role))
                .collect();
            if wrong.is_empty() {
                return;
            }
            reason = format!("the grants of {} differ from the policy's", super::list(&wrong));
        }
        let sql = ddl::function_grants(self.collection, &self.extension, &self.roles);
        self.step(
            format!("let the policy's roles call {name}, and nobody else"),
            reason,
            sql,
        );
    }
}

/// Whether `create or replace` can make one of the other: it keeps the result and the arguments' names.
fn is_replaceable(found: &Function, expected: &ddl::MatchFunction) -> bool {
    found.argument_names == ddl::MATCH_NAMES && found.result.as_deref() == Some(&expected.result)
}

/// What of the function differs, in words.
fn differences(found: &Function, expected: &ddl::MatchFunction) -> Vec<&'static str> {
    let sorted = |settings: &[String]| {
        let mut settings = settings.to_vec();
        settings.sort();
        settings
    };
    [
        (found.language != "plpgsql", "its language differs"),
        (found.source != expected.source, "its body differs"),
        (
            sorted(&found.settings) != sorted(&expected.settings),
            "its settings differ",
        ),
        (
            !found.arguments.contains(&expected.written_default())
                || !found.arguments.ends_with("DEFAULT '{}'::jsonb"),
            "its defaults differ",
        ),
        (
            found.volatility != "s" || found.parallel != "s" || found.security_definer,
            "it is not stable, parallel safe and run by its caller's powers",
        ),
    ]
    .into_iter()
    .filter_map(|(differs, what)| differs.then_some(what))
    .collect()
}
