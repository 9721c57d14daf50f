//! Fields that no column takes: gathered into an object for the jsonb column that `--rest-to` names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::destination::Destination;
use super::row::{Parsed, Rejection};
use super::value::{Value, json_of};
use crate::error::{Error, Result};
use crate::vector::copy::{ColumnKind, Scalar};

/// The fields of one row that no column takes, as the inside of a JSON object.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest(String);

impl Destination {
    /// Has fields that no column takes go into this jsonb column.
    pub fn rest_to(&mut self, wanted: &str) -> Result<()> {
        let plain = self.table.plain();
        let place = self
            .fields
            .iter()
            .position(|field| field.column.as_str() == wanted || field.key == wanted);
        let field = place.and_then(|place| self.fields.get(place));
        match field {
            Some(field) if field.kind == ColumnKind::Scalar(Scalar::Jsonb) => {
                self.rest_to = place;
                Ok(())
            }
            Some(field) => Err(Error::usage(format!(
                "`--rest-to` names `{wanted}`, which is {}: the rest goes into jsonb",
                field.type_text
            ))),
            None => Err(Error::usage(format!(
                "`--rest-to` names `{wanted}`, which is no column of `{plain}` that can be filled"
            ))),
        }
    }
}

impl Rest {
    /// Adds a field, given as valid JSON.
    pub(super) fn add(&mut self, key: &str, json: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&serde_json::Value::from(key).to_string());
        self.0.push(':');
        self.0.push_str(json);
    }

    /// Adds a field of a source that has other values than JSON; NULL is left out.
    pub(super) fn add_value(&mut self, key: &str, value: &Value<'_>) -> Result<(), Rejection> {
        if *value == Value::Null {
            return Ok(());
        }
        let no_json = || Rejection::new(format!("`{key}` holds a value that JSON does not have"));
        self.add(key, &json_of(value).ok_or_else(no_json)?);
        Ok(())
    }

    /// Adds an object without what stands at the ends of these paths, which columns take.
    pub(super) fn add_without(&mut self, key: &str, json: &str, paths: &[&[&str]]) {
        match without(json, paths) {
            Some(left) if left == "{}" => {}
            Some(left) => self.add(key, &left),
            None => self.add(key, json),
        }
    }

    /// Puts the fields into their column, beside what the source gives for it, which wins where a key is the same.
    pub(super) fn merge(self, parsed: &mut Parsed<'_>, destination: &Destination) -> Result<(), Rejection> {
        let Some((place, field)) = destination
            .rest_to
            .and_then(|place| Some((place, destination.fields.get(place)?)))
        else {
            return Ok(());
        };
        let own = match parsed.value(place) {
            None | Some(Value::Null) => "",
            Some(Value::Json(json)) if json == "null" => "",
            Some(Value::Json(json) | Value::Text(json)) => inside(json).ok_or_else(|| {
                Rejection::new(format!(
                    "`{}` is not an object, so that the rest cannot be put into it",
                    field.key
                ))
            })?,
            Some(_) => return Err(Rejection::new(format!("`{}` is not an object", field.key))),
        };
        let comma = if own.is_empty() || self.0.is_empty() {
            ""
        } else {
            ","
        };
        // Of two equal keys jsonb keeps the last.
        let object = format!("{{{}{comma}{own}}}", self.0);
        parsed.set(place, Value::Json(Cow::Owned(object)));
        Ok(())
    }
}

/// What stands between the braces of an object; none where it is no valid one.
fn inside(json: &str) -> Option<&str> {
    let json = json.trim();
    let inside = json.strip_prefix('{')?.strip_suffix('}')?;
    serde_json::from_str::<serde::de::IgnoredAny>(json).ok()?;
    Some(inside.trim())
}

/// An object without the values at the ends of paths; none where nothing stands there.
fn without(json: &str, paths: &[&[&str]]) -> Option<String> {
    let mut object: BTreeMap<String, Cow<'_, RawValue>> = serde_json::from_str(json).ok()?;
    let mut changed = false;
    for path in paths {
        let (name, below) = path.split_first()?;
        let Some(value) = object.get(*name) else { continue };
        if below.is_empty() {
            object.remove(*name);
            changed = true;
        } else if let Some(left) = without(value.get(), &[below]) {
            object.insert((*name).to_owned(), Cow::Owned(RawValue::from_string(left).ok()?));
            changed = true;
        }
    }
    changed.then(|| serde_json::to_string(&object).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_columns_take_is_taken_out() {
        let json = r#"{"text": "t", "n": 1.50, "deep": {"v": [1], "w": {}}}"#;
        assert_eq!(
            without(json, &[&["text"]]).unwrap(),
            r#"{"deep":{"v": [1], "w": {}},"n":1.50}"#
        );
        let both: [&[&str]; 2] = [&["text"], &["deep", "v"]];
        assert_eq!(without(json, &both).unwrap(), r#"{"deep":{"w":{}},"n":1.50}"#);
        assert_eq!(without(json, &[&["none"]]), None);
        assert_eq!(without("5", &[&["text"]]), None);
        let mut rest = Rest::default();
        rest.add_without("data", r#"{"text": "t"}"#, &[&["text"]]);
        rest.add("a \"key\"", "null");
        assert_eq!(rest.0, r#""a \"key\"":null"#);
    }
}
