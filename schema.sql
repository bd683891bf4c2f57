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
  trace_id bytea, -- of the request's traceparent, or the one that the relay has begun
  virtual_key text, -- the id of the caller's virtual key, never the key; null: it showed none
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
        'units', 'provider_cost', 'provider_currency', 'session', 'agent', 'client', 'client_retry', 'tags', 'provider_request_id', 'relay', 'first_event_ms', 'trace_id', 'virtual_key')) < 27
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
      add column if not exists first_event_ms bigint,
      add column if not exists trace_id bytea,
      add column if not exists virtual_key text;
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

-- The hourly sums, fed in the transaction that inserts the rows, from the rows really inserted.
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

-- The sums again, a line for each group and shard: relays whose names differ write other lines, and do not wait for each other's
-- commits. shard is a hash of the name. They are a child of usage_hour, so whoever reads that reads both, and a relay of before
-- goes on writing lines there, whose key it needs as it was: to group and to sum is all that a reader does.
create table if not exists usage_hour_shard (
  shard smallint not null,
  primary key (hour, tenant, upstream, model, shard)
) inherits (usage_hour) with (fillfactor = 70);

-- The keys that callers are given (SECURITY.md): what each may do, and a hash of it, never the key. Relays look for changes every
-- keys.refresh; whoever writes here with psql need not set changed_at. routes, models and upstreams are names and patterns; none: all.
create table if not exists tailtap_key (
  id text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
  hash text not null unique check (hash ~ '^sha256:[0-9a-f]{64}$'),
  tenant text not null check (tenant <> ''),
  name text not null default '',
  routes text[] not null default '{}',
  models text[] not null default '{}',
  upstreams text[] not null default '{}',
  "limit" text, -- the name of a limit
  expires timestamptz,
  disabled boolean not null default false,
  tags jsonb check (jsonb_typeof(tags) = 'object'), -- {"team":"red"}: what rows of its calls say beside
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create or replace function tailtap_key_changed() returns trigger language plpgsql as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end
$$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'tailtap_key'::regclass and tgname = 'tailtap_key_changed') then
    create trigger tailtap_key_changed before insert or update on tailtap_key
      for each row execute function tailtap_key_changed();
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

-- The size of a prompt as the sums know it: the smallest of its band. A size at which providers change their price is a band of
-- its own, so that both "more than" and "as many as or more" can be told from it. A size that is added here counts from then on.
create or replace function tailtap_band(tokens bigint) returns bigint language sql immutable parallel safe as $$
  select coalesce((
    array[8192,8193,16000,16001,16384,16385,32000,32001,32768,32769,64000,64001,65536,65537,100000,100001,128000,128001,131072,131073,200000,200001,256000,256001,262144,262145,272000,272001,400000,400001,500000,500001,512000,512001,524288,524289,1000000,1000001,1048576,1048577,2000000,2000001]::bigint[])
    [width_bucket(tokens,
    array[8192,8193,16000,16001,16384,16385,32000,32001,32768,32769,64000,64001,65536,65537,100000,100001,128000,128001,131072,131073,200000,200001,256000,256001,262144,262145,272000,272001,400000,400001,500000,500001,512000,512001,524288,524289,1000000,1000001,1048576,1048577,2000000,2000001]::bigint[])], 0)
$$;
-- A tier, a place or a speed as prices name it; what says no more than "as usual" is ''.
create or replace function tailtap_mode(said text) returns text language sql immutable parallel safe as $$
  select case lower(left(coalesce(said, ''), 64))
    when 'default' then '' when 'standard' then '' when 'auto' then '' when 'on_demand' then ''
    when 'global' then '' when 'not_available' then ''
    when 'on_demand_priority' then 'priority' when 'on_demand_flex' then 'flex'
    else lower(left(coalesce(said, ''), 64)) end
$$;
-- What units cost; null where one that was used has no price.
create or replace function tailtap_units_cost(units jsonb, prices jsonb) returns numeric language sql immutable parallel safe as $$
  select case when count(*) = count(prices -> key) then coalesce(sum(value::text::numeric * (prices ->> key)::numeric), 0) end
  from jsonb_each(case jsonb_typeof(units) when 'object' then units else '{}' end)
  where case jsonb_typeof(value) when 'number' then value::text::numeric > 0 else false end
