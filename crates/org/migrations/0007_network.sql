-- 0007_network.sql: network zones and trusted origins. Addresses of a zone are a JSON array in text.
create table zone (
    id         text   not null primary key,
    name       text   not null,
    name_folded text  not null unique,
    type       text   not null,
    status     text   not null,
    usage      text   not null,
    is_system  bigint not null,
    gateways   text   not null,
    proxies    text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create table trusted_origin (
    id         text   not null primary key,
    name       text   not null unique,
    origin     text   not null unique,
    status     text   not null,
    scopes     text   not null,
    created_us bigint not null,
    created_by text   not null,
    updated_us bigint not null,
    updated_by text   not null
);
