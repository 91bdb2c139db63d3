-- 0054_grant_terms.sql: on which terms a grant was made: the grant type that the policy allowed and the lifetimes that its rule gave.
-- Older grants have none of their own and keep those of their server.
alter table oauth_grant add column grant_type text not null default 'authorization_code';
alter table oauth_grant add column access_token_s bigint;
alter table oauth_grant add column refresh_token_s bigint;
alter table oauth_grant add column refresh_idle_s bigint;
alter table oauth_grant add column acr text;
alter table refresh_token add column updated_us bigint;
