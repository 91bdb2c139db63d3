-- 0025_authorization_server.sql: authorization servers and their signing keys. The org's own server is the row `org`. Private keys
-- are sealed; a server has at most one current and one next key for each purpose.
create table authorization_server (
    id                 text   not null primary key,
    name               text   not null,
    description        text   not null,
    audience           text   not null,
    status             text   not null,
    access_token_s     bigint not null,
    id_token_s         bigint not null,
    refresh_token_s    bigint,
    refresh_idle_s     bigint,
    created_us         bigint not null,
    updated_us         bigint not null
);
create table signing_key (
    kid         text   not null primary key,
    server_id   text   not null references authorization_server (id) on delete cascade,
    purpose     text   not null,
    state       text   not null,
    sealed      bytea  not null,
    modulus     text   not null,
    exponent    text   not null,
    created_us  bigint not null,
    current_us  bigint,
    retired_us  bigint
);
create unique index signing_key_current on signing_key (server_id, purpose) where state = 'CURRENT';
create unique index signing_key_next on signing_key (server_id, purpose) where state = 'NEXT';
