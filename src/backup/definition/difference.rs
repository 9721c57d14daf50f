//! What differs between a definition and what is there, object by object.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Definition, deparsed};
use crate::error::{Error, Result};

/// One thing that is not as it was defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which object, and what of it.
    pub object: String,
    /// What the definition says.
    pub expected: Value,
    /// What is there.
    pub found: Value,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.object, self.expected, self.found
        )
    }
}

/// What a database decides by itself: who owns what it makes, and how a function was found.
const OWN: &[&str] = &["owner", "found_by"];
/// What two backups of one database may differ in without anybody having changed it.
const FOUND: &[&str] = &["found_by"];

/// The lists of a definition that are compared, by the name of an object in them.
const LISTS: &[(&str, &str)] = &[
    ("schemas", "schema"),
    ("types", "type"),
    ("sequences", "sequence"),
    ("tables", "table"),
    ("functions", "function"),
];

impl Definition {
    /// What of this is not so in `found`. What is only there is left alone, unless it belongs to a table of this.
    pub fn differences(&self, found: &Self) -> Result<Vec<Difference>> {
        let shape = |error: serde_json::Error| Error::bug("a definition does not become JSON").cause(error);
        let expected = serde_json::to_value(self).map_err(shape)?;
        let found = serde_json::to_value(found).map_err(shape)?;
        let mut differences = Vec::new();
        for (list, kind) in LISTS {
            let others = found.get(*list).and_then(Value::as_array);
            for object in expected
                .get(*list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let name = format!("{kind} {}", name_of(object).unwrap_or_default());
                let other = others.into_iter().flatten().find(|other| is_same(object, other));
                compare(
                    &name,
                    object,
                    other.unwrap_or(&Value::Null),
                    OWN,
                    &mut differences,
                );
            }
        }
        Ok(differences)
    }

    /// What has changed from this to a later one, in both directions: what is only there is a difference, too.
    pub fn changes(&self, later: &Self) -> Result<Vec<Difference>> {
        let shape = |error: serde_json::Error| Error::bug("a definition does not become JSON").cause(error);
        let before = serde_json::to_value(self).map_err(shape)?;
        let after = serde_json::to_value(later).map_err(shape)?;
        let mut differences = Vec::new();
        for (list, kind) in [("extensions", "extension")].iter().chain(LISTS) {
            let objects = |of: &Value| -> Vec<Value> {
                let list = of.get(*list).and_then(Value::as_array);
                list.cloned().unwrap_or_default()
            };
            let (before, after) = (objects(&before), objects(&after));
            let only_after = after
                .iter()
                .filter(|object| !before.iter().any(|other| is_same(other, object)));
            for object in before.iter().chain(only_after) {
                let name = format!("{kind} {}", name_of(object).unwrap_or_default());
                let of = |side: &[Value]| side.iter().find(|other| is_same(object, other)).cloned();
                compare(
                    &name,
                    &of(&before).unwrap_or_default(),
                    &of(&after).unwrap_or_default(),
                    FOUND,
                    &mut differences,
                );
            }
        }
        Ok(differences)
    }
}

fn compare(
    object: &str,
    expected: &Value,
    found: &Value,
    ignored: &[&str],
    differences: &mut Vec<Difference>,
) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            compare_fields(object, expected, found, ignored, differences);
        }
        (Value::Array(expected), Value::Array(found)) if is_named(expected) || is_named(found) => {
            for part in expected {
                let other = found.iter().find(|other| is_same(part, other));
                let name = format!("{object}.{}", name_of(part).unwrap_or_default());
                compare(&name, part, other.unwrap_or(&Value::Null), ignored, differences);
            }
            for extra in found
                .iter()
                .filter(|other| !expected.iter().any(|part| is_same(part, other)))
            {
                let name = format!("{object}.{}", name_of(extra).unwrap_or_default());
                compare(&name, &Value::Null, extra, ignored, differences);
            }
            let order = |list: &[Value]| list.iter().filter_map(name_of).collect::<Vec<_>>();
            if expected.len() == found.len() && order(expected) != order(found) {
                differences.push(Difference {
                    object: format!("{object}: the order"),
                    expected: order(expected).into(),
                    found: order(found).into(),
                });
            }
        }
        // The same name may stand with quotes or without.
        (Value::String(expected), Value::String(found)) if deparsed::is_same(expected, found) => {}
        (expected, found) if expected != found => differences.push(Difference {
            object: object.to_owned(),
            expected: expected.clone(),
            found: found.clone(),
        }),
        _ => {}
    }
}

fn compare_fields(
    object: &str,
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
    ignored: &[&str],
    differences: &mut Vec<Difference>,
) {
    let nothing = Value::Null;
    let only_found = found.keys().filter(|key| !expected.contains_key(*key));
    for key in expected.keys().chain(only_found) {
        if ignored.contains(&key.as_str()) {
            continue;
        }
        let value = |of: &Map<String, Value>| of.get(key).unwrap_or(&nothing).clone();
        compare(
            &format!("{object}.{key}"),
            &value(expected),
            &value(found),
            ignored,
            differences,
        );
    }
}

fn name_of(value: &Value) -> Option<String> {
    let name = value.get("name")?.as_str()?;
    match value.get("arguments").and_then(Value::as_str) {
        Some(arguments) => Some(format!("{name}({arguments})")),
        None => Some(name.to_owned()),
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (name_of(one), name_of(other)) {
        (Some(one), Some(other)) => one == other || deparsed::is_same(&one, &other),
        _ => false,
    }
}

fn is_named(list: &[Value]) -> bool {
    list.first().is_some_and(|first| name_of(first).is_some())
}
