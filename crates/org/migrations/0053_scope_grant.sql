-- 0053_scope_grant.sql: scopes that were agreed to. An administrator grants a scope of this org's API to an app; a person lets an app have
-- a scope of one server that asks for consent.
create table app_scope_grant (
    id         text   not null primary key,
    app_id     text   not null references app (id) on delete cascade,
    scope      text   not null,
    created_by text   not null,
    created_us bigint not null,
    updated_us bigint not null,
    unique (app_id, scope)
);
create table user_scope_grant (
    id         text   not null primary key,
    server_id  text   not null references authorization_server (id) on delete cascade,
    app_id     text   not null references app (id) on delete cascade,
    user_id    text   not null references org_user (id) on delete cascade,
    scope      text   not null,
    created_us bigint not null,
    updated_us bigint not null,
    unique (server_id, app_id, user_id, scope)
);
create index user_scope_grant_user on user_scope_grant (user_id, id);
create index user_scope_grant_app on user_scope_grant (app_id);