$$;
-- The names of the units that were used, in order.
create or replace function tailtap_units_names(units jsonb) returns text language sql immutable parallel safe as $$
  select coalesce(string_agg(left(key, 64), ',' order by key), '')
  from jsonb_each(case jsonb_typeof(units) when 'object' then units else '{}' end)
  where case jsonb_typeof(value) when 'number' then value::text::numeric > 0 else false end
$$;
-- Two sums of units as one.
create or replace function tailtap_units_add(one jsonb, more jsonb) returns jsonb language sql immutable parallel safe as $$
  select case when one is null then more when more is null then one else
    (select jsonb_object_agg(key, amount) from (
      select key, sum(value::text::numeric) as amount from (select * from jsonb_each(one) union all select * from jsonb_each(more)) both_of_them
      group by key) added) end
$$;

-- What things cost. A row is one price: of whom (upstream, '' is any), of what (model: an id in lower case, or with % a
-- LIKE pattern), in which mode (tier, geo, speed: '' is the usual one, * any) and from which size of the prompt on.
-- The row that fits best is the one of the highest rank, then of the named upstream, the exact id, the longest pattern,
-- the named mode, the highest step. Token prices are per million, the others per piece. A row says when the provider
-- charged it (valid) and when that was believed (known): a correction closes known and adds a row.
create table if not exists model_price (
  id bigint generated always as identity primary key,
  rank smallint not null default 0, -- 0: a public list; 100: one's own
  upstream text not null default '',
  model text not null check (model <> '' and model = lower(model)),
  tier text not null default '' check (tier = lower(tier)),
  geo text not null default '' check (geo = lower(geo)),
  speed text not null default '' check (speed = lower(speed)),
  over bigint not null default -1, -- holds for calls whose prompt has more tokens than these,
  inclusive boolean not null default false, -- or just as many
  valid tstzrange not null default '(,)',
  known tstzrange not null default tstzrange(now(), null),
  currency text not null default 'USD',
  input numeric check (input >= 0),
  output numeric check (output >= 0),
  cache_read numeric check (cache_read >= 0),
  cache_write numeric check (cache_write >= 0),
  cache_write_1h numeric check (cache_write_1h >= 0),
  reasoning numeric check (reasoning >= 0), -- null: as output
  audio_in numeric check (audio_in >= 0),
  audio_out numeric check (audio_out >= 0),
  image_in numeric check (image_in >= 0),
  image_out numeric check (image_out >= 0),
  units jsonb not null default '{}' check (jsonb_typeof(units) = 'object'), -- {"web_searches":0.01}; "calls": each call
  source text not null default '',
  -- The sums keep the hour and the band of a call, and no more of when and how large it was.
  constraint model_price_whole_hours check (not isempty(valid) and not upper_inc(valid) and (lower_inf(valid) or lower_inc(valid))
    and extract(epoch from lower(valid)) % 3600 = 0 and extract(epoch from upper(valid)) % 3600 = 0),
  constraint model_price_step check (over = -1 and not inclusive or tailtap_band(over) = over and tailtap_band(over + 1) = over + 1),
  -- Two prices for one thing at one time: refused. The hash stands for the texts, so that no extension is needed.
  constraint model_price_overlap exclude using gist (
    int8range(hashtextextended(rank || chr(31) || upstream || chr(31) || model || chr(31) || tier || chr(31) || geo || chr(31) || speed || chr(31) || over || inclusive, 0) >> 1,
      hashtextextended(rank || chr(31) || upstream || chr(31) || model || chr(31) || tier || chr(31) || geo || chr(31) || speed || chr(31) || over || inclusive, 0) >> 1, '[]') with &&,
    valid with &&, known with &&)
);
create index if not exists model_price_now on model_price (upstream) where upper_inf(known);

