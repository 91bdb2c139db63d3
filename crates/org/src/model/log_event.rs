//! One event of the System Log, as it is built and as it is written out.
//!
//! Invariant: every key of Okta's LogEvent is there, with null where there is nothing to say; no event carries a secret.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{app::App, group::Group, id::TokenId, user::User};

/// Where a request came from: what each of its events says about it.
#[derive(Clone, Debug, Default)]
pub struct CallOrigin {
    /// The value of `X-Okta-Request-Id`.
    pub request_id: String,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// The path alone: a query may hold what must not be written down.
    pub path: String,
    /// The API token that the call was made with.
    pub token: Option<TokenId>,
}

/// Who did it, or to whom or what it was done.
#[derive(Clone, Debug)]
pub struct Party {
    pub id: String,
    pub kind: &'static str,
    pub alternate_id: String,
    pub display_name: String,
}

impl Party {
    pub fn new(id: &str, kind: &'static str, alternate_id: &str, display_name: &str) -> Party {
        Party { id: id.to_owned(), kind, alternate_id: alternate_id.to_owned(), display_name: display_name.to_owned() }
    }

    pub fn user(user: &User) -> Party {
        Party::new(user.id.as_str(), "User", &user.login, &user.profile.display_name())
    }

    pub fn group(group: &Group) -> Party {
        Party::new(group.id.as_str(), "UserGroup", "unknown", &group.name)
    }

    pub fn app(app: &App) -> Party {
        Party::new(app.id.as_str(), "AppInstance", &app.label, &app.label)
    }

    /// The org itself, where nobody asked.
    pub fn system() -> Party {
        Party::new("unknown", "SystemPrincipal", "system@okta.com", "Okta System")
    }

    /// Somebody whose name was given but who was not recognised.
    pub fn unknown(name: &str) -> Party {
        Party::new("unknown", "User", name, "unknown")
    }

    fn to_json(&self) -> Value {
        json!({ "id": self.id, "type": self.kind, "alternateId": self.alternate_id, "displayName": self.display_name, "detailEntry": null })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure,
    Allow,
    Deny,
    Challenge,
    Skipped,
    Unknown,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Outcome::Success => "SUCCESS",
            Outcome::Failure => "FAILURE",
            Outcome::Allow => "ALLOW",
            Outcome::Deny => "DENY",
            Outcome::Challenge => "CHALLENGE",
            Outcome::Skipped => "SKIPPED",
            Outcome::Unknown => "UNKNOWN",
        }
    }
}

/// An event being put together: `Event::new("user.lifecycle.create").by(&actor).target(Party::user(&user))`.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: &'static str,
    actor: Party,
    targets: Vec<Party>,
    outcome: Outcome,
    reason: Option<String>,
    origin: CallOrigin,
    external_session: Option<String>,
    debug: Map<String, Value>,
}

impl Event {
    /// Of the System, successful, from nowhere, until it is said otherwise.
    pub fn new(kind: &'static str) -> Event {
        Event {
            kind,
            actor: Party::system(),
            targets: Vec::new(),
            outcome: Outcome::Success,
            reason: None,
            origin: CallOrigin::default(),
            external_session: None,
            debug: Map::new(),
        }
    }

    pub fn by(mut self, actor: Party) -> Event {
        self.actor = actor;
        self
    }

    pub fn target(mut self, target: Party) -> Event {
        self.targets.push(target);
        self
    }

    pub fn outcome(mut self, outcome: Outcome, reason: impl Into<String>) -> Event {
        self.outcome = outcome;
        self.reason = Some(reason.into());
        self
    }

    pub fn from(mut self, origin: &CallOrigin) -> Event {
        self.origin = origin.clone();
        self
    }

    /// The session's external id (`trs…`), never its own.
    pub fn session(mut self, external_id: impl Into<String>) -> Event {
        self.external_session = Some(external_id.into());
        self
    }

    /// One more entry of `debugContext.debugData`.
    pub fn debug(mut self, name: &str, value: impl Into<Value>) -> Event {
        self.debug.insert(name.to_owned(), value.into());
        self
    }

    pub fn actor_id(&self) -> &str {
        &self.actor.id
    }

