//! The words of an SQL text, as PostgreSQL's lexer cuts them: enough to find a clause or an operand, no grammar.
//!
//! What a text means is the server's to say; whatever is put together from these words is planned by the server before
//! anybody sees it. Rules: PostgreSQL documentation, 4.1 "Lexical Structure".

use std::ops::Range;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name, quoted or not.
    Name,
    /// A string of any form.
    Text,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator.
    Operator,
    /// `( ) [ ] , ; . :: :=`.
    Mark,
}

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// How many parentheses are open around it; those it opens or closes itself not counted.
    pub(super) depth: usize,
}

/// A text with its words.
#[derive(Debug, Clone)]
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
}

impl<'t> Words<'t> {
    /// Cuts a text. What the lexer would refuse becomes some word; the server refuses it later.
    pub(super) fn of(text: &'t str) -> Self {
        let mut tokens = Vec::new();
        let mut depth: usize = 0;
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let (kind, length) = match first {
                _ if first.is_whitespace() => (None, first.len_utf8()),
                '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
                '/' if rest.starts_with("/*") => (None, comment(rest)),
                _ => {
                    let (kind, length) = word(rest, first);
                    (Some(kind), length)
                }
            };
            if let Some(kind) = kind {
                let word = &rest[..length];
                if matches!(word, ")" | "]") {
                    depth = depth.saturating_sub(1);
                }
                tokens.push(Token {
                    kind,
                    at: at..at + length,
                    depth,
                });
                if matches!(word, "(" | "[") {
                    depth += 1;
                }
            }
            at += length;
        }
        Self { text, tokens }
    }

    /// The text of a word.
    pub(super) fn text_of(&self, index: usize) -> &'t str {
        self.tokens
            .get(index)
            .and_then(|token| self.text.get(token.at.clone()))
            .unwrap_or_default()
    }

    /// Whether a word is this keyword or mark.
    pub(super) fn is(&self, index: usize, wanted: &str) -> bool {
        self.text_of(index).eq_ignore_ascii_case(wanted)
    }

    /// What a word is.
    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// How deep a word stands.
    pub(super) fn depth(&self, index: usize) -> usize {
        self.tokens.get(index).map_or(0, |token| token.depth)
    }

    /// The bytes of some words.
    pub(super) fn span(&self, words: Range<usize>) -> Range<usize> {
        let start = self
            .tokens
            .get(words.start)
            .map_or(self.text.len(), |token| token.at.start);
        let last = words.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        start..last.map_or(start, |token| token.at.end).max(start)
    }

    /// The word that closes what this one opens, or opens what it closes.
    pub(super) fn partner(&self, index: usize) -> Option<usize> {
        let depth = self.depth(index);
        let closes = matches!(self.text_of(index), ")" | "]");
        let same = |&other: &usize| {
            self.depth(other) == depth && matches!(self.text_of(other), "(" | ")" | "[" | "]")
        };
        if closes {
            (0..index).rev().find(same)
        } else {
            (index + 1..self.tokens.len()).find(same)
        }
    }

    /// The texts between top-level semicolons.
    pub(super) fn statements(&self) -> Vec<&'t str> {
        let mut statements = Vec::new();
        let mut start = 0;
        for token in &self.tokens {
            if token.depth == 0 && self.text.get(token.at.clone()) == Some(";") {
                statements.push(self.text[start..token.at.start].trim());
                start = token.at.end;
            }
        }
        statements.push(self.text[start..].trim());
        statements.retain(|statement| !Words::of(statement).tokens.is_empty());
        statements
    }
}

/// The name that a word means: unquoted ones fold to lower case.
pub(super) fn folded(word: &str) -> String {
    match word.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}

fn word(rest: &str, first: char) -> (Kind, usize) {
    let after = |prefix: usize, ends: &dyn Fn(char) -> bool| {
        rest[prefix..]
            .find(|c| !ends(c))
            .map_or(rest.len(), |end| prefix + end)
    };
    match first {
        '\'' => (Kind::Text, quoted(rest, '\'', false)),
        'e' | 'E' if rest[1..].starts_with('\'') => (Kind::Text, 1 + quoted(&rest[1..], '\'', true)),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if rest[1..].starts_with('\'') => {
            (Kind::Text, 1 + quoted(&rest[1..], '\'', false))
        }
        '"' => (Kind::Name, quoted(rest, '"', false)),
        '$' => match dollar(rest) {
            Some(length) => (Kind::Text, length),
            None => (Kind::Parameter, after(1, &|c| c.is_ascii_digit())),
        },
        _ if first.is_alphabetic() || first == '_' => (
            Kind::Name,
            after(0, &|c| c.is_alphanumeric() || c == '_' || c == '$'),
        ),
        _ if first.is_ascii_digit() => (Kind::Number, after(0, &|c| c.is_ascii_alphanumeric() || c == '.')),
        ':' if rest.starts_with("::") || rest.starts_with(":=") => (Kind::Mark, 2),
        _ if is_operator(first) => (Kind::Operator, operator(rest)),
        _ => (Kind::Mark, first.len_utf8()),
    }
}

/// The length of a quoted word, its quotes included; a quote inside is doubled.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if escapes && character == '\\' {
            characters.next();
        } else if character == quote {
            if characters.peek().is_some_and(|&(_, next)| next == quote) {
                characters.next();
            } else {
                return at + 1;
            }
        }
    }
    rest.len()
}

/// The length of a dollar-quoted string, where this is one.
fn dollar(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[..end];
    let inner = &tag[1..tag.len() - 1];
    let is_tag = inner.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !inner.starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return None;
    }
    Some(
        rest[end..]
            .find(tag)
            .map_or(rest.len(), |at| end + at + tag.len()),
    )
}

/// The length of a comment, which may hold others.
fn comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn is_operator(character: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(character)
}

fn operator(rest: &str) -> usize {
    let mut end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len());
    for comment in ["--", "/*"] {
        end = rest[..end].find(comment).unwrap_or(end);
    }
    end.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        let words = Words::of(text);
        (0..words.tokens.len())
            .map(|index| words.text_of(index))
            .collect()
    }

    #[test]
    fn a_text_is_cut_as_the_server_cuts_it() {
        assert_eq!(
            words("select e'a\\'b;' /* x /* ; */ */ , $x$ ; $x$, $1 -- ;\n<=> \"A;b\".c::vector(3)"),
            [
                "select",
                "e'a\\'b;'",
                ",",
                "$x$ ; $x$",
                ",",
                "$1",
                "<=>",
                "\"A;b\"",
                ".",
                "c",
                "::",
                "vector",
                "(",
                "3",
                ")"
            ]
        );
        assert_eq!(words("a<->'[1]'--b"), ["a", "<->", "'[1]'"]);
    }

    #[test]
    fn statements_end_at_their_semicolons_only() {
        let words = Words::of("select ';'; select $$;$$ ; -- nothing\n ;");
        assert_eq!(words.statements(), ["select ';'", "select $$;$$"]);
    }

    proptest! {
        #[test]
        fn every_text_is_cut_to_its_end(text in "\\PC*") {
            let words = Words::of(&text);
            let mut last = 0;
            for token in &words.tokens {
                prop_assert!(token.at.start >= last && token.at.end > token.at.start);
                last = token.at.end;
            }
            prop_assert!(last <= text.len());
        }
    }
}
