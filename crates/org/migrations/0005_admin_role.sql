-- 0005_admin_role.sql: administrator roles of people and of groups. Exactly one of user_id and group_id is set.
create table admin_role (
    id         text   not null primary key,
    type       text   not null,
    user_id    text   references org_user (id) on delete cascade,
    group_id   text   references org_group (id) on delete cascade,
    created_us bigint not null,
    updated_us bigint not null,
    check ((user_id is null) <> (group_id is null))
);
create unique index admin_role_user on admin_role (user_id, type);
create unique index admin_role_group on admin_role (group_id, type);
