//! Connections that break and signals that end the program, at any place: closed, resumable, and then whole.

use super::faults::{arguments, is_open, stop_at, wait_for_end, wait_for_stop};
use super::fixture::{digest, dump, items, run};
use super::restoring::restore;
use crate::backup::interruption::{address, signal, through};
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

#[tokio::test]
async fn a_signal_ends_a_restore_in_order_and_the_same_command_goes_on() {
    on_each_server(async |source| {
        items(source).await;
        let sandbox = Sandbox::new();
        dump(&sandbox, source, &[]);
        for (name, code, table, when) in [
            ("INT", 130, "restore_ledger", "new.chunk = 1"),
            ("TERM", 143, "restores", "new.stage = 'indexes' and new.done = 1"),
        ] {
            let target = database(source.major()).await;
            let holder = stop_at(&target, table, when).await;
            let arguments = arguments(&sandbox, &target);
            let mut program = sandbox.spawn(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            wait_for_stop(&target).await;
            signal(&program, name);
            assert_eq!(program.wait().unwrap().code(), Some(code));
            drop(holder);
            wait_for_end(&target).await;
            assert!(!is_open(&target).await);
            restore(&sandbox, &target, &[]).assert().success();
            assert_eq!(
                digest(&target, "public.items").await,
                digest(source, "public.items").await
            );
            target.remove().await;
        }
    })
    .await;
}
