package dev.tailtap.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long a provider that refuses does not want to be asked, by all that providers send. Whoever
 * says it outright is believed; else the latest of the buckets that are empty counts, since before
 * it the next request is refused as well. Stateless, any thread.
 *
 * <table>
 * <caption>Whose words these are</caption>
 * <tr><td>{@code retry-after-ms}, {@code Retry-After}</td><td>Azure, OpenAI, Groq, Anthropic;
 *     RFC 9110 section 10.2.3, and decimals</td></tr>
 * <tr><td>{@code x-ratelimit-{remaining,reset}-{requests,tokens}}, some with {@code -minute} or
 *     {@code -day}</td><td>OpenAI, Groq and SambaNova as Go's durations, Azure and Cerebras as
 *     seconds; Azure also {@code x-rate-limit-reset-tokens}</td></tr>
 * <tr><td>{@code x-ratelimit-{remaining,reset}}</td><td>OpenRouter, in milliseconds since 1970, in
 *     its body's {@code error.metadata.headers}, too</td></tr>
 * <tr><td>{@code ratelimitbysize-{remaining,reset}}</td><td>Mistral</td></tr>
 * <tr><td>{@code anthropic-…-{remaining,reset}}</td><td>Anthropic, RFC 3339; of subscriptions
 *     {@code anthropic-ratelimit-unified-…-{status,reset}}, seconds since 1970</td></tr>
 * <tr><td>{@code RateLimit}</td><td>draft-ietf-httpapi-ratelimit-headers-10</td></tr>
 * <tr><td>a body</td><td>see {@link RefusalBody}</td></tr>
 * </table>
 */
public final class RateLimitReset {
  /** Of an account without credit: a 402, or the code {@code insufficient_quota}. */
  public static final long NO_CREDIT_NANOS = TimeUnit.HOURS.toNanos(1);

  /** There are weekly quotas; after a day it is asked all the same. */
  static final long MOST_NANOS = TimeUnit.HOURS.toNanos(24);

  private static final long NOTHING = -1;

  private RateLimitReset() {}

  /**
   * The time to wait, up to 24 hours; -1 if nothing is said that is still to come. A wait of zero
   * says nothing.
   *
   * @param body what has come of it, of which 64 KiB are read and nothing is taken; null: none
   */
  public static long nanos(HttpHeaders headers, ByteBuf body, long nowEpochMillis) {
    RefusalBody said =
        body == null
            ? RefusalBody.EMPTY
            : RefusalBody.of(
                ByteBufUtil.getBytes(
                    body,
                    body.readerIndex(),
                    Math.min(body.readableBytes(), RefusalBody.MOST_BYTES)),
                nowEpochMillis);
    long stated = stated(headers, nowEpochMillis);
    if (stated <= 0) {
      stated = emptyBuckets(headers, nowEpochMillis);
    }
    if (stated <= 0) {
      stated = said.delayNanos();
    }
    if (stated <= 0) {
      stated = emptyBuckets(said.headers(), nowEpochMillis);
    }
    if (said.noCredit()) {
      stated = Math.max(stated, NO_CREDIT_NANOS); // no pace of requests brings it back
    }
    return stated <= 0 ? NOTHING : Math.min(stated, MOST_NANOS);
  }

  private static long stated(HttpHeaders headers, long now) {
    long millis = ResetTime.number(headers.get("retry-after-ms"), TimeUnit.MILLISECONDS);
    return millis > 0 ? millis : ResetTime.nanos(headers.get("retry-after"), now);
  }

  /**
   * The latest reset of those of which nothing remains. Of those that do not say what remains it
   * counts where no other is known to be empty: somebody refused.
   */
  private static long emptyBuckets(HttpHeaders headers, long now) {
    long empty = draft(headers);
    long unknown = NOTHING;
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      int reset = name.indexOf("reset");
      if (reset < 0) {
        continue;
      }
      String remaining = remaining(headers, name);
      if (remaining == null) {
        if (name.contains("ratelimit") || name.contains("rate-limit")) {
          unknown = Math.max(unknown, ResetTime.nanos(header.getValue(), now));
        }
      } else if (isEmpty(remaining)) {
        empty = Math.max(empty, ResetTime.nanos(header.getValue(), now));
      }
    }
    return empty > 0 ? empty : unknown;
  }

  /** What a bucket says of its content; null if it says nothing. */
  private static String remaining(HttpHeaders headers, String reset) {
    String name = reset.replace("reset", "remaining");
    String remaining = headers.get(name);
    if (remaining == null) {
      remaining = headers.get(name.replace("rate-limit", "ratelimit"));
    }
    return remaining != null ? remaining : headers.get(reset.replace("reset", "status"));
  }

  /** A number that is zero; -1 is no number of anything. Of a subscription, a word. */
  private static boolean isEmpty(String remaining) {
    String text = remaining.strip();
    return text.matches("0+(\\.0*)?")
        || text.equalsIgnoreCase("rejected")
        || text.equalsIgnoreCase("exceeded")
        || text.equalsIgnoreCase("throttled");
  }

  /** The field {@code RateLimit}, for example {@code "tokens";r=0;t=12}. */
  private static long draft(HttpHeaders headers) {
    long latest = NOTHING;
    for (String field : headers.getAll("ratelimit")) {
      for (String bucket : field.split(",", -1)) {
        String remaining = null;
        String reset = null;
        for (String parameter : bucket.split(";", -1)) {
          String text = parameter.strip();
          remaining = text.startsWith("r=") ? text.substring(2) : remaining;
          reset = text.startsWith("t=") ? text.substring(2) : reset;
        }
        if (remaining != null && isEmpty(remaining)) {
          latest = Math.max(latest, ResetTime.number(reset, TimeUnit.SECONDS));
        }
      }
    }
    return latest;
  }
}
