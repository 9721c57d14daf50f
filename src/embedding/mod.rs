//! Embeddings made by a provider: a server that speaks OpenAI's protocol, or a command that reads and writes JSON Lines.
//!
//! [`Providers`] are declared in `vecops.toml`; an [`Embedder`] makes vectors of texts with one of them, in batches, with
//! retries, through a [`Cache`] that never pays for the same text twice. Everything here blocks: async callers use a
//! blocking thread. This module must not know tables, rows or the environment; keys and proxies are handed in.
//! Protocol: OpenAI's API reference, "Create embeddings", as Ollama, vLLM, text-embeddings-inference and others speak it.

mod agent;
mod answer;
mod batch;
mod cache;
mod command;
mod embedder;
mod fit;
mod http;
mod manifest;
mod provider;
mod proxy;
mod retry;

pub use cache::{Cache, Space, SpaceReport};
pub use embedder::{Embedder, Estimate, Options, Outcome, Usage};
pub use fit::{Column, expect_fit};
pub use provider::{Command, Encoding, Endpoint, Provider, Providers, Purpose, Via};
pub use proxy::ProxySettings;