-- The sums that prices need, beside usage_hour and in the same transaction: a group for all that a price can depend on, so that the
-- cost of the sums is the sum of the costs, to the last digit. kinds has a bit for each kind of count that is there (input 1,
-- cache_read 2, cache_write 4, cache_write_1h 8, audio_in 16, image_in 32, output 64, reasoning 128, audio_out 256, image_out 512,
-- 1024 a total alone): a group is priced as a whole or not at all. What the provider prices itself has groups of its own.
-- Of each row the parts are summed as they are priced: none below 0, none in two of them. key is a hash of the group's names.
-- Groups beyond four times store.hour-groups are summed under the tier '~other', which has no price.
create table if not exists usage_price_hour (
  hour timestamptz not null,
  key bytea not null,
  tenant text not null,
  upstream text not null,
  model text not null,
  service_tier text not null,
  geo text not null,
  speed text not null,
  band bigint not null,
  kinds int not null,
  unit_names text not null,
  stated_currency text not null, -- '': the provider states no cost
  calls bigint not null,
  calls_with_usage bigint not null,
  input numeric not null,
  cache_read numeric not null,
  cache_write numeric not null, -- without what is kept for an hour
  cache_write_1h numeric not null,
  audio_in numeric not null,
  image_in numeric not null,
  output numeric not null,
  reasoning numeric not null,
  audio_out numeric not null,
  image_out numeric not null,
  units jsonb,
  provider_cost numeric,
  primary key (hour, key)
) with (fillfactor = 70);
-- As usage_hour_shard.
create table if not exists usage_price_hour_shard (
  shard smallint not null,
  primary key (hour, key, shard)
) inherits (usage_price_hour) with (fillfactor = 70);

-- The views are made once: to replace one would wait for whoever reads it. That of the rows and that of the sums share what
-- makes a cost of a thing k with its names, its mode, its time, its size and its counts.
do $$
declare
  -- The price is looked up once for each mode of each model, not for each row: "offset 0" in k keeps what it hangs on together,
  -- so that the planner can remember what it found (Memoize). What is rarely counted is looked at together: each sum of two
  -- numerics is felt in a day of a million rows, even one with 0.
  looked_up text := $sql$
    left join lateral (
      select (array_agg(q.id order by q.rank desc, q.upstream <> '' desc, position('%' in q.model) = 0 desc, length(replace(q.model, '%', '')) desc,
        q.tier <> '*' desc, q.geo <> '*' desc, q.speed <> '*' desc, q.over + (not q.inclusive)::int desc))[1] as id
      from model_price q
      where upper_inf(q.known) and coalesce(q.valid @> k.at, true) and q.upstream in ('', k.upstream)
        and (q.model = lower(k.model) or position('%' in q.model) > 0 and lower(k.model) like q.model)
        and q.tier in ('*', tailtap_mode(k.service_tier)) and q.geo in ('*', tailtap_mode(k.geo)) and q.speed in ('*', tailtap_mode(k.speed))
        and q.over + (not q.inclusive)::int <= k.step) best on true
    left join (
      select id, currency, units, (units ->> 'calls')::numeric as calls, input * 0.000001 as input, output * 0.000001 as output,
        cache_read * 0.000001 as cache_read, cache_write * 0.000001 as cache_write, cache_write_1h * 0.000001 as cache_write_1h,
        coalesce(reasoning, output) * 0.000001 as reasoning, audio_in * 0.000001 as audio_in, audio_out * 0.000001 as audio_out,
        image_in * 0.000001 as image_in, image_out * 0.000001 as image_out
      from model_price offset 0) p on p.id = best.id$sql$;
  formula text := $sql$case k.how when 'stated' then k.provider_cost when 'listed' then
        case when k.input > 0 then k.input * p.input else 0 end
        + case when k.output > 0 then k.output * p.output else 0 end
        + case when k.cache_read > 0 then k.cache_read * p.cache_read else 0 end
        + case when k.reasoning > 0 then k.reasoning * p.reasoning else 0 end
        + case when greatest(k.cache_write, k.cache_write_1h, k.audio_in, k.image_in, k.audio_out, k.image_out) > 0 then
            case when k.cache_write > 0 then k.cache_write * p.cache_write else 0 end
            + case when k.cache_write_1h > 0 then k.cache_write_1h * p.cache_write_1h else 0 end
            + case when k.audio_in > 0 then k.audio_in * p.audio_in else 0 end
            + case when k.image_in > 0 then k.image_in * p.image_in else 0 end
            + case when k.audio_out > 0 then k.audio_out * p.audio_out else 0 end
            + case when k.image_out > 0 then k.image_out * p.image_out else 0 end
          else 0 end
        + case when k.units is null and p.calls is null then 0
          else coalesce(p.calls, 0) * k.calls + case when k.units is null then 0 else tailtap_units_cost(k.units, p.units) end end
      end$sql$;
  priced text := looked_up || ' cross join lateral (select ' || formula || ' as cost offset 0) c';
  outcome text := $sql$c.cost, case when c.cost is null then null when k.how = 'stated' then k.stated_currency else coalesce(p.currency, 'USD') end as currency,
      case when k.how = 'listed' and c.cost is null then 'unpriced' else k.how end as priced, p.id as price$sql$;
  results text := $sql$k.input, k.cache_read, k.cache_write, k.cache_write_1h, k.audio_in, k.image_in, k.output, k.reasoning, k.audio_out, k.image_out, k.units,
      $sql$ || outcome;
  of_hour text := $sql$
      h.upstream, h.model, h.service_tier, h.geo, h.speed, coalesce(e.bounds[width_bucket(h.hour, e.bounds)], '-infinity') as at, coalesce(e.steps[width_bucket(h.band, e.steps)], 0) as step,
      case when h.stated_currency <> '' then 'stated' when h.kinds >= 1024 or h.service_tier = '~other' then 'unpriced' else 'listed' end as how,
      h.provider_cost, h.stated_currency, h.units, h.calls,
      h.input, h.cache_read, h.cache_write, h.cache_write_1h, h.audio_in, h.image_in, h.output, h.reasoning, h.audio_out, h.image_out$sql$;
