-- 0004_app.sql: apps, their client secrets and who is assigned. Settings and credentials of an app are JSON objects in text;
-- the columns hold what other statements ask for. A secret is sealed: it is shown again to administrators, as Okta does.
create table app (
    id               text   not null primary key,
    client_id        text   unique,
    name             text   not null,
    name_folded      text   not null,
    label            text   not null,
    label_folded     text   not null,
    sign_on_mode     text   not null,
    status           text   not null,
    document         text   not null,
    groups_claim     text,
    created_us       bigint not null,
    updated_us       bigint not null
);
create index app_label on app (label_folded);
create table client_secret (
    id         text   not null primary key,
    app_id     text   not null references app (id) on delete cascade,
    sealed     bytea  not null,
    hash       text   not null,
    status     text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create index client_secret_app on client_secret (app_id, created_us);
create table app_user (
    app_id            text   not null references app (id) on delete cascade,
    user_id           text   not null references org_user (id) on delete cascade,
    user_name         text,
    user_name_folded  text,
    profile           text   not null,
    created_us        bigint not null,
    updated_us        bigint not null,
    primary key (app_id, user_id)
);
create index app_user_user on app_user (user_id, app_id);
create table app_group (
    app_id     text   not null references app (id) on delete cascade,
    group_id   text   not null references org_group (id) on delete cascade,
    priority   bigint not null,
    profile    text   not null,
    created_us bigint not null,
    updated_us bigint not null,
    primary key (app_id, group_id)
);
create index app_group_group on app_group (group_id, app_id);
