-- 0052_access_policy.sql: who gets tokens of a custom authorization server, by priority. `clients` is a JSON array of client ids or
-- ["ALL_CLIENTS"]; conditions and actions of a rule are JSON objects as the API shows them.
create table access_policy (
    id          text   not null primary key,
    server_id   text   not null references authorization_server (id) on delete cascade,
    name        text   not null,
    description text   not null,
    status      text   not null,
    priority    bigint not null,
    is_system   bigint not null,
    clients     text   not null,
    created_us  bigint not null,
    updated_us  bigint not null
);
create index access_policy_server on access_policy (server_id, priority);
create table access_rule (
    id         text   not null primary key,
    policy_id  text   not null references access_policy (id) on delete cascade,
    name       text   not null,
    status     text   not null,
    priority   bigint not null,
    is_system  bigint not null,
    conditions text   not null,
    actions    text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create index access_rule_policy on access_rule (policy_id, priority);
