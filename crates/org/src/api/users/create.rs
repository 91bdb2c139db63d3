//! Creating a person.

use axum::{extract::State, response::Response};
use db::Conn;
use serde_json::{Map, Value};
use vault::Secret;

use super::{
    imported::{NewPassword, new_password},
    shown,
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        group_rules,
        paging::Asked,
        user_body::Omitted,
    },
    error::{Answer, Fault, codes},
    mail,
    model::{
        change::Change,
        group::{self, Group, GroupType},
        id::{GroupId, UserId},
        link::{self, Purpose},
        log::{Event, Party},
        profile::Profile,
        reach::{Object, Target},
        schema::{self, Schema},
        unique,
        user::{self, NewUser, Provider, Status},
    },
    operations::{Right, permissions::Ask},
    signin::password_policy::{self, PasswordPolicy},
};

const GROUPS_MAX: usize = 20;
const ANSWER_LEN_MIN: usize = 4;
const QUESTION_LEN_MAX: usize = 100;

pub async fn create(State(org): State<Org>, caller: Caller, asked: Asked, body: Body) -> Answer<Response> {
    let body = body.object()?;
    let (new, schema) = prepare(&org, &asked, &body).await?;
    let mut change = caller.begin(&org).await?;
    let groups = wanted_groups(&mut change, &caller, &body).await?;
    refuse_taken_login(&mut change, new.profile.login(), None).await?;
    refuse_taken_values(&mut change, &schema, &new.profile, None).await?;
    let user = user::create(&mut change, &org.world, &new).await.map_err(Fault::taken("login"))?;
    let now = change.now;
    group::add_to_everyone(&mut change, &user.id, now).await?;
    change.record(Event::new("user.lifecycle.create").target(Party::user(&user)));
    if !matches!(user.status, Status::Staged) {
        change.record(Event::new("user.lifecycle.activate").target(Party::user(&user)));
    }
    for group in &groups {
        join(&mut change, group, &user).await?;
    }
    group_rules::reconsider(&mut change, &user.id).await?;
    if user.status == Status::Provisioned {
        let token = link::create(&mut change, &org.vault, &org.world, &user.id, Purpose::Welcome).await?;
        mail::send_link(&mut change, &org, &user, Purpose::Welcome, &token).await?;
    }
    let response = shown(&mut change, &caller, &asked.address, &user, Omitted::default()).await?;
    change.commit().await?;
    Ok(response)
}

/// Puts somebody into a group and says so.
pub async fn join(change: &mut Change, group: &Group, user: &user::User) -> Answer<()> {
    let now = change.now;
    if group::add_member(change, &group.id, &user.id, now).await? {
        change.record(Event::new("group.user_membership.add").target(Party::user(user)).target(Party::group(group)));
    }
    Ok(())
}

/// Everything that can be decided before the transaction begins, the slow hashing above all.
async fn prepare(org: &Org, asked: &Asked, body: &Map<String, Value>) -> Answer<(NewUser, Schema)> {
    let activate = asked.flag("activate", true);
    let mut reader = org.db.read().await?;
    let type_id = match body.child("type")?.map(|kind| kind.text("id")).transpose()?.flatten() {
        Some(id) => user::type_by_id(&mut reader, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "CVDType"))?.id,
        None => user::default_type(&mut reader).await?.id,
    };
    let schema = schema::of_type(&mut reader, &type_id).await?;
    let profile = Profile::from_json(body.child("profile")?.cloned().unwrap_or_default());
    let profile = schema.with_defaults(profile);
    let empty = Map::new();
    let credentials = body.child("credentials")?.unwrap_or(&empty);
    let password = new_password(credentials)?;
    let change_at_login = asked.get("nextLogin") == Some("changePassword");
    if change_at_login && password.is_none() {
        return Err(Fault::new(&codes::E0000124));
    }
    if change_at_login && !activate {
        return Err(Fault::new(&codes::E0000125));
    }
    refuse_invalid(schema.check(&profile))?;
    let mut provider = given_provider(credentials, asked.flag("provider", false))?;
    if !provider.is_local() && password.is_some() {
        return Err(Fault::field(
            "password",
            "A password cannot be set for a user whose credentials another provider keeps",
        ));
    }
    if let Some(NewPassword::Own(password)) = &password {
        let groups: Vec<GroupId> =
            body.texts("groupIds")?.unwrap_or_default().into_iter().take(GROUPS_MAX).map(GroupId::from).collect();
        refuse_weak(&password_policy::of_newcomer(&mut reader, &groups).await?, &profile, password)?;
    }
    drop(reader);
    if password.as_ref().is_some_and(|password| !matches!(password, NewPassword::Own(_))) {
        provider = Provider::import();
    }
    let password_hash = match &password {
        Some(password) => Some(password.kept(org).await?),
        None => None,
    };
    let recovery = match given_recovery(credentials)? {
        Some((question, answer)) => Some((question, org.passwords.hash(&answer).await?)),
        None => None,
    };
    let status = match (activate, change_at_login, password_hash.is_some() || !provider.is_local()) {
        (false, ..) => Status::Staged,
        (true, _, false) => Status::Provisioned,
        (true, true, true) => Status::PasswordExpired,
        (true, false, true) => Status::Active,
    };
    Ok((NewUser { type_id, status, profile, password_hash, provider, recovery }, schema))
}

