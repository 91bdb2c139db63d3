-- 0080_hook.sql: event hooks, inline hooks, and the keys with which inline hooks prove who calls.
-- What is delivered to an event hook is queued in the transaction of the log event, and goes once the service has taken it: after a crash
-- it is delivered again rather than not at all. `due_us` is when a delivery may be taken up; whoever takes it up moves that ahead.
create table event_hook (
    id           text   not null primary key,
    name         text   not null,
    description  text,
    status       text   not null,
    verification text   not null,   -- UNVERIFIED, VERIFIED
    events       text   not null,   -- JSON array of event types
    uri          text   not null,
    headers      text   not null,   -- JSON array of {key, value}
    auth_key     text,
    auth_value   bytea,             -- sealed as `event_hook/ID`
    created_us   bigint not null,
    created_by   text   not null,
    updated_us   bigint not null
);
create table event_hook_type (
    event_type text not null,
    hook_id    text not null references event_hook (id) on delete cascade,
    primary key (event_type, hook_id)
);
create index event_hook_type_hook on event_hook_type (hook_id);
create table event_hook_delivery (
    hook_id  text   not null references event_hook (id) on delete cascade,
    position bigint not null,       -- of the event in the log
    due_us   bigint not null,
    attempts bigint not null,
    primary key (hook_id, position)
);
create index event_hook_delivery_due on event_hook_delivery (due_us);
create table hook_key (
    id         text   not null primary key,
    kid        text   not null unique,
    name       text   not null unique,
    sealed     bytea  not null,     -- the private key, sealed as `hook_key/KID`
    modulus    text   not null,
    exponent   text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create table inline_hook (
    id         text   not null primary key,
    name       text   not null unique,
    type       text   not null,
    version    text   not null,
    status     text   not null,
    channel    text   not null,     -- JSON as it is shown, without secrets
    secret     bytea,               -- sealed as `inline_hook/ID`
    key_id     text   references hook_key (id),
    created_us bigint not null,
    updated_us bigint not null
);
create index inline_hook_key on inline_hook (key_id);
