-- 0057_client_role.sql: administrator roles of service apps: what an app may do at the org's own API when it acts for itself.
create table client_role (
    id         text   not null primary key,
    type       text   not null,
    app_id     text   not null references app (id) on delete cascade,
    created_us bigint not null,
    updated_us bigint not null,
    unique (app_id, type)
);
