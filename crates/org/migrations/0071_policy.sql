-- 0071_policy.sql: policies of the org itself, their rules, and which app follows which. Conditions, settings and actions are JSON
-- objects in text. Each type has one system policy, which comes last and holds for whoever no other holds for.
create table policy (
    id          text   not null primary key,
    type        text   not null,
    name        text   not null,
    description text   not null,
    status      text   not null,
    priority    bigint not null,
    is_system   bigint not null,
    conditions  text   not null,
    settings    text   not null,
    created_us  bigint not null,
    updated_us  bigint not null,
    unique (type, name)
);
create table policy_rule (
    id          text   not null primary key,
    policy_id   text   not null references policy (id) on delete cascade,
    name        text   not null,
    status      text   not null,
    priority    bigint not null,
    is_system   bigint not null,
    conditions  text   not null,
    actions     text   not null,
    created_us  bigint not null,
    updated_us  bigint not null,
    unique (policy_id, name)
);
-- An app follows one policy of each type that apps are given to.
create table policy_mapping (
    id          text   not null primary key,
    app_id      text   not null references app (id) on delete cascade,
    type        text   not null,
    policy_id   text   not null references policy (id) on delete cascade,
    unique (app_id, type)
);
create index policy_mapping_policy on policy_mapping (policy_id);
