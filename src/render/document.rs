//! JSON: the one versioned document a command prints, and the error object.

use serde_json::{Value, json};

use super::Report;
use crate::error::{Error, Result};

/// The document of a report: kind, format, vecops' version, target, data.
pub fn of<R: Report>(report: &R, target: Option<&Value>) -> Result<Value> {
    let data = serde_json::to_value(report).map_err(|source| {
        Error::bug(format!("the `{}` report cannot be written as JSON", R::KIND)).caused_by(&source)
    })?;
    Ok(json!({
        "kind": R::KIND,
        "format": R::FORMAT,
        "vecops": env!("CARGO_PKG_VERSION"),
        "target": target,
        "data": data,
    }))
}

/// The error object: `{"error":{"code","message","suggestion","causes","sqlstate"},"target":{...}}`.
pub fn of_error(error: &Error, target: Option<&Value>) -> Value {
    json!({
        "error": {
            "code": error.kind().code(),
            "exit_code": error.kind().exit_code(),
            "message": error.message(),
            "suggestion": (!error.hints().is_empty()).then(|| error.hints().join(" ")),
            "causes": error.causes(),
            "sqlstate": error.sqlstate(),
        },
        "target": target,
    })
}
