//! Whether a provider's vectors belong into a column: length and model against what manifest and database say.

use super::provider::Provider;
use crate::error::{Error, Result};

/// What is known about the column that vectors are for.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its table and name, for messages.
    pub name: String,
    /// The collection, where the manifest declares it.
    pub collection: Option<String>,
    /// The model that the collection declares.
    pub declared_model: Option<String>,
    /// The model that is recorded in the database.
    pub recorded_model: Option<String>,
    /// Its dimensions.
    pub dimensions: Option<u32>,
    /// Whether it is declared or recorded to hold vectors of length 1.
    pub normalized: bool,
}

/// Refuses a provider whose vectors would not fit, before anything is asked of it.
pub fn expect_fit(provider: &Provider, column: &Column) -> Result<()> {
    let name = &provider.name;
    if let (Some(made), Some(held)) = (provider.dimensions, column.dimensions)
        && made != held
    {
        return Err(wrong_dimensions(provider, column, made.into(), held));
    }
    if let (Some(collection), Some(declared)) = (&column.collection, &column.declared_model)
        && !is_same(declared, &provider.model)
    {
        let message = format!(
            "collection `{collection}` declares the model `{declared}`, but `{name}` ({}) embeds with `{}`",
            provider.declared_at, provider.model
        );
        return Err(Error::configuration(message).hint(
            "Vectors of different models cannot be compared: choose the other provider with `--provider`, or correct `model` in `vecops.toml`.",
        ));
    }
    match &column.recorded_model {
        Some(recorded) if !is_same(recorded, &provider.model) => {
            let message = format!(
                "`{}` holds vectors of the model `{recorded}`, but `{name}` ({}) embeds with `{}`",
                column.name, provider.declared_at, provider.model
            );
            Err(Error::precondition(message).hint(
                "Vectors of different models cannot be compared: choose a provider with that model. `vecops setup plan` shows what the column's comment records.",
            ))
        }
        _ => Ok(()),
    }
}

/// The error for vectors of another length than the column's.
pub(super) fn wrong_dimensions(provider: &Provider, column: &Column, made: u64, held: u32) -> Error {
    let message = format!(
        "`{}` makes vectors of {made} dimensions, `{}` holds {held}",
        provider.name, column.name
    );
    let error = match column.collection {
        Some(_) if provider.dimensions.is_some() => Error::configuration(message),
        _ => Error::precondition(message),
    };
    error.hint(format!(
        "Say `dimensions = {held}` of the provider ({}) where the model can shorten its vectors, or choose the model that made the table's.",
        provider.declared_at
    ))
}

/// Whether two names mean one model: who publishes it, its case, and Ollama's `:latest` make no difference.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        let name = name.trim().to_lowercase();
        let name = name.strip_suffix(":latest").unwrap_or(&name);
        name.rsplit('/').next().unwrap_or_default().to_owned()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::manifest::ManifestFile;

    fn provider(more: &str) -> Provider {
        let text = format!("[providers.p]\ncommand = ['x']\nmodel = 'all-MiniLM-L6-v2'\n{more}");
        let file = ManifestFile {
            path: "vecops.toml".into(),
            text,
        };
        super::super::Providers::read(&file)
            .unwrap()
            .choose(None, None)
            .unwrap()
            .clone()
    }

    #[test]
    fn models_and_dimensions_must_agree() {
        let column = Column {
            name: "public.docs.embedding".to_owned(),
            dimensions: Some(384),
            recorded_model: Some("sentence-transformers/all-minilm-l6-v2:latest".to_owned()),
            ..Column::default()
        };
        assert!(expect_fit(&provider(""), &column).is_ok());
        let error = expect_fit(&provider("dimensions = 512"), &column).unwrap_err();
        assert_eq!(error.kind(), Kind::Precondition);
        assert!(error.message().contains("512 dimensions"), "{error}");
        let other = Column {
            recorded_model: Some("text-embedding-3-small".to_owned()),
            ..column.clone()
        };
        let error = expect_fit(&provider(""), &other).unwrap_err();
        assert_eq!(error.kind(), Kind::Precondition);
        let declared = Column {
            collection: Some("docs".to_owned()),
            declared_model: Some("bge-small".to_owned()),
            ..column
        };
        let error = expect_fit(&provider(""), &declared).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration);
        assert!(error.message().contains("`bge-small`"), "{error}");
    }
}
