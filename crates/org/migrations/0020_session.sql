-- 0020_session.sql: who is signed in, and the values of one use that lead there. Of what a browser or client holds only keyed
-- hashes are kept. `public_id` is what the API calls a session, `external_id` what the System Log calls it; neither opens it.
create table session (
    id_hash          text   not null primary key,
    public_id        text   not null unique,
    external_id      text   not null,
    user_id          text   not null references org_user (id) on delete cascade,
    amr              text   not null,
    created_us       bigint not null,
    password_us      bigint not null,
    used_us          bigint not null,
    idle_expires_us  bigint not null,
    expires_us       bigint not null
);
create index session_by_user on session (user_id);
create index session_expires on session (idle_expires_us);
create table session_token (
    token_hash text   not null primary key,
    user_id    text   not null references org_user (id) on delete cascade,
    created_us bigint not null,
    expires_us bigint not null,
    used_us    bigint
);
create index session_token_expires on session_token (expires_us);
-- A sign-in that is not finished: the right password was given, and a new one must be set first.
create table sign_in_state (
    token_hash  text   not null primary key,
    user_id     text   not null references org_user (id) on delete cascade,
    status      text   not null,
    relay_state text,
    expires_us  bigint not null
);
create index sign_in_state_expires on sign_in_state (expires_us);
