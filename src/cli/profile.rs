//! `vecops profile`: which databases there are, where each value came from, whether they can be reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use crate::connection::doctor::{self, CheckReport, Finding, Level, Reach, WayReport};
use crate::connection::{Choice, Configuration, ProfileEntry, Scope, Setting, TrustReport, trust};
use crate::error::{Error, Outcome, Result};
use crate::render::style::Role;
use crate::render::{Page, Report, Table, units};

/// List, show and check connection profiles, and trust a certificate authority
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// List the profiles, declared and built in
    #[command(after_help = "Examples:\n  vecops profile list\n  vecops profile list --json")]
    List,
    /// Show each resolved value of a profile and where it came from; secrets are masked
    #[command(
        after_help = "Examples:\n  vecops profile show\n  vecops profile show production\n  \
        vecops profile show --db-url 'postgresql://postgres@db.example.org/postgres'"
    )]
    Show(Which),
    /// Try each step of the connection and say what is wrong and what to type next
    ///
    /// Ends with 0 where all is well, 3 where it connected but something is wrong, 11 where it could not connect.
    #[command(after_help = "Examples:\n  vecops profile check\n  vecops profile check production --json")]
    Check(Which),
    /// Trust Supabase's certificate authority, or with --any one of your own for a profile
    ///
    /// The certificate comes from the project's dashboard: Database settings, SSL configuration. It is checked
    /// against the fingerprints of Supabase's two roots and kept in the configuration folder.
    #[command(after_help = "Examples:\n  vecops profile trust prod-ca-2021.crt\n  \
        vecops profile trust company-ca.pem --any --profile warehouse")]
    Trust(TrustArgs),
}

#[derive(Debug, Args)]
struct Which {
    /// The profile; the same as --profile
    #[arg(value_name = "NAME", conflicts_with_all = ["profile", "db_url"])]
    name: Option<String>,
}

#[derive(Debug, Args)]
struct TrustArgs {
    /// The certificates, as PEM
    file: PathBuf,

    /// Trust a certificate authority that is not Supabase's, for the profile of --profile only
    #[arg(long, requires = "profile")]
    any: bool,
}

impl ProfileArgs {
    /// The profile that an argument names, which is the same as `--profile`.
    pub(super) fn profile(&self) -> Option<&str> {
        match &self.command {
            ProfileCommand::Show(which) | ProfileCommand::Check(which) => which.name.as_deref(),
            ProfileCommand::List | ProfileCommand::Trust(_) => None,
        }
    }
}

/// Runs the subcommand.
pub(super) async fn run(context: &Context, args: ProfileArgs) -> Result<Outcome> {
    match args.command {
        ProfileCommand::List => list(context).await,
        ProfileCommand::Show(_) => show(context).await,
        ProfileCommand::Check(_) => {
            let connector = context.connector().await?;
            context.finish(&doctor::check(connector, context.progress()).await?)
        }
        ProfileCommand::Trust(args) => run_trust(context, &args),
    }
}

async fn list(context: &Context) -> Result<Outcome> {
    let configuration = Configuration::read(context.manifest()?, context.environment())?;
    let embedded = context.embedded_address().await?;
    let selection = context.selection();
    let profiles = configuration.list(&selection, embedded.as_ref())?;
    let chosen_url = match configuration.choose(&selection)? {
        Choice::Url(url) => Some(url.source.to_string()),
        Choice::Profile(_) => None,
    };
    context.finish(&ListReport {
        chosen_url,
        manifest: context.manifest()?.map(|manifest| manifest.path.clone()),
        profiles,
    })
}

async fn show(context: &Context) -> Result<Outcome> {
    let target = context.connector().await?.target();
    let tls = target
        .addresses()
        .iter()
        .filter_map(|address| address.tls.warning.clone());
    context.finish(&ShowReport {
        name: target.name(),
        chosen_by: target.chosen_by.to_string(),
        settings: target.settings(),
        warnings: target.warnings.iter().cloned().chain(tls).collect(),
    })
}

