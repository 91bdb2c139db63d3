create table person (id text not null primary key);
create table role (id text not null primary key, name text not null);
