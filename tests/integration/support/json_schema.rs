//! As much of JSON Schema 2020-12 as the published schemas use; any other keyword is an error, so that none is passed over.

use serde_json::Value;

/// What is wrong with a document, by path.
pub fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, document, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let number = || value.as_f64().zip(rule.as_f64());
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "required" | "additionalProperties" => {
                true
            }
            "$ref" => {
                let pointer = rule
                    .as_str()
                    .and_then(|text| text.strip_prefix('#'))
                    .expect("a reference to the document");
                check(root, root.pointer(pointer).expect(pointer), value, path, found);
                true
            }
            "anyOf" => rule.as_array().expect("schemas").iter().any(|one| {
                let mut wrong = Vec::new();
                check(root, one, value, path, &mut wrong);
                wrong.is_empty()
            }),
            "type" => match rule.as_str().expect("one type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                other => panic!("no type is called `{other}`"),
            },
            "const" => value == rule,
            "enum" => rule.as_array().expect("values").contains(value),
            "minimum" => number().is_none_or(|(value, least)| value >= least),
            "maximum" => number().is_none_or(|(value, most)| value <= most),
            "exclusiveMinimum" => number().is_none_or(|(value, least)| value > least),
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "pattern" => {
                assert_eq!(rule, "^[0-9a-f]{64}$", "the only pattern that is known here");
                value
                    .as_str()
                    .is_none_or(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{path}[{place}]"), found);
                }
                true
            }
            "properties" => {
                for (name, rule) in rule.as_object().expect("schemas") {
                    if let Some(value) = value.get(name) {
                        check(root, rule, value, &format!("{path}.{name}"), found);
                    }
                }
                true
            }
            other => panic!("the keyword `{other}` is not known here"),
        };
        if !holds {
            found.push(format!("{path}: {value} does not meet {keyword}: {rule}"));
        }
    }
    members(root, schema, value, path, found);
}

/// Which members an object must and may have.
fn members(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    let required = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    for name in required.filter(|name| !members.contains_key(*name)) {
        found.push(format!("{path}: `{name}` is missing"));
    }
    for (name, member) in members
        .iter()
        .filter(|(name, _)| schema["properties"].get(name).is_none())
    {
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => found.push(format!("{path}: `{name}` is not in the schema")),
            Some(Value::Object(_)) => {
                check(
                    root,
                    &schema["additionalProperties"],
                    member,
                    &format!("{path}.{name}"),
                    found,
                );
            }
            _ => {}
        }
    }
}