fn run_trust(context: &Context, args: &TrustArgs) -> Result<Outcome> {
    let environment = context.environment();
    let scope = match (args.any, context.selection().profile) {
        (true, Some(profile)) => {
            // The name becomes part of a file's, and a misspelt one would trust for nobody.
            Configuration::read(context.manifest()?, environment)?.expect_known(&profile)?;
            Scope::Profile(profile)
        }
        (true, None) => return Err(Error::usage("`--any` needs the profile's name: `--profile NAME`")),
        (false, _) => Scope::Supabase,
    };
    let file = environment.working_folder.join(&args.file);
    context.finish(&trust(&environment.config_folder, &file, scope)?)
}

/// The profiles.
#[derive(Serialize)]
struct ListReport {
    /// The file that declares them.
    manifest: Option<PathBuf>,
    /// Where the URL comes from that commands use instead of a profile; none where they use a profile.
    chosen_url: Option<String>,
    /// In order of their names.
    profiles: Vec<ProfileEntry>,
}

impl Report for ListReport {
    const KIND: &'static str = "profile-list";

    fn human(&self, page: &mut Page) {
        let mut table = Table::new()
            .text("")
            .text("profile")
            .text("database")
            .text("protected")
            .text("declared");
        for profile in &self.profiles {
            let address = match (&profile.address, &profile.problem) {
                (Some(address), _) => address.as_str(),
                (None, problem) => problem.as_deref().unwrap_or_default(),
            };
            table.row([
                if profile.chosen { "*" } else { " " },
                &profile.name,
                address,
                if profile.protected { "yes" } else { "no" },
                &profile.source.to_string(),
            ]);
        }
        page.table(&table);
        if let Some(source) = &self.chosen_url {
            page.line(format!(
                "Without `--profile`, commands use the URL from {source}."
            ));
        }
    }
}

/// One profile, resolved.
#[derive(Serialize)]
struct ShowReport {
    /// The profile, or that it is a URL.
    name: String,
    /// What chose it.
    chosen_by: String,
    /// Each value with its origin; secrets are masked.
    settings: Vec<Setting>,
    /// What is worth knowing.
    warnings: Vec<String>,
}

impl Report for ShowReport {
    const KIND: &'static str = "profile-show";

    fn human(&self, page: &mut Page) {
        page.heading(&format!("{} (chosen by {})", self.name, self.chosen_by));
        settings(page, &self.settings);
        for warning in &self.warnings {
            page.styled(Role::Warning, &format!("warning: {warning}"));
        }
    }
}

fn settings(page: &mut Page, settings: &[Setting]) {
    let mut table = Table::new().text("setting").text("value").text("from");
    for setting in settings {
        let source = setting
            .source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        table.row([&setting.name, &setting.value, &source]);
    }
    page.table(&table);
}

impl Report for CheckReport {
    const KIND: &'static str = "profile-check";

    fn human(&self, page: &mut Page) {
        page.heading("Ways to the database");
        for way in &self.ways {
            self::way(page, way);
        }
        page.blank();
        page.heading("Server");
        server(page, self);
        page.blank();
        limits(page, &self.server.limits);
        page.blank();
        page.heading("Findings");
        if self.findings.is_empty() {
            page.styled(Role::Good, "nothing to complain about");
        }
        for finding in &self.findings {
            self::finding(page, finding);
        }
    }

    fn outcome(&self) -> Outcome {
        CheckReport::outcome(self)
    }
}

fn way(page: &mut Page, way: &WayReport) {
    page.line(format!("{} {}:{}", way.endpoint.name(), way.host, way.port));
    if let Some(reach) = &way.reach {
        page.field("  addresses", addresses(reach));
        let took = units::duration(Duration::from_secs_f64(reach.seconds));
        let reached = match &reach.failure {
            Some(failure) => failure.to_string(),
            None => format!("answered in {took}"),
        };
        page.field("  tcp", reached);
    }
    if let Some(tls) = &way.tls {
        let seen = match (&tls.protocol, &tls.verdict) {
            _ if !tls.offered => "not offered by the server".to_owned(),
            (Some(protocol), Some(verdict)) => format!("{protocol}, {}", verdict.describe()),
            _ => tls.error.clone().unwrap_or_default(),
        };
        page.field("  tls", format!("{seen}; commands use `{}`", way.tls_mode.name()));
        for certificate in &tls.chain {
            let known = certificate
                .supabase_root_until
                .map_or("", |_| " (Supabase's root)");
            page.field("  certificate", format!("{}{known}", certificate.sha256));
        }
    }
    let login = match (&way.login.error, way.login.seconds) {
        (Some(error), Some(_)) => error.clone(),
        (None, Some(seconds)) => format!("worked, {}", units::duration(Duration::from_secs_f64(seconds))),
        (_, None) => "not tried".to_owned(),
    };
    page.field("  login", login);
}

