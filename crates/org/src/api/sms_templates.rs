//! SMS templates.
//!
//! Invariant: a text has the code in it, and fits into one message.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    paging::Asked,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        change::Change,
        sms_template::{self, SmsContent, SmsTemplate},
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 50;
const TEMPLATE_LEN_MAX: usize = 161;
const TRANSLATIONS_MAX: usize = 200;
const LANGUAGE_LEN_MAX: usize = 10;
/// Where the code comes in.
const CODE: &str = "${code}";
const KIND: &str = "SmsTemplate";
const VERIFY_CODE: &str = "SMS_VERIFY_CODE";

pub fn operations() -> Routes {
    Routes::new()
        .on("listSmsTemplates", list)
        .on("createSmsTemplate", create)
        .on("getSmsTemplate", get)
        .on("updateSmsTemplate", update)
        .on("replaceSmsTemplate", replace)
        .on("deleteSmsTemplate", delete)
}

fn body(template: &SmsTemplate) -> Value {
    json!({
        "id": template.id.as_str(),
        "name": template.content.name,
        "type": template.content.kind,
        "template": template.content.template,
        "translations": template.content.translations,
        "created": template.created.to_rfc3339_ms(),
        "lastUpdated": template.last_updated.to_rfc3339_ms(),
    })
}

async fn find(conn: &mut Conn, id: &str) -> Answer<SmsTemplate> {
    sms_template::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, KIND))
}

/// What a body says, over what there was.
fn content(given: &Map<String, Value>, before: Option<&SmsContent>) -> Answer<SmsContent> {
    let of_before = |part: fn(&SmsContent) -> &str| before.map(part).unwrap_or_default().to_owned();
    let name = given.text("name")?.map_or_else(|| of_before(|content| &content.name), str::to_owned);
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let template = given.text("template")?.map_or_else(|| of_before(|content| &content.template), str::to_owned);
    check_text("template", &template)?;
    let kind = given.text("type")?.map_or_else(|| of_before(|content| &content.kind), str::to_owned);
    let kind = if kind.is_empty() { VERIFY_CODE.to_owned() } else { kind };
    let mut translations = before.map(|content| content.translations.clone()).unwrap_or_default();
    for (language, text) in given.child("translations")?.into_iter().flatten() {
        if language.is_empty() || language.len() > LANGUAGE_LEN_MAX || !language.is_ascii() {
            return Err(Fault::field("translations", "The language is not valid"));
        }
        match text {
            Value::Null => {
                translations.remove(language);
            }
            Value::String(translated) => {
                check_text("translations", translated)?;
                translations.insert(language.clone(), text.clone());
            }
            _ => return Err(Fault::field("translations", "The translation is not text")),
        }
    }
    if translations.len() > TRANSLATIONS_MAX {
        return Err(Fault::field("translations", &format!("At most {TRANSLATIONS_MAX} translations are allowed")));
    }
    Ok(SmsContent { name, kind, template, translations })
}

fn check_text(field: &str, text: &str) -> Answer<()> {
    if !text.contains(CODE) {
        return Err(Fault::field(field, &format!("The text must have {CODE} in it")));
    }
    if text.chars().count() > TEMPLATE_LEN_MAX {
        return Err(Fault::field(field, &format!("The text must not be longer than {TEMPLATE_LEN_MAX} characters")));
    }
    Ok(())
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let templates = sms_template::all(&mut *org.db.read().await?).await?;
    let wanted = asked.get("templateType");
    let fitting = templates.iter().filter(|template| wanted.is_none_or(|wanted| template.content.kind == wanted));
    Ok(Json(fitting.map(body).collect()))
}

async fn get(State(org): State<Org>, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&find(&mut *org.db.read().await?, &id).await?)))
}

async fn create(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let content = content(&given.object()?, None)?;
    let mut change = caller.begin(&org).await?;
    let id = sms_template::create(&mut change, &org.world, &content).await.map_err(Fault::taken("type"))?;
    let made = find(&mut change, id.as_str()).await?;
    change.commit().await?;
    Ok(Json(body(&made)))
}

/// POST: what is not said stays.
async fn update(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Json<Value>> {
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    let content = content(&given.object()?, Some(&before.content))?;
    save(change, &before, &content).await
}

async fn replace(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Json<Value>> {
    let content = content(&given.object()?, None)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    save(change, &before, &content).await
}

async fn save(mut change: Change, before: &SmsTemplate, content: &SmsContent) -> Answer<Json<Value>> {
    let now = change.now;
    sms_template::update(&mut change, &before.id, content, now).await.map_err(Fault::taken("type"))?;
    let after = find(&mut change, before.id.as_str()).await?;
    change.commit().await?;
    Ok(Json(body(&after)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let template = find(&mut change, &id).await?;
    sms_template::delete(&mut change, &template.id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
