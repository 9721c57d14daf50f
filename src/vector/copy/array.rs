//! Arrays: the text that PostgreSQL writes, `{1,"two",NULL}`, as flat elements with their dimensions.
//!
//! Grammar: PostgreSQL documentation, "Array Input and Output Syntax".

use std::borrow::Cow;

/// The most dimensions of an array.
pub const MOST_DIMENSIONS: usize = 6;

/// One dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimension {
    /// How many elements it has.
    pub length: i32,
    /// The number of its first element.
    pub first: i32,
}

/// An array: its dimensions, none where it is empty, and its elements in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArrayOf<T> {
    /// From the outer to the inner one.
    pub dimensions: Vec<Dimension>,
    /// `None` is NULL.
    pub elements: Vec<Option<T>>,
}

/// Reads what PostgreSQL writes.
pub fn parse(text: &str) -> Result<ArrayOf<Cow<'_, str>>, String> {
    let mut text = text.trim();
    let mut firsts = Vec::new();
    if text.starts_with('[') {
        let (bounds, rest) = text.split_once('=').ok_or("has bounds without elements")?;
        for bound in bounds.trim().split_terminator(']') {
            let bound = bound.trim().strip_prefix('[').ok_or("has broken bounds")?;
            let first = bound
                .split_once(':')
                .map_or(Some(1), |(first, _)| first.trim().parse().ok());
            firsts.push(first.ok_or("has broken bounds")?);
        }
        text = rest.trim();
    }
    let mut reader = Reader {
        rest: text,
        shape: Shape::default(),
        elements: Vec::new(),
    };
    reader.braces(0)?;
    if !reader.rest.trim().is_empty() {
        return Err("goes on behind its closing brace".to_owned());
    }
    let dimensions = reader.shape.dimensions(reader.elements.len(), &firsts)?;
    Ok(ArrayOf {
        dimensions,
        elements: reader.elements,
    })
}

/// Whether the text begins with bounds, `[0:2]=`, rather than being something else in brackets.
pub fn has_bounds(text: &str) -> bool {
    let is_bounds = |before: &str| {
        before.contains(':')
            && before
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '[' | ']' | ':' | '-' | '+' | ' '))
    };
    text.split_once('=').is_some_and(|(before, _)| is_bounds(before))
}

/// The lengths of nested lists, which must be the same at each depth.
#[derive(Debug, Default)]
pub struct Shape {
    lengths: Vec<Option<usize>>,
    leaf: Option<usize>,
}

impl Shape {
    /// Notes a list of lists or of elements, found at this depth.
    pub fn list(&mut self, depth: usize, length: usize, holds_elements: bool) -> Result<(), String> {
        if depth >= MOST_DIMENSIONS {
            return Err(format!("has more than {MOST_DIMENSIONS} dimensions"));
        }
        if self.lengths.len() <= depth {
            self.lengths.resize(depth + 1, None);
        }
        let known = self.lengths.get_mut(depth).ok_or("has a broken depth")?;
        let uneven = || "has rows of different lengths".to_owned();
        if *known.get_or_insert(length) != length {
            return Err(uneven());
        }
        if holds_elements && *self.leaf.get_or_insert(depth) != depth {
            return Err(uneven());
        }
        Ok(())
    }

    /// The dimensions of so many elements.
    pub fn dimensions(&self, elements: usize, firsts: &[i32]) -> Result<Vec<Dimension>, String> {
        if elements == 0 {
            return Ok(Vec::new());
        }
        let lengths: Vec<usize> = self
            .lengths
            .iter()
            .map(|length| length.unwrap_or_default())
            .collect();
        if lengths
            .iter()
            .try_fold(1_usize, |all, length| all.checked_mul(*length))
            != Some(elements)
            || !(firsts.is_empty() || firsts.len() == lengths.len())
        {
            return Err("has rows of different lengths".to_owned());
        }
        let dimension = |(at, length): (usize, &usize)| {
            Ok(Dimension {
                length: i32::try_from(*length).map_err(|_| "has too many elements".to_owned())?,
                first: firsts.get(at).copied().unwrap_or(1),
            })
        };
        lengths.iter().enumerate().map(dimension).collect()
    }
}

struct Reader<'l> {
    rest: &'l str,
    shape: Shape,
    elements: Vec<Option<Cow<'l, str>>>,
}

