//! Resource names: `orn:okta:directory:{org}:groups:{id}`, and the addresses of the API that mean the same.
//!
//! Invariant: a name that is read is one of this org's, and the address that it is shown under leads to it.

use super::reach::Target;

/// Kinds of things beside people, groups and apps: service and words of the name, and where they are in the API.
const KINDS: [(&str, &str, &str); 7] = [
    ("idp", "authorization_servers", "/api/v1/authorizationServers"),
    ("idp", "identity_providers", "/api/v1/idps"),
    ("idp", "policies", "/api/v1/policies"),
    ("idp", "customizations", "/api/v1/brands"),
    ("directory", "devices", "/api/v1/devices"),
    ("directory", "realms", "/api/v1/realms"),
    ("iam", "contained_resources", "/api/v1/iam"),
];

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The name of a target.
pub fn of(org: &str, target: &Target) -> String {
    match target {
        Target::People => format!("orn:okta:directory:{org}:users"),
        Target::Person(id) => format!("orn:okta:directory:{org}:users:{id}"),
        Target::Groups => format!("orn:okta:directory:{org}:groups"),
        Target::Group(id) => format!("orn:okta:directory:{org}:groups:{id}"),
        Target::MembersOf(id) => format!("orn:okta:directory:{org}:groups:{id}:contained_resources"),
        Target::Apps => format!("orn:okta:idp:{org}:apps"),
        Target::AppsNamed(name) => format!("orn:okta:idp:{org}:apps:{name}"),
        Target::App(id) => format!("orn:okta:idp:{org}:apps:{id}"),
        Target::Kind(words) | Target::Other(words) => {
            let (service, rest) = words.split_once(':').unwrap_or((words, ""));
            format!("orn:okta:{service}:{org}:{rest}")
        }
    }
}

/// Reads a name. `None`: it is none, or another org's.
pub fn parse(org: &str, name: &str) -> Option<Target> {
    let mut words = name.split(':');
    if words.next() != Some("orn") || words.next() != Some("okta") {
        return None;
    }
    let service = words.next()?;
    if words.next() != Some(org) {
        return None;
    }
    let rest: Vec<&str> = words.collect();
    if !rest.iter().all(|word| is_id(word)) {
        return None;
    }
    let owned = |text: &str| text.to_owned();
    Some(match (service, &rest[..]) {
        ("directory", ["users"]) => Target::People,
        ("directory", ["users", id]) => Target::Person(owned(id)),
        ("directory", ["groups"]) => Target::Groups,
        ("directory", ["groups", id]) => Target::Group(owned(id)),
        ("directory", ["groups", id, "contained_resources"]) => Target::MembersOf(owned(id)),
        ("idp", ["apps"]) => Target::Apps,
        ("idp", ["apps", one]) if one.len() == 20 && one.starts_with("0oa") => Target::App(owned(one)),
        ("idp", ["apps", name]) => Target::AppsNamed(owned(name)),
        ("idp", ["apps", _, id]) => Target::App(owned(id)),
        (service, [kind]) if KINDS.iter().any(|(known, words, _)| (*known, *words) == (service, *kind)) => {
            Target::Kind(format!("{service}:{kind}"))
        }
        (service, [kind, id]) if KINDS.iter().any(|(known, words, _)| (*known, *words) == (service, *kind)) => {
            Target::Other(format!("{service}:{kind}:{id}"))
        }
        _ => return None,
    })
}

/// Reads a path of the API, with its query.
pub fn parse_path(path: &str) -> Option<Target> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let rest: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
    if !rest.iter().all(|word| is_id(word)) {
        return None;
    }
    let owned = |text: &str| text.to_owned();
    Some(match &rest[..] {
        ["users"] => Target::People,
        ["users", id] => Target::Person(owned(id)),
        ["groups"] => Target::Groups,
        ["groups", id] => Target::Group(owned(id)),
        ["groups", id, "users"] => Target::MembersOf(owned(id)),
        ["apps"] if query.is_empty() => Target::Apps,
        ["apps"] => {
            let (_, filter) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "filter")?;
            let name = filter.strip_prefix("name eq ")?.trim_matches('"');
            Target::AppsNamed(is_id(name).then(|| owned(name))?)
        }
        ["apps", id] => Target::App(owned(id)),
        _ => {
            let found = KINDS.iter().find_map(|(service, words, place)| {
                let rest = path.strip_prefix(place)?;
                match rest.strip_prefix('/') {
                    None if rest.is_empty() => Some(Target::Kind(format!("{service}:{words}"))),
                    Some(id) if is_id(id) => Some(Target::Other(format!("{service}:{words}:{id}"))),
                    _ => None,
                }
            });
            return found;
        }
    })
}

/// Where a target is in the API.
pub fn path(target: &Target) -> String {
    match target {
        Target::People => "/api/v1/users".to_owned(),
        Target::Person(id) => format!("/api/v1/users/{id}"),
        Target::Groups => "/api/v1/groups".to_owned(),
        Target::Group(id) => format!("/api/v1/groups/{id}"),
        Target::MembersOf(id) => format!("/api/v1/groups/{id}/users"),
        Target::Apps => "/api/v1/apps".to_owned(),
        Target::AppsNamed(name) => format!("/api/v1/apps?filter=name+eq+%22{name}%22"),
        Target::App(id) => format!("/api/v1/apps/{id}"),
        Target::Kind(words) | Target::Other(words) => {
            let parts: Vec<&str> = words.split(':').collect();
            let known = KINDS.iter().find(|(service, words, _)| parts.starts_with(&[service, words]));
            let place = known.map_or("/api/v1", |(_, _, place)| place);
            parts.get(2).map_or(place.to_owned(), |id| format!("{place}/{id}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_an_address_mean_the_same_target() {
        let org = "00oOrg";
        for (name, path) in [
            ("directory:00oOrg:users", "/api/v1/users"),
            ("directory:00oOrg:users:00u1", "/api/v1/users/00u1"),
            ("directory:00oOrg:groups", "/api/v1/groups"),
            ("directory:00oOrg:groups:00g1", "/api/v1/groups/00g1"),
            ("directory:00oOrg:groups:00g1:contained_resources", "/api/v1/groups/00g1/users"),
            ("idp:00oOrg:apps", "/api/v1/apps"),
            ("idp:00oOrg:apps:0oa11111111111111111", "/api/v1/apps/0oa11111111111111111"),
            ("idp:00oOrg:apps:oidc_client", "/api/v1/apps?filter=name+eq+%22oidc_client%22"),
            ("idp:00oOrg:authorization_servers", "/api/v1/authorizationServers"),
            ("idp:00oOrg:authorization_servers:aus1", "/api/v1/authorizationServers/aus1"),
        ] {
            let name = format!("orn:okta:{name}");
            let target = parse(org, &name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(parse_path(path).as_ref(), Some(&target), "{path}");
            assert_eq!((of(org, &target), super::path(&target)), (name, path.to_owned()));
        }
        for wrong in
            ["", "orn:okta:directory:00oOther:users", "orn:okta:directory:00oOrg:users:a/b", "orn:okta:x:00oOrg:y"]
        {
            assert_eq!(parse(org, wrong), None, "{wrong}");
        }
        for wrong in ["/api/v1/zones", "/api/v1/apps?filter=label+eq+%22x%22", "/admin", "/api/v1/groups/00g1/apps"] {
            assert_eq!(parse_path(wrong), None, "{wrong}");
        }
    }
}
