-- 0031_certificate.sql: the org's own certificate authority and the server certificate that it issued, each one row with its sealed
-- private key.
create table certificate (
    name           text   not null primary key,
    pem            text   not null,
    sealed_key     bytea  not null,
    host_names     text   not null,
    not_after_us   bigint not null,
    created_us     bigint not null
);
