//! Inline hooks: records of services that are asked in the middle of something, and a way to ask one now.
//!
//! Invariant: a hook's secret comes back in no answer; an address it was not given for does not get it.

mod execute;

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Map, Value, json};
use vault::Secret;
use world::{Instant, World};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    hook_endpoint,
    paging::Asked,
    resource::{self, Act, Events, Resource},
};
use crate::{
    Org, Result,
    error::{Answer, Fault},
    model::{
        hook_key,
        id::UserId,
        inline_hook::{self, InlineHook, InlineHookContent},
        log::{Event, Party},
        resource as rows,
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 255;
/// Hooks of an org.
const HOOKS_MAX: i64 = 100;
const VERSION: &str = "1.0.0";
const SECRET_POST: &str = "client_secret_post";
const KEY_JWT: &str = "private_key_jwt";

pub fn operations() -> Routes {
    Routes::new()
        .on("listInlineHooks", list)
        .on("createInlineHook", resource::create::<InlineHook>)
        .on("getInlineHook", resource::get::<InlineHook>)
        .on("replaceInlineHook", resource::replace::<InlineHook>)
        .on("updateInlineHook", update)
        .on("deleteInlineHook", resource::delete::<InlineHook>)
        .on("activateInlineHook", resource::activate::<InlineHook>)
        .on("deactivateInlineHook", resource::deactivate::<InlineHook>)
        .on("executeInlineHook", execute::execute)
}

impl Resource for InlineHook {
    type Content = InlineHookContent;

    const KIND: &'static str = "InlineHook";
    const PATH: &'static str = "/api/v1/inlineHooks";
    const EVENTS: Events = Events {
        created: Some("inline_hook.created"),
        updated: Some("inline_hook.updated"),
        deleted: Some("inline_hook.deleted"),
        activated: Some("inline_hook.activated"),
        deactivated: Some("inline_hook.deactivated"),
    };

    fn content(given: &Map<String, Value>) -> Answer<InlineHookContent> {
        content(given)
    }

    fn body(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "name": self.name,
            "type": self.kind,
            "version": self.version,
            "channel": self.channel,
            "created": self.created.to_rfc3339_ms(),
            "lastUpdated": self.last_updated.to_rfc3339_ms(),
        })
    }

    fn links(&self, address: &Address, links: &mut Map<String, Value>) {
        let path = format!("{}/{}", Self::PATH, self.id);
        if self.active {
            links.insert("execute".to_owned(), resource::link(address, &format!("{path}/execute"), &["POST"]));
        } else {
            links.insert("delete".to_owned(), resource::link(address, &path, &["DELETE"]));
        }
    }

    async fn insert(conn: &mut Conn, world: &World, content: &InlineHookContent, _: &UserId) -> Result<String> {
        Ok(inline_hook::create(conn, world, content).await?.to_string())
    }

    async fn update(&self, conn: &mut Conn, content: &InlineHookContent, _: &UserId, now: Instant) -> Result<()> {
        inline_hook::update(conn, &self.id, content, now).await
    }

    async fn judge(conn: &mut Conn, _: &Caller, act: Act<'_, InlineHook>) -> Answer<()> {
        match act {
            Act::Create(content) => {
                if content.kind.is_none() {
                    return Err(Fault::field("type", "The field cannot be left blank"));
                }
                if inline_hook::count(conn).await? >= HOOKS_MAX {
                    return Err(Fault::field("name", &format!("At most {HOOKS_MAX} inline hooks are allowed")));
                }
                check_proof(conn, content, None).await
            }
            Act::Replace(before, content) => check_proof(conn, content, Some(before)).await,
            Act::Delete(hook) if hook.active => {
                Err(Fault::field("status", "The inline hook must be deactivated before deletion"))
            }
            Act::Activate(_) | Act::Deactivate(_) | Act::Delete(_) => Ok(()),
        }
    }

    async fn complete(org: &Org, conn: &mut Conn, id: &str, content: &InlineHookContent) -> Answer<()> {
        let config = &content.channel["config"];
        for field in ["uri", "tokenUrl"] {
            if let Some(address) = config[field].as_str() {
                hook_endpoint::check_uri(&org.config, &format!("channel.config.{field}"), address)?;
            }
        }
        let needs_none = !needs_secret(&content.channel);
        if content.secret.is_some() || needs_none {
            inline_hook::seal(conn, &org.vault, id, content.secret.as_ref()).await?;
        }
        Ok(())
    }

    fn party(&self) -> Party {
        Party::new(self.id.as_str(), InlineHook::KIND, &self.name, &self.name)
    }
}

fn needs_secret(channel: &Value) -> bool {
    let config = &channel["config"];
    config["authType"] == SECRET_POST || config["authScheme"].is_object()
}

/// What the secret is for: it is kept only while this stays as it is.
fn purpose(channel: &Value) -> [&Value; 6] {
    let config = &channel["config"];
    [
        &channel["type"],
        &config["uri"],
        &config["authScheme"],
        &config["authType"],
        &config["clientId"],
        &config["tokenUrl"],
    ]
}

