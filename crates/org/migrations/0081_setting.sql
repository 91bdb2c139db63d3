-- 0081_setting.sql: behaviors, SMS templates, what administrators are told of by mail, and shares of the rate limits of single callers.
create table behavior (
    id         text   not null primary key,
    name       text   not null unique,
    type       text   not null,
    status     text   not null,
    settings   text   not null,     -- JSON object
    created_us bigint not null,
    updated_us bigint not null
);
create table sms_template (
    id           text   not null primary key,
    name         text   not null,
    type         text   not null unique,
    template     text   not null,
    translations text   not null,   -- JSON object: language, text
    created_us   bigint not null,
    updated_us   bigint not null
);
-- A row where somebody decided; without one the default of the role counts.
create table subscription (
    subject    text   not null,     -- a person's id, or a role's type
    type       text   not null,
    subscribed bigint not null,
    primary key (subject, type)
);
create table principal_rate_limit (
    id                  text   not null primary key,
    principal_id        text   not null unique,
    principal_type      text   not null,
    percentage          bigint not null,
    concurrency         bigint not null,
    created_us          bigint not null,
    created_by          text   not null,
    updated_us          bigint not null,
    updated_by          text   not null
);
