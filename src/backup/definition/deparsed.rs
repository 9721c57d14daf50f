//! Names inside the server's own text: finding them and giving them others.
//!
//! What `pg_get_expr`, `pg_get_constraintdef` and their like write with `search_path = pg_catalog` names everything that
//! is not PostgreSQL's as `schema.name`, quotes what needs it, and writes its own words in capitals. So a name is found
//! by its tokens alone, and never inside a string. Tokens: PostgreSQL documentation, 4.1 "Lexical Structure".

use crate::sql::{Ident, QualifiedName};

/// Gives names of tables and sequences others, and names of an extension's members another schema.
pub(super) trait Naming {
    /// The new name of a relation, where it has one.
    fn relation(&self, name: &QualifiedName) -> Option<QualifiedName>;
    /// Whether names inside the bodies of functions, which are their authors' text, are given others, too.
    fn in_bodies(&self) -> bool;
    /// The new schema of anything else, such as an extension's type, operator class or function.
    fn schema(&self, schema: &Ident, name: &str) -> Option<Ident>;
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    /// A name as it stands, bare or quoted.
    Name(&'t str),
    /// A string in quotes.
    String(&'t str),
    /// Anything else.
    Other(&'t str),
}

impl<'t> Token<'t> {
    fn text(self) -> &'t str {
        match self {
            Self::Name(text) | Self::String(text) | Self::Other(text) => text,
        }
    }

    /// The name without its quotes.
    fn name(self) -> Option<Ident> {
        let Self::Name(text) = self else { return None };
        let bare = match text.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?.replace("\"\"", "\""),
            None => text.to_owned(),
        };
        Ident::new(bare).ok()
    }

    /// The name that it is as a string, as in `'schema.name'::regclass`.
    fn named(self) -> Option<QualifiedName> {
        let Self::String(text) = self else { return None };
        let inside = text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
        inside.contains('.').then(|| inside.parse().ok())?
    }

    /// Whether it is a word of SQL's, which the server writes in capitals; a name in capitals it quotes.
    fn is_keyword(self) -> bool {
        matches!(self, Self::Name(text) if text.starts_with(|c: char| c.is_ascii_uppercase()))
    }
}

/// The text with new names.
pub(super) fn renamed(text: &str, naming: &dyn Naming) -> String {
    let tokens = tokens(text);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        if let Some((replacement, used)) = replaced(&tokens, at, naming) {
            result.push_str(&replacement);
            at += used;
        } else {
            result.push_str(token.text());
            at += 1;
        }
    }
    result
}

/// Whether two texts are the same but for quotes around names that need none.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (tokens(one), tokens(other));
    let alike = |(one, other): (&Token<'_>, &Token<'_>)| {
        one == other
            || one.name().is_some_and(|name| other.name() == Some(name))
            || one.named().is_some_and(|name| other.named() == Some(name))
    };
    one.len() == other.len() && one.iter().zip(&other).all(alike)
}

/// What stands for the tokens from `at` on, and for how many of them.
fn replaced(tokens: &[Token<'_>], at: usize, naming: &dyn Naming) -> Option<(String, usize)> {
    let token = *tokens.get(at)?;
    if let Token::String(text) = token {
        return renamed_literal(tokens, at, text, naming).map(|text| (text, 1));
    }
    if let Token::Other(body) = token
        && naming.in_bodies()
        && let Some((quote, inside)) = body_of(body)
    {
        return Some((format!("{quote}{}{quote}", renamed(inside, naming)), 1));
    }
    if at > 0 && tokens.get(at - 1).is_some_and(|before| before.text() == ".") {
        return None;
    }
    let schema = token.name()?;
    if tokens.get(at + 1)?.text() != "." {
        return None;
    }
    let second = *tokens.get(at + 2)?;
    let Some(name) = second.name() else {
        // `OPERATOR(schema.<=>)`.
        let schema = naming.schema(&schema, second.text())?;
        return Some((format!("{schema}.{}", second.text()), 3));
    };
    let qualified = QualifiedName::new(schema, name);
    if let Some(new) = naming.relation(&qualified) {
        let alias = needs_alias(tokens, at, &qualified, &new);
        return Some((format!("{new}{alias}"), 3));
    }
    let schema = naming.schema(&qualified.schema, qualified.name.as_str())?;
    Some((format!("{schema}.{}", second.text()), 3))
}

/// A table in a FROM that has no alias is named by its columns with its own name, which must stay.
fn needs_alias(tokens: &[Token<'_>], at: usize, old: &QualifiedName, new: &QualifiedName) -> String {
    if old.name == new.name {
        return String::new();
    }
    let solid = |token: &&Token<'_>| !token.text().trim().is_empty();
    let before = tokens.iter().take(at).rev().find(solid);
    let after = tokens.iter().skip(at + 3).find(solid);
    let in_from = before.is_some_and(|token| matches!(token.text(), "FROM" | "JOIN" | "ONLY" | "(" | ","));
    let has_alias = after.is_some_and(|token| token.name().is_some() && !token.is_keyword());
    let is_call = after.is_some_and(|token| token.text() == "(");
    if in_from && !has_alias && !is_call {
        format!(" {}", old.name)
    } else {
        String::new()
    }
}

/// `'schema.name'::regclass`, as defaults name their sequences.
fn renamed_literal(tokens: &[Token<'_>], at: usize, text: &str, naming: &dyn Naming) -> Option<String> {
    let after: String = tokens
        .iter()
        .skip(at + 1)
        .take(3)
        .map(|token| token.text())
        .collect();
    if !after.starts_with("::regclass") {
        return None;
    }
    let new = naming.relation(&Token::String(text).named()?)?;
    Some(crate::sql::literal(&new.to_string()))
}

/// The pieces of the text; joined they are the text again.
fn tokens<'t>(text: &'t str) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, make): (usize, fn(&'t str) -> Token<'t>) = match first {
            '"' => (quoted(rest, '"', false), Token::Name),
            '\'' => (quoted(rest, '\'', false), Token::String),
            'E' if rest[1..].starts_with('\'') => (1 + quoted(&rest[1..], '\'', true), Token::Other),
            '$' => (dollar_quoted(rest), Token::Other),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), Token::Other),
            c if c == '_' || c.is_alphabetic() => (word(rest), Token::Name),
            ':' if rest.starts_with("::") => (2, Token::Other),
            c if is_operator(c) => (run_of(rest, is_operator), Token::Other),
            c => (c.len_utf8(), Token::Other),
        };
        let (token, after) = rest.split_at(length.min(rest.len()));
        tokens.push(make(token));
        rest = after;
    }
    tokens
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

