//! Where rows come from: files, stdin or memory, and what messages call a place in them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::format::Format;
use crate::error::{Error, Result};

/// A place is the number of a row or line; above these bits stands which input of several it is in.
const INPUT_SHIFT: u32 = 40;

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file; its name tells its format.
    File(PathBuf),
    /// Standard input: JSON Lines.
    Stdin,
    /// Bytes that are part of the program: JSON Lines.
    Builtin {
        /// What messages call them.
        name: &'static str,
        /// The bytes.
        bytes: &'static [u8],
    },
    /// Several, or one that needs more to be said about it.
    Inputs(Inputs),
}

/// Inputs that are read one after another.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files, stdin or memory.
    pub inputs: Vec<Source>,
    /// What they hold; where it is not said, their names tell.
    pub format: Option<Format>,
    /// The file with the other columns of vectors that stand alone.
    pub side: Option<PathBuf>,
}

impl Source {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
            Self::Builtin { name, .. } => (*name).to_owned(),
            Self::Inputs(Inputs { inputs, .. }) => {
                shortened(&inputs.iter().map(Self::name).collect::<Vec<_>>())
            }
        }
    }

    /// How many bytes it has, where that is known before reading.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::File(path) => {
                let facts = fs_err::metadata(path).ok()?;
                facts.is_file().then_some(facts.len())
            }
            Self::Stdin => None,
            Self::Builtin { bytes, .. } => u64::try_from(bytes.len()).ok(),
            Self::Inputs(set) => {
                let side = set.side.clone().map(Self::File);
                set.inputs.iter().chain(&side).map(Self::size).sum()
            }
        }
    }

    /// Finds out early that a file is not there or may not be read, or that things do not go together.
    pub fn probe(&self) -> Result<()> {
        match self {
            Self::File(path) => probe_file(path),
            Self::Stdin | Self::Builtin { .. } => Ok(()),
            Self::Inputs(set) => {
                set.inputs.iter().try_for_each(Self::probe)?;
                if set
                    .inputs
                    .iter()
                    .filter(|input| matches!(input, Self::Stdin))
                    .count()
                    > 1
                {
                    return Err(Error::usage(
                        "stdin stands twice among the files, but it can be read once",
                    ));
                }
                let formats: Vec<Format> = set.inputs.iter().map(|input| set.format_of(input)).collect();
                let vectors = formats.iter().filter(|format| format.is_vectors_only()).count();
                if let Some(side) = &set.side {
                    probe_file(side)?;
                    if vectors != formats.len() || Format::of(side).is_vectors_only() {
                        return Err(Error::usage("`--side` gives vectors that stand alone their other columns")
                            .hint("Use it with `--from FILE.npy`, `.fvecs` or `.bvecs`, and name a jsonl, csv, tsv or parquet file."));
                    }
                }
                Ok(())
            }
        }
    }

    /// Whether reading it again gives the same bytes: not so for stdin and for pipes that are named as files.
    pub(super) fn can_be_read_again(&self) -> bool {
        match self {
            Self::File(path) => fs_err::metadata(path).is_ok_and(|facts| facts.is_file()),
            Self::Stdin => false,
            Self::Builtin { .. } => true,
            Self::Inputs(set) => {
                let side = set.side.clone().map(Self::File);
                set.inputs.iter().chain(&side).all(Self::can_be_read_again)
            }
        }
    }

    /// The same from any folder, by the files' absolute paths: its name for people, and the bytes that tell it from
    /// every other source.
    pub(super) fn identity(&self) -> Result<(String, Vec<u8>)> {
        match self {
            Self::File(path) => {
                let path = fs_err::canonicalize(path)?;
                Ok((
                    path.display().to_string(),
                    path.as_os_str().as_encoded_bytes().to_vec(),
                ))
            }
            Self::Stdin | Self::Builtin { .. } => Ok((self.name(), self.name().into_bytes())),
            Self::Inputs(set) => {
                let side = set.side.clone().map(Self::File);
                let each: Result<Vec<_>> = set.inputs.iter().chain(&side).map(Self::identity).collect();
                let (names, bytes): (Vec<String>, Vec<Vec<u8>>) = each?.into_iter().unzip();
                Ok((shortened(&names), bytes.join(&0)))
            }
        }
    }

    /// What messages call a place in it.
    pub fn place(&self, number: u64) -> String {
        let (input, format) = self.input_of(number);
        let name = input.as_ref().unwrap_or(self).name();
        let row = row_of(number);
        if format.has_lines() {
            format!("{name}:{row}")
        } else {
            format!("{name}: row {row}")
        }
    }

    /// What messages call the input that a row stands in.
    pub(super) fn file_of(&self, number: u64) -> String {
        self.input_of(number).0.as_ref().unwrap_or(self).name()
    }

    fn input_of(&self, number: u64) -> (Option<Self>, Format) {
        let Self::Inputs(set) = self else {
            return (None, self.guessed_format());
        };
        let index = usize::try_from(number >> INPUT_SHIFT).unwrap_or_default();
        match (set.inputs.get(index), &set.side) {
            (Some(input), _) => (Some(input.clone()), set.format_of(input)),
            (None, Some(side)) => (Some(Self::File(side.clone())), Format::of(side)),
            (None, None) => (None, Format::JsonLines),
        }
    }

    /// The format that its name tells.
    pub(super) fn guessed_format(&self) -> Format {
        match self {
            Self::File(path) => Format::of(path),
            _ => Format::JsonLines,
        }
    }

    /// Itself as a set of inputs.
    pub(super) fn inputs(&self) -> Inputs {
        match self {
            Self::Inputs(set) => set.clone(),
            one => Inputs {
                inputs: vec![one.clone()],
                ..Inputs::default()
            },
        }
    }

    /// Its bytes as they are stored.
    pub(super) fn raw(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(open_file(path)?),
            Self::Stdin => Box::new(io::stdin()),
            Self::Builtin { bytes, .. } => Box::new(*bytes),
            Self::Inputs(_) => return Err(Error::bug("several inputs were opened as one")),
        })
    }
}

