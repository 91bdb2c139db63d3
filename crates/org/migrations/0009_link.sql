-- 0009_link.sql: links of one use that are sent to a person: /welcome/{token} and /reset_password/{token}.
create table person_link (
    token_hash text   not null primary key,
    user_id    text   not null references org_user (id) on delete cascade,
    purpose    text   not null,
    created_us bigint not null,
    expires_us bigint not null,
    used_us    bigint
);
create index person_link_user on person_link (user_id);
