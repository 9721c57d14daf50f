//! Which target a set of flags, variables and files means: the precedence of docs/profiles.md as tests.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::endpoint::{EndpointKind, Need};
use super::environment::Environment;
use super::resolve::{Configuration, EmbeddedAddress, Selection};
use super::target::Target;
use crate::error::{Kind, Result};
use crate::manifest::ManifestFile;

const PROJECT: &str = "abcdefghijklmnopqrst";
const OTHER: &str = "zyxwvutsrqponmlkjihg";

/// A working tree in a temporary folder.
struct Tree {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Tree {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment {
            working_folder: folder.path().to_owned(),
            home: Some(folder.path().join("home")),
            config_folder: folder.path().join("config"),
            ..Environment::default()
        };
        Self { folder, environment }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment
            .variables
            .insert(name.to_owned(), value.to_owned());
        self
    }

    fn linked(self) -> Self {
        self.file("supabase/.temp/project-ref", PROJECT).file(
            "supabase/.temp/pooler-url",
            &format!(
                "postgresql://postgres.{PROJECT}:[YOUR-PASSWORD]@aws-1-eu-west-1.pooler.supabase.com:6543/postgres"
            ),
        )
    }

    fn select(&self, selection: &Selection) -> Result<Target> {
        let manifest = ManifestFile::find(self.folder.path())?;
        let configuration = Configuration::read(manifest.as_ref(), &self.environment)?;
        let choice = configuration.choose(selection)?;
        let embedded = EmbeddedAddress {
            host: "127.0.0.1".to_owned(),
            port: 5555,
            user: "postgres".to_owned(),
            password: SecretString::from("embedded"),
            database: "postgres".to_owned(),
        };
        configuration.resolve(&choice, choice.is_embedded().then_some(&embedded))
    }

    fn target(&self) -> Target {
        self.select(&Selection::default()).unwrap()
    }

    fn profile(&self, name: &str) -> Result<Target> {
        self.select(&Selection {
            profile: Some(name.to_owned()),
            db_url: None,
        })
    }
}

fn host(target: &Target) -> &str {
    &target.addresses().first().unwrap().host.value
}

