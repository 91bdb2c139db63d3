//! Names, settings and credentials of the kinds of apps that are no OAuth clients: SAML, WS-Federation, bookmarks and those that are signed
//! in to with a name and a password.
//!
//! Invariant: what is stored has the properties of its kind alone, each with the right JSON type. A password that an administrator would
//! share with everybody is not kept: this org fills in no forms.

use serde_json::{Map, Value, json};

use super::{
    app_check::{is_web_address, laid_over, one_of},
    body::Properties,
};
use crate::{
    error::{Answer, Fault, codes},
    model::app::SignOnMode,
};

const NAME_LEN_MAX: usize = 100;
const TEXT_LEN_MAX: usize = 1_024;
/// Attribute statements, ACS endpoints and the like.
const LIST_MAX: usize = 200;

const SCHEMES: &[&str] = &[
    "ADMIN_SETS_CREDENTIALS",
    "EDIT_PASSWORD_ONLY",
    "EDIT_USERNAME_AND_PASSWORD",
    "EXTERNAL_PASSWORD_SYNC",
    "SHARED_USERNAME_AND_PASSWORD",
];

/// The name of an app: given, or what its kind is called.
pub fn name(mode: SignOnMode, given: Option<&str>, label: &str) -> Answer<String> {
    let known: &[&str] = match mode {
        SignOnMode::OpenIdConnect => &["oidc_client"],
        SignOnMode::Bookmark => &["bookmark"],
        SignOnMode::BasicAuth => &["template_basic_auth"],
        SignOnMode::BrowserPlugin => &["template_swa", "template_swa3field"],
        SignOnMode::SecurePasswordStore => &["template_sps"],
        SignOnMode::WsFederation => &["template_wsfed"],
        SignOnMode::Saml2 | SignOnMode::Saml11 | SignOnMode::AutoLogin => &[],
    };
    let is_name = |name: &str| {
        (1..=NAME_LEN_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    match (given, known.first()) {
        (None, Some(usual)) => Ok((*usual).to_owned()),
        (Some(name), Some(_)) if known.contains(&name) => Ok(name.to_owned()),
        (Some(_), Some(usual)) => Err(Fault::field("name", &format!("The name of such an app is {usual}"))),
        (Some(name), None) if is_name(name) => Ok(name.to_owned()),
        (Some(_), None) => Err(Fault::field("name", "The name must be lower-case letters, digits and underscores")),
        (None, None) => {
            let letters = label.chars().filter(char::is_ascii_alphanumeric).take(NAME_LEN_MAX / 2);
            Ok(format!("custom_{}_1", letters.collect::<String>().to_ascii_lowercase()))
        }
    }
}

/// How people sign in to such an app, where they do so with a name and a password.
pub fn credentials(mode: SignOnMode, given: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let mut kept = Map::new();
    let by_form = matches!(
        mode,
        SignOnMode::AutoLogin | SignOnMode::BasicAuth | SignOnMode::BrowserPlugin | SignOnMode::SecurePasswordStore
    );
    if !by_form {
        return Ok(kept);
    }
    let scheme = one_of(given, "scheme", SCHEMES)?.unwrap_or("EDIT_USERNAME_AND_PASSWORD");
    kept.insert("scheme".to_owned(), scheme.into());
    kept.insert("revealPassword".to_owned(), given.flag("revealPassword")?.unwrap_or(false).into());
    if let Some(name) = given.text("userName")?.filter(|_| scheme == "SHARED_USERNAME_AND_PASSWORD") {
        kept.insert("userName".to_owned(), limited("userName", name)?.into());
    }
    Ok(kept)
}

/// Lays the settings of a kind over those that all apps have.
pub fn check(mode: SignOnMode, settings: &Map<String, Value>, kept: &mut Map<String, Value>) -> Answer<()> {
    let empty = Map::new();
    let app = settings.child("app")?.unwrap_or(&empty);
    let sign_on = settings.child("signOn")?.unwrap_or(&empty);
    match mode {
        SignOnMode::OpenIdConnect => {}
        SignOnMode::Bookmark => {
            let request = app.flag("requestIntegration")?.unwrap_or(false);
            let app = json!({ "requestIntegration": request, "url": address(app, "url")? });
            kept.insert("app".to_owned(), app);
        }
        SignOnMode::BasicAuth => {
            let app = json!({ "url": address(app, "url")?, "authURL": address(app, "authURL")? });
            kept.insert("app".to_owned(), app);
        }
        SignOnMode::BrowserPlugin => {
            address(app, "url")?;
            let required = ["url", "buttonField", "passwordField", "usernameField"];
            let optional = [
                "buttonSelector",
                "extraFieldSelector",
                "extraFieldValue",
                "loginUrlRegex",
                "passwordSelector",
                "targetURL",
                "userNameSelector",
            ];
            // Apps with three fields name them by selectors instead.
            let fields = app.contains_key("buttonSelector");
            let required = if fields { &required[..1] } else { &required[..] };
            kept.insert("app".to_owned(), with_swa_fields(texts(app, required, &optional)?));
        }
        SignOnMode::SecurePasswordStore => {
            address(app, "url")?;
            let optional = [
                "optionalField1",
                "optionalField1Value",
                "optionalField2",
                "optionalField2Value",
                "optionalField3",
                "optionalField3Value",
            ];
            let app = texts(app, &["url", "passwordField", "usernameField"], &optional)?;
            kept.insert("app".to_owned(), Value::Object(app));
        }
        SignOnMode::WsFederation => {
            kept.insert("app".to_owned(), federation(app)?);
        }
        SignOnMode::AutoLogin => {
            let mut sign_on = texts(sign_on, &["loginUrl"], &["redirectUrl"])?;
            address(&sign_on, "loginUrl")?;
            sign_on.retain(|_, value| !value.is_null());
            kept.remove("app");
            kept.insert("signOn".to_owned(), Value::Object(sign_on));
        }
        SignOnMode::Saml11 => {
            let optional = ["audienceOverride", "defaultRelayState", "recipientOverride", "ssoAcsUrlOverride"];
            kept.insert("app".to_owned(), Value::Object(app.clone()));
            kept.insert("signOn".to_owned(), Value::Object(texts(sign_on, &[], &optional)?));
        }
        SignOnMode::Saml2 => {
            kept.remove("app");
            kept.insert("signOn".to_owned(), saml(sign_on)?);
        }
    }
    Ok(())
}

/// An app that names its fields by selectors has the fields themselves empty.
fn with_swa_fields(mut app: Map<String, Value>) -> Value {
    for name in ["buttonField", "passwordField", "usernameField"] {
        app.entry(name).or_insert_with(|| "".into());
    }
    Value::Object(app)
}

fn federation(app: &Map<String, Value>) -> Answer<Value> {
    address(app, "siteURL")?;
    address(app, "wReplyURL")?;
    let required = ["audienceRestriction", "authnContextClassRef", "nameIDFormat", "siteURL", "wReplyURL"];
    let mut kept = texts(app, &required, &["attributeStatements", "groupFilter", "groupName", "realm"])?;
    let format = one_of(app, "groupValueFormat", &["windowsDomainQualifiedName", "samAccountName", "dn"])?;
    kept.insert("groupValueFormat".to_owned(), format.unwrap_or("windowsDomainQualifiedName").into());
    let attribute = one_of(app, "usernameAttribute", &["username", "upn", "upnAndUsername", "none"])?;
    kept.insert("usernameAttribute".to_owned(), attribute.unwrap_or("username").into());
    kept.insert("wReplyOverride".to_owned(), app.flag("wReplyOverride")?.unwrap_or(false).into());
    Ok(Value::Object(kept))
}

const NAME_ID_FORMATS: &[&str] = &[
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:x509SubjectName",
];

fn saml(given: &Map<String, Value>) -> Answer<Value> {
    let consumer = address(given, "ssoAcsUrl")?;
    let defaults = json!({
        "honorForceAuthn": true,
        "responseSigned": true,
        "assertionSigned": true,
        "requestCompressed": false,
        "allowMultipleAcsEndpoints": false,
        "idpIssuer": "http://www.okta.com/${org.externalKey}",
        "subjectNameIdTemplate": "${user.userName}",
        "acsEndpoints": [],
        "attributeStatements": [],
        "slo": { "enabled": false },
        "recipient": consumer,
        "destination": consumer,
    });
    let Value::Object(defaults) = defaults else { return Err(Fault::new(&codes::E0000009)) };
    let mut kept = Map::new();
    for (name, default) in defaults {
        let value = given.get(&name).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| default.clone());
        let alike = match (&default, &value) {
            (Value::Bool(_), Value::Bool(_)) | (Value::Object(_), Value::Object(_)) => true,
            (Value::String(_), Value::String(text)) => text.len() <= TEXT_LEN_MAX,
            (Value::Array(_), Value::Array(items)) => items.len() <= LIST_MAX,
            _ => return Err(Fault::new(&codes::E0000003)),
        };
        if !alike {
            return Err(Fault::field(&name, "The value is too long"));
        }
        kept.insert(name, value);
    }
    for name in ["destination", "recipient"] {
        address(&kept, name)?;
    }
    let required = texts(given, &["ssoAcsUrl", "audience"], &[])?;
    kept.extend(required);
    let optional = [
        "audienceOverride",
        "defaultRelayState",
        "destinationOverride",
        "recipientOverride",
        "spIssuer",
        "ssoAcsUrlOverride",
    ];
    kept.extend(texts(given, &[], &optional)?);
    let format = one_of(given, "subjectNameIdFormat", NAME_ID_FORMATS)?.unwrap_or(NAME_ID_FORMATS[3]);
    kept.insert("subjectNameIdFormat".to_owned(), format.into());
    let signature = one_of(given, "signatureAlgorithm", &["RSA_SHA1", "RSA_SHA256"])?.unwrap_or("RSA_SHA256");
    kept.insert("signatureAlgorithm".to_owned(), signature.into());
    let digest = one_of(given, "digestAlgorithm", &["SHA1", "SHA256"])?.unwrap_or("SHA256");
    kept.insert("digestAlgorithm".to_owned(), digest.into());
    let context = given.text("authnContextClassRef")?;
    let context = context.unwrap_or("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");
    kept.insert("authnContextClassRef".to_owned(), limited("authnContextClassRef", context)?.into());
    single_logout(&mut kept, given)?;
    Ok(Value::Object(kept))
}

/// Signing out at the app: where it is told of it, and by which certificate its own requests are known.
fn single_logout(kept: &mut Map<String, Value>, given: &Map<String, Value>) -> Answer<()> {
    let empty = Map::new();
    let slo = laid_over(json!({ "enabled": false, "issuer": null, "logoutUrl": null }), given.child("slo")?);
    let mut slo = slo.as_object().cloned().unwrap_or_default();
    if slo.flag("enabled")?.unwrap_or(false) {
        address(&slo, "logoutUrl")?;
    }
    slo.retain(|_, value| !value.is_null());
    kept.insert("slo".to_owned(), Value::Object(slo));
    let chain = given.child("spCertificate")?.unwrap_or(&empty).texts("x5c")?.unwrap_or_default();
    if chain.len() > LIST_MAX {
        return Err(Fault::field("spCertificate", "The value is too long"));
    }
    if !chain.is_empty() {
        kept.insert("spCertificate".to_owned(), json!({ "x5c": chain }));
    }
    Ok(())
}

fn limited(name: &str, text: &str) -> Answer<String> {
    if text.len() > TEXT_LEN_MAX {
        return Err(Fault::field(name, "The value is too long"));
    }
    Ok(text.to_owned())
}

/// An address that must be there.
fn address(given: &Map<String, Value>, name: &str) -> Answer<String> {
    let url = given.text(name)?.unwrap_or_default();
    if is_web_address(url) {
        return Ok(url.to_owned());
    }
    Err(Fault::field(name, "The URL must begin with http:// or https://"))
}

fn texts(given: &Map<String, Value>, required: &[&str], optional: &[&str]) -> Answer<Map<String, Value>> {
    let mut kept = Map::new();
    for name in required.iter().chain(optional) {
        match given.text(name)?.filter(|text| !text.is_empty()) {
            Some(text) => {
                kept.insert((*name).to_owned(), limited(name, text)?.into());
            }
            None if required.contains(name) => return Err(Fault::field(name, "The field cannot be left blank")),
            None => {}
        }
    }
    Ok(kept)
}
