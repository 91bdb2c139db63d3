-- 0051_claim.sql: claims of custom authorization servers. `scopes` is a JSON array: the claim is there with any of them, or always when it
-- is empty. System claims are rows too, so that one can be switched off.
create table claim (
    id                text   not null primary key,
    server_id         text   not null references authorization_server (id) on delete cascade,
    name              text   not null,
    status            text   not null,
    claim_type        text   not null,
    value_type        text   not null,
    value             text   not null,
    group_filter_type text,
    scopes            text   not null,
    always_included   bigint not null,
    is_system         bigint not null,
    unique (server_id, claim_type, name)
);
