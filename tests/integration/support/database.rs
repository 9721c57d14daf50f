//! A database of its own for each test.

use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{Connection as _, PgConnection};
use vecops::embedded::Major;
use vecops::sql;

use super::server::{Server, TEMPLATE};

/// A database that one test has for itself, shaped like a Supabase project's.
pub(crate) struct TestDatabase {
    pub(crate) name: String,
    pub(crate) server: &'static Server,
}

impl TestDatabase {
    pub(super) async fn create(server: &'static Server) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut administrator = server.administrator("template1").await;
        let create = format!("create database {name} template {TEMPLATE} owner postgres");
        sql::run(&mut administrator, create).await.unwrap();
        administrator.close().await.unwrap();
        Self { name, server }
    }

    /// The server's major version.
    pub(crate) fn major(&self) -> Major {
        self.server.major
    }

    /// The URL, password included, for the role `postgres`, which is not a superuser.
    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// A connection as the role `postgres`.
    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// A superuser's connection, for what a test must arrange behind the product's back.
    pub(crate) async fn administrator(&self) -> PgConnection {
        self.server.administrator(&self.name).await
    }

    /// Removes the database; a test that fails before leaves it to the server's end.
    pub(crate) async fn remove(self) {
        let mut administrator = self.server.administrator("template1").await;
        let drop = format!("drop database {} with (force)", self.name);
        sql::run(&mut administrator, drop).await.unwrap();
        administrator.close().await.unwrap();
    }
}
