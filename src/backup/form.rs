//! Which binary form a column's fields have, from the type that the manifest says, without a server.

use super::definition::{Definition, Shape};
use super::manifest::{Column, Transport};
use crate::sql::QualifiedName;
use crate::vector::ElementType;
use crate::vector::copy::Scalar;
use crate::vector::copy::text::{Form, Geometry};

/// The most types that may lie in one another.
const DEEPEST: u8 = 32;

/// The form of a column's fields, where it is known here.
pub fn of_column(definition: &Definition, column: &Column) -> Option<Form> {
    match column.transport {
        Transport::Text => Some(Form::Scalar(Scalar::Text)),
        Transport::Binary => of_type(definition, &column.type_text, 0),
    }
}

/// A type as the server writes it with `search_path = pg_catalog`.
fn of_type(definition: &Definition, text: &str, depth: u8) -> Option<Form> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |text: &str| of_type(definition, text, depth + 1);
    if let Some(element) = text.strip_suffix("[]") {
        return inner(element).map(Box::new).map(Form::Array);
    }
    let bare = without_modifier(text);
    if let Some(form) = builtin(&bare) {
        return Some(form);
    }
    let name: QualifiedName = bare.parse().ok()?;
    if let Some(kind) = definition.types.iter().find(|kind| kind.name == name) {
        return match &kind.shape {
            Shape::Enum(_) => Some(Form::Scalar(Scalar::Text)),
            Shape::Domain(domain) => inner(&domain.base),
            Shape::Range(range) => inner(&range.subtype).map(Box::new).map(Form::Range),
            Shape::Composite(attributes) => attributes
                .iter()
                .map(|attribute| inner(&attribute.type_text))
                .collect::<Option<_>>()
                .map(Form::Composite),
        };
    }
    let multirange = definition.types.iter().find_map(|kind| match &kind.shape {
        Shape::Range(range) if range.multirange == name => Some(range),
        _ => None,
    });
    if let Some(range) = multirange {
        return inner(&range.subtype).map(Box::new).map(Form::Multirange);
    }
    of_extension(name.name.as_str())
}

/// `timestamp(3) with time zone` without its `(3)`. A quoted name may hold anything, and has no modifier inside.
fn without_modifier(text: &str) -> String {
    let after_quotes = text.rfind('"').map_or(0, |at| at + 1);
    let modifier = text.get(after_quotes..).and_then(|tail| {
        let open = tail.find('(')?;
        let close = tail.find(')')?;
        (open < close).then_some((after_quotes + open, after_quotes + close + 1))
    });
    match modifier.and_then(|(open, close)| Some((text.get(..open)?, text.get(close..)?))) {
        Some((before, after)) => [before, after].concat(),
        None => text.to_owned(),
    }
}

fn builtin(name: &str) -> Option<Form> {
    let scalar = |scalar| Some(Form::Scalar(scalar));
    let range = |scalar| Box::new(Form::Scalar(scalar));
    match name {
        "boolean" => scalar(Scalar::Bool),
        "smallint" => scalar(Scalar::Int2),
        "integer" => scalar(Scalar::Int4),
        "bigint" => scalar(Scalar::Int8),
        "real" => scalar(Scalar::Float4),
        "double precision" => scalar(Scalar::Float8),
        "numeric" => scalar(Scalar::Numeric),
        "text" | "name" | "xml" | "character varying" | "character" => scalar(Scalar::Text),
        "\"char\"" => Some(Form::Byte),
        "bytea" => scalar(Scalar::Bytea),
        "bit" => Some(Form::Vector(ElementType::Bit)),
        "bit varying" => scalar(Scalar::Varbit),
        "uuid" => scalar(Scalar::Uuid),
        "date" => scalar(Scalar::Date),
        "time without time zone" => scalar(Scalar::Time),
        "time with time zone" => Some(Form::ZonedTime),
        "timestamp without time zone" => scalar(Scalar::Timestamp),
        "timestamp with time zone" => scalar(Scalar::Timestamptz),
        "json" => scalar(Scalar::Json),
        "jsonb" => scalar(Scalar::Jsonb),
        "jsonpath" => Some(Form::Versioned),
        "oid" | "xid" | "cid" => Some(Form::Oid),
        "money" => Some(Form::Money),
        "inet" | "cidr" => Some(Form::Network),
        "macaddr" | "macaddr8" => Some(Form::Hardware),
        "pg_lsn" => Some(Form::LogPlace),
        "tid" => Some(Form::RowPlace),
        "point" => Some(Form::Geometry(Geometry::Point)),
        "line" => Some(Form::Geometry(Geometry::Line)),
        "lseg" => Some(Form::Geometry(Geometry::Segment)),
        "box" => Some(Form::Geometry(Geometry::Rectangle)),
        "path" => Some(Form::Geometry(Geometry::Path)),
        "polygon" => Some(Form::Geometry(Geometry::Polygon)),
        "circle" => Some(Form::Geometry(Geometry::Circle)),
        "int4range" => Some(Form::Range(range(Scalar::Int4))),
        "int8range" => Some(Form::Range(range(Scalar::Int8))),
        "numrange" => Some(Form::Range(range(Scalar::Numeric))),
        "daterange" => Some(Form::Range(range(Scalar::Date))),
        "tsrange" => Some(Form::Range(range(Scalar::Timestamp))),
        "tstzrange" => Some(Form::Range(range(Scalar::Timestamptz))),
        "int4multirange" => Some(Form::Multirange(range(Scalar::Int4))),
        "int8multirange" => Some(Form::Multirange(range(Scalar::Int8))),
        "nummultirange" => Some(Form::Multirange(range(Scalar::Numeric))),
        "datemultirange" => Some(Form::Multirange(range(Scalar::Date))),
        "tsmultirange" => Some(Form::Multirange(range(Scalar::Timestamp))),
        "tstzmultirange" => Some(Form::Multirange(range(Scalar::Timestamptz))),
        _ if name.starts_with("interval") => Some(Form::Interval),
        _ => None,
    }
}

/// Types of extensions whose binary forms are known: pgvector's, and some that lie beside vectors.
fn of_extension(name: &str) -> Option<Form> {
    match name {
        "vector" => Some(Form::Vector(ElementType::Vector)),
        "halfvec" => Some(Form::Vector(ElementType::Halfvec)),
        "sparsevec" => Some(Form::Vector(ElementType::Sparsevec)),
        "citext" => Some(Form::Scalar(Scalar::Text)),
        "ltree" | "lquery" | "ltxtquery" => Some(Form::Versioned),
        "geometry" | "geography" => Some(Form::Hexadecimal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_server_writes_them() {
        let nothing = Definition::default();
        let form = |text: &str| of_type(&nothing, text, 0);
        assert_eq!(
            form("timestamp(3) with time zone"),
            Some(Form::Scalar(Scalar::Timestamptz))
        );
        assert_eq!(
            form("extensions.vector(384)"),
            Some(Form::Vector(ElementType::Vector))
        );
        assert_eq!(
            form("\"Odd (1)\".halfvec(3)[]"),
            Some(Form::Array(Box::new(Form::Vector(ElementType::Halfvec))))
        );
        assert_eq!(form("interval day to second(2)"), Some(Form::Interval));
        assert_eq!(form("app.secret"), None);
    }
}