/// E0000001 with these causes, when there are any; the summary names the first field, or the person where a cause names none.
pub fn refuse_invalid(causes: Vec<String>) -> Answer<()> {
    let Some(first) = causes.first() else { return Ok(()) };
    let field = first.split_once(':').map_or("newUser", |(field, _)| field).to_owned();
    Err(Fault::invalid(&field, causes))
}

/// A password of a body, where it has one.
pub fn given_password(credentials: &Map<String, Value>) -> Answer<Option<Secret>> {
    let Some(password) = credentials.child("password")? else { return Ok(None) };
    if password.contains_key("hash") || password.contains_key("hook") {
        return Err(Fault::field("password", "A hash or hook can only be given when a user is created or updated"));
    }
    Ok(password.text("value")?.map(Secret::new))
}

/// The question and its answer, normalised as it is compared.
pub fn given_recovery(credentials: &Map<String, Value>) -> Answer<Option<(String, Secret)>> {
    let Some(recovery) = credentials.child("recovery_question")? else { return Ok(None) };
    let (question, answer) =
        (recovery.text("question")?.unwrap_or_default(), recovery.text("answer")?.unwrap_or_default());
    if question.trim().is_empty() || question.chars().count() > QUESTION_LEN_MAX {
        return Err(Fault::field(
            "recovery_question",
            &format!("The question must be between 1 and {QUESTION_LEN_MAX} characters"),
        ));
    }
    if answer.trim().chars().count() < ANSWER_LEN_MIN {
        return Err(Fault::field(
            "recovery_question",
            &format!("The security question answer must be at least {ANSWER_LEN_MIN} characters in length"),
        ));
    }
    Ok(Some((question.to_owned(), normalised_answer(answer))))
}

/// An answer counts without regard to case and to blanks around it.
pub fn normalised_answer(answer: &str) -> Secret {
    Secret::new(crate::model::fold(answer.trim()))
}

fn given_provider(credentials: &Map<String, Value>, with_provider: bool) -> Answer<Provider> {
    let Some(provider) = credentials.child("provider")? else {
        return if with_provider {
            Err(Fault::field("provider", "The provider must be given"))
        } else {
            Ok(Provider::okta())
        };
    };
    let (kind, name) = (provider.text("type")?.unwrap_or_default(), provider.text("name")?.unwrap_or_default());
    match kind {
        "OKTA" => Ok(Provider::okta()),
        "FEDERATION" | "SOCIAL" if with_provider && !name.is_empty() => {
            Ok(Provider { kind: kind.to_owned(), name: name.to_owned() })
        }
        "FEDERATION" | "SOCIAL" => {
            Err(Fault::field("provider", "Type and name of the provider must be given, with provider=true"))
        }
        _ => Err(Fault::field("provider", "The provider type is not supported")),
    }
}

/// E0000001 when the policy refuses a password.
pub fn refuse_weak(policy: &PasswordPolicy, profile: &Profile, password: &Secret) -> Answer<()> {
    let faults = password_policy::check(policy, profile, password);
    match faults.first() {
        None => Ok(()),
        Some(_) => Err(Fault::invalid("password", faults.iter().map(|fault| format!("password: {fault}")).take(1))),
    }
}

/// E0000001 when somebody else has this login.
pub async fn refuse_taken_login(conn: &mut Conn, login: &str, own: Option<&UserId>) -> Answer<()> {
    match user::by_login(conn, login).await? {
        Some(other) if Some(&other.id) != own => {
            Err(Fault::field("login", "An object with this field already exists in the current organization"))
        }
        _ => Ok(()),
    }
}

/// E0000001 for every value that only one person may have and somebody else has.
pub async fn refuse_taken_values(
    conn: &mut Conn,
    schema: &Schema,
    profile: &Profile,
    own: Option<&UserId>,
) -> Answer<()> {
    let mut causes = Vec::new();
    for attribute in schema.custom.iter().filter(|attribute| attribute.is_unique()) {
        let Some(value) = profile.value(&attribute.name) else { continue };
        if unique::is_taken(conn, schema, &attribute.name, value, own).await? {
            causes.push(format!("{}: {}", attribute.name, crate::error::TAKEN));
        }
    }
    refuse_invalid(causes)
}

async fn wanted_groups(change: &mut Change, caller: &Caller, body: &Map<String, Value>) -> Answer<Vec<Group>> {
    let ids = body.texts("groupIds")?.unwrap_or_default();
    if ids.len() > GROUPS_MAX {
        return Err(Fault::new(&codes::E0000093).with_cause("The number of group targets is too large"));
    }
    let creates = caller.reach(Ask { right: Right::MANAGE_USERS, operation: Some("createUser") });
    let joins = caller.reach(Right::MANAGE_MEMBERS);
    // Who may make people of some groups alone makes them in one of these.
    if !creates.includes_all(&Target::People) && !ids.iter().any(|id| creates.includes_members_of(id)) {
        return Err(Fault::forbidden());
    }
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        if !creates.includes_members_of(&id) && !joins.includes(change, Object::Group, &id).await? {
            return Err(Fault::forbidden());
        }
        let group = group::by_id(change, &id.as_str().into()).await?.filter(|group| group.kind == GroupType::OktaGroup);
        let group = group.ok_or_else(|| {
            Fault::field("groupIds", &format!("{id} is not the id of a group that users can be put into"))
        })?;
        caller.must_outrank_group(change, &group).await?;
        groups.push(group);
    }
    Ok(groups)
}