begin
  if to_regclass('model_price_edges') is null then
    -- When prices change, and at which sizes: between two of these every price is the same.
    create view model_price_edges as
      select coalesce(array_agg(distinct t order by t) filter (where isfinite(t)), '{}') as bounds,
        coalesce(array_agg(distinct step order by step) filter (where step is not null), '{}') as steps
      from model_price q, unnest(array[lower(q.valid), upper(q.valid)], array[q.over + (not q.inclusive)::int]) as x(t, step)
      where upper_inf(q.known);
  end if;
  if to_regclass('usage_cost') is null then
    -- What each row cost, by what is believed of the prices now. priced: stated (by the provider, which goes before any list),
    -- listed, unpriced (something was used that has no price: cost is null, never 0), repeated (another row has it), or null where
    -- nothing is known to have been used.
    execute format($view$
    create view usage_cost as
    select u.id, u.started_at, u.call, u.attempt, u.route, u.upstream, u.tenant, k.model, u.service_tier, u.geo, u.speed,
      u.session, u.agent, u.tags, u.usage_state, u.prompt_tokens, u.completion_tokens, k.calls, %s
    from usage_record u cross join model_price_edges e
    cross join lateral (select
      left(coalesce(u.upstream, ''), 200) as upstream,
      case when (u.http_status is null or u.http_status >= 400) and num_nonnulls(u.prompt_tokens, u.completion_tokens, u.total_tokens) = 0
        then '' else left(coalesce(nullif(u.response_model, ''), u.request_model, ''), 200) end as model,
      u.service_tier, u.geo, u.speed, coalesce(e.bounds[width_bucket(u.started_at, e.bounds)], '-infinity') as at, coalesce(e.steps[width_bucket(u.prompt_tokens, e.steps)], 0) as step,
      case when u.usage_state = 'repeated' then 'repeated' when u.provider_cost is not null then 'stated'
        when num_nonnulls(u.prompt_tokens, u.completion_tokens, u.cached_tokens, u.cache_write_tokens, u.cache_write_1h_tokens, u.reasoning_tokens,
          u.audio_prompt_tokens, u.audio_completion_tokens, u.image_prompt_tokens, u.image_completion_tokens, u.units) > 0 then 'listed'
        when u.total_tokens > 0 then 'unpriced' when u.total_tokens is not null then 'listed' end as how,
      u.provider_cost, coalesce(u.provider_currency, 'USD') as stated_currency, u.units, 1 as calls,
      greatest(greatest(greatest(greatest(greatest(u.prompt_tokens, 0) - greatest(u.cached_tokens, 0), 0)
        - greatest(u.cache_write_tokens, u.cache_write_1h_tokens, 0), 0) - greatest(u.audio_prompt_tokens, 0), 0) - greatest(u.image_prompt_tokens, 0), 0) as input,
      greatest(u.cached_tokens, 0) as cache_read,
      greatest(greatest(u.cache_write_tokens, 0) - greatest(u.cache_write_1h_tokens, 0), 0) as cache_write,
      greatest(u.cache_write_1h_tokens, 0) as cache_write_1h,
      greatest(u.audio_prompt_tokens, 0) as audio_in,
      greatest(u.image_prompt_tokens, 0) as image_in,
      greatest(greatest(greatest(greatest(u.completion_tokens, 0) - greatest(u.reasoning_tokens, 0), 0)
        - greatest(u.audio_completion_tokens, 0), 0) - greatest(u.image_completion_tokens, 0), 0) as output,
      greatest(u.reasoning_tokens, 0) as reasoning,
      greatest(u.audio_completion_tokens, 0) as audio_out,
      greatest(u.image_completion_tokens, 0) as image_out
      offset 0) k %s$view$, results, priced);
  end if;
  if to_regclass('usage_price_hour_cost') is null then
    execute format($view$
    create view usage_price_hour_cost as
    select h.hour, h.tenant, h.upstream, h.model, h.service_tier, h.geo, h.speed, h.calls, h.calls_with_usage, %s
    from usage_price_hour h cross join model_price_edges e
    cross join lateral (select %s
      offset 0) k %s$view$, results, of_hour, priced);
  end if;
  -- What usage_price_hour_cost says of the hours of a span, of these or (null) all. It takes half of the time: the planner
  -- remembers each cost that the view has worked out (Memoize), though no two are alike.
  execute format($function$
  create or replace function tailtap_costs_of_hours(first timestamptz, past timestamptz, of_upstream text, of_model text, of_tenant text)
  returns table (hour timestamptz, tenant text, upstream text, model text, calls bigint, calls_with_usage bigint,
    cost numeric, currency text, priced text, price bigint) language sql stable parallel safe as $body$
    select k.hour, k.tenant, k.upstream, k.model, k.calls, k.calls_with_usage, %s
    from (select h.hour, h.tenant, h.upstream, h.model, h.calls, h.calls_with_usage, k.how, h.stated_currency,
        p.currency as list_currency, p.id as price, %s as cost
      from usage_price_hour h cross join model_price_edges e
      cross join lateral (select %s
        offset 0) k %s
      where h.hour >= first and h.hour < past and (of_upstream is null or h.upstream = of_upstream)
        and (of_model is null or h.model = of_model) and (of_tenant is null or h.tenant = of_tenant) offset 0) k
    cross join lateral (select k.cost) c cross join lateral (select k.list_currency as currency, k.price as id) p
  $body$ $function$, outcome, formula, of_hour, looked_up);
