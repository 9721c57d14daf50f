//! `vecops profile` from end to end: what it shows, what it hides, what redirects it and what does not.

use std::process::Output;

use serde_json::Value;
use vecops::connection::VARIABLES;
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, on_each_server};

const SECRET: &str = "hunter2-and-more";

/// A manifest with a profile on a test's database, and the variable that holds its password.
fn profile_on(database: &TestDatabase, sandbox: &Sandbox) -> String {
    let mut url = url::Url::parse(&database.url()).unwrap();
    let password = url.password().unwrap().to_owned();
    url.set_password(None).unwrap();
    url.set_query(None);
    let manifest = format!(
        "default_profile = \"here\"\n\n[profiles.here]\nurl = \"{url}\"\npassword_env = \"HERE_PASSWORD\"\n"
    );
    fs_err::write(sandbox.path().join("vecops.toml"), manifest).unwrap();
    password
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn finding<'d>(document: &'d Value, code: &str) -> Option<&'d Value> {
    let findings = document["data"]["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["code"] == code)
}

#[tokio::test]
async fn the_doctor_examines_the_profiles_database_whatever_pg_variables_say() {
    on_each_server(async |database| {
        let sandbox = Sandbox::new();
        let password = profile_on(database, &sandbox);
        let output = sandbox
            .vecops(&["profile", "check", "--json", "-vvv"])
            .env("HERE_PASSWORD", &password)
            .env("PGHOST", "203.0.113.1")
            .env("PGHOSTADDR", "203.0.113.1")
            .env("PGPORT", "1")
            .env("PGUSER", "stranger")
            .env("PGPASSWORD", "wrong")
            .env("PGDATABASE", "elsewhere")
            .env("PGAPPNAME", "stranger")
            .env("DATABASE_URL", "postgresql://203.0.113.1/elsewhere")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report = document(&output);
        let identity = &report["data"]["server"]["identity"];
        assert_eq!(identity["database"], database.name.as_str(), "{report:#}");
        assert_eq!(identity["user"], "postgres");
        assert_eq!(report["data"]["server"]["role"]["superuser"], false);
        assert_eq!(report["data"]["server"]["role"]["supabase_roles"], true);
        assert!(finding(&report, "vector-not-installed").is_some(), "{report:#}");
        let everything = format!("{output:?}");
        assert!(!everything.contains(&password), "the password is shown");
    })
    .await;
}

