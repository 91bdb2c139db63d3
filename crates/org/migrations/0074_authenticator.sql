-- 0074_authenticator.sql: what the org lets people sign in with, the methods of each, and models of security keys that the org names.
-- Settings are JSON objects in text.
create table authenticator (
    id         text   not null primary key,
    key        text   not null unique,
    name       text   not null,
    status     text   not null,
    settings   text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create table authenticator_method (
    authenticator_id text not null references authenticator (id) on delete cascade,
    type             text not null,
    status           text not null,
    settings         text not null,
    primary key (authenticator_id, type)
);
create table authenticator_aaguid (
    authenticator_id text   not null references authenticator (id) on delete cascade,
    aaguid           text   not null,
    name             text   not null,
    characteristics  text   not null,
    certificates     text   not null,
    created_us       bigint not null,
    primary key (authenticator_id, aaguid)
);
