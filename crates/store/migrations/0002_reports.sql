-- 0002_reports.sql: connection profiles, Views, assignments, runs, Defined Fields.

-- A named database that reports run on.
create table connection (
    id                 text   not null primary key,
    name               text   not null,
    kind               text   not null,     -- 'sqlite' or 'postgresql'
    settings           text   not null,     -- how to reach it, as JSON; no secret is in it
    password_sealed    bytea,               -- sealed for `connection/<id>`
    timeout_ms         bigint not null,
    rows_max           bigint not null,
    concurrent_max     bigint not null,
    open_to_publishers bigint not null,     -- 1: every publisher may publish against it, 0: those listed below
    created_us         bigint not null,
    changed_us         bigint not null
);
-- Two profiles whose names differ in case alone would be mistaken for one another.
create unique index connection_name on connection (lower(name));

-- The publishers who may publish against a connection that is not open to all of them.
create table connection_publisher (
    connection_id text not null references connection (id) on delete cascade,
    person_id     text not null references person (id) on delete cascade,
    primary key (connection_id, person_id)
);
create index connection_publisher_person on connection_publisher (person_id);

-- A named report definition; what runs is its version `version`.
create table view (
    id          text   not null primary key,
    name        text   not null,
    title       text   not null,
    description text   not null,
    category    text   not null,
    version     bigint not null,
    publisher   text   not null,            -- the person who published version 1; no reference, since the View outlives them
    created_us  bigint not null
);
create index view_publisher on view (publisher);
create unique index view_name on view (lower(name));

-- A published version never changes, so that a run says for good what ran.
create table view_version (
    view_id        text   not null references view (id) on delete cascade,
    version        bigint not null,
    definition     text   not null,         -- query, parameters, columns and types, as JSON
    note           text   not null,
    published_by   text   not null,         -- a person's id; no reference, since the version outlives the person
    publisher_name text   not null,
    published_us   bigint not null,
    primary key (view_id, version)
);

-- Report x connection x role x type. Assigning the same four again renews the row.
create table assignment (
    id            text   not null primary key,
    view_id       text   not null references view (id) on delete cascade,
    connection_id text   not null references connection (id),
    role_id       text   not null references role (id) on delete cascade,
    report_type   text   not null,
    category      text   not null,
    description   text   not null,
    expires_us    bigint,                   -- when the assignment lapses; null: never
    created_us    bigint not null,
    unique (view_id, connection_id, role_id, report_type)
);
create index assignment_role on assignment (role_id);
create index assignment_connection on assignment (connection_id);

-- One execution of an assigned report by one person. It outlives the assignment, the View and the connection.
create table run (
    id              text   not null primary key,
    assignment_id   text   references assignment (id) on delete set null,
    view_id         text   not null,
    view_version    bigint not null,
    title           text   not null,
    report_type     text   not null,
    connection_name text   not null,
    role_id         text,                   -- the role through which the reader reached it
    role_name       text   not null,
    person_id       text   not null,        -- no reference, since the log of runs outlives the person
    person_name     text   not null,
    asked           text   not null,
    state           text   not null,        -- moves forward alone: queued, running, one of the final four
    parameters      text   not null,        -- as JSON, to be read by people
    columns         text   not null,        -- as JSON: those of the stored result
    query_identity  text   not null,
    withheld        text   not null,        -- as JSON: query identifiers without a value
    row_count       bigint not null,
    size_bytes      bigint not null,
    sha256          text,                   -- of the stored file
    cut_at_rows_max bigint not null,
    database_us     bigint not null,
    failure         text,                   -- as JSON
    idempotency_key text,
    created_us      bigint not null,
    started_us      bigint,
    finished_us     bigint,
    expires_us      bigint,                 -- when retention removes the result
    -- The promise that a request which is sent twice runs once.
    unique (person_id, idempotency_key)
);
create index run_person on run (person_id, created_us);
create index run_assignment on run (assignment_id, person_id, created_us);
create index run_state on run (state);
create index run_created on run (created_us);
create index run_expires on run (expires_us);

-- A value that people carry, used in Views under its identifier.
create table defined_field (
    id          text   not null primary key,
    name        text   not null,
    identifier  text   not null,            -- with its @
    description text   not null,
    data_type   text   not null,
    created_us  bigint not null
);
create unique index defined_field_identifier on defined_field (lower(identifier));
create unique index defined_field_name on defined_field (lower(name));

-- A person's value of a Defined Field, in the form that people type.
create table field_value (
    person_id text   not null references person (id) on delete cascade,
    field_id  text   not null references defined_field (id) on delete cascade,
    value     text   not null,
    set_us    bigint not null,
    primary key (person_id, field_id)
);
