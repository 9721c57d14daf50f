//! Made-up rows as JSON Lines or as a NumPy array.

use std::io::Write as _;
use std::str::FromStr;
use std::time::Instant;

use serde::Serialize;

use super::{Model, Parameters, SynthesizeReport};
use crate::error::{Error, Result};
use crate::output::{Files, Output, Place};
use crate::progress::{Progress, Task, Unit};
use crate::vector::npy;

/// How many bytes are gathered before they go out.
const GATHERED: usize = 128 * 1024;

/// What the rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line: `id`, `content`, `metadata`, `embedding`.
    Jsonl,
    /// The vectors as a NumPy array, the other columns as JSON Lines beside it.
    Npy,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            "npy" => Ok(Self::Npy),
            _ => Err(Error::usage(format!("`{text}` is no format")).hint("Say jsonl or npy.")),
        }
    }
}

/// Makes the rows and writes them. Dropped before its end, it leaves no file.
pub async fn write(
    parameters: Parameters,
    format: Format,
    place: &Place,
    progress: &dyn Progress,
) -> Result<SynthesizeReport> {
    let started = Instant::now();
    if format == Format::Npy && (*place == Place::Stdout || place.is_compressed()) {
        return Err(Error::usage("an array needs a plain file").hint("Name one with `--to FILE.npy`."));
    }
    let files = Files::create(place, (format == Format::Npy).then_some("jsonl"))?;
    let side_file = files.side_path();
    let (publication, mut output, mut side) = files.open()?;
    let task = progress.task("make up rows", Unit::Rows, Some(parameters.rows));
    // A thread of its own: a pipe may block it, and an interrupt must still be heard.
    let thread = tokio::task::spawn_blocking(move || -> Result<u64> {
        let bytes = rows(parameters, format, &mut output, side.as_mut(), &task)?;
        output.finish(None)?;
        if let Some(side) = side {
            side.finish(None)?;
        }
        task.finish();
        Ok(bytes)
    });
    let bytes_written = thread
        .await
        .map_err(|error| Error::bug("the writing thread ended early").caused_by(&error))??;
    publication.publish()?;
    Ok(SynthesizeReport {
        parameters,
        to: place.name(),
        side_file,
        format,
        bytes_written,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn rows(
    parameters: Parameters,
    format: Format,
    output: &mut Output,
    mut side: Option<&mut Output>,
    task: &Task,
) -> Result<u64> {
    let model = Model::new(parameters);
    let (mut vector, mut main, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    if format == Format::Npy {
        main.extend_from_slice(&npy::head("<f4", parameters.rows, parameters.dimensions));
    }
    let mut told = 0;
    for row in 0..parameters.rows {
        let cluster = model.row(row, &mut vector);
        match format {
            Format::Jsonl => {
                text(row, cluster, Some(&vector), &mut main)?;
            }
            Format::Npy => {
                main.extend(vector.iter().flat_map(|element| element.to_le_bytes()));
                text(row, cluster, None, &mut beside)?;
            }
        }
        if main.len() >= GATHERED || row + 1 == parameters.rows {
            output.put(&main)?;
            if let Some(side) = side.as_deref_mut() {
                side.put(&beside)?;
            }
            bytes += u64::try_from(main.len() + beside.len()).unwrap_or_default();
            main.clear();
            beside.clear();
            task.advance(row + 1 - told);
            told = row + 1;
        }
    }
    Ok(bytes)
}

/// One line: the row without its vector, and the vector where it belongs there.
fn text(row: u64, cluster: usize, vector: Option<&[f32]>, out: &mut Vec<u8>) -> Result<()> {
    let id = row + 1;
    let written = write!(
        out,
        "{{\"id\": {id}, \"content\": \"made-up row {id} of cluster {cluster}\", \"metadata\": {{\"cluster\": {cluster}}}"
    );
    written.map_err(|error| Error::bug(error.to_string()))?;
    if let Some(vector) = vector {
        out.extend_from_slice(b", \"embedding\": ");
        serde_json::to_writer(&mut *out, vector)
            .map_err(|error| Error::bug(format!("a vector does not become JSON: {error}")))?;
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;

    async fn digest(format: Format, name: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let place = Place::File {
            path: path.clone(),
            overwrite: false,
        };
        let parameters = Parameters {
            rows: 300,
            dimensions: 96,
            intrinsic_dimensions: 8,
            clusters: 5,
            noise: 0.1,
            seed: 42,
        };
        let report = write(parameters, format, &place, &Silent).await.unwrap();
        let mut bytes = fs_err::read(&path).unwrap();
        if let Some(side) = report.side_file {
            bytes.extend(fs_err::read(side).unwrap());
        }
        assert_eq!(report.bytes_written, bytes.len() as u64);
        let mut text = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(text, "{byte:02x}").unwrap();
        }
        text
    }

    #[tokio::test]
    async fn the_bytes_never_change() {
        insta::assert_snapshot!(digest(Format::Jsonl, "rows.jsonl").await, @"0f6671e41c5156170c9716f6465aadf1866dd2006de7e1f9a006b5179afac657");
        insta::assert_snapshot!(digest(Format::Npy, "rows.npy").await, @"7abf13dbdad13e02c674e8a379f67e050a8f650cf7d57c76e862bde4a217f823");
    }
}
