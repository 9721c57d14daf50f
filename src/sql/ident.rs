//! PostgreSQL names: quoting them, and reading them as a user types them.

use std::fmt;
use std::str::FromStr;

/// The longest name PostgreSQL keeps, in bytes; it cuts longer ones off with a NOTICE.
const LONGEST: usize = 63;

/// A name of a table, column, schema, role and so on. Its [`fmt::Display`] is quoted and safe inside SQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Ident(String);

/// Why a name is not one that PostgreSQL takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// PostgreSQL would cut it off.
    #[error("`{0}` is longer than 63 bytes, which PostgreSQL cuts off")]
    TooLong(String),
    /// A NUL byte cannot be part of any name.
    #[error("a name cannot hold a NUL byte")]
    Nul,
    /// Quotes are not closed, or text follows them.
    #[error("`{0}` is not `name`, `schema.name` or `\"Quoted\".name`")]
    Malformed(String),
}

impl Ident {
    /// Takes a name as it stands in the catalog, case and all.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        match name.as_str() {
            "" => Err(InvalidName::Empty),
            text if text.contains('\0') => Err(InvalidName::Nul),
            text if text.len() > LONGEST => Err(InvalidName::TooLong(name)),
            _ => Ok(Self(name)),
        }
    }

    /// A name from the source code, known to be right.
    ///
    /// # Panics
    /// Where it is not: empty, too long or with a NUL byte.
    pub fn constant(name: &'static str) -> Self {
        match Self::new(name) {
            Ok(ident) => ident,
            Err(error) => panic!("{error}"),
        }
    }

    /// The bare name, to be bound or shown, never to be put into SQL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This name with something appended, shortened in front of it where both would be too long.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let room = LONGEST.saturating_sub(suffix.len());
        let mut end = room.min(self.0.len());
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}{suffix}", &self.0[..end]))
    }

    /// The name as a person writes it: quoted only where it must be.
    pub fn plain(&self) -> String {
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts_well = self.0.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if starts_well && self.0.chars().all(simple) {
            self.0.clone()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A name in a schema. Its [`fmt::Display`] is quoted and safe inside SQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The schema.
    pub schema: Ident,
    /// The name inside the schema.
    pub name: Ident,
}

impl QualifiedName {
    /// Puts a schema and a name together.
    pub fn new(schema: Ident, name: Ident) -> Self {
        Self { schema, name }
    }

    /// The name as a person writes it, `schema.name`, quoted only where it must be.
    pub fn plain(&self) -> String {
        format!("{}.{}", self.schema.plain(), self.name.plain())
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl serde::Serialize for QualifiedName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.plain())
    }
}

impl<'de> serde::Deserialize<'de> for Ident {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(name).map_err(serde::de::Error::custom)
    }
}

impl<'de> serde::Deserialize<'de> for QualifiedName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads `name` or `schema.name`; without a schema it is `public`. Unquoted parts fold to lower case, as in SQL.
impl FromStr for QualifiedName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut parts = parse_dotted(text)?.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), None, None) => Ok(Self::new(Ident::new("public")?, name)),
            (Some(schema), Some(name), None) => Ok(Self::new(schema, name)),
            _ => Err(InvalidName::Malformed(text.to_owned())),
        }
    }
}

/// Reads a dotted name of any number of parts, each bare or in double quotes.
pub fn parse_dotted(text: &str) -> Result<Vec<Ident>, InvalidName> {
    let malformed = || InvalidName::Malformed(text.to_owned());
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => split_quoted(quoted).ok_or_else(malformed)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (bare, after) = rest.split_at(end);
                if bare.contains(|c: char| c == '"' || c.is_whitespace()) {
                    return Err(malformed());
                }
                (bare.to_lowercase(), after)
            }
        };
        parts.push(Ident::new(part)?);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(parts),
            None => return Err(malformed()),
        }
    }
}

/// Splits what follows an opening quote into the name (doubled quotes undone) and the text after the closing one.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let quote = rest.find('"')?;
        name.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_as_sql_reads_them() {
        let read = |text: &str| text.parse::<QualifiedName>().map(|name| name.to_string());
        assert_eq!(read("Docs").unwrap(), r#""public"."docs""#);
        assert_eq!(read("app.docs").unwrap(), r#""app"."docs""#);
        assert_eq!(read(r#""App"."my.docs""#).unwrap(), r#""App"."my.docs""#);
        assert!(read("a.b.c").is_err());
        assert!(read("").is_err());
        assert!(read(r#""open"#).is_err());
        assert!(read("a b").is_err());
    }

    #[test]
    fn a_suffix_never_makes_a_name_too_long() {
        let long = Ident::new("é".repeat(31)).unwrap();
        let name = long.with_suffix("_embedding_hnsw");
        assert!(name.as_str().len() <= LONGEST && name.as_str().ends_with("_embedding_hnsw"));
    }

    proptest! {
        #[test]
        fn quoting_and_reading_are_inverse(name in "[^\u{0}]{1,15}") {
            let ident = Ident::new(name).unwrap();
            prop_assert_eq!(parse_dotted(&ident.to_string()).unwrap(), vec![ident.clone()]);
            prop_assert_eq!(parse_dotted(&ident.plain()).unwrap(), vec![ident]);
        }
    }
}
