//! The types of columns whose binary form is known here: one table for all that reads or writes rows.
//!
//! Names and object identifiers: PostgreSQL's `pg_type.dat`; both are fixed, the identifiers stand in front of the
//! elements of an array. Which column has which type is the catalog's to say.

use crate::vector::ElementType;

/// What a column holds, as far as its binary form is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// One value.
    Scalar(Scalar),
    /// An array of values, of any number of dimensions.
    Array(Scalar),
    /// A vector, with its dimensions where the type says them.
    Vector(ElementType, Option<u32>),
    /// Anything else: only the server knows its forms. It travels as text.
    Other,
}

/// A type of PostgreSQL's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `boolean`
    Bool,
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `numeric`
    Numeric,
    /// `text`, and whatever else has its binary form: enums, `citext`
    Text,
    /// `varchar`
    Varchar,
    /// `char(n)`
    Char,
    /// `bytea`
    Bytea,
    /// `bit(n)` inside an array; a column of it is a vector
    Bit,
    /// `bit varying`
    Varbit,
    /// `uuid`
    Uuid,
    /// `date`
    Date,
    /// `time`, without a zone
    Time,
    /// `timestamp`, without a zone
    Timestamp,
    /// `timestamptz`
    Timestamptz,
    /// `json`
    Json,
    /// `jsonb`
    Jsonb,
}

/// Each with its name in the catalog and its object identifier.
const TABLE: [(Scalar, &str, u32); 20] = [
    (Scalar::Bool, "bool", 16),
    (Scalar::Int2, "int2", 21),
    (Scalar::Int4, "int4", 23),
    (Scalar::Int8, "int8", 20),
    (Scalar::Float4, "float4", 700),
    (Scalar::Float8, "float8", 701),
    (Scalar::Numeric, "numeric", 1700),
    (Scalar::Text, "text", 25),
    (Scalar::Varchar, "varchar", 1043),
    (Scalar::Char, "bpchar", 1042),
    (Scalar::Bytea, "bytea", 17),
    (Scalar::Bit, "bit", 1560),
    (Scalar::Varbit, "varbit", 1562),
    (Scalar::Uuid, "uuid", 2950),
    (Scalar::Date, "date", 1082),
    (Scalar::Time, "time", 1083),
    (Scalar::Timestamp, "timestamp", 1114),
    (Scalar::Timestamptz, "timestamptz", 1184),
    (Scalar::Json, "json", 114),
    (Scalar::Jsonb, "jsonb", 3802),
];

impl Scalar {
    /// The type of this name in `pg_catalog`.
    pub fn named(name: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(scalar, ..)| *scalar)
    }

    /// Its object identifier.
    pub fn oid(self) -> u32 {
        TABLE
            .iter()
            .find(|(scalar, ..)| *scalar == self)
            .map_or(0, |(.., oid)| *oid)
    }

    /// Whether its binary form is its text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Varchar | Self::Char)
    }

    /// Whether it is JSON.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonb)
    }
}

impl ColumnKind {
    /// A type of this name in `pg_catalog`; `modifier` is the column's, -1 where there is none.
    pub fn builtin(name: &str, modifier: i32) -> Self {
        if name == "bit" {
            return Self::Vector(ElementType::Bit, dimensions(modifier));
        }
        let array = || name.strip_prefix('_').and_then(Scalar::named).map(Self::Array);
        let scalar = Scalar::named(name).map(Self::Scalar);
        scalar.or_else(array).unwrap_or(Self::Other)
    }

    /// Whether it is a vector of 32- or 16-bit floats, zeros included.
    pub fn is_dense(self) -> bool {
        matches!(self, Self::Vector(ElementType::Vector | ElementType::Halfvec, _))
    }
}

/// The dimensions that a type's modifier says.
pub fn dimensions(modifier: i32) -> Option<u32> {
    u32::try_from(modifier).ok().filter(|&dimensions| dimensions > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_stands_in_the_table_once() {
        for (scalar, name, oid) in TABLE {
            assert_eq!(Scalar::named(name), Some(scalar));
            assert_eq!(scalar.oid(), oid);
        }
        assert_eq!(ColumnKind::builtin("_text", -1), ColumnKind::Array(Scalar::Text));
        assert_eq!(
            ColumnKind::builtin("bit", 8),
            ColumnKind::Vector(ElementType::Bit, Some(8))
        );
        assert_eq!(ColumnKind::builtin("inet", -1), ColumnKind::Other);
    }
}