impl Inputs {
    /// What an input holds.
    pub(super) fn format_of(&self, input: &Source) -> Format {
        self.format.unwrap_or_else(|| input.guessed_format())
    }
}

/// The number by which a row of one input of several is known.
pub(super) fn place_number(input: usize, row: u64) -> u64 {
    let input = u64::try_from(input).unwrap_or_default();
    input << INPUT_SHIFT | row
}

/// The row or line of such a number.
pub(super) fn row_of(number: u64) -> u64 {
    number & ((1 << INPUT_SHIFT) - 1)
}

/// The first of some names, and how many more there are.
fn shortened(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

pub(super) fn open_file(path: &Path) -> Result<fs_err::File> {
    fs_err::File::open(path).map_err(|source| Error::usage(source.to_string()))
}

/// A pipe is not opened: whoever writes into it would take the end of the probe for the end of the load.
fn probe_file(path: &Path) -> Result<()> {
    let facts = fs_err::metadata(path).map_err(|source| Error::usage(source.to_string()))?;
    if facts.is_dir() {
        return Err(Error::usage(format!("`{}` is a folder", path.display())).hint("Name a file with rows."));
    }
    if facts.is_file() {
        open_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_file_and_line_or_row() {
        let one = Source::File("a.csv".into());
        assert_eq!(one.place(7), "a.csv:7");
        let set = Source::Inputs(Inputs {
            inputs: vec![one, Source::File("b.parquet".into())],
            ..Inputs::default()
        });
        assert_eq!(set.place(place_number(0, 2)), "a.csv:2");
        assert_eq!(set.place(place_number(1, 5)), "b.parquet: row 5");
        assert_eq!(set.name(), "a.csv and 1 more");
    }

    #[test]
    fn several_files_are_the_same_source_by_whatever_paths_they_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for name in ["a", "b", "c"] {
            fs_err::write(file(name), b"").unwrap();
        }
        let set = |names: &[&str], side: Option<&str>| {
            let inputs = names.iter().map(|name| Source::File(file(name))).collect();
            let set = Inputs {
                inputs,
                format: None,
                side: side.map(file),
            };
            Source::Inputs(set).identity().unwrap()
        };
        let one = set(&["a", "b"], None);
        assert!(
            one.0.starts_with('/') && one.0.ends_with("a and 1 more"),
            "{}",
            one.0
        );
        assert_eq!(set(&["./a", "./b"], None), one);
        for other in [
            set(&["b", "a"], None),
            set(&["a"], None),
            set(&["a", "b"], Some("c")),
        ] {
            assert_ne!(other.1, one.1);
        }
    }

    #[test]
    fn what_is_read_once_is_known_inside_of_several_inputs_too() {
        let of = |inputs: Vec<Source>| {
            Source::Inputs(Inputs {
                inputs,
                ..Inputs::default()
            })
        };
        let builtin = Source::Builtin {
            name: "b",
            bytes: b"",
        };
        assert!(of(vec![builtin.clone(), builtin.clone()]).can_be_read_again());
        assert!(!of(vec![builtin, Source::Stdin]).can_be_read_again());
        assert!(!Source::File("/dev/null".into()).can_be_read_again());
        assert!(of(vec![Source::Stdin, Source::Stdin]).probe().is_err());
    }
}
