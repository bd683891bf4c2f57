-- The tables of Tailtap. The relay applies this file at every start, in one transaction under an
-- advisory lock; applying it twice changes nothing. It can be run with psql just as well (psql -1 -f).

-- One row: which layout this database has. Another layout stops everything below.
create table if not exists tailtap_schema (
  singleton boolean primary key default true check (singleton),
  version int not null,
  applied_at timestamptz not null default now()
);
insert into tailtap_schema (version) values (1) on conflict do nothing;
do $$
declare
  found int := (select version from tailtap_schema);
begin
  if found <> 1 then
    raise exception 'this database holds schema version % of Tailtap and this relay speaks version 1', found
      using errcode = 'TT001', hint = 'Point store.url at another database, or run the relay that belongs to it.';
  end if;
end
$$;

-- One row per try of a call of which a byte left, only ever appended. Partitions by UTC day are made ahead by the relay
-- (usage_record_pYYYYMMDD); a row outside of them lands in usage_record_default.
-- started_at leads the primary key, so the key itself serves every question about a time span, and
-- no further index on the time is paid for.
create table if not exists usage_record (
  id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  route text,
  upstream text,
  dialect text,
  method text,
  path text,
  tenant text,
  request_model text,
  response_model text,
  response_id text,
  finish_reason text,
  streamed boolean,
  http_status int,
  outcome text,
  usage_state text,
  prompt_tokens bigint,
  completion_tokens bigint,
  total_tokens bigint,
  cached_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  usage_raw text,
  frames bigint,
  request_bytes bigint,
  response_bytes bigint,
  first_byte_ms bigint,
  latency_ms bigint,
  error text,
  usage_note text, -- why usage is there or not: asked=relay body=event-stream last=done
  attempt smallint, -- 1 for a call's first try; each try of which a byte left is a row
  call uuid, -- the id of the call's first try
  delivered boolean, -- the client got this answer, be it only its head; null: nobody saw the end
  upstream_key text, -- the label of the upstream's key, never the key; null: the client's own
  sent_model text, -- what the upstream was asked for; null: request_model
  cache_write_1h_tokens bigint, -- the part of cache_write_tokens that is kept for an hour
  audio_prompt_tokens bigint, -- the part of prompt_tokens that was sound; likewise the next three
  audio_completion_tokens bigint,
  image_prompt_tokens bigint,
  image_completion_tokens bigint,
  service_tier text, -- as served, not as asked
  geo text, -- where it was served, if the price hangs on that
  speed text, -- the mode it was served in, if the price hangs on that
  units jsonb, -- other things that are billed: {"web_searches":2,"seconds":27}
  provider_cost numeric, -- what the answer says that it costs
  provider_currency text,
  session text, -- this and the next four: what the caller says of itself
  agent text,
  client text,
  client_retry int,
  tags jsonb, -- of the settings tag.NAME
  provider_request_id text, -- by which the provider knows the try
  relay text, -- which one made the row
  first_event_ms bigint, -- to the first event with data, which is not the first byte
  primary key (started_at, id)
) partition by range (started_at);
-- Came later than the rest. They may be null and stand last, so this is no new version: a relay of
-- before goes on writing beside one of now, and leaves them null. Looked for first, because altering
-- locks the table.
do $$
begin
  if (select count(*) from pg_attribute where attrelid = 'usage_record'::regclass and not attisdropped
      and attname in ('usage_note', 'attempt', 'call', 'delivered', 'upstream_key', 'sent_model',
        'cache_write_1h_tokens', 'audio_prompt_tokens', 'audio_completion_tokens', 'image_prompt_tokens', 'image_completion_tokens', 'service_tier', 'geo', 'speed',
        'units', 'provider_cost', 'provider_currency', 'session', 'agent', 'client', 'client_retry', 'tags', 'provider_request_id', 'relay', 'first_event_ms')) < 25
  then
    alter table usage_record
      add column if not exists usage_note text,
      add column if not exists attempt smallint,
      add column if not exists call uuid,
      add column if not exists delivered boolean,
      add column if not exists upstream_key text,
      add column if not exists sent_model text,
      add column if not exists cache_write_1h_tokens bigint,
      add column if not exists audio_prompt_tokens bigint,
      add column if not exists audio_completion_tokens bigint,
      add column if not exists image_prompt_tokens bigint,
      add column if not exists image_completion_tokens bigint,
      add column if not exists service_tier text,
      add column if not exists geo text,
      add column if not exists speed text,
      add column if not exists units jsonb,
      add column if not exists provider_cost numeric,
      add column if not exists provider_currency text,
      add column if not exists session text,
      add column if not exists agent text,
      add column if not exists client text,
      add column if not exists client_retry int,
      add column if not exists tags jsonb,
      add column if not exists provider_request_id text,
      add column if not exists relay text,
      add column if not exists first_event_ms bigint;
  end if;
end
$$;
create table if not exists usage_record_default partition of usage_record default;

-- The rows that somebody should look at. They are few, so the index costs next to nothing, and
-- without it looking for them would read everything.
create index if not exists usage_record_doubtful on usage_record (started_at)
  where usage_state in ('partial', 'unreadable');

-- What is counted already of responses that can be asked for again: a usage that a later row reports
-- once more is 'repeated' there, and its counts are null. Kept as long as providers keep responses.
create table if not exists usage_counted (
  upstream text not null,
  response text not null, -- the provider's id, else the path
  id uuid not null, -- of the row that counts it
  retrieved boolean not null, -- that row asked for a response that there was already
  at timestamptz not null,
  primary key (upstream, response)
);
create index if not exists usage_counted_at on usage_counted (at);

-- The hourly sums, fed by the statement that inserts the rows, from the rows really inserted.
-- model is what the provider says it ran, else what was asked for; an absent text is ''. So is the
-- model of a call that was refused or never answered and has no usage, and the tenant after 401 and
-- 403: such names may be made up. Groups beyond store.hour-groups are summed as '~other'.
-- Sums are numeric: one absurd count must not overflow the hour for everybody else.
-- The fill factor leaves room on each page to update a row in place.
create table if not exists usage_hour (
  hour timestamptz not null,
  tenant text not null,
  upstream text not null,
  model text not null,
  calls bigint not null,
  calls_with_usage bigint not null,
  prompt_tokens numeric not null,
  completion_tokens numeric not null,
  total_tokens numeric not null,
  cached_tokens numeric not null,
  cache_write_tokens numeric not null,
  reasoning_tokens numeric not null,
  delivered bigint not null default 0, -- the rows whose answer the client got; calls are all of them
  primary key (hour, tenant, upstream, model)
) with (fillfactor = 70);
-- Came later than the rest; 0 for what a relay of before wrote. A constant default rewrites no row.
do $$
begin
  if not exists (select from pg_attribute where attrelid = 'usage_hour'::regclass
      and not attisdropped and attname = 'delivered') then
    alter table usage_hour add column delivered bigint not null default 0;
  end if;
end
$$;

-- Rows that the database refuses for what they hold. payload is one line in COPY's text format with
-- the columns of usage_record in their order, as many as the relay knew that wrote it; bytea, because
-- it may hold what text may not.
create table if not exists usage_dead_letter (
  id uuid primary key,
  started_at timestamptz not null,
  payload bytea not null,
  sqlstate text,
  reason text,
  at timestamptz not null default now()
);
