//! What a standard role of a person, a group or an app is limited to.
//!
//! Invariant: the last target is not taken away, since a role without any is limited to nothing; that is asked for by its own call, and only
//! of apps.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    apps,
    caller::Caller,
    edge::Address,
    groups,
    paging::{Asked, Beyond},
    roles::{self, client, roles_of, unknown},
    users,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        change::Change,
        log::{Event, Party},
        reach::Target,
        resource_name,
        role::{AdminRole, Assignee, TargetKind},
        role_target::{self, Named, PER_ROLE_MAX, RoleTarget},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new()
        .on("listGroupTargetsForRole", groups_of_user)
        .on("assignGroupTargetToUserRole", add_group_to_user)
        .on("unassignGroupTargetFromUserAdminRole", remove_group_from_user)
        .on("listApplicationTargetsForApplicationAdministratorRoleForUser", apps_of_user)
        .on("assignAllAppsAsTargetToRoleForUser", all_apps_for_user)
        .on("assignAppTargetToAdminRoleForUser", add_apps_to_user)
        .on("unassignAppTargetFromAppAdminRoleForUser", remove_apps_from_user)
        .on("assignAppInstanceTargetToAppAdminRoleForUser", add_app_to_user)
        .on("unassignAppInstanceTargetFromAdminRoleForUser", remove_app_from_user)
        .on("getRoleTargetsByUserIdAndRoleId", all_of_user)
        .on("listGroupTargetsForGroupRole", groups_of_group)
        .on("assignGroupTargetToGroupAdminRole", add_group_to_group)
        .on("unassignGroupTargetFromGroupAdminRole", remove_group_from_group)
        .on("listApplicationTargetsForApplicationAdministratorRoleForGroup", apps_of_group)
        .on("assignAppTargetToAdminRoleForGroup", add_apps_to_group_and_say_so)
        .on("unassignAppTargetToAdminRoleForGroup", remove_apps_from_group)
        .on("assignAppInstanceTargetToAppAdminRoleForGroup", add_app_to_group)
        .on("unassignAppInstanceTargetToAppAdminRoleForGroup", remove_app_from_group)
        .on("listGroupTargetRoleForClient", groups_of_client)
        .on("assignGroupTargetRoleForClient", add_group_to_client)
        .on("removeGroupTargetRoleFromClient", remove_group_from_client)
        .on("listAppTargetRoleToClient", apps_of_client)
        .on("assignAppTargetRoleToClient", add_apps_to_client)
        .on("removeAppTargetRoleFromClient", remove_apps_from_client)
        .on("assignAppTargetInstanceRoleForClient", add_app_to_client)
        .on("removeAppTargetInstanceRoleForClient", remove_app_from_client)
}

/// Whose role a path names.
#[derive(Clone, Copy)]
enum Holder {
    User,
    Group,
    Client,
}

/// The role that a path names, and how the log names whose it is.
async fn found(conn: &mut Conn, caller: &Caller, holder: Holder, name: &str, id: &str) -> Answer<(AdminRole, Party)> {
    let (assignee, party) = match holder {
        Holder::User => {
            let user = users::find(conn, caller, name).await?;
            (Assignee::User(user.id.clone()), Party::user(&user))
        }
        Holder::Group => {
            let group = groups::find(conn, name).await?;
            (Assignee::Group(group.id.clone()), Party::group(&group))
        }
        Holder::Client => {
            let app = client(conn, name).await?;
            (Assignee::Client(app.id.clone()), Party::app(&app))
        }
    };
    let roles = roles_of(conn, &assignee).await?;
    let role = roles.into_iter().find(|role| role.id.as_str() == id && role.assignee == assignee);
    Ok((role.ok_or_else(|| unknown(id))?, party))
}

fn must_take(role: &AdminRole, kind: TargetKind) -> Answer<()> {
    if role.kind.targets() == Some(kind) {
        return Ok(());
    }
    let what = if kind == TargetKind::Groups { "Groups" } else { "Apps" };
    Err(Fault::invalid("role", [format!("{what} cannot be targets of the role {}.", role.kind.as_str())]))
}

fn event(role: &AdminRole) -> Event {
    // A changed target is a changed grant.
    Event::new(match role.assignee {
        Assignee::User(_) => "user.account.privilege.grant",
        Assignee::Group(_) => "group.privilege.grant",
        Assignee::Client(_) => "app.oauth2.client.privilege.grant",
    })
    .debug("privilegeGranted", role.kind.label())
}

