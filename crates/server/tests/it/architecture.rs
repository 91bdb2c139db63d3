//! The arrows between our crates: this list is the architecture, and an edge that is not on it is refused.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

const GROUND_FLOOR: [&str; 4] = ["db", "vault", "net", "world"];

fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let ground = GROUND_FLOOR;
    let with = |more: &[&'static str]| ground.iter().chain(more).copied().collect::<BTreeSet<_>>();
    BTreeMap::from([
        ("world", BTreeSet::new()),
        ("vault", BTreeSet::from(["world"])),
        ("db", BTreeSet::from(["vault", "world"])),
        ("net", BTreeSet::from(["vault", "world"])),
        ("domain", with(&[])),
        ("store", with(&["domain"])),
        ("source", with(&["domain"])),
        ("results", with(&["domain"])),
        ("export", with(&["domain"])),
        ("okta", with(&["domain"])),
        ("org", with(&[])),
        ("portal", with(&["domain", "store", "source", "results", "export", "okta"])),
        ("server", with(&["domain", "portal", "org"])),
        ("xtask", BTreeSet::new()),
    ])
}

#[test]
fn no_crate_depends_on_one_that_the_architecture_does_not_let_it() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let allowed = allowed();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        // The test kits may depend on anything; nothing but tests depends on them.
        if package.name.starts_with("testkit") {
            continue;
        }
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            wrong.push(format!("{} has no place in the architecture", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let is_ours = ours.contains(&dependency.name);
            let for_tests = dependency.kind == DependencyKind::Development;
            if is_ours
                && !allowed.contains(dependency.name.as_str())
                && !(for_tests && dependency.name.starts_with("testkit"))
            {
                wrong.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the architecture does not have: {wrong:#?}");
}

#[test]
fn the_domain_does_no_io() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let domain = metadata.packages.iter().find(|package| package.name == "domain").unwrap();
    for refused in ["tokio", "reqwest", "axum", "sqlx", "futures", "rusqlite"] {
        assert!(!domain.dependencies.iter().any(|dependency| dependency.name == refused), "domain -> {refused}");
    }
}
