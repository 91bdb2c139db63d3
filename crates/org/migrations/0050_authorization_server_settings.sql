-- 0050_authorization_server_settings.sql: what an owner decides about a custom authorization server. `furnished_us` is when a server got
-- what every server begins with (claims; the default server its policy too): what an administrator removes later stays removed.
alter table authorization_server add column rotation_mode text not null default 'AUTO';
alter table authorization_server add column issuer_mode text not null default 'ORG_URL';
alter table authorization_server add column furnished_us bigint;
alter table custom_scope add column consent text not null default 'IMPLICIT';
alter table custom_scope add column is_optional bigint not null default 0;
-- Servers whose tokens another one trusts in an exchange.
create table authorization_server_trust (
    server_id  text   not null references authorization_server (id) on delete cascade,
    trusted_id text   not null references authorization_server (id) on delete cascade,
    created_us bigint not null,
    primary key (server_id, trusted_id)
);
