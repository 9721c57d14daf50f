//! Secrets besides the database's password, such as the key of an embedding provider: by the name of their variable, in
//! the layers where passwords are looked up.

use secrecy::SecretString;

use super::provenance::Resolved;
use super::resolve::{Choice, Configuration};
use super::variables::Variables;
use crate::error::Result;

impl Configuration<'_> {
    /// The value of a variable: from the environment, the files of the chosen profile, `.env`.
    pub fn secret(&self, choice: &Choice, variable: &str) -> Result<Option<Resolved<SecretString>>> {
        let variables = match choice {
            Choice::Url(_) => Variables::general(self.environment, &self.folder)?,
            Choice::Profile(profile) => {
                let name = profile.value.as_str();
                let table = self.profiles.as_ref().and_then(|profiles| profiles.table(name));
                let env_file = table.and_then(|table| table.env_file.as_ref());
                let env_file = env_file.map(|path| path.get_ref().as_path());
                Variables::of_profile(self.environment, &self.folder, name, env_file)?
            }
        };
        let found: Option<Resolved<String>> = variables.get(variable);
        Ok(found.map(|value| value.map(SecretString::from)))
    }
}
