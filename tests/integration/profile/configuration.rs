//! What is wrong in the configuration, and the page that describes it.

use super::*;

#[test]
fn what_is_wrong_in_the_configuration_ends_with_10_and_names_the_place() {
    let with_password = format!("# a remark\n[profiles.p]\nurl = 'postgres://u:{SECRET}@h/d'\n");
    let cases: &[(Pairs<'_>, Pairs<'_>, &str)] = &[
        (&[("vecops.toml", &with_password)], &[], "vecops.toml:3"),
        (
            &[(
                "vecops.toml",
                "[profiles.p]\nurl = 'postgres://h/d?ssl_mode=require'\n",
            )],
            &[],
            "the unknown key `ssl_mode`",
        ),
        (
            &[("vecops.toml", "[profiles.p]\nulr = 'x'\n")],
            &[],
            "vecops.toml:2",
        ),
        (
            &[("vecops.toml", "default_profile = 'q'\n")],
            &[],
            "`q` is not declared",
        ),
        (&[], &[], "profile `p` is not declared"),
        (&[("vecops.toml", "[profiles.p]\n")], &[], "does not say where"),
        (
            &[("vecops.toml", "[profiles.p]\nurl_env = 'NOT_SET'\n")],
            &[],
            "`NOT_SET`",
        ),
        (
            &[("vecops.toml", "[profiles.p]\nenv_file = 'gone.env'\n")],
            &[],
            "gone.env",
        ),
        (
            &[
                ("vecops.toml", "[profiles.p]\nurl = 'postgres://h/d'\n"),
                (".env.p", "# a remark\nA=b\n\nhunter2 hunter2\n"),
            ],
            &[],
            "line 4 is not `NAME=value`",
        ),
        (
            &[("vecops.toml", "[profiles.p]\nurl = 'postgres://h/d'\n")],
            &[("PGSSLROOTCERT", "gone.pem")],
            "gone.pem",
        ),
        (
            &[("vecops.toml", "[profiles.p]\nurl = 'postgres://h/d'\n")],
            &[("PGSSLMODE", "maybe")],
            "$PGSSLMODE",
        ),
        (
            &[("vecops.toml", "[profiles.p]\nurl = 'postgres://h/d'\n")],
            &[("PGCONNECT_TIMEOUT", "soon")],
            "PGCONNECT_TIMEOUT",
        ),
        (
            &[(
                "vecops.toml",
                "[profiles.p]\nurl = 'postgres://h/d'\nproject_ref = 'abcdefghijklmnopqrst'\n",
            )],
            &[],
            "vecops.toml:3",
        ),
        (
            &[(
                "vecops.toml",
                "[profiles.p]\nproject_ref = 'abcdefghijklmnopqrst'\nendpoint = 'session'\n",
            )],
            &[],
            "no pooler is known",
        ),
    ];
    for (files, variables, said) in cases {
        let sandbox = sandbox(files);
        let (stdout, stderr) = ends(&sandbox, variables, &["profile", "show", "p"], 10);
        assert_eq!(stdout, "");
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    let both = [("VECOPS_PROFILE", "local"), ("VECOPS_DB_URL", "postgres://h/d")];
    ends(&Sandbox::new(), &both, &["profile", "show"], 10);
    let config = ["profile", "list", "--config", "gone.toml"];
    ends(&Sandbox::new(), &[], &config, 10);
}

#[test]
fn a_password_that_cannot_be_had_ends_with_10_when_it_is_needed() {
    let manifest = "[profiles.unset]\nurl = 'postgres://127.0.0.1:1/d'\npassword_env = 'NOT_SET'\n\
        [profiles.broken]\nurl = 'postgres://127.0.0.1:1/d'\npassword_command = 'echo hunter2; exit 3'\n";
    let sandbox = sandbox(&[("vecops.toml", manifest)]);
    for (profile, said) in [("unset", "`NOT_SET`"), ("broken", "`password_command`")] {
        ends(&sandbox, &[], &["profile", "show", profile], 0);
        let search = ["search", "t", "--like", "1", "--profile", profile];
        let (_, stderr) = ends(&sandbox, &[], &search, 10);
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn the_embedded_profile_without_its_server_is_a_missing_precondition() {
    let (_, stderr) = ends(&Sandbox::new(), &[], &["profile", "check"], 12);
    assert!(stderr.contains("vecops embedded start"), "{stderr}");
}

#[test]
fn the_page_on_profiles_names_every_variable_and_key() {
    let page = include_str!("../../../docs/profiles.md");
    let keys = [
        "url",
        "url_env",
        "project_ref",
        "pooler_url",
        "user",
        "database",
        "password_env",
        "password_command",
        "password_from",
        "endpoint",
        "env_file",
        "protected",
        "tls",
        "tls_ca",
        "role",
    ];
    // The list is the program's: it names the keys that it knows when it meets another one.
    let sandbox = sandbox(&[("vecops.toml", "[profiles.p]\nulr = 'x'\n")]);
    let (_, stderr) = ends(&sandbox, &[], &["profile", "show", "p"], 10);
    let known = stderr
        .split("expected one of ")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_else(|| panic!("{stderr}"));
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    assert_eq!(known, keys, "{stderr}");

    let variables = vecops::connection::VARIABLES;
    let names = variables.iter().map(|variable| variable.name).chain(keys);
    let missing: Vec<_> = names
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .collect();
    assert!(missing.is_empty(), "docs/profiles.md has no row for {missing:?}");
}
