-- 0001_people.sql: people, roles, sessions, the bridge to the org, the log.

-- A set of permissions and an audience. The org's group `group_name` gives it to its members.
create table role (
    id          text   not null primary key,
    name        text   not null,
    group_name  text   not null,
    permissions text   not null,            -- as JSON: names of permissions
    preset      bigint not null,            -- 1: one of the default roles
    created_us  bigint not null
);
-- Two roles whose names differ in case alone would be mistaken for one another.
create unique index role_name on role (lower(name));
create unique index role_group on role (group_name);

-- A person is (issuer, subject): login and e-mail are labels, never keys. A local account has the issuer 'local'.
create table person (
    id              text   not null primary key,
    source          text   not null,        -- 'okta' or 'local': who owns the person's memberships, never both
    issuer          text   not null,
    subject         text   not null,
    name            text   not null,
    login           text   not null,
    email           text   not null,
    status          text   not null,        -- the org's word, such as ACTIVE; a local account is ACTIVE
    active          bigint not null,        -- 0: may not sign in, and has no session
    epoch           bigint not null,        -- every request compares its session's epoch with this one
    rights_us       bigint not null,        -- when groups and status were last read from where they are owned
    claim_us        bigint,                 -- when an ID token's claim last confirmed the rights instead
    password_hash   text,                   -- argon2id; local accounts alone
    last_sign_in_us bigint,
    created_us      bigint not null,
    unique (issuer, subject)
);
create index person_login on person (lower(login));

-- Who holds which role, and who says so. 'okta' rows follow the org's group, 'local' rows are held here.
create table membership (
    person_id text   not null references person (id) on delete cascade,
    role_id   text   not null references role (id) on delete cascade,
    source    text   not null,
    since_us  bigint not null,
    held      bigint not null,              -- 1: the org no longer says so, and it is kept since it is the last one
    primary key (person_id, role_id)
);
create index membership_role on membership (role_id);

-- The org's groups that a person was last seen in and that begin with the prefix.
create table person_group (
    person_id text not null references person (id) on delete cascade,
    name      text not null,
    primary key (person_id, name)
);

-- What the sync last saw of each group of the org.
create table org_group (
    id               text   not null primary key,   -- the org's id
    name             text   not null,
    moved_us         bigint not null,               -- lastMembershipUpdated when members were last read
    members_count    bigint not null,
    read_us          bigint not null
);

-- A browser that is signed in. The id itself is never stored.
create table session (
    id_hash        text   not null primary key,     -- keyed hash
    person_id      text   not null references person (id) on delete cascade,
    epoch          bigint not null,                 -- the person's, when the session began
    began_us       bigint not null,
    used_us        bigint not null,
    id_token       bytea,                           -- sealed for `session/<id_hash>`: names the session when signing out at the org
    client_address text   not null
);
create index session_person on session (person_id);

-- A sign-in that is under way at the org. Used once, by one conditional update.
create table sign_in_attempt (
    state_hash   text   not null primary key,       -- keyed hash
    browser_hash text   not null,                   -- keyed hash of the cookie that the attempt is bound to
    verifier     bytea  not null,                   -- nonce and PKCE verifier, sealed for `sign_in_attempt/<state_hash>`
    redirect_uri text   not null,
    return_to    text   not null,                   -- a local path
    began_us     bigint not null,
    used_us      bigint
);
create index sign_in_attempt_began on sign_in_attempt (began_us);

-- Settings by name. Secrets are sealed for `setting/<name>`.
create table setting (
    name       text   not null primary key,
    value      text,
    sealed     bytea,
    changed_us bigint not null
);

-- The one-time code of set-up. A row with `used_us` closes set-up for good.
create table set_up (
    id        bigint not null primary key,          -- always 1
    code_hash text   not null,                      -- keyed hash
    made_us   bigint not null,
    used_us   bigint,
    used_by   text
);

-- The log of sign-ins and changes, written in the transaction of what it tells of.
create table log_entry (
    id          text   not null primary key,
    at_us       bigint not null,
    kind        text   not null,
    person_id   text,                               -- no reference, since the log outlives the person
    person_name text   not null,
    what        text   not null,
    detail      text   not null
);
create index log_entry_at on log_entry (at_us);
create index log_entry_person on log_entry (person_id, at_us);
