-- 0061_admin_scope.sql: who may administer what. Custom roles are sets of permissions, resource sets are sets of resources, a binding gives
-- members a role over a set. Targets limit a standard role to some groups or some apps.
-- Resources and targets name objects without references on purpose: what is deleted must not widen what is left. A role whose only target
-- is gone reaches nothing, where a role without targets reaches everything.
create table custom_role (
    id           text   not null primary key,
    label        text   not null,
    label_folded text   not null unique,
    description  text   not null,
    created_us   bigint not null,
    updated_us   bigint not null
);
create table custom_role_permission (
    role_id    text   not null references custom_role (id) on delete cascade,
    permission text   not null,
    conditions text,                               -- JSON; null: none
    created_us bigint not null,
    updated_us bigint not null,
    primary key (role_id, permission)
);
create table resource_set (
    id           text   not null primary key,
    label        text   not null,
    label_folded text   not null unique,
    description  text   not null,
    created_us   bigint not null,
    updated_us   bigint not null
);
create table resource_set_resource (
    id         text   not null primary key,
    set_id     text   not null references resource_set (id) on delete cascade,
    orn        text   not null,
    excluded   text   not null,                    -- JSON: a list of resource names
    created_us bigint not null,
    updated_us bigint not null,
    unique (set_id, orn)
);
create table role_binding (
    id         text   not null primary key,
    set_id     text   not null references resource_set (id) on delete cascade,
    role_id    text   not null references custom_role (id) on delete cascade,
    created_us bigint not null,
    unique (set_id, role_id)
);
create index role_binding_role on role_binding (role_id);
create table role_binding_member (
    id         text   not null primary key,
    binding_id text   not null references role_binding (id) on delete cascade,
    user_id    text   references org_user (id) on delete cascade,
    group_id   text   references org_group (id) on delete cascade,
    app_id     text   references app (id) on delete cascade,
    created_us bigint not null,
    check ((case when user_id is null then 0 else 1 end) + (case when group_id is null then 0 else 1 end) + (case when app_id is null then 0 else 1 end) = 1)
);
create unique index role_binding_member_user on role_binding_member (user_id, binding_id);
create unique index role_binding_member_group on role_binding_member (group_id, binding_id);
create unique index role_binding_member_app on role_binding_member (app_id, binding_id);
create index role_binding_member_binding on role_binding_member (binding_id, id);
create table role_target (
    id             text   not null primary key,
    admin_role_id  text   references admin_role (id) on delete cascade,
    client_role_id text   references client_role (id) on delete cascade,
    group_id       text,
    app_name       text,
    app_id         text,                           -- null: every app of that name
    created_us     bigint not null,
    check ((admin_role_id is null) <> (client_role_id is null)),
    check ((group_id is null) <> (app_name is null))
);
create index role_target_admin_role on role_target (admin_role_id, id);
create index role_target_client_role on role_target (client_role_id, id);
-- Whether an administrator is told of what concerns administrators: `disableNotifications` of the assignment.
alter table admin_role add column notified bigint not null default 1;
alter table client_role add column notified bigint not null default 1;