async fn add(org: &Org, caller: &Caller, holder: Holder, (name, id): (&str, &str), named: Named) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let (role, party) = found(&mut change, caller, holder, name, id).await?;
    let kind = if matches!(named, Named::Group(_)) { TargetKind::Groups } else { TargetKind::Apps };
    must_take(&role, kind)?;
    must_exist(&mut change, &named).await?;
    if !role.targets.iter().any(|target| target.named == named) {
        if role.targets.len() >= PER_ROLE_MAX {
            return Err(Fault::new(&codes::E0000093));
        }
        role_target::add(&mut change, &org.world, &role, &named).await?;
        change.record(event(&role).target(party));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn must_exist(change: &mut Change, named: &Named) -> Answer<()> {
    match named {
        Named::Group(id) => {
            groups::find(change, id).await?;
        }
        Named::App(name, id) => {
            let app = apps::find(change, id).await?;
            if app.name != *name {
                return Err(Fault::not_found(id, "AppInstance"));
            }
        }
        Named::Apps(name) => {
            let found = App::count_named(change, name).await?;
            if found == 0 {
                return Err(Fault::not_found(name, "AppMeta"));
            }
        }
    }
    Ok(())
}

async fn remove(
    org: &Org,
    caller: &Caller,
    holder: Holder,
    (name, id): (&str, &str),
    named: Named,
) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let (role, party) = found(&mut change, caller, holder, name, id).await?;
    let target = role.targets.iter().find(|target| target.named == named);
    let target = target.ok_or_else(|| {
        let (Named::Group(id) | Named::Apps(id) | Named::App(_, id)) = &named;
        Fault::not_found(id, "RoleAssignment")
    })?;
    if role.targets.len() == 1 {
        let cause = "The last target of a role assignment cannot be removed.".to_owned();
        return Err(Fault::invalid("target", [cause]));
    }
    role_target::remove(&mut change, &target.id).await?;
    change.record(event(&role).target(party));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The targets of a role that `fits` takes, behind the cursor, which is a target's id; and how many are shown.
fn page<'a>(role: &'a AdminRole, asked: &Asked, fits: fn(&RoleTarget) -> bool) -> Answer<(Vec<&'a RoleTarget>, i64)> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.get("after").unwrap_or_default();
    let found = role.targets.iter().filter(|target| fits(target) && target.id.as_str() > after);
    Ok((found.collect(), limit))
}

/// Whether what is shown already is a page, and the sign that there is another one.
fn is_full(shown: &[(String, Value)], limit: i64) -> bool {
    i64::try_from(shown.len()).is_ok_and(|count| count > limit)
}

