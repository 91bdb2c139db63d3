//! The schemas of log streams: what one to each kind of destination is made of.

use axum::{Json, extract::Path};
use serde_json::{Value, json};

use super::edge::Address;
use crate::{
    error::{Answer, Fault},
    operations::Routes,
};

const AWS: &str = "aws_eventbridge";
const SPLUNK: &str = "splunk_cloud_logstreaming";
const NAME_LEN_MAX: u32 = 100;
const REGIONS: [(&str, &str); 11] = [
    ("US East (Ohio)", "us-east-2"),
    ("US East (N. Virginia)", "us-east-1"),
    ("US West (N. California)", "us-west-1"),
    ("US West (Oregon)", "us-west-2"),
    ("Canada (Central)", "ca-central-1"),
    ("Europe (Frankfurt)", "eu-central-1"),
    ("Europe (Ireland)", "eu-west-1"),
    ("Europe (London)", "eu-west-2"),
    ("Europe (Paris)", "eu-west-3"),
    ("Europe (Milan)", "eu-south-1"),
    ("Europe (Stockholm)", "eu-north-1"),
];

pub fn operations() -> Routes {
    Routes::new().on("listLogStreamSchemas", list).on("getLogStreamSchema", get)
}

async fn list(address: Address) -> Json<Vec<Value>> {
    Json([AWS, SPLUNK].iter().filter_map(|kind| schema(&address, kind)).collect())
}

async fn get(address: Address, Path(kind): Path<String>) -> Answer<Json<Value>> {
    schema(&address, &kind).map(Json).ok_or_else(|| Fault::not_found(&kind, "LogStreamType"))
}

fn schema(address: &Address, kind: &str) -> Option<Value> {
    let (title, settings) = match kind {
        AWS => ("AWS EventBridge", aws()),
        SPLUNK => ("Splunk Cloud", splunk()),
        _ => return None,
    };
    let path = address.link(&format!("/api/v1/meta/schemas/logStream/{kind}"));
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "id": path,
        "title": title,
        "type": "object",
        "properties": {
            "settings": settings,
            "name": { "title": "Name", "type": "string", "writeOnce": false, "pattern": format!("^.{{1,{NAME_LEN_MAX}}}$") },
        },
        "required": ["name", "settings"],
        "errorMessage": { "properties": { "name": format!("A name has at most {NAME_LEN_MAX} characters.") } },
        "_links": { "self": { "href": path, "method": "GET" } },
    }))
}

fn aws() -> Value {
    let regions: Vec<Value> = REGIONS.iter().map(|(title, code)| json!({ "title": title, "const": code })).collect();
    json!({
        "type": "object",
        "properties": {
            "accountId": { "title": "AWS Account ID", "type": "string", "writeOnce": true, "pattern": r"^\d{12}$" },
            "eventSourceName": {
                "title": "AWS Event Source Name", "type": "string", "writeOnce": true, "pattern": r"^[\.\-_A-Za-z0-9]{1,75}$",
            },
            "region": { "title": "AWS Region", "type": "string", "writeOnce": true, "oneOf": regions },
        },
        "required": ["eventSourceName", "accountId", "region"],
        "errorMessage": { "properties": {
            "accountId": "An account number has 12 digits.",
            "eventSourceName": "A name has at most 75 letters, digits, dots, hyphens and underscores.",
        } },
    })
}

fn splunk() -> Value {
    json!({
        "type": "object",
        "properties": {
            "host": {
                "title": "Host", "type": "string", "writeOnce": false,
                "pattern": r"^([a-z0-9]+(-[a-z0-9]+)*){1,100}\.splunkcloud(gc|fed)?\.com$",
            },
            "token": {
                "title": "HEC Token", "type": "string", "writeOnce": false,
                "pattern": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
            },
        },
        "required": ["host", "token"],
        "errorMessage": { "properties": { "host": "A host is written without http:// or https://." } },
    })
}