#[tokio::test]
async fn a_database_in_read_only_mode_is_an_answer_of_no() {
    on_each_server(async |database| {
        let statement = format!(
            "alter database {} set default_transaction_read_only = on",
            database.name
        );
        sql::run(&mut database.administrator().await, statement)
            .await
            .unwrap();
        let sandbox = Sandbox::new();
        let password = profile_on(database, &sandbox);
        let check = |arguments: &[&str]| {
            sandbox
                .vecops(arguments)
                .env("HERE_PASSWORD", &password)
                .output()
                .unwrap()
        };
        let output = check(&["profile", "check", "here", "--json"]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let report = document(&output);
        let finding = finding(&report, "read-only").unwrap();
        assert_eq!(finding["level"], "error");
        assert!(finding["next"].is_string(), "{report:#}");
        let text = String::from_utf8(check(&["profile", "check"]).stdout).unwrap();
        assert!(
            text.contains("error: the database is in read-only mode"),
            "{text}"
        );
    })
    .await;
}

#[test]
fn every_value_is_shown_with_its_origin_and_no_secret_with_any_format() {
    let sandbox = Sandbox::new();
    let manifest = "[profiles.p]\nproject_ref = \"abcdefghijklmnopqrst\"\nprotected = true\nrole = \"app\"\n\
                    [profiles.c]\nurl = \"postgresql://db.example.org/d\"\npassword_command = \"printf hunter2-and-more\"\n";
    fs_err::write(sandbox.path().join("vecops.toml"), manifest).unwrap();
    fs_err::write(
        sandbox.path().join(".env.p"),
        format!("SUPABASE_DB_PASSWORD={SECRET}\n"),
    )
    .unwrap();
    let url = format!("postgresql://u:{SECRET}@db.example.org/d");
    let mut seen = String::new();
    for arguments in [
        &["profile", "show", "p"][..],
        &["profile", "show", "p", "--json", "-vvv"],
        &["profile", "show", "c", "-vvv"],
        &["profile", "show", "--db-url", &url, "-vvv"],
        &["profile", "list", "-vvv"],
        &["profile", "list", "--output-format", "stream-json"],
    ] {
        let output = sandbox
            .vecops(arguments)
            .env("PGPASSWORD", SECRET)
            .env("SUPABASE_ACCESS_TOKEN", SECRET)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        seen.push_str(&String::from_utf8(output.stdout).unwrap());
        seen.push_str(&String::from_utf8(output.stderr).unwrap());
    }
    assert!(!seen.contains(SECRET), "{seen}");
    for origin in [
        ".env.p (SUPABASE_DB_PASSWORD)",
        "vecops.toml:2",
        "vecops.toml:3",
        "the URL from --db-url",
    ] {
        assert!(seen.contains(origin), "{origin}: {seen}");
    }
}

#[test]
fn each_way_of_failing_has_its_exit_code_and_a_next_command() {
    let sandbox = Sandbox::new();
    let with_secret = format!("[profiles.p]\nurl = \"postgresql://u:{SECRET}@h/d\"\n");
    fs_err::write(sandbox.path().join("secret.toml"), with_secret).unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["profile", "check", "nowhere"], 10, "vecops profile list"),
        (
            &["profile", "show", "--db-url", "postgresql://h/d?ssl_mode=x"],
            10,
            "ssl_mode",
        ),
        (
            &["profile", "list", "--config", "secret.toml"],
            10,
            "secret.toml:2",
        ),
        (
            &["profile", "check", "--db-url", "postgresql://127.0.0.1:1/d"],
            11,
            "connection refused",
        ),
        (&["profile", "check"], 12, "vecops embedded start"),
        (&["profile", "show", "p", "--profile", "q"], 2, "--profile"),
    ];
    for (arguments, code, expected) in cases {
        let output = sandbox.vecops(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(!stderr.contains(SECRET), "{stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn only_supabases_ca_is_trusted_for_everybody() {
    let sandbox = Sandbox::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs_err::write(sandbox.path().join("ca.pem"), ca.pem()).unwrap();
    fs_err::write(
        sandbox.path().join("vecops.toml"),
        "[profiles.p]\nurl = \"postgresql://db.example.org/d\"\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| sandbox.vecops(arguments).output().unwrap();
    let refused = run(&["profile", "trust", "ca.pem"]);
    assert_eq!(refused.status.code(), Some(15), "{refused:?}");
    assert_eq!(
        run(&["profile", "trust", "ca.pem", "--any"]).status.code(),
        Some(2)
    );
    assert_eq!(run(&["profile", "trust", "vecops.toml"]).status.code(), Some(10));
    assert!(
        run(&["profile", "trust", "ca.pem", "--any", "--profile", "p"])
            .status
            .success()
    );
    let shown = String::from_utf8(run(&["profile", "show", "p"]).stdout).unwrap();
    assert!(
        shown.contains("profile-p.pem") && shown.contains("verify-full"),
        "{shown}"
    );
}

#[test]
fn the_page_names_every_variable_and_the_list_holds_every_variable_that_is_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs_err::read_to_string(root.join("docs/profiles.md")).unwrap();
    for variable in VARIABLES {
        assert!(
            page.contains(&format!("`{}`", variable.name)),
            "docs/profiles.md lacks {}",
            variable.name
        );
    }
    let mut read = 0;
    let mut folders = vec![root.join("src/cli"), root.join("src/connection")];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.to_string_lossy().contains("_tests") {
                continue;
            }
            let text = fs_err::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for call in [".variable(\"", ".is_on(\"", ".get(\"", "folder(\""] {
                for after in code.split(call).skip(1) {
                    let name = after.split('"').next().unwrap();
                    // Only the tests' own debug builds know how to stop.
                    let is_for_tests = name.starts_with("VECOPS_STOP_");
                    if !is_for_tests && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                        read += 1;
                        assert!(
                            VARIABLES.iter().any(|it| it.name == name),
                            "{}: {name}",
                            path.display()
                        );
                    }
                }
            }
        }
    }
    assert!(read > 10, "the reading places were not found");
}