fn addresses(reach: &Reach) -> String {
    let join = |addresses: &[std::net::IpAddr]| {
        let shown: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        if shown.is_empty() {
            "none".to_owned()
        } else {
            shown.join(", ")
        }
    };
    format!("IPv4 {}; IPv6 {}", join(&reach.ipv4), join(&reach.ipv6))
}

fn server(page: &mut Page, report: &CheckReport) {
    let server = &report.server;
    page.field("PostgreSQL", &server.identity.version);
    let vector = &server.vector;
    page.field(
        "pgvector",
        match (&vector.version, &vector.schema, &vector.available) {
            (Some(version), Some(schema), _) => format!("{version} in schema `{schema}`"),
            (_, _, Some(available)) => format!("not installed; {available} is available"),
            _ => "not available".to_owned(),
        },
    );
    let role = &server.role;
    page.field("role", format!("{}{}", role.user, powers(role)));
    if !role.member_of.is_empty() {
        page.field("member of", role.member_of.join(", "));
    }
    page.field(
        "Supabase",
        if role.supabase_roles {
            "yes: its roles are there"
        } else {
            "no"
        },
    );
    let state = match (
        server.identity.in_recovery,
        server.identity.default_transaction_read_only,
    ) {
        (true, _) => "read-only replica",
        (false, true) => "read-only mode",
        (false, false) => "read and write",
    };
    page.field("state", state);
    let connections = server.connections;
    page.field(
        "connections",
        format!(
            "{} of {} used, {} reserved, {} left",
            connections.used, connections.most, connections.reserved, connections.left
        ),
    );
}

fn limits(page: &mut Page, limits: &[doctor::Limit]) {
    let mut table = Table::new().text("time limit").number("value").text("set by");
    for limit in limits {
        let value = limit.milliseconds.map_or_else(
            || "none".to_owned(),
            |milliseconds| units::duration(Duration::from_secs_f64(milliseconds / 1000.0)),
        );
        table.row([&limit.name, &value, &limit.source]);
    }
    page.table(&table);
}

fn powers(role: &doctor::Role) -> String {
    let powers = [
        (role.superuser, "superuser"),
        (role.bypass_rls, "bypasses row-level security"),
        (role.create_schema, "creates schemas"),
        (role.create_database, "creates databases"),
        (role.create_role, "creates roles"),
        (role.replication, "replicates"),
        (role.set_replication_role, "sets session_replication_role"),
    ];
    let held: Vec<_> = powers
        .iter()
        .filter(|(held, _)| *held)
        .map(|(_, name)| *name)
        .collect();
    if held.is_empty() {
        String::new()
    } else {
        format!(": {}", held.join(", "))
    }
}

fn finding(page: &mut Page, finding: &Finding) {
    let (role, label) = match finding.level {
        Level::Error => (Role::Error, "error"),
        Level::Warning => (Role::Warning, "warning"),
        Level::Note => (Role::Dim, "note"),
    };
    let label = page.paint(role, label);
    page.line(format!("{label}: {}", finding.message));
    if let Some(next) = &finding.next {
        page.line(format!("  {next}"));
    }
}

impl Report for TrustReport {
    const KIND: &'static str = "profile-trust";

    fn human(&self, page: &mut Page) {
        let scope = match &self.scope {
            Scope::Supabase => "every Supabase host".to_owned(),
            Scope::Profile(name) => format!("profile `{name}`"),
        };
        for certificate in &self.certificates {
            let root = certificate
                .supabase_root_until
                .map_or_else(String::new, |until| format!(" (Supabase's root until {until})"));
            page.line(format!("trusted for {scope}: {}{root}", certificate.sha256));
        }
        page.field("kept in", self.path.display().to_string());
    }
}
