//! `vecops profile check`: a healthy database, one in read-only mode, and logins that fail.

use super::*;

#[tokio::test]
async fn a_healthy_database_passes_the_check() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        let url = database.url();
        let variables = [("VECOPS_DB_URL", url.as_str())];
        let report = document(&sandbox, &variables, &["profile", "check"], 0);
        let found = report["data"]["findings"].to_string();
        assert!(
            found.contains("vector-not-installed") && found.contains("vecops setup plan"),
            "{found}"
        );

        let mut connection = database.connection().await;
        sql::run(&mut connection, "create extension vector schema extensions")
            .await
            .unwrap();
        let (stdout, stderr) = ends(&sandbox, &variables, &["profile", "check"], 0);
        assert!(
            stderr.starts_with("Target: URL from $VECOPS_DB_URL (local, postgres@"),
            "{stderr}"
        );
        for heading in ["Ways to the database", "Server", "time limit", "Findings"] {
            assert!(
                stdout.lines().any(|line| line.starts_with(heading)),
                "{heading}: {stdout}"
            );
        }
        let limit = stdout.lines().find(|line| line.starts_with("statement_timeout"));
        assert!(limit.unwrap().contains("2 min"), "{stdout}");
        let password = url::Url::parse(&url).unwrap().password().unwrap().to_owned();
        assert!(!stdout.contains(&password) && !stderr.contains(&password));

        let report = document(&sandbox, &variables, &["profile", "check"], 0);
        assert_eq!(report["kind"], "profile-check");
        assert_eq!(report["data"]["ways"][0]["login"]["succeeded"], true);
        assert_eq!(report["data"]["server"]["identity"]["database"], database.name);
        assert_eq!(report["data"]["server"]["vector"]["schema"], "extensions");
        assert_eq!(report["data"]["server"]["role"]["superuser"], false);
        assert_eq!(report["data"]["server"]["role"]["supabase_roles"], true);
        let errors = report["data"]["findings"].as_array().unwrap().iter();
        assert_eq!(errors.filter(|finding| finding["level"] == "error").count(), 0);
        assert!(!report.to_string().contains(&password));
    })
    .await;
}

#[tokio::test]
async fn a_database_in_read_only_mode_fails_the_check() {
    on_each_server(async |database| {
        let mut administrator = database.administrator().await;
        let name = &database.name;
        let read_only = format!("alter database {name} set default_transaction_read_only = on");
        sql::run(&mut administrator, read_only).await.unwrap();
        let sandbox = Sandbox::new();
        let url = database.url();
        let variables = [("VECOPS_DB_URL", url.as_str())];
        let (stdout, _) = ends(&sandbox, &variables, &["profile", "check"], 3);
        assert!(
            stdout.contains("error: the database is in read-only mode"),
            "{stdout}"
        );
        let report = document(&sandbox, &variables, &["profile", "check"], 3);
        let finding = &report["data"]["findings"][0];
        assert_eq!(
            (&finding["level"], &finding["code"]),
            (&Value::from("error"), &Value::from("read-only"))
        );
        assert!(finding["next"].as_str().unwrap().contains("disk"), "{finding}");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_a_port_without_a_server_end_with_11() {
    let database = database(majors()[0]).await;
    let sandbox = Sandbox::new();
    let mut url = url::Url::parse(&database.url()).unwrap();
    url.set_password(Some(SECRET)).unwrap();
    let port = url.port().unwrap();
    let variables = [("VECOPS_DB_URL", url.as_str())];
    for command in [&["profile", "check"][..], &["search", "t", "--like", "1"]] {
        let (stdout, stderr) = ends(&sandbox, &variables, command, 11);
        assert_eq!(stdout, "");
        assert!(stderr.contains(&format!("local 127.0.0.1:{port}")), "{stderr}");
        assert!(stderr.contains("SQLSTATE 28P01"), "{stderr}");
        assert!(
            stderr.contains("the password came from the URL from $VECOPS_DB_URL"),
            "{stderr}"
        );
    }

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap().port();
    drop(listener);
    url.set_port(Some(free)).unwrap();
    let variables = [("VECOPS_DB_URL", url.as_str())];
    let (_, stderr) = ends(&sandbox, &variables, &["profile", "check"], 11);
    assert!(
        stderr.contains(&format!("local 127.0.0.1:{free}: connection refused")),
        "{stderr}"
    );
    assert!(stderr.contains("vecops embedded start"), "{stderr}");
    let output = run(&sandbox, &variables, &["profile", "check", "--json"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let error: Value = serde_json::from_str(stderr.lines().next_back().unwrap())
        .unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert_eq!(error["error"]["exit_code"], 11);
}
