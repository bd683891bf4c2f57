package dev.tailtap.store;

/**
 * The part of {@link UsageInsert}'s statement that adds the inserted rows to {@code
 * usage_price_hour}. A group has everything that a price can depend on, and which kinds of counts
 * are there at all, so that it is priced as a whole or not at all. What is summed are the parts of
 * each row as {@code usage_cost} prices them.
 */
final class PriceSums {
  /** What the rows must return for it. */
  static final String COLUMNS =
      """
      usage_state, cache_write_1h_tokens, audio_prompt_tokens, audio_completion_tokens,
        image_prompt_tokens, image_completion_tokens, service_tier, geo, speed, units, provider_cost, provider_currency""";

  private static final String NAMES =
      "hour, tenant, upstream, model, service_tier, geo, speed, band, kinds, unit_names, stated_currency";

  private static final String AMOUNTS =
      "input, cache_read, cache_write, cache_write_1h, audio_in, image_in, output, reasoning, audio_out, image_out";

  /**
   * Reads {@code named}, the rows with the names that they have in {@code usage_hour}, and {@code
   * rest}, the groups that have none there. CAP stands for a number.
   */
  static final String SQL =
      """
      unit_name as materialized (
        select units, tailtap_units_names(units) as unit_names from (select distinct units from named where units is not null) each_units),
      part as materialized (
        select u.hour, (case when r.hour is null then u.tenant else '~other' end) collate "C" as tenant, u.upstream collate "C" as upstream,
          (case when r.hour is null then u.model else '~other' end) collate "C" as model, tailtap_mode(u.service_tier) collate "C" as service_tier,
          tailtap_mode(u.geo) collate "C" as geo, tailtap_mode(u.speed) collate "C" as speed,
          tailtap_band(u.prompt_tokens) as band, u.prompt_tokens, u.completion_tokens, u.total_tokens,
          coalesce(m.unit_names, '') collate "C" as unit_names, u.units, u.provider_cost,
          (case when u.provider_cost is null then '' else left(coalesce(u.provider_currency, 'USD'), 64) end) collate "C" as stated_currency,
          greatest(greatest(greatest(greatest(greatest(u.prompt_tokens, 0) - greatest(u.cached_tokens, 0), 0)
            - greatest(u.cache_write_tokens, u.cache_write_1h_tokens, 0), 0) - greatest(u.audio_prompt_tokens, 0), 0) - greatest(u.image_prompt_tokens, 0), 0) as input,
          greatest(u.cached_tokens, 0) as cache_read,
          greatest(greatest(u.cache_write_tokens, 0) - greatest(u.cache_write_1h_tokens, 0), 0) as cache_write,
          greatest(u.cache_write_1h_tokens, 0) as cache_write_1h,
          greatest(u.audio_prompt_tokens, 0) as audio_in, greatest(u.image_prompt_tokens, 0) as image_in,
          greatest(greatest(greatest(greatest(u.completion_tokens, 0) - greatest(u.reasoning_tokens, 0), 0)
            - greatest(u.audio_completion_tokens, 0), 0) - greatest(u.image_completion_tokens, 0), 0) as output,
          greatest(u.reasoning_tokens, 0) as reasoning,
          greatest(u.audio_completion_tokens, 0) as audio_out, greatest(u.image_completion_tokens, 0) as image_out,
          u.total_tokens > 0 and num_nonnulls(u.prompt_tokens, u.completion_tokens, u.cached_tokens, u.cache_write_tokens, u.cache_write_1h_tokens,
            u.reasoning_tokens, u.audio_prompt_tokens, u.audio_completion_tokens, u.image_prompt_tokens, u.image_completion_tokens, u.units) = 0 as total_alone
        from named u left join rest r using (hour, tenant, upstream, model) left join unit_name m on m.units = u.units
        where u.usage_state is distinct from 'repeated'
          and num_nonnulls(u.prompt_tokens, u.completion_tokens, u.total_tokens, u.cached_tokens, u.cache_write_tokens, u.cache_write_1h_tokens,
            u.reasoning_tokens, u.audio_prompt_tokens, u.audio_completion_tokens, u.image_prompt_tokens, u.image_completion_tokens, u.units, u.provider_cost) > 0),
      kind as materialized (
        select *, (input > 0)::int + (cache_read > 0)::int * 2 + (cache_write > 0)::int * 4 + (cache_write_1h > 0)::int * 8
          + (audio_in > 0)::int * 16 + (image_in > 0)::int * 32 + (output > 0)::int * 64 + (reasoning > 0)::int * 128
          + (audio_out > 0)::int * 256 + (image_out > 0)::int * 512 + coalesce(total_alone, false)::int * 1024 as kinds
        from part),
      unit_sum as (
        select NAMES, jsonb_object_agg(name, amount) as units from (
          select NAMES, e.key as name, sum(times * e.value::text::numeric) as amount
          from (select NAMES, units, count(*) as times from kind where unit_names <> '' group by NAMES, units) alike, jsonb_each(units) e
          where jsonb_typeof(e.value) = 'number' group by NAMES, e.key) each_unit
        group by NAMES),
      price_sum as materialized (
        select s.*, n.units, sha256(convert_to((s.tenant, s.upstream, s.model, s.service_tier, s.geo, s.speed, s.band, s.kinds, s.unit_names, s.stated_currency)::text, 'UTF8')) as key
        from (select NAMES, count(*) as calls,
            count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0) as calls_with_usage, SUMS,
            sum(provider_cost) as provider_cost
          from kind group by NAMES) s left join unit_sum n using (NAMES)),
      price_fresh as materialized (
        select s.hour, s.key, row_number() over (partition by s.hour order by s.calls desc, s.key) as place
        from price_sum s left join lateral (
          select true as there from usage_price_hour h where h.hour = s.hour and h.key = s.key limit 1) k on true
        where k.there is null),
      price_room as materialized (
        select f.hour, 4 * CAP - (select count(*) from (select from usage_price_hour h where h.hour = f.hour limit 4 * CAP) c) as places
        from (select distinct hour from price_fresh) f),
      price_rest as materialized (
        select f.hour, f.key from price_fresh f join price_room r on r.hour = f.hour where f.place > r.places),
      price_named as (
        select s.hour, s.tenant, s.upstream, s.model, case when r.key is null then s.service_tier else '~other' end as service_tier,
          case when r.key is null then s.geo else '' end as geo, case when r.key is null then s.speed else '' end as speed,
          case when r.key is null then s.band else 0 end as band, case when r.key is null then s.kinds else 0 end as kinds,
          case when r.key is null then s.unit_names else '' end as unit_names,
          case when r.key is null then s.stated_currency else '' end as stated_currency,
          calls, calls_with_usage, AMOUNTS, case when r.key is null then s.units end as units, case when r.key is null then s.provider_cost end as provider_cost
        from price_sum s left join price_rest r on r.hour = s.hour and r.key = s.key),
      price_added as (
        insert into usage_price_hour as h (key, NAMES, calls, calls_with_usage, AMOUNTS, units, provider_cost)
        select * from (
          select sha256(convert_to((tenant, upstream, model, service_tier, geo, speed, band, kinds, unit_names, stated_currency)::text, 'UTF8')) as key, NAMES,
            sum(calls), sum(calls_with_usage), SUMS, (array_agg(units))[1], sum(provider_cost)
          from price_named group by NAMES) g
        order by hour, key
        on conflict (hour, key) do update set calls = h.calls + excluded.calls, calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
          UPDATES, units = tailtap_units_add(h.units, excluded.units), provider_cost = h.provider_cost + excluded.provider_cost)"""
          .replace("SUMS", each("sum(%1$s) as %1$s"))
          .replace("UPDATES", each("%1$s = h.%1$s + excluded.%1$s"))
          .replace("AMOUNTS", AMOUNTS)
          .replace("NAMES", NAMES);

  private PriceSums() {}

  private static String each(String text) {
    return AMOUNTS.replaceAll("(\\w+)", text.replace("%1$s", "$1"));
  }
}
