//! What may not lead a profile elsewhere, and whose word is stronger where two speak.

use super::endpoint::EndpointKind;
use super::resolve_tests::{OTHER, PROJECT, Tree, host, password};
use crate::error::Kind;

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
