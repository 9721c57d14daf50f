//! `vecops profile`, the binary end to end: what comes from where, what may not redirect, what the doctor says.

mod check;
mod configuration;

use std::process::Output;

use serde_json::Value;
use vecops::sql;

use crate::support::{Sandbox, TestDatabase, database, majors, on_each_server};

/// The password of every URL and variable here; no output may hold it.
const SECRET: &str = "hunter2";
const PROJECT: &str = "abcdefghijklmnopqrst";

/// Files with their texts, or variables with their values.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A sandbox with files in it.
fn sandbox(files: Pairs<'_>) -> Sandbox {
    let sandbox = Sandbox::new();
    for (path, text) in files {
        let path = sandbox.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    sandbox
}

/// What the Supabase CLI leaves after `supabase link`; no such project and no such pooler exist.
fn linked() -> Sandbox {
    let pooler = format!(
        "postgresql://postgres.{PROJECT}:[YOUR-PASSWORD]@vecops-test-nowhere.pooler.supabase.com:6543/postgres"
    );
    sandbox(&[
        ("supabase/.temp/project-ref", PROJECT),
        ("supabase/.temp/pooler-url", &pooler),
        (
            "supabase/.temp/linked-project.json",
            &format!("{{\"ref\":\"{PROJECT}\"}}"),
        ),
    ])
}

fn run(sandbox: &Sandbox, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = sandbox.vecops(arguments);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let everything = [output.stdout.as_slice(), &output.stderr].concat();
    let everything = String::from_utf8(everything).unwrap();
    assert!(!everything.contains(SECRET), "{arguments:?}: {everything}");
    output
}

/// Runs it, expects an exit code, and gives stdout and stderr.
fn ends(
    sandbox: &Sandbox,
    variables: &[(&str, &str)],
    arguments: &[&str],
    expected: i32,
) -> (String, String) {
    let output = run(sandbox, variables, arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert_eq!(
        output.status.code(),
        Some(expected),
        "{arguments:?}\nstdout: {stdout}\nstderr: {stderr}"
    );
    (stdout, stderr)
}

fn document(sandbox: &Sandbox, variables: &[(&str, &str)], arguments: &[&str], expected: i32) -> Value {
    let arguments = [arguments, &["--json", "-vvv"]].concat();
    let (stdout, _) = ends(sandbox, variables, &arguments, expected);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// The value of a setting and where it came from.
fn setting(document: &Value, name: &str) -> (String, String) {
    let settings = document["data"]["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no `{name}` in {document:#}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("value"), text("source"))
}

/// A profile of a test's database whose password is in `$TEST_PASSWORD`, and that password.
fn declared(database: &TestDatabase, more: &str) -> (String, String) {
    let mut url = url::Url::parse(&database.url()).unwrap();
    let password = url.password().unwrap().to_owned();
    url.set_password(None).unwrap();
    let manifest = format!("[profiles.test]\nurl = \"{url}\"\npassword_env = \"TEST_PASSWORD\"\n{more}");
    (manifest, password)
}

#[test]
fn the_list_says_what_is_declared_what_is_chosen_and_what_is_wrong() {
    let manifest = "default_profile = 'staging'\n[profiles.staging]\nurl = 'postgres://db.example.org/d'\n\
        [profiles.production]\nurl_env = 'NOT_SET'\nprotected = true\n";
    let sandbox = sandbox(&[("vecops.toml", manifest)]);
    let list = document(&sandbox, &[], &["profile", "list"], 0);
    let profiles = list["data"]["profiles"].as_array().unwrap();
    let names: Vec<_> = profiles.iter().map(|profile| &profile["name"]).collect();
    assert_eq!(names, ["embedded", "linked", "local", "production", "staging"]);
    let chosen: Vec<_> = profiles.iter().map(|profile| &profile["chosen"]).collect();
    assert_eq!(chosen, [false, false, false, false, true]);
    let production = &profiles[3];
    assert!(production["source"].as_str().unwrap().ends_with("vecops.toml:4"));
    assert!(production["problem"].as_str().unwrap().contains("NOT_SET"));
    assert_eq!(
        production["protected"], true,
        "what cannot be resolved is protected all the same"
    );

    let url = format!("postgres://u:{SECRET}@db.example.org/d");
    let (stdout, _) = ends(&sandbox, &[("VECOPS_DB_URL", &url)], &["profile", "list"], 0);
    assert!(
        stdout.contains("commands use the URL from $VECOPS_DB_URL"),
        "{stdout}"
    );
    assert!(!stdout.contains('*'), "{stdout}");
}

#[test]
fn each_value_is_shown_with_its_source_and_the_secret_is_not() {
    let url = |host: &str| format!("postgres://u:{SECRET}@{host}.example.org:7000/d?connect_timeout=3");
    let manifest = "[profiles.toml]\nurl = 'postgres://u@toml.example.org/d'\npassword_env = 'TOML_PASSWORD'\n\
        [profiles.filed]\nenv_file = 'secrets/filed.env'\n[profiles.dotted]\n[profiles.named]\nurl_env = 'NAMED_URL'\n";
    let sandbox = sandbox(&[
        ("vecops.toml", manifest),
        (
            "secrets/filed.env",
            &format!("SUPABASE_DB_URL={}\n", url("env-file")),
        ),
        (".env.dotted", &format!("DATABASE_URL={}\n", url("dot-profile"))),
        (
            ".env",
            &format!("NAMED_URL={}\nTOML_PASSWORD={SECRET}\n", url("dot-env")),
        ),
    ]);
    let from = |variables: &[(&str, &str)], arguments: &[&str], host: &str, source: &str| {
        let arguments = [&["profile", "show"], arguments].concat();
        let shown = document(&sandbox, variables, &arguments, 0);
        let (value, found) = setting(&shown, "host");
        assert_eq!(value, format!("{host}.example.org"));
        assert!(
            found.starts_with("the URL from ") && found.contains(source),
            "{host}: {found}"
        );
        assert_eq!(setting(&shown, "password").0, "***");
        let (text, _) = ends(&sandbox, variables, &arguments, 0);
        assert!(text.contains(source) && text.contains("***"), "{text}");
        shown
    };
    from(&[], &["--db-url", &url("flag")], "flag", "--db-url");
    let shown = from(
        &[("VECOPS_DB_URL", &url("environment"))],
        &[],
        "environment",
        "$VECOPS_DB_URL",
    );
    assert_eq!(setting(&shown, "connect timeout").0, "3 s");
    from(
        &[("NAMED_URL", &url("environment"))],
        &["named"],
        "environment",
        "$NAMED_URL",
    );
    from(&[], &["filed"], "env-file", "secrets/filed.env (SUPABASE_DB_URL)");
    from(&[], &["dotted"], "dot-profile", ".env.dotted (DATABASE_URL)");
    from(&[], &["named"], "dot-env", ".env (NAMED_URL)");
    let shown = from(&[], &["toml"], "toml", "vecops.toml:2");
    assert!(
        setting(&shown, "password").1.ends_with(".env (TOML_PASSWORD)"),
        "{shown:#}"
    );
    assert_eq!(
        setting(&shown, "port"),
        ("5432".to_owned(), "built in".to_owned())
    );
}

#[test]
fn what_the_supabase_cli_left_is_used_and_named() {
    let sandbox = linked();
    let variables = [("SUPABASE_DB_PASSWORD", SECRET)];
    let shown = document(&sandbox, &variables, &["profile", "show"], 0);
    let (host, source) = setting(&shown, "host");
    assert_eq!(host, format!("db.{PROJECT}.supabase.co"));
    assert!(source.ends_with("supabase/.temp/project-ref"), "{source}");
    let (host, source) = setting(&shown, "host (way 2)");
    assert_eq!(host, "vecops-test-nowhere.pooler.supabase.com");
    assert!(source.ends_with("supabase/.temp/pooler-url"), "{source}");
    assert_eq!(setting(&shown, "port (way 2)").0, "5432", "session mode");
    assert_eq!(setting(&shown, "password").1, "$SUPABASE_DB_PASSWORD");
    assert_eq!(setting(&shown, "tls").0, "require");
    let warnings = shown["data"]["warnings"].to_string();
    assert!(warnings.contains("vecops profile trust FILE"), "{warnings}");

    let local = self::sandbox(&[("supabase/config.toml", "[db]\nport = 54999\n")]);
    let (port, source) = setting(&document(&local, &[], &["profile", "show"], 0), "port");
    assert_eq!(port, "54999");
    assert!(source.ends_with("supabase/config.toml"), "{source}");
}

#[test]
fn a_planted_pooler_gets_no_password() {
    let sandbox = linked();
    let planted = format!("postgresql://postgres.{PROJECT}@127.0.0.1:5432/postgres");
    fs_err::write(sandbox.path().join("supabase/.temp/pooler-url"), planted).unwrap();
    let shown = document(
        &sandbox,
        &[("SUPABASE_DB_PASSWORD", SECRET)],
        &["profile", "show"],
        0,
    );
    assert!(!shown.to_string().contains("127.0.0.1"), "{shown:#}");
    let warnings = shown["data"]["warnings"].to_string();
    assert!(
        warnings.contains("pooler-url is not used: its host is not Supabase's"),
        "{warnings}"
    );
}

#[test]
fn an_unreachable_project_is_tried_each_way_and_each_reason_is_said() {
    let sandbox = linked();
    let variables = [("SUPABASE_DB_PASSWORD", SECRET)];
    let (direct, pooler) = (
        format!("db.{PROJECT}.supabase.co:5432"),
        "vecops-test-nowhere.pooler.supabase.com:5432",
    );
    let (_, stderr) = ends(&sandbox, &variables, &["search", "t", "--like", "1"], 11);
    let note = format!("the direct endpoint {direct} cannot be reached: the name has no address");
    assert!(stderr.contains(&note), "{stderr}");
    assert!(
        stderr.contains(&format!("trying the session pooler at {pooler}")),
        "{stderr}"
    );

    let (stdout, stderr) = ends(&sandbox, &variables, &["profile", "check"], 11);
    assert_eq!(stdout, "");
    for way in [
        &format!("direct {direct}: "),
        &format!("session pooler {pooler}: "),
    ] {
        assert!(stderr.contains(way.as_str()), "{stderr}");
    }
    assert!(stderr.contains("hint: "), "{stderr}");
}

#[tokio::test]
async fn pg_variables_redirect_no_profile() {
    let database = database(majors()[0]).await;
    let (manifest, password) = declared(
        &database,
        "[profiles.gaps]\nurl = 'postgres://127.0.0.1'\n[profiles.nowhere]\nurl = 'postgres:///d'\n",
    );
    let sandbox = sandbox(&[("vecops.toml", &manifest)]);
    let variables = [
        ("TEST_PASSWORD", password.as_str()),
        ("PGHOST", "192.0.2.1"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGUSER", "stranger"),
        ("PGPASSWORD", SECRET),
        ("PGDATABASE", "elsewhere"),
        ("PGAPPNAME", "stranger"),
        ("PGSSLMODE", "disable"),
        ("DATABASE_URL", "postgres://stranger@192.0.2.1:1/elsewhere"),
        ("SUPABASE_DB_URL", "postgres://stranger@192.0.2.1:1/elsewhere"),
    ];
    let report = document(&sandbox, &variables, &["profile", "check", "test"], 0);
    assert_eq!(report["data"]["server"]["identity"]["database"], database.name);
    assert_eq!(report["data"]["server"]["identity"]["user"], "postgres");

    let shown = document(&sandbox, &variables, &["profile", "show", "gaps"], 0);
    for (name, value) in [("port", "5432"), ("user", "postgres"), ("database", "postgres")] {
        assert_eq!(
            setting(&shown, name),
            (value.to_owned(), "built in".to_owned()),
            "{name}"
        );
    }
    let (_, stderr) = ends(&sandbox, &variables, &["profile", "show", "nowhere"], 10);
    assert!(
        stderr.contains("names no host") && stderr.contains("PGHOST"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_file_cannot_consent() {
    let database = database(majors()[0]).await;
    let collection = "[collections.notes]\ndimensions = 3\nmetric = 'cosine'\npolicy = 'service'\n";
    let (manifest, password) = declared(&database, "protected = true\n");
    let manifest = format!("{manifest}{collection}");
    let consent = "VECOPS_YES=1\n";
    let sandbox = sandbox(&[
        ("vecops.toml", &manifest),
        (".env", consent),
        (".env.test", consent),
    ]);
    let apply = ["setup", "apply", "--profile", "test"];
    let variables = [("TEST_PASSWORD", password.as_str())];
    let (_, stderr) = ends(&sandbox, &variables, &apply, 15);
    assert!(stderr.contains("no consent"), "{stderr}");
    let plan = ["setup", "plan", "--profile", "test"];
    ends(&sandbox, &variables, &plan, 3);

    let variables = [("TEST_PASSWORD", password.as_str()), ("VECOPS_YES", "1")];
    ends(&sandbox, &variables, &apply, 0);
    ends(&sandbox, &variables, &plan, 0);
}

#[test]
fn a_protected_profile_wants_its_name_before_anything_is_destroyed() {
    let sandbox = sandbox(&[("vecops.toml", "[profiles.embedded]\nprotected = true\n")]);
    let plan = document(&sandbox, &[], &["embedded", "reset", "--dry-run"], 0);
    let data = std::path::Path::new(plan["data"]["folder"].as_str().unwrap()).join("precious");
    fs_err::create_dir_all(&data).unwrap();
    for (arguments, said) in [
        (&["--yes"][..], "`--yes --confirm embedded`"),
        (
            &["--yes", "--confirm", "local"],
            "is not the protected profile `embedded`",
        ),
        (&["--confirm", "embedded"], "no consent"),
        (&[], "is protected"),
    ] {
        let arguments = [&["embedded", "reset"], arguments].concat();
        let (_, stderr) = ends(&sandbox, &[], &arguments, 15);
        assert!(stderr.contains(said), "{stderr}");
        assert!(data.exists());
    }
}
