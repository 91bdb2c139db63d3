-- 0056_device_authorization.sql: devices without a browser that wait for a person (RFC 8628). Of both codes only keyed hashes are kept.
create table device_authorization (
    device_hash text   not null primary key,
    user_hash   text   not null unique,
    server_id   text   not null references authorization_server (id) on delete cascade,
    app_id      text   not null references app (id) on delete cascade,
    scopes      text   not null,
    status      text   not null,
    grant_id    text   references oauth_grant (id) on delete cascade,
    interval_s  bigint not null,
    polled_us   bigint,
    expires_us  bigint not null
);
create index device_authorization_expires on device_authorization (expires_us);
create index device_authorization_app on device_authorization (app_id);
