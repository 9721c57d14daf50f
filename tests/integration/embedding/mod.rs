//! Embedding texts: against a server in this process that answers as told, and against small programs.

mod command;
mod http;
mod interruption;
mod loading;
mod provider;
mod searching;
mod server;
