-- 0073_factor.sql: factors that people enrolled. `secret` is sealed in the vault: the key of a TOTP, the public key of a WebAuthn
-- credential. Of an answer, of a code that was sent and of a challenge only keyed hashes are kept. `counter` is the last time step of a
-- TOTP that was used, or the counter of a WebAuthn credential: what is not greater was seen before.
create table factor (
    id            text   not null primary key,
    user_id       text   not null references org_user (id) on delete cascade,
    kind          text   not null,
    status        text   not null,
    profile       text   not null,
    secret        bytea,
    answer_hash   text,
    code_hash     text,
    code_until_us bigint,
    counter       bigint not null,
    failures      bigint not null,
    failed_us     bigint not null,
    created_us    bigint not null,
    updated_us    bigint not null
);
create index factor_user on factor (user_id);
-- Seeds of YubiKey tokens that administrators upload; the keys are sealed.
create table yubikey_token (
    id         text   not null primary key,
    serial     text   not null unique,
    public_id  text   not null,
    secret     bytea  not null,
    status     text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
