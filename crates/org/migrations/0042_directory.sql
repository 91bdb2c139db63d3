-- 0042_directory.sql: what ties people, groups and apps together beside membership.
-- A linked object is a relation between people with a name for each end; of each relation a person has one primary at most.
create table linked_object (
    primary_name           text   not null primary key,
    primary_title          text   not null,
    primary_description    text,
    associated_name        text   not null unique,
    associated_title       text   not null,
    associated_description text,
    created_us             bigint not null
);
create table linked_person (
    primary_name  text   not null references linked_object (primary_name) on delete cascade,
    associated_id text   not null references org_user (id) on delete cascade,
    primary_id    text   not null references org_user (id) on delete cascade,
    created_us    bigint not null,
    primary key (primary_name, associated_id)
);
create index linked_person_primary on linked_person (primary_id, primary_name, associated_id);
create index linked_person_associated on linked_person (associated_id);
-- Owners of groups: people, or groups. Exactly one of user_id and owner_group_id is set, and is the owner_id.
create table group_owner (
    group_id       text   not null references org_group (id) on delete cascade,
    owner_id       text   not null,
    user_id        text   references org_user (id) on delete cascade,
    owner_group_id text   references org_group (id) on delete cascade,
    updated_us     bigint not null,
    primary key (group_id, owner_id),
    check ((user_id is null) <> (owner_group_id is null))
);
create index group_owner_user on group_owner (user_id);
create index group_owner_group on group_owner (owner_group_id);
-- How a person's profile becomes that of an app's user: a JSON object, target attribute to expression.
create table profile_mapping (
    app_id     text   not null primary key references app (id) on delete cascade,
    properties text   not null,
    updated_us bigint not null
);