    /// The event as `/api/v1/logs` shows it.
    pub fn to_json(&self, published: Instant, world: &World) -> Value {
        let address = self.origin.address.map(|address| address.to_string());
        let mut debug = Map::new();
        if !self.origin.request_id.is_empty() {
            debug.insert("requestId".to_owned(), self.origin.request_id.clone().into());
            debug.insert("requestUri".to_owned(), self.origin.path.clone().into());
            debug.insert("url".to_owned(), self.origin.path.clone().into());
        }
        debug.extend(self.debug.clone());
        let chain: Vec<Value> = self
            .origin
            .address
            .iter()
            .map(|address| {
                let version = if address.is_ipv4() { "V4" } else { "V6" };
                json!({ "ip": address.to_string(), "geographicalContext": null, "version": version, "source": null })
            })
            .collect();
        let targets: Vec<Value> = self.targets.iter().map(Party::to_json).collect();
        let detail = self
            .origin
            .token
            .as_ref()
            .map_or_else(|| json!({}), |token| json!({ "requestApiTokenId": token.as_str() }));
        let from_web = !self.origin.request_id.is_empty();
        json!({
            "actor": self.actor.to_json(),
            "client": {
                "userAgent": self.origin.user_agent.as_deref().map(user_agent),
                "zone": null,
                "device": self.origin.user_agent.as_deref().map(|_| "Unknown"),
                "id": null,
                "ipAddress": address,
                "geographicalContext": null,
            },
            "device": null,
            "authenticationContext": {
                "authenticationProvider": null,
                "credentialProvider": null,
                "credentialType": null,
                "issuer": null,
                "interface": null,
                "authenticationStep": 0,
                "rootSessionId": self.external_session,
                "externalSessionId": self.external_session.as_deref().unwrap_or("unknown"),
            },
            "displayMessage": display_message(self.kind),
            "eventType": self.kind,
            "outcome": { "result": self.outcome.as_str(), "reason": self.reason },
            "published": published.to_rfc3339_ms(),
            "securityContext": { "asNumber": null, "asOrg": null, "isp": null, "domain": null, "isProxy": null },
            "severity": if matches!(self.outcome, Outcome::Failure | Outcome::Deny) { "WARN" } else { "INFO" },
            "debugContext": { "debugData": debug },
            "legacyEventType": null,
            "transaction": {
                "type": if from_web { "WEB" } else { "JOB" },
                "id": if from_web { self.origin.request_id.as_str() } else { "unknown" },
                "detail": detail,
            },
            "uuid": uuid(world),
            "version": "0",
            "request": { "ipChain": chain },
            "target": if targets.is_empty() { Value::Null } else { Value::Array(targets) },
        })
    }
}

/// A random UUID (version 4).
pub fn uuid(world: &World) -> String {
    let mut bytes: [u8; 16] = world.random.bytes();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn user_agent(raw: &str) -> Value {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| raw.contains(mark)).map_or("Unknown", |(_, name)| *name)
    };
    let os = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("Mac OS X", "Mac OS X"),
        ("Linux", "Linux"),
    ]);
    let browser = find(&[("Edg/", "EDGE"), ("Firefox/", "FIREFOX"), ("Chrome/", "CHROME"), ("Safari/", "SAFARI")]);
    let browser = if browser == "Unknown" { "UNKNOWN" } else { browser };
    json!({ "rawUserAgent": raw, "os": os, "browser": browser })
}

