//! Secrets besides the database's password, such as the key of an embedding provider: by the name of their variable, in
//! the layers where passwords are looked up.

use secrecy::SecretString;

use super::provenance::Resolved;
use super::resolve::{Choice, Configuration};
use crate::error::Result;

impl Configuration<'_> {
    /// The value of a variable: from the environment, the files of the chosen profile, `.env`.
    pub fn secret(&self, choice: &Choice, variable: &str) -> Result<Option<Resolved<SecretString>>> {
        let variables = match choice {
            Choice::Url(_) => self.general_variables()?,
            Choice::Profile(profile) => self.variables_of(&profile.value)?,
        };
        let found: Option<Resolved<String>> = variables.get(variable);
        Ok(found.map(|value| value.map(SecretString::from)))
    }
}
