-- 0026_oauth_grant.sql: what was granted to clients. One grant is one authorization of one person (or of a client for itself); codes
-- and tokens hang on it, so that ending it ends them all. Of codes and refresh tokens only keyed hashes are kept; an access token
-- is known by its `jti`.
create table oauth_grant (
    id          text   not null primary key,
    server_id   text   not null references authorization_server (id) on delete cascade,
    app_id      text   not null references app (id) on delete cascade,
    user_id     text   references org_user (id) on delete cascade,
    session_id  text,
    scopes      text   not null,
    auth_us     bigint,
    amr         text   not null,
    created_us  bigint not null,
    expires_us  bigint not null,
    ended_us    bigint
);
create index oauth_grant_user on oauth_grant (user_id);
create index oauth_grant_app on oauth_grant (app_id);
create index oauth_grant_expires on oauth_grant (expires_us);
create table authorization_code (
    code_hash    text   not null primary key,
    grant_id     text   not null references oauth_grant (id) on delete cascade,
    redirect_uri text   not null,
    nonce        text,
    challenge    text,
    expires_us   bigint not null,
    used_us      bigint
);
create index authorization_code_grant on authorization_code (grant_id);
create table refresh_token (
    token_hash  text   not null primary key,
    id          text   not null unique,
    grant_id    text   not null references oauth_grant (id) on delete cascade,
    created_us  bigint not null,
    expires_us  bigint not null,
    idle_us     bigint,
    replaced_us bigint
);
create index refresh_token_grant on refresh_token (grant_id);
create table access_token (
    jti        text   not null primary key,
    grant_id   text   not null references oauth_grant (id) on delete cascade,
    expires_us bigint not null,
    ended_us   bigint
);
create index access_token_grant on access_token (grant_id);
create index access_token_expires on access_token (expires_us);
-- What clients sent once and may not send again: the `jti` of their assertions.
create table client_assertion (
    assertion_hash text   not null primary key,
    expires_us     bigint not null
);
create index client_assertion_expires on client_assertion (expires_us);
