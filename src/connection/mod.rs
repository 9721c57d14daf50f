//! The connection manager: from flags, environment and files to a session on the right database.
//!
//! [`Configuration`] chooses and resolves a [`Target`], every value with its origin; a [`Connector`] opens
//! [`Session`]s on it, way by way; [`Cancellation`] stops on the server what a session runs. This module must
//! not print, ask or read the process's environment, and knows no domain.
//!
//! Supabase's endpoints, files and variables: supabase.com/docs/guides/database/connecting-to-postgres and the
//! Supabase CLI 3.1.

mod address_url;
mod cancel;
pub mod doctor;
mod endpoint;
mod environment;
mod log_in;
mod open;
#[cfg(test)]
mod open_tests;
mod password;
mod pgpass;
mod profile;
mod project;
mod provenance;
mod reach;
mod resolve;
#[cfg(test)]
mod resolve_tests;
mod secret;
mod session;
mod stall;
mod supabase_files;
mod target;
mod tls;
mod tls_failure;
mod transaction;
mod trust;
mod url_target;
mod variables;

pub use cancel::Cancellation;
pub use endpoint::{EndpointKind, Need};
pub use environment::{Environment, VARIABLES, Variable};
pub use open::Connector;
pub use profile::BUILT_IN;
pub use provenance::{Resolved, Source};
pub use resolve::{Choice, Configuration, EmbeddedAddress, ProfileEntry, Selection};
pub use session::{Server, Session};
pub use stall::Watch;
pub use target::{Address, Setting, Target, TargetSummary};
pub use tls::{Tls, TlsMode};
pub use transaction::{LOCK_TIMEOUT, RoleClaims, TimeLimit, TransactionOptions};
pub use trust::{Scope, TrustReport, TrustedCertificate, trust};
