-- 0060_app_credential.sql: what apps carry beside their settings: keys with certificates, requests for certificates, a logo, features.
-- A key is its own row, since a clone shares it: `app_key` says which apps have it. Private keys are sealed.
create table key_credential (
    kid          text   not null primary key,
    sealed       bytea  not null,
    modulus      text   not null,
    exponent     text   not null,
    certificate  text   not null,              -- DER in base64
    not_after_us bigint not null,
    created_us   bigint not null,
    updated_us   bigint not null
);
create table app_key (
    app_id     text   not null references app (id) on delete cascade,
    kid        text   not null references key_credential (kid) on delete cascade,
    created_us bigint not null,
    primary key (app_id, kid)
);
create index app_key_kid on app_key (kid);
create table app_csr (
    id         text   not null primary key,
    app_id     text   not null references app (id) on delete cascade,
    sealed     bytea  not null,
    modulus    text   not null,
    exponent   text   not null,
    request    text   not null,                -- DER in base64
    created_us bigint not null
);
create index app_csr_app on app_csr (app_id, created_us);
create table app_logo (
    id         text   not null primary key,
    app_id     text   not null unique references app (id) on delete cascade,
    media_type text   not null,
    content    bytea  not null,
    updated_us bigint not null
);
create table app_feature (
    app_id       text not null references app (id) on delete cascade,
    name         text not null,
    capabilities text not null,
    primary key (app_id, name)
);
-- What lists of apps are asked by, out of the document.
alter table app add column signing_kid text;
alter table app add column slo_enabled bigint not null default 0;
create index app_signing_kid on app (signing_kid);