end
$$;

-- The sums and the costs of whole days of UTC, worked out from those of their hours once the day is over, so that a question about a
-- quarter reads days and not hours. Only the days that usage_rollup calls done count; the relay makes them, and makes them anew
-- when a trigger has taken them out because an hour's sums or a price changed, whoever did that.
create table if not exists usage_day (
  day timestamptz not null,
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
  delivered bigint not null,
  unpriced bigint not null, -- of the calls that the sums for prices know, those without a price
  known bigint not null, -- how many calls with usage the sums for prices know
  primary key (day, tenant, upstream, model)
);
create table if not exists usage_day_cost (
  day timestamptz not null,
  tenant text not null,
  upstream text not null,
  model text not null,
  currency text not null,
  cost numeric not null,
  primary key (day, tenant, upstream, model, currency)
);
-- The same of each hour of such a day over all its groups: to add up a month's groups hour by hour takes a second, most of it for prices.
create table if not exists usage_hour_total (
  hour timestamptz primary key,
  calls bigint not null,
  calls_with_usage bigint not null,
  prompt_tokens numeric not null,
  completion_tokens numeric not null,
  total_tokens numeric not null,
  cached_tokens numeric not null,
  cache_write_tokens numeric not null,
  reasoning_tokens numeric not null,
  delivered bigint not null,
  unpriced bigint not null, -- as in usage_day, likewise the next
  known bigint not null
);
create table if not exists usage_hour_total_cost (
  hour timestamptz not null,
  currency text not null,
  cost numeric not null,
  primary key (hour, currency)
);
create table if not exists usage_rollup (
  day timestamptz primary key,
  token uuid not null, -- of who works it out
  at timestamptz not null,
  done boolean not null
);
alter table usage_rollup add column if not exists hours boolean not null default false; -- whether the day's hours have their totals, too
-- A day is claimed while nobody changes sums (DayRollup), so a change that is under way is either seen by who works the day out,
-- or takes out the claim. Both take days out in their order: two of them cannot deadlock.
create or replace function tailtap_rollup_hours() returns trigger language plpgsql as $$
begin
  delete from usage_rollup where day = any (array(select r.day from usage_rollup r
    where r.day in (select distinct date_trunc('day', c.hour, 'UTC') from changed c) order by r.day for update));
  return null;
