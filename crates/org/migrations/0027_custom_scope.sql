-- 0027_custom_scope.sql: scopes that the owner of a custom authorization server defines. Those of OpenID Connect are no rows.
create table custom_scope (
    id           text   not null primary key,
    server_id    text   not null references authorization_server (id) on delete cascade,
    name         text   not null,
    display_name text,
    description  text,
    is_default   bigint not null,
    is_published bigint not null,
    created_us   bigint not null,
    unique (server_id, name)
);