/// Refuses a hook that could not prove who calls.
async fn check_proof(conn: &mut Conn, content: &InlineHookContent, before: Option<&InlineHook>) -> Answer<()> {
    let kept = before.is_some_and(|before| purpose(&before.channel) == purpose(&content.channel));
    if needs_secret(&content.channel) && content.secret.is_none() && !kept {
        let field =
            if content.channel["config"]["authType"] == SECRET_POST { "clientSecret" } else { "authScheme.value" };
        return Err(Fault::field(field, "The field cannot be left blank"));
    }
    match &content.key_id {
        Some(id) if hook_key::by_id(conn, id).await?.is_none() => {
            Err(Fault::field("hookKeyId", "There is no key with this id"))
        }
        _ => Ok(()),
    }
}

fn content(given: &Map<String, Value>) -> Answer<InlineHookContent> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let empty = Map::new();
    let channel = given.child("channel")?.unwrap_or(&empty);
    let config = channel.child("config")?.unwrap_or(&empty);
    let (endpoint, mut secret) = hook_endpoint::read(config)?;
    let mut shown = hook_endpoint::body(&endpoint);
    let mut key_id = None;
    let kind = channel.text("type")?.unwrap_or_default();
    match kind {
        "HTTP" => {}
        "OAUTH" => {
            if endpoint.auth_key.is_some() {
                return Err(Fault::field("authScheme", "The field is not allowed for this type of channel"));
            }
            shown.insert("authScheme".to_owned(), Value::Null);
            (secret, key_id) = oauth_proof(config, &mut shown)?;
        }
        _ => return Err(Fault::field("channel.type", "The type must be HTTP or OAUTH")),
    }
    Ok(InlineHookContent {
        name,
        kind: given.text("type")?.map(str::to_owned),
        version: given.text("version")?.unwrap_or(VERSION).to_owned(),
        channel: json!({ "type": kind, "version": VERSION, "config": shown }),
        secret,
        key_id,
    })
}

/// How a token is got before the call: the secret or the key, with what is shown of it.
fn oauth_proof(
    config: &Map<String, Value>,
    shown: &mut Map<String, Value>,
) -> Answer<(Option<Secret>, Option<String>)> {
    for name in ["clientId", "tokenUrl"] {
        let text = config.text(name)?.filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| Fault::field(name, "The field cannot be left blank"))?;
        shown.insert(name.to_owned(), text.into());
    }
    if let Some(scope) = config.text("scope")? {
        shown.insert("scope".to_owned(), scope.into());
    }
    let kind = config.text("authType")?.unwrap_or_default();
    shown.insert("authType".to_owned(), kind.into());
    match kind {
        SECRET_POST => Ok((config.text("clientSecret")?.filter(|text| !text.is_empty()).map(Secret::new), None)),
        KEY_JWT => {
            let id = config.text("hookKeyId")?.filter(|text| !text.is_empty());
            let id = id.ok_or_else(|| Fault::field("hookKeyId", "The field cannot be left blank"))?;
            shown.insert("hookKeyId".to_owned(), id.into());
            Ok((None, Some(id.to_owned())))
        }
        _ => Err(Fault::field("authType", &format!("The type must be {SECRET_POST} or {KEY_JWT}"))),
    }
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let mut select = rows::select::<InlineHook>();
    if let Some(kind) = asked.get("type") {
        select = select.push(" and r.type = $1").bind(kind);
    }
    let placeholder = select.next_placeholder();
    let select = select.push(&format!(" order by r.id limit ${placeholder}")).bind(HOOKS_MAX);
    let hooks: Vec<InlineHook> = rows::from_rows(&select.all(&mut *org.db.read().await?).await?)?;
    Ok(Json(hooks.iter().map(|hook| resource::answer(&asked.address, hook)).collect()))
}

/// POST: what is not said stays, within the channel's configuration too.
async fn update(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before: InlineHook = resource::find(&mut change, &id).await?;
    let mut merged = Map::new();
    for (name, value) in [("name", before.name.clone()), ("version", before.version.clone())] {
        merged.insert(name.to_owned(), value.into());
    }
    merged.insert("channel".to_owned(), before.channel.clone());
    for (name, value) in given {
        match (name.as_str(), merged.get_mut(&name)) {
            ("channel", Some(channel)) => merge(channel, value),
            (_, Some(known)) if !value.is_null() => *known = value,
            _ => {}
        }
    }
    let content = content(&merged)?;
    InlineHook::judge(&mut change, &caller, Act::Replace(&before, &content)).await?;
    let now = change.now;
    inline_hook::update(&mut change, &before.id, &content, now).await.map_err(InlineHook::fault)?;
    InlineHook::complete(&org, &mut change, &id, &content).await?;
    let after: InlineHook = resource::find(&mut change, &id).await?;
    change.record(Event::new("inline_hook.updated").target(after.party()));
    change.commit().await?;
    Ok(Json(resource::answer(&address, &after)))
}

/// Objects property by property, all else as a whole.
fn merge(known: &mut Value, given: Value) {
    match (known.as_object_mut(), given) {
        (Some(known), Value::Object(given)) => {
            for (name, value) in given {
                merge(known.entry(name).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (_, given) => *known = given,
    }
}