/// What each event is called on the screen. An event that is not listed here is not written: see the test of `Event` users.
pub const EVENTS: &[(&str, &str)] = &[
    ("app.app_instance.csr.generate", "Generate certificate signing request for application"),
    ("app.app_instance.csr.publish", "Publish certificate signing request of application"),
    ("app.app_instance.csr.revoke", "Revoke certificate signing request of application"),
    ("app.keys.clone", "Share key with application"),
    ("app.keys.generate", "Generate key for application"),
    ("app.oauth2.admin.consent.grant", "Grant a scope of the API to an application"),
    ("app.oauth2.admin.consent.revoke", "Revoke a scope of the API from an application"),
    ("app.oauth2.as.authorize", "OAuth2 authorization request to an authorization server"),
    ("app.oauth2.as.authorize.code", "OAuth2 authorization code is granted"),
    ("app.oauth2.as.authorize.implicit.access_token", "OAuth2 access token is granted by the implicit flow"),
    ("app.oauth2.as.authorize.implicit.id_token", "OIDC ID token is granted by the implicit flow"),
    ("app.oauth2.as.consent.grant", "User granted consent to an application"),
    ("app.oauth2.as.consent.revoke", "Consent of a user was revoked"),
    ("app.oauth2.as.consent.revoke.user", "All consents of a user were revoked"),
    ("app.oauth2.as.consent.revoke.user.client", "Consents of a user for an application were revoked"),
    ("app.oauth2.as.key.rollover", "Signing keys of an authorization server were rotated"),
    ("app.oauth2.as.token.detect_reuse", "Refresh token of an authorization server was used again"),
    ("app.oauth2.as.token.grant.access_token", "OAuth2 access token is granted"),
    ("app.oauth2.as.token.grant.id_token", "OIDC ID token is granted"),
    ("app.oauth2.as.token.grant.refresh_token", "OAuth2 refresh token is granted"),
    ("app.oauth2.as.token.revoke", "OAuth2 token is revoked"),
    ("app.oauth2.authorize", "OIDC authorization request"),
    ("app.oauth2.authorize.code", "OIDC authorization code is granted"),
    ("app.oauth2.authorize.implicit.access_token", "OIDC access token is granted by the implicit flow"),
    ("app.oauth2.authorize.implicit.id_token", "OIDC ID token is granted by the implicit flow"),
    ("app.oauth2.client.lifecycle.activate", "Activate OAuth2 client"),
    ("app.oauth2.client.lifecycle.create", "Create OAuth2 client"),
    ("app.oauth2.client.lifecycle.deactivate", "Deactivate OAuth2 client"),
    ("app.oauth2.client.lifecycle.delete", "Delete OAuth2 client"),
    ("app.oauth2.client.lifecycle.update", "Update OAuth2 client"),
    ("app.oauth2.client.privilege.grant", "Grant an administrator role to an application"),
    ("app.oauth2.client.privilege.revoke", "Revoke an administrator role from an application"),
    ("app.oauth2.credentials.lifecycle.create", "Create credentials of an OAuth2 client"),
    ("app.oauth2.invalid_client_credentials", "Client authentication failed"),
    ("app.oauth2.token.detect_reuse", "Refresh token was used again"),
    ("app.oauth2.token.grant.access_token", "OIDC access token is granted"),
    ("app.oauth2.token.grant.id_token", "OIDC ID token is granted"),
    ("app.oauth2.token.grant.refresh_token", "OIDC refresh token is granted"),
    ("app.oauth2.token.revoke", "OIDC token is revoked"),
    ("app.oauth2.trusted_server.add", "Add a trusted authorization server"),
    ("app.oauth2.trusted_server.delete", "Remove a trusted authorization server"),
    ("application.configuration.update_logo", "Update logo of application"),
    ("application.lifecycle.activate", "Activate application"),
    ("application.lifecycle.create", "Create application"),
    ("application.lifecycle.deactivate", "Deactivate application"),
    ("application.lifecycle.delete", "Delete application"),
    ("application.lifecycle.update", "Update application"),
    ("application.user_membership.add", "Add user to application membership"),
    ("application.user_membership.remove", "Remove user's application membership"),
    ("application.user_membership.update", "Update user's application membership"),
    ("directory.linked_object.create", "Create linked object definition"),
    ("directory.linked_object.delete", "Delete linked object definition"),
    ("directory.mapping.update", "Update profile mapping"),
    ("directory.user_profile.bootstrap", "Create user profile"),
    ("directory.user_profile.update", "Update user profile"),
    ("event_hook.activated", "Activate event hook"),
    ("event_hook.created", "Create event hook"),
    ("event_hook.deactivated", "Deactivate event hook"),
    ("event_hook.deleted", "Delete event hook"),
    ("event_hook.delivery", "Delivery of events to an event hook"),
    ("event_hook.updated", "Update event hook"),
    ("event_hook.verified", "Verify event hook"),
    ("group.application_assignment.add", "Assign application to group"),
    ("group.application_assignment.remove", "Unassign application from group"),
    ("group.application_assignment.update", "Update application assignment of group"),
    ("group.lifecycle.create", "Create Okta group"),
    ("group.lifecycle.delete", "Delete Okta group"),
    ("group.privilege.grant", "Grant group admin privilege"),
    ("group.privilege.revoke", "Revoke group admin privilege"),
    ("group.profile.update", "Update Okta group"),
    ("group.user_membership.add", "Add user to group membership"),
    ("group.user_membership.remove", "Remove user from group membership"),
    ("group.user_membership.rule.add_exclusion", "Add user to exclusions of group rule"),
    ("group.user_membership.rule.deactivated", "Group rule is deactivated"),
    ("group.user_membership.rule.error", "Evaluation of group rule failed"),
    ("group.user_membership.rule.invalidate", "Group rule is invalidated"),
    ("group.user_membership.rule.trigger", "Group rule is triggered"),
    ("iam.resourceset.bindings.add", "Add binding to resource set"),
    ("iam.resourceset.bindings.delete", "Remove binding from resource set"),
    ("iam.resourceset.create", "Create resource set"),
    ("iam.resourceset.delete", "Delete resource set"),
    ("iam.resourceset.resources.add", "Add resources to resource set"),
    ("iam.resourceset.resources.delete", "Remove resource from resource set"),
    ("iam.resourceset.resources.update", "Update resource of resource set"),
    ("iam.resourceset.update", "Update resource set"),
    ("iam.role.create", "Create custom role"),
    ("iam.role.delete", "Delete custom role"),
    ("iam.role.permission.conditions.add", "Add conditions to permission of custom role"),
    ("iam.role.permission.conditions.delete", "Remove conditions from permission of custom role"),
    ("iam.role.permissions.add", "Add permission to custom role"),
    ("iam.role.permissions.delete", "Remove permission from custom role"),
    ("iam.role.update", "Update custom role"),
    ("inline_hook.activated", "Activate inline hook"),
    ("inline_hook.created", "Create inline hook"),
    ("inline_hook.deactivated", "Deactivate inline hook"),
    ("inline_hook.deleted", "Delete inline hook"),
    ("inline_hook.executed", "Inline hook is executed"),
    ("inline_hook.updated", "Update inline hook"),
    ("oauth2.as.activated", "Activate authorization server"),
    ("oauth2.as.created", "Create authorization server"),
    ("oauth2.as.deactivated", "Deactivate authorization server"),
    ("oauth2.as.deleted", "Delete authorization server"),
    ("oauth2.as.updated", "Update authorization server"),
    ("oauth2.claim.created", "Create claim of an authorization server"),
    ("oauth2.claim.deleted", "Delete claim of an authorization server"),
    ("oauth2.claim.updated", "Update claim of an authorization server"),
    ("oauth2.scope.created", "OAuth2 scope is created"),
    ("oauth2.scope.deleted", "OAuth2 scope is deleted"),
    ("oauth2.scope.updated", "Update scope of an authorization server"),
    ("policy.evaluate_sign_on", "Evaluation of sign-on policy"),
    ("policy.lifecycle.activate", "Activate policy"),
    ("policy.lifecycle.create", "Create policy"),
    ("policy.lifecycle.deactivate", "Deactivate policy"),
    ("policy.lifecycle.delete", "Delete policy"),
    ("policy.lifecycle.update", "Update policy"),
    ("policy.rule.activate", "Activate policy rule"),
    ("policy.rule.add", "Add policy rule"),
    ("policy.rule.deactivate", "Deactivate policy rule"),
    ("policy.rule.delete", "Delete policy rule"),
    ("policy.rule.update", "Update policy rule"),
    ("security.behavior.settings.create", "Create behavior"),
    ("security.behavior.settings.delete", "Delete behavior"),
    ("security.behavior.settings.update", "Update behavior"),
    ("security.threat.configuration.update", "Update threat configuration"),
    ("security.authenticator.lifecycle.activate", "Activate authenticator"),
    ("security.authenticator.lifecycle.create", "Create authenticator"),
    ("security.authenticator.lifecycle.deactivate", "Deactivate authenticator"),
    ("security.authenticator.lifecycle.update", "Update authenticator"),
    ("security.trusted_origin.activate", "Activate trusted origin"),
    ("security.trusted_origin.create", "Create trusted origin"),
    ("security.trusted_origin.deactivate", "Deactivate trusted origin"),
    ("security.trusted_origin.delete", "Delete trusted origin"),
    ("security.trusted_origin.update", "Update trusted origin"),
    ("support.org.update", "Update org settings"),
    ("system.api_token.create", "Create API token"),
    ("system.api_token.enable", "Enable API token"),
    ("system.api_token.request_outside_allowed_range", "API token was used outside its allowed range"),
    ("system.api_token.revoke", "Revoke API token"),
    ("system.api_token.update", "Update API token"),
    ("system.client.rate_limit.notification", "Client rate limit notification"),
    ("system.client.rate_limit.violation", "Client rate limit violation"),
    ("system.feature.disable", "Disable feature"),
    ("system.feature.enable", "Enable feature"),
    ("system.hook.key.created", "Create key for inline hooks"),
    ("system.hook.key.deleted", "Delete key for inline hooks"),
    ("system.hook.key.updated", "Update key for inline hooks"),
    ("system.org.rate_limit.violation", "Rate limit violation"),
    ("system.org.rate_limit.warning", "Rate limit warning"),
    ("system.rate_limit.configuration.update", "Update settings of rate limits"),
    ("user.account.expire_password", "Expire password of user"),
    ("user.account.lock", "Max sign in attempts exceeded"),
    ("user.account.privilege.grant", "Grant user privilege"),
    ("user.account.privilege.revoke", "Revoke user privilege"),
    ("user.account.report_suspicious_activity_by_enduser", "User report suspicious activity"),
    ("user.account.reset_password", "Reset password of user"),
    ("user.account.unlock", "Unlock user account"),
    ("user.account.unlock_by_admin", "Unlock user account by admin"),
    ("user.account.update_password", "User update password for Okta"),
    ("user.account.update_profile", "Update user profile for Okta"),
    ("user.account.update_secondary_email", "Update secondary email"),
    ("user.account.update_user_type", "Update user type of user"),
    ("user.authentication.auth", "Authenticate user"),
    ("user.authentication.auth_via_mfa", "Authentication of user via MFA"),
    ("user.authentication.sso", "User single sign on to app"),
    ("user.authentication.verify", "Verify user identity"),
    ("user.lifecycle.activate", "Activate Okta user"),
    ("user.lifecycle.create", "Create Okta user"),
    ("user.lifecycle.deactivate", "Deactivate Okta user"),
    ("user.lifecycle.delete.completed", "Completed deletion of Okta user"),
    ("user.lifecycle.delete.initiated", "Initiated deletion of Okta user"),
    ("user.lifecycle.reactivate", "Reactivate Okta user"),
    ("user.lifecycle.suspend", "Suspend Okta user"),
    ("user.lifecycle.unsuspend", "Unsuspend Okta user"),
    ("user.mfa.factor.activate", "Enroll new authentication factor"),
    ("user.mfa.factor.deactivate", "Reset authentication factor for user"),
    ("user.mfa.factor.reset_all", "Reset all factors for user"),
    ("user.session.access_admin_app", "User accessing Okta admin app"),
    ("user.session.clear", "Clear user session"),
    ("user.session.end", "User logout from Okta"),
    ("user.session.start", "User login to Okta"),
    ("zone.activate", "Activate network zone"),
    ("zone.create", "Create network zone"),
    ("zone.deactivate", "Deactivate network zone"),
    ("zone.delete", "Delete network zone"),
    ("zone.update", "Update network zone"),
];

/// The name of an event for the screen.
pub fn display_message(kind: &str) -> &str {
    EVENTS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, message)| *message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The first literal behind each `Event::new(` of a file, and every literal of an `if` there.
    fn kinds(text: &str, found: &mut Vec<String>) {
        for part in text.split("Event::new(").skip(1) {
            let call = part.split(')').next().unwrap_or_default();
            found.extend(call.split('"').skip(1).step_by(2).filter(|kind| kind.contains('.')).map(str::to_owned));
        }
    }

    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                kinds(&std::fs::read_to_string(&path).unwrap(), found);
            }
        }
    }

    #[test]
    fn every_event_that_is_written_has_a_name_for_the_screen() {
        let mut found = Vec::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 40);
        for kind in found {
            assert!(EVENTS.iter().any(|(known, _)| *known == kind), "{kind} is not in the table");
        }
    }
}
