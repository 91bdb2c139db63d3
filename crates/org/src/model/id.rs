//! Ids: Okta's prefix, then time, then randomness; 20 characters of base62.
//!
//! Invariant: later ids sort after earlier ones, to the millisecond, in the byte order of base62; so a list in id order is a list in
//! order of creation, and paging by id never shows a row twice.

use std::fmt;

use world::World;

const LEN: usize = 20;
const TIME_LEN: usize = 7;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new id with this prefix.
pub fn generate(prefix: &str, world: &World) -> String {
    let mut left = world.now().as_ms().max(0).unsigned_abs();
    let mut time = [b'0'; TIME_LEN];
    for digit in time.iter_mut().rev() {
        *digit = BASE62[usize::try_from(left % 62).expect("a digit of base62 is small")];
        left /= 62;
    }
    let mut id = String::with_capacity(LEN);
    id.push_str(prefix);
    id.extend(time.map(char::from));
    let missing = LEN - id.len();
    id.push_str(&world.random.base62(missing));
    id
}

macro_rules! ids {
    ($($(#[$comment:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$comment])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &str = $prefix;

            /// A new one.
            pub fn new(world: &World) -> $name {
                $name(generate($prefix, world))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> $name {
                $name(id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> $name {
                $name(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    OrgId "00o";
    UserId "00u";
    GroupId "00g";
    AppId "0oa";
    /// An API token's, which is no part of its value.
    TokenId "00T";
    SecretId "ocs";
    /// Of one role given to one person or group by a request of its own.
    RoleId "irb";
    CustomRoleId "cr0";
    ResourceSetId "iam";
    ResourceId "ire";
    GroupRuleId "0pr";
    ProfileMappingId "prm";
    ZoneId "nzo";
    TrustedOriginId "tos";
    EventHookId "who";
    InlineHookId "cal";
    HookKeyId "HKY";
    BehaviorId "bhv";
    SmsTemplateId "smt";
    PrincipalLimitId "prl";
    UserTypeId "oty";
    SchemaId "osc";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, time::Duration};
    use world::{Instant, ManualClock, SeededRandom};

    #[test]
    fn ids_have_okta_s_form_and_sort_by_time() {
        let clock = Arc::new(ManualClock::at(Instant::from_seconds(1_800_000_000)));
        let world = World { clock: clock.clone(), random: Arc::new(SeededRandom::new(1)) };
        let mut last = String::new();
        for _ in 0..100 {
            let id = UserId::new(&world).to_string();
            assert!(id.starts_with("00u") && id.len() == LEN && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert!(id > last);
            last = id;
            clock.advance(Duration::from_millis(1));
        }
    }
}