async fn list_groups(
    org: &Org,
    caller: &Caller,
    asked: &Asked,
    holder: Holder,
    (name, id): (&str, &str),
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let (role, _) = found(&mut reader, caller, holder, name, id).await?;
    must_take(&role, TargetKind::Groups)?;
    let (targets, limit) = page(&role, asked, |target| matches!(target.named, Named::Group(_)))?;
    let mut shown = Vec::new();
    for target in targets {
        if is_full(&shown, limit) {
            break;
        }
        // A group that is gone limits the role still, and is not shown.
        if let Named::Group(group) = &target.named
            && let Ok(group) = groups::find(&mut reader, group).await
        {
            shown.push((target.id.clone(), groups::body(&asked.address, &group)));
        }
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn list_apps(
    org: &Org,
    caller: &Caller,
    asked: &Asked,
    holder: Holder,
    (name, id): (&str, &str),
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let (role, _) = found(&mut reader, caller, holder, name, id).await?;
    must_take(&role, TargetKind::Apps)?;
    let (targets, limit) = page(&role, asked, |target| !matches!(target.named, Named::Group(_)))?;
    let mut shown = Vec::new();
    for target in targets {
        if is_full(&shown, limit) {
            break;
        }
        let body = match &target.named {
            Named::App(_, app) => apps::find(&mut reader, app).await.ok().map(|app| app_body(&asked.address, &app)),
            Named::Apps(name) => Some(family_body(name)),
            Named::Group(_) => None,
        };
        shown.extend(body.map(|body| (target.id.clone(), body)));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

/// The targets of a role, as `expand` of a list of roles asks for them: `targets/groups`, `targets/catalog/apps`.
pub async fn embedded(conn: &mut Conn, address: &Address, role: &AdminRole, expand: &str) -> Answer<Option<Value>> {
    let asks = |what: &str| expand.split(',').any(|asked| asked.trim() == what);
    let mut shown = Vec::new();
    for target in &role.targets {
        shown.extend(match &target.named {
            Named::Group(id) if asks("targets/groups") => {
                groups::find(conn, id).await.ok().map(|group| groups::body(address, &group))
            }
            Named::App(_, id) if asks("targets/catalog/apps") => {
                apps::find(conn, id).await.ok().map(|app| app_body(address, &app))
            }
            Named::Apps(name) if asks("targets/catalog/apps") => Some(family_body(name)),
            _ => None,
        });
    }
    Ok(match role.kind.targets() {
        Some(TargetKind::Groups) if asks("targets/groups") => Some(json!({ "groups": shown })),
        Some(TargetKind::Apps) if asks("targets/catalog/apps") => Some(json!({ "catalog": { "apps": shown } })),
        _ => None,
    })
}

/// Every app of one name.
fn family_body(name: &str) -> Value {
    json!({ "name": name, "displayName": name, "status": "ACTIVE" })
}

fn app_body(address: &Address, app: &App) -> Value {
    json!({
        "id": app.id.as_str(),
        "name": app.name,
        "displayName": app.label,
        "status": if app.active { "ACTIVE" } else { "INACTIVE" },
        "lastUpdated": app.last_updated.to_rfc3339_ms(),
        "signOnModes": [app.sign_on_mode.as_str()],
        "_links": { "self": { "href": address.link(&format!("/api/v1/apps/{}", app.id)) } },
    })
}

/// `GET /users/{id}/roles/{role}/targets`: of all assignments of one kind, by themselves or through groups.
async fn all_of_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.get("after").unwrap_or_default();
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    let roles = roles::roles_of(&mut reader, &Assignee::User(user.id)).await?;
    let role = roles.iter().find(|role| role.id.as_str() == id || role.kind.as_str() == id);
    let kind = role.ok_or_else(|| unknown(&id))?.kind;
    let mut shown = Vec::new();
    for role in roles.iter().filter(|role| role.kind == kind) {
        let by = if matches!(role.assignee, Assignee::Group(_)) { "GROUP" } else { "USER" };
        if asked.get("assignmentType").is_some_and(|wanted| wanted != by) {
            continue;
        }
        for target in role.targets.iter().filter(|target| target.id.as_str() > after) {
            let reached = target.reached().into_iter().next().unwrap_or(Target::Apps);
            let link = asked.address.link(&resource_name::path(&reached));
            let body = json!({
                "assignmentType": by,
                "orn": resource_name::of(org.id.as_str(), &reached),
                "_links": { "self": { "href": link } },
            });
            shown.push((target.id.clone(), body));
        }
    }
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    shown.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

/// `PUT /users/{id}/roles/{role}/targets/catalog/apps`: limited to no apps any more.
async fn all_apps_for_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Response> {
    let mut change = caller.begin(&org).await?;
    let (role, party) = found(&mut change, &caller, Holder::User, &name, &id).await?;
    must_take(&role, TargetKind::Apps)?;
    role_target::remove_all(&mut change, &role).await?;
    change.record(event(&role).target(party));
    change.commit().await?;
    Ok(users::lifecycle::nothing())
}

/// Okta answers 200 here, where all other targets get 204.
async fn add_apps_to_group_and_say_so(
    org: State<Org>,
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Answer<Response> {
    add_apps_to_group(org, caller, path).await?;
    Ok(users::lifecycle::nothing())
}

/// The same calls for people, groups and apps.
macro_rules! of_holder {
    ($holder:ident $groups:ident $apps:ident $add_group:ident $remove_group:ident $add_apps:ident $remove_apps:ident $add_app:ident $remove_app:ident) => {
        async fn $groups(
            State(org): State<Org>,
            caller: Caller,
            asked: Asked,
            Path((name, id)): Path<(String, String)>,
        ) -> Answer<Response> {
            list_groups(&org, &caller, &asked, Holder::$holder, (&name, &id)).await
        }

        async fn $apps(
            State(org): State<Org>,
            caller: Caller,
            asked: Asked,
            Path((name, id)): Path<(String, String)>,
        ) -> Answer<Response> {
            list_apps(&org, &caller, &asked, Holder::$holder, (&name, &id)).await
        }

        of_holder!(@one $holder $add_group add Group);
        of_holder!(@one $holder $remove_group remove Group);
        of_holder!(@one $holder $add_apps add Apps);
        of_holder!(@one $holder $remove_apps remove Apps);
        of_holder!(@two $holder $add_app add);
        of_holder!(@two $holder $remove_app remove);
    };
    (@one $holder:ident $name:ident $act:ident $named:ident) => {
        async fn $name(
            State(org): State<Org>,
            caller: Caller,
            Path((name, id, target)): Path<(String, String, String)>,
        ) -> Answer<StatusCode> {
            $act(&org, &caller, Holder::$holder, (&name, &id), Named::$named(target)).await
        }
    };
    (@two $holder:ident $name:ident $act:ident) => {
        async fn $name(
            State(org): State<Org>,
            caller: Caller,
            Path((name, id, app_name, app)): Path<(String, String, String, String)>,
        ) -> Answer<StatusCode> {
            $act(&org, &caller, Holder::$holder, (&name, &id), Named::App(app_name, app)).await
        }
    };
}

of_holder!(User groups_of_user apps_of_user add_group_to_user remove_group_from_user add_apps_to_user remove_apps_from_user add_app_to_user remove_app_from_user);
of_holder!(Group groups_of_group apps_of_group add_group_to_group remove_group_from_group add_apps_to_group remove_apps_from_group add_app_to_group remove_app_from_group);
of_holder!(Client groups_of_client apps_of_client add_group_to_client remove_group_from_client add_apps_to_client remove_apps_from_client add_app_to_client remove_app_from_client);