impl<'l> Reader<'l> {
    fn braces(&mut self, depth: usize) -> Result<(), String> {
        if depth >= MOST_DIMENSIONS {
            return Err(format!("has more than {MOST_DIMENSIONS} dimensions"));
        }
        self.take('{').then_some(()).ok_or("is no array such as {1,2}")?;
        let mut length = 0;
        let mut holds_elements = false;
        if !self.take('}') {
            loop {
                self.rest = self.rest.trim_start();
                if self.rest.starts_with('{') {
                    self.braces(depth + 1)?;
                } else {
                    holds_elements = true;
                    let element = self.element()?;
                    self.elements.push(element);
                }
                length += 1;
                if self.take('}') {
                    break;
                }
                self.take(',')
                    .then_some(())
                    .ok_or("has no comma between two elements")?;
            }
        }
        self.shape.list(depth, length, holds_elements)
    }

    fn take(&mut self, expected: char) -> bool {
        let trimmed = self.rest.trim_start();
        let after = trimmed.strip_prefix(expected);
        self.rest = after.unwrap_or(trimmed);
        after.is_some()
    }

    fn element(&mut self) -> Result<Option<Cow<'l, str>>, String> {
        let quoted = self.rest.strip_prefix('"');
        let is_end = |c: char| match quoted {
            Some(_) => c == '"',
            None => matches!(c, ',' | '{' | '}' | '"'),
        };
        let start = quoted.unwrap_or(self.rest);
        let mut escaped = false;
        let mut has_escapes = false;
        let end = start.find(|c: char| {
            let ends = !escaped && is_end(c);
            escaped = !escaped && c == '\\';
            has_escapes |= escaped;
            ends
        });
        let end = end.ok_or("ends before its closing brace")?;
        let (raw, rest) = start.split_at_checked(end).ok_or("is broken")?;
        let raw = if quoted.is_some() {
            self.rest = rest.get(1..).unwrap_or_default();
            raw
        } else {
            self.rest = rest;
            raw.trim_end()
        };
        if quoted.is_none() && raw.is_empty() {
            return Err("has an empty element without quotes".to_owned());
        }
        if quoted.is_none() && raw.eq_ignore_ascii_case("null") {
            return Ok(None);
        }
        Ok(Some(if has_escapes {
            Cow::Owned(unescaped(raw))
        } else {
            Cow::Borrowed(raw)
        }))
    }
}

fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(c) = characters.next() {
        text.push(if c == '\\' {
            characters.next().unwrap_or(c)
        } else {
            c
        });
    }
    text
}

/// Appends an element as [`parse`] reads it.
pub fn quote(element: &str, out: &mut String) {
    out.push('"');
    for c in element.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Result<String, String> {
        let array = parse(text)?;
        let dimensions: Vec<String> = array
            .dimensions
            .iter()
            .map(|d| format!("{}@{}", d.length, d.first))
            .collect();
        let elements: Vec<String> = array
            .elements
            .iter()
            .map(|e| e.as_deref().unwrap_or("∅").to_owned())
            .collect();
        Ok(format!("{}|{}", dimensions.join(","), elements.join(";")))
    }

    #[test]
    fn arrays_are_read_as_the_server_writes_them() {
        assert_eq!(shown("{}").unwrap(), "|");
        assert_eq!(shown("{{},{}}").unwrap(), "|");
        assert_eq!(
            shown(r#" { a b , "" ,NULL,"null",  "\"\\, }"} "#).unwrap(),
            r#"5@1|a b;;∅;null;"\, }"#
        );
        assert_eq!(shown("{{1,2},{3,4},{5,6}}").unwrap(), "3@1,2@1|1;2;3;4;5;6");
        assert_eq!(shown("[0:1]={7,8}").unwrap(), "2@0|7;8");
        let bad = [
            "",
            "1",
            "{",
            "{1",
            "{1,}",
            "{,1}",
            "{1}2",
            "{{1},{2,3}}",
            "{{1},2}",
            "{1,{2}}",
            "[0:1]{1}",
            "{\"a}",
        ];
        for text in bad {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn quoted_elements_come_back(texts in prop::collection::vec(prop::option::of("\\PC{0,9}"), 1..9)) {
            let quoted: Vec<String> = texts.iter().map(|text| {
                let mut out = String::new();
                match text {
                    Some(text) => quote(text, &mut out),
                    None => out.push_str("NULL"),
                }
                out
            }).collect();
            let all = format!("{{{}}}", quoted.join(","));
            let read: Vec<Option<String>> =
                parse(&all).unwrap().elements.into_iter().map(|e| e.map(Cow::into_owned)).collect();
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{},\"\\\\a\\[\\]:=1 ]{0,30}") {
            drop(parse(&text));
        }
    }
}
