//! How what lies around, files and variables stand to each other.

use super::*;

#[test]
fn relative_paths_start_at_the_manifest() {
    let tree = Tree::new()
        .file(
            "vecops.toml",
            "[profiles.p]\nurl_env = 'U'\nenv_file = 'secrets/p.env'\n",
        )
        .file("secrets/p.env", "U=postgres://from-file/d\n")
        .file("deep/er/x", "");
    let mut tree = tree;
    tree.environment.working_folder = tree.folder.path().join("deep/er");
    assert_eq!(host(&tree.profile("p").unwrap()), "from-file");
    fs_err::remove_file(Path::new(tree.folder.path()).join("secrets/p.env")).unwrap();
    assert_eq!(tree.profile("p").unwrap_err().kind(), Kind::Configuration);
}

#[test]
fn what_is_missing_is_said_with_the_command_to_type() {
    let tree = Tree::new().file("vecops.toml", "[profiles.p]\n[profiles.q]\nurl_env = 'NOT_SET'\n");
    for profile in ["p", "q", "linked", "unheard-of"] {
        let error = tree.profile(profile).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration, "{profile}");
        assert!(!error.hints().is_empty(), "{profile}");
    }
}

#[test]
fn the_environment_chooses_before_a_file_does() {
    let tree = Tree::new()
        .file(
            "vecops.toml",
            "[profiles.a]\nurl = 'postgres://from-a/d'\n[profiles.b]\nurl = 'postgres://from-b/d'\n",
        )
        .file(".env", "VECOPS_DB_URL=postgres://from-dotenv/d\n");
    assert_eq!(host(&tree.target()), "from-dotenv");
    assert_eq!(
        host(&tree.variable("VECOPS_PROFILE", "b").target()),
        "from-b",
        "equals in one layer are an error, and a file is no equal"
    );
}

#[test]
fn a_profiles_own_files_are_stronger_than_its_table_and_applications_urls_are_not() {
    let manifest = format!(
        "[profiles.own]\nurl = 'postgres://from-toml/d'\n[profiles.app]\nurl = 'postgres://from-toml/d'\n\
         [profiles.file]\nurl = 'postgres://from-toml/d'\nenv_file = 'f.env'\n\
         [profiles.ref]\nproject_ref = '{PROJECT}'\n[profiles.bad]\n"
    );
    let tree = Tree::new()
        .file("vecops.toml", &manifest)
        .file(".env.own", "SUPABASE_DB_URL=postgres://from-own-file/d\n")
        .file(".env.app", "DATABASE_URL=postgres://from-application/d\n")
        .file("f.env", "SUPABASE_DB_URL=postgres://from-env-file/d\n")
        .file(".env.file", "SUPABASE_DB_URL=postgres://from-dotenv-profile/d\n")
        .file(".env.ref", &format!("SUPABASE_PROJECT_ID={OTHER}\n"))
        .file(".env.bad", "SUPABASE_PROJECT_ID=x.evil.example\n")
        .file(".env", "SUPABASE_DB_URL=postgres://from-dotenv/d\n");
    assert_eq!(host(&tree.profile("own").unwrap()), "from-own-file");
    assert_eq!(host(&tree.profile("app").unwrap()), "from-toml");
    assert_eq!(host(&tree.profile("file").unwrap()), "from-env-file");
    assert_eq!(
        host(&tree.profile("ref").unwrap()),
        format!("db.{OTHER}.supabase.co")
    );
    assert_eq!(tree.profile("bad").unwrap_err().kind(), Kind::Configuration);
}

#[test]
fn embedded_and_local_stay_what_they_are() {
    let elsewhere = "SUPABASE_DB_URL=postgres://u:p@elsewhere/d\nDATABASE_URL=postgres://u:p@elsewhere/d\n\
        SUPABASE_DB_PASSWORD=of-the-hosted-project\nSUPABASE_PROJECT_ID=zyxwvutsrqponmlkjihg\n";
    let tree = Tree::new()
        .file(".env.embedded", elsewhere)
        .file(".env.local", elsewhere);
    let embedded = tree.profile("embedded").unwrap();
    assert_eq!(embedded.addresses().first().unwrap().port.value, 5555);
    assert_eq!(password(&embedded).1, "embedded");
    let local = tree.profile("local").unwrap();
    assert_eq!(host(&local), "127.0.0.1");
    assert_eq!(password(&local).1, "postgres");
    let tree = tree
        .file("vecops.toml", "[profiles.local]\npassword_env = 'L'\n")
        .file(
            ".env.local",
            "L=of-local\nDATABASE_URL=postgres://u@localhost:1234/d\n",
        );
    let local = tree.profile("local").unwrap();
    assert_eq!(
        (host(&local), password(&local).1.as_str()),
        ("localhost", "of-local")
    );
}

#[test]
fn linked_says_when_a_url_takes_it_to_another_project() {
    let url = |project: &str| format!("postgres://postgres@db.{project}.supabase.co/postgres");
    let warnings = |project: &str| {
        let tree = Tree::new().linked().variable("SUPABASE_DB_URL", &url(project));
        tree.profile("linked").unwrap().warnings.concat()
    };
    assert_eq!(warnings(PROJECT), "");
    let said = warnings(OTHER);
    assert!(
        said.contains(OTHER) && said.contains(PROJECT) && said.contains("$SUPABASE_DB_URL"),
        "{said}"
    );
}

