//! Connections that break and signals that end the program, at any place: closed, resumable, and then whole.

use super::faults::{is_open, wait_for_end};
use super::fixture::{digest, dump, items, run};
use super::restoring::restore;
use crate::backup::interruption::{address, through};
use crate::seed::proxy::{Direction, Proxy};
use crate::support::{Sandbox, database, on_each_server, wait_until};

#[tokio::test]
async fn a_connection_cut_anywhere_leaves_a_closed_table_that_the_next_run_fills() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        let expected = digest(source, "public.items").await;
        let from = sandbox.path().join("repository").display().to_string();
        let target = database(source.major()).await;
        run(
            &target,
            "alter default privileges grant all on tables to anon, authenticated",
        )
        .await;
        // Logging in, the plan, the tables, each of the chunks, keys and indexes: each run begins where the last one ended.
        for bytes in [500, 12_000, 70_000, 300_000, 500_000, 900_000, 20_000] {
            let proxy = Proxy::start(address(&target), Direction::ToServer, bytes, false).await;
            let url = through(&target, proxy.port);
            let mut program = sandbox.spawn(&["restore", &from, "--db-url", &url, "--yes", "--jobs", "1"]);
            tokio::select! {
                () = proxy.reached() => {}
                () = wait_for(&mut program) => {}
            }
            // One connection after the other.
            wait_until("the program ends", async || {
                proxy.cut();
                program.try_wait().unwrap().is_some()
            })
            .await;
            let code = program.wait().unwrap().code();
            // It may have needed fewer bytes than that.
            assert!(matches!(code, Some(0 | 4 | 11)), "{bytes}: {code:?}");
            wait_for_end(&target).await;
            assert_eq!(is_open(&target).await, code == Some(0), "{bytes}");
        }
        restore(&sandbox, &target, &[]).assert().success();
        assert_eq!(digest(&target, "public.items").await, expected);
        assert!(is_open(&target).await);
        target.remove().await;
    })
    .await;
}

async fn wait_for(program: &mut std::process::Child) {
    wait_until("the program ends", async || program.try_wait().unwrap().is_some()).await;
}