fn run_of(text: &str, belongs: fn(char) -> bool) -> usize {
    text.find(|c: char| !belongs(c)).unwrap_or(text.len())
}

fn word(text: &str) -> usize {
    run_of(text, |c| c == '_' || c == '$' || c.is_alphanumeric())
}

/// The length of what stands in quotes, these included.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if escapes && c == '\\' {
            characters.next();
        } else if c == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return at + quote.len_utf8(),
            }
        }
    }
    text.len()
}

/// The dollar quote of a string and what stands in it.
fn body_of(text: &str) -> Option<(&str, &str)> {
    let end = text.strip_prefix('$')?.find('$')? + 2;
    let (quote, rest) = text.split_at(end);
    Some((quote, rest.strip_suffix(quote)?))
}

/// The length of a string in dollar quotes; of the sign alone where it opens none.
fn dollar_quoted(text: &str) -> usize {
    let tag = match text[1..].find('$') {
        Some(end) if text[1..=end].chars().all(|c| c == '_' || c.is_alphanumeric()) => &text[..end + 2],
        _ => return 1,
    };
    match text[tag.len()..].find(tag) {
        Some(end) => tag.len() * 2 + end,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Moved;

    impl Naming for Moved {
        fn in_bodies(&self) -> bool {
            false
        }

        fn relation(&self, name: &QualifiedName) -> Option<QualifiedName> {
            let new = match name.plain().as_str() {
                "app.docs" => "new.\"Docs 2\"",
                "app.docs_id_seq" => "new.docs_id_seq",
                _ => return None,
            };
            Some(new.parse().unwrap())
        }

        fn schema(&self, schema: &Ident, name: &str) -> Option<Ident> {
            let moves = schema.as_str() == "extensions" && ["vector", "<=>", "vector_l2_ops"].contains(&name);
            moves.then(|| Ident::constant("public"))
        }
    }

    #[test]
    fn names_get_others_where_they_are_names() {
        for (old, new) in [
            (
                "nextval('app.docs_id_seq'::regclass)",
                "nextval('\"new\".\"docs_id_seq\"'::regclass)",
            ),
            ("('app.docs'::text <> x)", "('app.docs'::text <> x)"),
            (
                "(EXISTS ( SELECT 1 FROM app.docs WHERE (docs.id = 1)))",
                "(EXISTS ( SELECT 1 FROM \"new\".\"Docs 2\" \"docs\" WHERE (docs.id = 1)))",
            ),
            ("FROM app.docs d", "FROM \"new\".\"Docs 2\" d"),
            (
                "FROM (app.docs\n JOIN x",
                "FROM (\"new\".\"Docs 2\" \"docs\"\n JOIN x",
            ),
            ("REFERENCES app.docs(id)", "REFERENCES \"new\".\"Docs 2\"(id)"),
            ("x.app.docs", "x.app.docs"),
            ("app.docs_2 + \"app\".\"docs\"", "app.docs_2 + \"new\".\"Docs 2\""),
            (
                "(a OPERATOR(extensions.<=>) '[1]'::extensions.vector(1))",
                "(a OPERATOR(\"public\".<=>) '[1]'::\"public\".vector(1))",
            ),
            ("(v extensions.vector_l2_ops)", "(v \"public\".vector_l2_ops)"),
            (
                "extensions.other('extensions.vector')",
                "extensions.other('extensions.vector')",
            ),
            (
                "$a$ app.docs $a$ || E'\\'app.docs' || app.docs",
                "$a$ app.docs $a$ || E'\\'app.docs' || \"new\".\"Docs 2\"",
            ),
        ] {
            assert_eq!(renamed(old, &Moved), new);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in "[a-zE\"'$\\\\:.<é -]{0,30}") {
            let joined: String = tokens(&text).iter().map(|token| token.text()).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