#[test]
fn the_linked_project_is_found_in_either_of_the_files() {
    let linked = Tree::new().file(
        "supabase/.temp/linked-project.json",
        &format!("{{\"ref\":\"{PROJECT}\",\"name\":\"x\"}}"),
    );
    let target = linked.target();
    assert_eq!(host(&target), format!("db.{PROJECT}.supabase.co"));
    let source = target.project_ref.unwrap().source.to_string();
    assert!(source.ends_with("linked-project.json"), "{source}");
}

#[test]
fn a_plain_server_on_a_poolers_port_can_be_called_direct() {
    let manifest = "[profiles.a]\nurl = 'postgres://db.example.org:6543/d'\nendpoint = 'direct'\n\
        [profiles.b]\nurl = 'postgres://localhost:6543/d'\nendpoint = 'direct'\n";
    let tree = Tree::new().file("vecops.toml", manifest);
    let kind = |name| tree.profile(name).unwrap().addresses().first().unwrap().kind;
    assert_eq!((kind("a"), kind("b")), (EndpointKind::Plain, EndpointKind::Local));
}

#[test]
fn a_ca_in_an_env_file_is_found_beside_it() {
    let tree = Tree::new()
        .file(
            "vecops.toml",
            "[profiles.p]\nurl = 'postgres://db.example.org/d'\nenv_file = 'secrets/p.env'\n",
        )
        .file("secrets/p.env", "PGSSLROOTCERT=ca.pem\n")
        .file("secrets/ca.pem", "x");
    let target = tree.profile("p").unwrap();
    let ca = target.addresses().first().unwrap().tls.ca.clone().unwrap();
    assert!(ca.value.ends_with("secrets/ca.pem") && ca.source.to_string().contains("p.env"));
}

#[test]
fn the_supabase_clis_env_files_are_read_in_its_order_for_its_own_profiles() {
    let password_of = |tree: &Tree, profile: &str| password(&tree.profile(profile).unwrap()).1;
    let line = |value: &str| format!("SUPABASE_DB_PASSWORD={value}\n");
    let tree = Tree::new()
        .linked()
        .file("vecops.toml", &format!("[profiles.p]\nproject_ref = '{OTHER}'\n"))
        .file(".env", &line("of-the-root"))
        .file("supabase/.env", &line("of-supabase"));
    assert_eq!(password_of(&tree, "linked"), "of-supabase");
    assert_eq!(
        password_of(&tree, "p"),
        "of-the-root",
        "a declared profile is not the Supabase CLI's"
    );
    let tree = tree.file("supabase/.env.development", &line("of-development"));
    assert_eq!(password_of(&tree, "linked"), "of-development");
    let tree = tree
        .file("supabase/.env.local", &line("of-local"))
        .file("supabase/.env.test", &line("of-test"));
    assert_eq!(password_of(&tree, "linked"), "of-local");
    let test = tree.variable("SUPABASE_ENV", "test");
    assert_eq!(
        password_of(&test, "linked"),
        "of-test",
        "`.env.local` is not for tests"
    );
    let tree = test.file("supabase/.env.test.local", &line("of-test-local"));
    assert_eq!(password_of(&tree, "linked"), "of-test-local");
    let tree = tree.file(".env.linked", &line("of-the-profile"));
    assert_eq!(password_of(&tree, "linked"), "of-the-profile");
    assert_eq!(
        password_of(&tree.variable("SUPABASE_DB_PASSWORD", "of-the-shell"), "linked"),
        "of-the-shell"
    );
}

#[test]
fn a_supabase_env_file_can_name_the_project_and_no_other_database() {
    let tree = Tree::new().file("supabase/config.toml", "").file(
        "supabase/.env",
        &format!("SUPABASE_PROJECT_ID={PROJECT}\nDATABASE_URL=postgres://of-an-application/d\n"),
    );
    let target = tree.target();
    assert_eq!(target.profile.as_ref().unwrap().value, "linked");
    assert_eq!(host(&target), format!("db.{PROJECT}.supabase.co"));
}

#[test]
fn the_local_port_may_stand_in_a_variable() {
    let port = |tree: &Tree| {
        let target = tree.profile("local");
        target.map(|target| target.addresses().first().unwrap().port.value)
    };
    let tree = Tree::new().file("supabase/config.toml", "[db]\nport = \"env(DB_PORT)\"\n");
    let error = port(&tree).unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration);
    assert!(error.message().contains("`DB_PORT`"), "{error}");
    let tree = tree.file("supabase/.env", "DB_PORT=54400\n");
    assert_eq!(port(&tree).unwrap(), 54400);
    assert_eq!(port(&tree.variable("DB_PORT", "54500")).unwrap(), 54500);
    for wrong in ["port = \"54400\"", "port = 99999", "port = true"] {
        let tree = Tree::new().file("supabase/config.toml", &format!("[db]\n{wrong}\n"));
        assert_eq!(port(&tree).unwrap_err().kind(), Kind::Configuration, "{wrong}");
    }
}