end
$$;
create or replace function tailtap_rollup_prices() returns trigger language plpgsql as $$
begin
  delete from usage_rollup where day = any (array(select r.day from usage_rollup r order by r.day for update));
  return null;
end
$$;
do $$
begin
  if not exists (select from pg_trigger where tgrelid = 'usage_hour'::regclass and tgname = 'tailtap_rollup_insert') then
    create trigger tailtap_rollup_insert after insert on usage_hour referencing new table as changed
      for each statement execute function tailtap_rollup_hours();
    create trigger tailtap_rollup_update after update on usage_hour referencing new table as changed
      for each statement execute function tailtap_rollup_hours();
    create trigger tailtap_rollup_delete after delete on usage_hour referencing old table as changed
      for each statement execute function tailtap_rollup_hours();
  end if;
  -- A statement that names the parent fires the parent's, which hand over the lines of both.
  if not exists (select from pg_trigger where tgrelid = 'usage_hour_shard'::regclass and tgname = 'tailtap_rollup_insert') then
    create trigger tailtap_rollup_insert after insert on usage_hour_shard referencing new table as changed
      for each statement execute function tailtap_rollup_hours();
    create trigger tailtap_rollup_update after update on usage_hour_shard referencing new table as changed
      for each statement execute function tailtap_rollup_hours();
    create trigger tailtap_rollup_delete after delete on usage_hour_shard referencing old table as changed
      for each statement execute function tailtap_rollup_hours();
  end if;
  if not exists (select from pg_trigger where tgrelid = 'model_price'::regclass and tgname = 'tailtap_rollup_prices') then
    create trigger tailtap_rollup_prices after insert or update or delete or truncate on model_price
      for each statement execute function tailtap_rollup_prices();
  end if;
end
$$;

-- A relay of before deletes old sums by where their lines lie (ctid), which names one line in the parent and another in its child. It
-- deletes none while the child is there; a relay that knows the child says "only".
create or replace function tailtap_keep_sums() returns trigger language plpgsql as $$
begin
  return case when current_query() like 'delete from usage\_%hour where ctid = any (array(select ctid from usage\_%hour where %' then null else old end;
end
$$;
do $$
declare
  sums text;
begin
  foreach sums in array array['usage_hour', 'usage_hour_shard', 'usage_price_hour', 'usage_price_hour_shard'] loop
    if not exists (select from pg_trigger where tgrelid = sums::regclass and tgname = 'tailtap_keep_sums') then
      execute format('create trigger tailtap_keep_sums before delete on %I for each row execute function tailtap_keep_sums()', sums);
    end if;
  end loop;
end
$$;

-- Which relays write here: a line for each process that bears a name (relay.instance), so that two of one name can say so.
create table if not exists tailtap_relay (
  instance text not null,
  process uuid not null,
  home text not null, -- its machine and its journal; processes of one home hand over to each other
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  primary key (instance, process)
);

-- Closed months as they were when they were asked for, with the prices that were believed then. Only ever appended.
create table if not exists invoice (
  id bigint generated always as identity primary key,
  month date not null,
  tenant text, -- null: all of them
  made_at timestamptz not null default now(),
  source text not null -- rows or sums
);
create unique index if not exists invoice_once on invoice (month, (tenant is null), coalesce(tenant, ''));
create table if not exists invoice_line (
  invoice bigint not null references invoice on delete cascade,
  tenant text not null,
  upstream text not null,
  model text not null,
  service_tier text not null,
  geo text not null,
  speed text not null,
  priced text not null, -- as in usage_cost
  currency text not null, -- '': unpriced
  calls bigint not null,
  counts jsonb not null, -- the sums of each kind, none in two of them
  cost numeric,
  prices jsonb not null, -- the rows of model_price that made it
  primary key (invoice, tenant, upstream, model, service_tier, geo, speed, priced, currency)
);