fn password(target: &Target) -> (Option<String>, String) {
    let address = target.addresses().first().unwrap();
    let source = target.password.source(address).map(|source| source.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let password = runtime.block_on(target.password.for_address(address)).unwrap();
    (source, password.expose_secret().to_owned())
}

#[test]
fn without_a_word_it_is_what_lies_around_and_embedded_last() {
    assert_eq!(Tree::new().target().profile.unwrap().value, "embedded");
    let local = Tree::new()
        .file("supabase/config.toml", "[db]\nport = 55555\n")
        .target();
    assert_eq!(local.profile.as_ref().unwrap().value, "local");
    assert_eq!(local.addresses().first().unwrap().port.value, 55555);
    let linked = Tree::new().linked().file("supabase/config.toml", "").target();
    assert_eq!(linked.profile.unwrap().value, "linked");
    let url = Tree::new()
        .linked()
        .variable("DATABASE_URL", "postgres://a/b")
        .target();
    assert_eq!((host(&url), url.profile.is_none()), ("a", true));
    let supabase = Tree::new()
        .variable("DATABASE_URL", "postgres://a/b")
        .variable("SUPABASE_DB_URL", "postgres://c/b");
    assert_eq!(host(&supabase.target()), "c");
}

#[test]
fn the_stronger_word_wins() {
    let tree = Tree::new()
        .file("vecops.toml", "default_profile = 'a'\n[profiles.a]\nurl = 'postgres://from-a/d'\n[profiles.b]\nurl = 'postgres://from-b/d'\n")
        .file(".env", "DATABASE_URL=postgres://from-dotenv/d\n")
        .variable("DATABASE_URL", "postgres://from-environment/d");
    assert_eq!(
        host(&tree.target()),
        "from-a",
        "a default profile is not redirected"
    );
    let tree = tree.variable("VECOPS_PROFILE", "b");
    assert_eq!(host(&tree.target()), "from-b");
    assert_eq!(host(&tree.profile("a").unwrap()), "from-a");
    let by_flag = Selection {
        profile: None,
        db_url: Some(SecretString::from("postgres://from-flag/d")),
    };
    assert_eq!(host(&tree.select(&by_flag).unwrap()), "from-flag");
    let tree = tree.variable("VECOPS_DB_URL", "postgres://x/d");
    assert_eq!(
        tree.select(&Selection::default()).unwrap_err().kind(),
        Kind::Configuration
    );
}

#[test]
fn a_url_for_another_database_redirects_no_profile() {
    let manifest = "[profiles.p]\nproject_ref = 'abcdefghijklmnopqrst'\n[profiles.own]\n[profiles.by-env]\nurl_env = 'MY_URL'\n";
    let tree = Tree::new()
        .file("vecops.toml", manifest)
        .file(".env.own", "DATABASE_URL=postgres://own/d\n")
        .file(".env", "MY_URL=postgres://from-dotenv/d\n")
        .variable("SUPABASE_DB_URL", "postgres://elsewhere/d")
        .variable("DATABASE_URL", "postgres://elsewhere/d")
        .variable("PGHOST", "elsewhere")
        .variable("PGUSER", "stranger")
        .variable("PGDATABASE", "elsewhere");
    let project = tree.profile("p").unwrap();
    assert_eq!(host(&project), format!("db.{PROJECT}.supabase.co"));
    assert_eq!(project.addresses().first().unwrap().user.value, "postgres");
    assert_eq!(host(&tree.profile("local").unwrap()), "127.0.0.1");
    assert_eq!(host(&tree.profile("own").unwrap()), "own");
    assert_eq!(host(&tree.profile("by-env").unwrap()), "from-dotenv");
    assert_eq!(
        host(&tree.profile("linked").unwrap()),
        "elsewhere",
        "SUPABASE_DB_URL is the linked project's"
    );
    let tree = tree.variable("MY_URL", "postgres://from-environment/d");
    assert_eq!(host(&tree.profile("by-env").unwrap()), "from-environment");
}

#[test]
fn a_linked_project_has_the_direct_host_and_the_saved_session_pooler() {
    let target = Tree::new().linked().target();
    let ways: Vec<_> = target
        .addresses()
        .iter()
        .map(|way| (way.kind, way.place()))
        .collect();
    assert_eq!(
        ways,
        [
            (EndpointKind::Direct, format!("db.{PROJECT}.supabase.co:5432")),
            (
                EndpointKind::SessionPooler,
                "aws-1-eu-west-1.pooler.supabase.com:5432".to_owned()
            ),
        ]
    );
    assert_eq!(
        target.addresses().get(1).unwrap().user.value,
        format!("postgres.{PROJECT}")
    );
    assert_eq!(target.addresses_for(Need::Direct).unwrap().len(), 1);
    let planted = [
        format!("postgresql://postgres.{PROJECT}@pooler.supabase.com.evil.example:5432/postgres"),
        format!("postgresql://postgres.{OTHER}@aws-1-eu-west-1.pooler.supabase.com:5432/postgres"),
    ];
    for url in planted {
        let tree = Tree::new().linked().file("supabase/.temp/pooler-url", &url);
        let target = tree.target();
        assert_eq!((target.addresses().len(), target.warnings.len()), (1, 1), "{url}");
    }
}

#[test]
fn another_project_does_not_get_the_linked_ones_pooler() {
    let tree = Tree::new().linked().variable("SUPABASE_PROJECT_ID", OTHER);
    assert_eq!(tree.profile("linked").unwrap().addresses().len(), 1);
}

#[test]
fn endpoints_can_be_chosen_and_a_missing_pooler_is_said() {
    let manifest =
        |endpoint: &str| format!("[profiles.p]\nproject_ref = '{PROJECT}'\nendpoint = '{endpoint}'\n");
    let kinds = |endpoint: &str| {
        let tree = Tree::new().linked().file("vecops.toml", &manifest(endpoint));
        let target = tree.profile("p").unwrap();
        target.addresses().iter().map(|way| way.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds("direct"), [EndpointKind::Direct]);
    assert_eq!(kinds("session"), [EndpointKind::SessionPooler]);
    assert_eq!(kinds("transaction"), [EndpointKind::TransactionPooler]);
    let error = Tree::new()
        .file("vecops.toml", &manifest("session"))
        .profile("p")
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration);
}

#[test]
fn what_a_pooler_cannot_do_is_refused_with_the_address_that_can() {
    let url =
        format!("postgres://postgres.{PROJECT}:hunter2@aws-0-eu-west-1.pooler.supabase.com:6543/postgres");
    let target = Tree::new().variable("DATABASE_URL", &url).target();
    assert!(target.addresses_for(Need::Any).is_ok());
    let error = target.addresses_for(Need::Session).unwrap_err();
    assert_eq!(error.kind(), Kind::Precondition);
    let hint = error.hints().concat();
    assert!(
        hint.contains("aws-0-eu-west-1.pooler.supabase.com:5432/postgres"),
        "{hint}"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn passwords_come_in_their_order() {
    let manifest = format!(
        "[profiles.a]\nproject_ref = '{PROJECT}'\n[profiles.b]\nproject_ref = '{PROJECT}'\npassword_env = 'B_PASSWORD'\n\
         [profiles.c]\nproject_ref = '{PROJECT}'\npassword_command = 'printf secret-of-c'\n\
         [profiles.d]\nproject_ref = '{PROJECT}'\npassword_from = 'access_token'\n"
    );
    let tree = Tree::new()
        .file("vecops.toml", &manifest)
        .file(".env.a", "SUPABASE_DB_PASSWORD=of-a\n")
        .file(".env", "SUPABASE_ACCESS_TOKEN=sbp_token\nB_PASSWORD=of-b\n");
    let found = |tree: &Tree, profile: &str| password(&tree.profile(profile).unwrap()).1;
    assert_eq!(found(&tree, "a"), "of-a");
    assert_eq!(found(&tree, "b"), "of-b");
    assert_eq!(found(&tree, "c"), "secret-of-c");
    assert_eq!(found(&tree, "d"), "sbp_token");
    let tree = tree.variable("SUPABASE_DB_PASSWORD", "of-environment");
    assert_eq!(found(&tree, "a"), "of-environment");
    assert_eq!(
        found(&tree, "b"),
        "of-b",
        "a profile that names its variable takes no other"
    );
    assert_eq!(found(&tree, "c"), "of-environment");
    assert_eq!(found(&tree, "d"), "sbp_token");
}

#[test]
fn a_project_without_a_password_asks_the_password_file() {
    let line = format!("db.{PROJECT}.supabase.co:5432:*:postgres:of-file\n");
    let tree = Tree::new().linked().file("home/.pgpass", &line);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = tree.folder.path().join("home/.pgpass");
        let open = tree.target();
        assert!(
            open.warnings.iter().any(|warning| warning.contains("0600")),
            "{:?}",
            open.warnings
        );
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (source, found) = password(&tree.target());
    assert_eq!(found, "of-file");
    assert!(source.unwrap().ends_with(".pgpass"));
}

#[test]
fn through_the_pooler_an_access_token_asks_for_its_own_login() {
    let manifest = format!("[profiles.d]\nproject_ref = '{PROJECT}'\npassword_from = 'access_token'\n");
    let tree = Tree::new()
        .linked()
        .file("vecops.toml", &manifest)
        .file("home/.supabase/access-token", "sbp_saved\n");
    let target = tree.profile("d").unwrap();
    assert_eq!(password(&target).1, "sbp_saved");
    let options: Vec<_> = target.addresses().iter().map(|way| way.options.len()).collect();
    assert_eq!(options, [0, 1]);
}

#[test]
fn no_view_of_a_target_shows_a_secret() {
    let tree = Tree::new()
        .variable(
            "DATABASE_URL",
            "postgres://u:hunter2@127.0.0.1/d?options=-c%20work_mem%3D1MB",
        )
        .variable("SUPABASE_DB_PASSWORD", "hunter2")
        .variable("PGPASSWORD", "hunter2");
    let target = tree.target();
    let settings = serde_json::to_string(&target.settings()).unwrap();
    let everything = format!(
        "{target:?}{settings}{}{:?}{:?}",
        target.line(),
        target.summary(),
        tree.environment
    );
    assert!(!everything.contains("hunter2"));
    assert!(settings.contains("the URL from $DATABASE_URL"), "{settings}");
    assert_eq!(password(&target).1, "hunter2");
}

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
