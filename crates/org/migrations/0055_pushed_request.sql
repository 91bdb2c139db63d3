-- 0055_pushed_request.sql: authorize requests that a client pushed (RFC 9126). One leads to one answer.
create table pushed_request (
    uri_hash   text   not null primary key,
    server_id  text   not null references authorization_server (id) on delete cascade,
    app_id     text   not null references app (id) on delete cascade,
    parameters text   not null,
    expires_us bigint not null,
    used_us    bigint
);
create index pushed_request_expires on pushed_request (expires_us);
