-- 0003_group.sql: groups and who is in them. Everyone's members are rows like any others.
create table org_group (
    id                    text   not null primary key,
    type                  text   not null,
    name                  text   not null,
    name_folded           text   not null unique,
    description           text,
    description_folded    text,
    created_us            bigint not null,
    updated_us            bigint not null,
    membership_updated_us bigint not null
);
create index org_group_membership_updated on org_group (membership_updated_us);
create table group_member (
    group_id text   not null references org_group (id) on delete cascade,
    user_id  text   not null references org_user (id) on delete cascade,
    added_us bigint not null,
    primary key (group_id, user_id)
);
create index group_member_user on group_member (user_id, group_id);
