//! The password file of libpq: `host:port:database:user:password`, `*` for anything.
//!
//! Rules: PostgreSQL documentation, 34.16 "The Password File". On Unix libpq ignores a file that others can
//! read, and so does vecops, with a warning.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::environment::Environment;

/// The lines of a password file.
#[derive(Debug, Clone, Default)]
pub struct PasswordFile {
    /// The file.
    pub path: PathBuf,
    lines: Vec<Line>,
    /// Why the file is not used, where it is not.
    pub refused: Option<String>,
}

#[derive(Debug, Clone)]
struct Line {
    keys: [String; 4],
    password: SecretString,
}

impl PasswordFile {
    /// Reads `$PGPASSFILE` or `~/.pgpass`; none where there is no file.
    pub fn read(environment: &Environment) -> Option<Self> {
        let path = match environment.variable("PGPASSFILE") {
            Some(path) => environment.working_folder.join(path),
            None => environment.home.as_ref()?.join(".pgpass"),
        };
        let text = fs_err::read_to_string(&path).ok()?;
        let refused = readable_by_others(&path).then(|| {
            format!(
                "password file `{}` is ignored: others can read it (make it 0600)",
                path.display()
            )
        });
        let lines = if refused.is_some() {
            Vec::new()
        } else {
            parse(&text)
        };
        Some(Self { path, lines, refused })
    }

    /// The password of the first line that matches.
    pub fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<SecretString> {
        // libpq looks for a socket's default folder under the name `localhost`.
        let host = if host.starts_with('/') { "localhost" } else { host };
        let port = port.to_string();
        let wanted = [host, port.as_str(), database, user];
        let matches = |line: &&Line| {
            let pairs = line.keys.iter().zip(wanted);
            pairs.into_iter().all(|(key, wanted)| key == "*" || key == wanted)
        };
        self.lines.iter().find(matches).map(|line| line.password.clone())
    }
}

fn parse(text: &str) -> Vec<Line> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Line> {
    let mut fields = split(line).into_iter();
    let keys = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
    let password = SecretString::from(fields.next()?);
    Some(Line { keys, password })
}

/// Splits at colons; a backslash takes the next character as it is.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(literal);
        }
    }
    fields
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_first_matching_line_wins_and_escapes_are_taken_off() {
        let file = PasswordFile {
            lines: parse("# comment\nshort:line\nh:5432:db:u:fir\\:st\\\\\n*:*:*:u:second\n"),
            ..PasswordFile::default()
        };
        let find = |host, user| {
            let found = file.find(host, 5432, "db", user);
            found.map(|password| password.expose_secret().to_owned())
        };
        assert_eq!(find("h", "u").as_deref(), Some("fir:st\\"));
        assert_eq!(find("other", "u").as_deref(), Some("second"));
        assert_eq!(find("h", "nobody"), None);
    }

    #[test]
    fn no_view_shows_a_password() {
        let file = PasswordFile {
            lines: parse("h:1:d:u:hunter2"),
            ..PasswordFile::default()
        };
        assert!(!format!("{file:?}").contains("hunter2"));
    }
}
