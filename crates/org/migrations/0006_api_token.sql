-- 0006_api_token.sql: API tokens. Of the value only a keyed hash is kept: nothing here can be turned back into a token.
-- A revoked token keeps its row, so that the log can still name it; its hash is gone.
create table api_token (
    id              text   not null primary key,
    name            text   not null,
    name_folded     text   not null,
    user_id         text   not null references org_user (id) on delete cascade,
    client_name     text   not null,
    value_hash      text   unique,
    network         text   not null,
    created_us      bigint not null,
    updated_us      bigint not null,
    last_used_us    bigint,
    expires_us      bigint not null,
    revoked_us      bigint
);
create index api_token_user on api_token (user_id);
