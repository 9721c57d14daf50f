//! The key that orders a table's rows, and the conditions that its ranges are.

use super::chunk::Range;
use super::manifest::Table;
use crate::sql::{Ident, literal};

/// A column of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name.
    pub name: Ident,
    /// Its type, as SQL writes it with `search_path = pg_catalog`.
    pub type_text: String,
}

/// The key of a table in a backup.
pub fn key_of(table: &Table) -> Vec<KeyColumn> {
    let column = |name: &Ident| {
        let column = table.columns.iter().find(|column| column.name == *name)?;
        Some(KeyColumn {
            name: name.clone(),
            type_text: column.type_text.clone(),
        })
    };
    table.key.iter().filter_map(column).collect()
}

/// The key's columns as texts.
pub fn texts(key: &[KeyColumn], alias: &str) -> Vec<String> {
    key.iter()
        .map(|column| format!("{alias}.{}::pg_catalog.text", column.name))
        .collect()
}

/// The condition that a row of a range meets, on the table called `t`.
pub fn condition(range: &Range, key: &[KeyColumn]) -> Option<String> {
    let both = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(" and "));
    match range {
        Range::Whole => None,
        Range::Ctid { from, to } => {
            let mut parts = vec![format!("t.ctid >= '({from},0)'::pg_catalog.tid")];
            parts.extend(to.map(|to| format!("t.ctid < '({to},0)'::pg_catalog.tid")));
            both(parts)
        }
        Range::Key { from, to } => {
            let bound = |operator: &str, values: &Vec<String>| {
                let names: Vec<String> = key.iter().map(|column| format!("t.{}", column.name)).collect();
                let values: Vec<String> = key
                    .iter()
                    .zip(values)
                    .map(|(column, value)| format!("{}::{}", literal(value), column.type_text))
                    .collect();
                format!("({}) {operator} ({})", names.join(", "), values.join(", "))
            };
            let from = from.as_ref().map(|from| bound(">=", from));
            let to = to.as_ref().map(|to| bound("<", to));
            both(from.into_iter().chain(to).collect())
        }
    }
}

/// The order of the key.
pub fn order(key: &[KeyColumn]) -> String {
    if key.is_empty() {
        return String::new();
    }
    let names: Vec<String> = key.iter().map(|column| format!("t.{}", column.name)).collect();
    format!(" order by {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_conditions_with_quoted_names_and_values() {
        let column = |name: &str, kind: &str| KeyColumn {
            name: Ident::new(name.to_owned()).unwrap(),
            type_text: kind.to_owned(),
        };
        let key = [column("Od\"d", "text"), column("id", "integer")];
        let end = |one: &str, other: &str| Some(vec![one.to_owned(), other.to_owned()]);
        let of = |from, to| condition(&Range::Key { from, to }, &key);
        assert_eq!(condition(&Range::Whole, &key), None);
        assert_eq!(of(None, None), None);
        assert_eq!(
            of(end("o'k", "1"), end("z", "2")).unwrap(),
            "(t.\"Od\"\"d\", t.\"id\") >= ('o''k'::text, '1'::integer) \
             and (t.\"Od\"\"d\", t.\"id\") < ('z'::text, '2'::integer)"
        );
        let pages = |to| condition(&Range::Ctid { from: 3, to }, &[]).unwrap();
        assert_eq!(pages(None), "t.ctid >= '(3,0)'::pg_catalog.tid");
        assert!(pages(Some(7)).ends_with(" and t.ctid < '(7,0)'::pg_catalog.tid"));
        assert_eq!(order(&key), " order by t.\"Od\"\"d\", t.\"id\"");
        assert_eq!(order(&[]), "");
        assert_eq!(texts(&key[1..], "q"), ["q.\"id\"::pg_catalog.text"]);
    }
}
