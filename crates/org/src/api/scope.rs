//! Whether the objects that a path names are within what a caller may reach.
//!
//! The first object is what the operation is about and must be within its reach; the others are told of and must be within what the caller
//! may read. Who may do something nowhere in particular (lists, new things) is limited by the handler where [`SCOPED`] says so, and is
//! refused otherwise. Invariant: who reaches everything is asked nothing of the database.

use db::Conn;

use super::caller::Caller;
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app,
        reach::{Object, Reach},
        user,
    },
    operations::{Operation, Right},
};

/// Operations on nothing in particular whose handlers limit what they show or make to what the caller reaches.
const SCOPED: [&str; 6] =
    ["listUsers", "createUser", "listGroups", "listApplications", "createApplication", "listClients"];

/// An object as a path names it.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub object: Object,
    /// A client id instead of an app's.
    by_client_id: bool,
    pub name: String,
}

#[derive(Debug)]
pub enum Outcome {
    Within,
    /// The caller may know of it, and may not do this.
    Beyond,
    /// The caller may not even know of it.
    Unseen(Fault),
}

/// The people, groups and apps in a path.
pub fn objects(template: &str, path: &str) -> Vec<Named> {
    let mut before = "";
    let mut found = Vec::new();
    for (wanted, given) in template.split('/').zip(path.split('/')) {
        let object = match (before, wanted) {
            _ if !wanted.starts_with('{') => None,
            ("users", _) | (_, "{primaryUserId}") => Some((Object::Person, false)),
            ("groups", _) => Some((Object::Group, false)),
            ("apps", _) => Some((Object::App, false)),
            ("clients", _) => Some((Object::App, true)),
            _ => None,
        };
        if let Some((object, by_client_id)) = object {
            found.push(Named { object, by_client_id, name: decoded(given) });
        }
        before = wanted;
    }
    found
}

/// A segment of a path, as the router hands it to handlers.
fn decoded(segment: &str) -> String {
    let escaped = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(escaped.as_bytes());
    pairs.next().map_or_else(|| segment.to_owned(), |(_, value)| value.into_owned())
}

fn readable(caller: &Caller, object: Object) -> Reach {
    caller.reach(match object {
        Object::Person => Right::READ_USERS,
        Object::Group => Right::READ_GROUPS,
        Object::App => Right::READ_APPS,
    })
}

/// What can be said without asking the database. `None`: it must be asked.
pub fn decide(operation: &Operation, caller: &Caller, reach: &Reach, objects: &[Named]) -> Option<Outcome> {
    let mut others = objects.iter().skip(1).filter(|named| !named.by_client_id);
    let others_are_open = others.all(|named| readable(caller, named.object).whole);
    match (reach.whole, objects.is_empty()) {
        (true, _) if others_are_open => Some(Outcome::Within),
        (false, true) if !SCOPED.contains(&operation.id) || reach.is_nothing() => Some(Outcome::Beyond),
        (false, true) => Some(Outcome::Within),
        _ => None,
    }
}

/// Asks the database where the objects are.
pub async fn judge(org: &Org, caller: &Caller, reach: &Reach, objects: &[Named]) -> Answer<Outcome> {
    let mut reader = org.db.read().await?;
    for (position, named) in objects.iter().enumerate() {
        if position > 0 && named.by_client_id {
            continue;
        }
        let unseen = || Outcome::Unseen(Fault::not_found(&named.name, kind(named)));
        let Some(id) = id_of(&mut reader, caller, named).await? else { return Ok(unseen()) };
        if position == 0 && reach.includes(&mut reader, named.object, &id).await? {
            continue;
        }
        let seen = readable(caller, named.object).includes(&mut reader, named.object, &id).await?;
        match (seen, position) {
            (true, 0) => return Ok(Outcome::Beyond),
            (true, _) => {}
            (false, _) => return Ok(unseen()),
        }
    }
    Ok(Outcome::Within)
}

fn kind(named: &Named) -> &'static str {
    match named.object {
        Object::Person => "User",
        Object::Group => "UserGroup",
        Object::App if named.by_client_id => "PublicClientApp",
        Object::App => "AppInstance",
    }
}

async fn id_of(conn: &mut Conn, caller: &Caller, named: &Named) -> Answer<Option<String>> {
    Ok(match named.object {
        Object::Person if named.name == "me" => Some(caller.user.id.to_string()),
        Object::Person => user::find(conn, &named.name).await?.map(|user| user.id.to_string()),
        Object::App if named.by_client_id => app::by_client_id(conn, &named.name).await?.map(|app| app.id.to_string()),
        Object::Group | Object::App => Some(named.name.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_of_a_path_are_found_in_their_order() {
        let found = |template, path| {
            let objects = objects(template, path);
            objects.into_iter().map(|named| (named.object, named.name)).collect::<Vec<_>>()
        };
        assert_eq!(
            found("/api/v1/groups/{groupId}/users/{userId}", "/api/v1/groups/00g1/users/a%40b"),
            [(Object::Group, "00g1".to_owned()), (Object::Person, "a@b".to_owned())]
        );
        assert_eq!(found("/api/v1/groups/rules/{groupRuleId}", "/api/v1/groups/rules/0pr1"), []);
        assert_eq!(found("/oauth2/v1/clients/{clientId}", "/oauth2/v1/clients/x"), [(Object::App, "x".to_owned())]);
        assert_eq!(
            found("/api/v1/users/{u}/linkedObjects/{r}/{primaryUserId}", "/api/v1/users/me/linkedObjects/boss/00u1"),
            [(Object::Person, "me".to_owned()), (Object::Person, "00u1".to_owned())]
        );
    }
}
