-- 0002_user.sql: people. The profile is a JSON object in text; what is searched in it stands again in user_attribute, folded,
-- so that one SQL text serves both databases and a custom attribute needs no column.
create table user_type (
    id         text   not null primary key,
    name       text   not null unique,
    is_default bigint not null,
    schema_id  text   not null
);
create table org_user (
    id                    text   not null primary key,
    type_id               text   not null references user_type (id),
    status                text   not null,
    login                 text   not null,
    login_folded          text   not null unique,
    login_prefix_folded   text   not null,
    email_folded          text   not null,
    profile               text   not null,
    password_hash         text,
    provider_type         text   not null,
    provider_name         text   not null,
    recovery_question     text,
    recovery_answer_hash  text,
    created_us            bigint not null,
    activated_us          bigint,
    status_changed_us     bigint,
    last_login_us         bigint,
    updated_us            bigint not null,
    password_changed_us   bigint
);
create index org_user_login_prefix on org_user (login_prefix_folded);
create index org_user_email on org_user (email_folded);
create index org_user_status on org_user (status, id);
create index org_user_updated on org_user (updated_us);
create table user_attribute (
    user_id  text   not null references org_user (id) on delete cascade,
    name     text   not null,
    position bigint not null,
    value    text   not null,
    folded   text   not null,
    primary key (user_id, name, position)
);
create index user_attribute_folded on user_attribute (name, folded);
