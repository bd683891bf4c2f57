package dev.tailtap.reconcile;

import dev.tailtap.usage.Dialect;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Whose usage report is read, and how it is asked for and written. */
enum Provider {
  /** Reference: organization, usage, completions. Input includes what was cached. */
  OPENAI("https://api.openai.com", "OPENAI_ADMIN_KEY") {
    @Override
    String query(ReportSpan span) {
      return "/v1/organization/usage/completions?start_time="
          + span.start().getEpochSecond()
          + "&end_time="
          + span.end().getEpochSecond()
          + "&bucket_width=1d&group_by=model&limit="
          + MOST_BUCKETS;
    }

    @Override
    void authorize(HttpRequest.Builder request, String key) {
      request.header("Authorization", "Bearer " + key);
    }

    @Override
    Instant start(ReportFields bucket) {
      return bucket.epochSeconds("start_time");
    }

    @Override
    Instant end(ReportFields bucket) {
      return bucket.epochSeconds("end_time");
    }

    @Override
    Counts counts(ReportFields result) {
      return new Counts(
          result.count("num_model_requests", true),
          result.count("input_tokens", true),
          result.count("input_cached_tokens", false),
          result.count("output_tokens", true));
    }
  },
  /** Reference: usage report for messages. It counts no calls, and input in its parts. */
  ANTHROPIC("https://api.anthropic.com", "ANTHROPIC_ADMIN_KEY") {
    @Override
    String query(ReportSpan span) {
      return "/v1/organizations/usage_report/messages?starting_at="
          + span.start()
          + "&ending_at="
          + span.end()
          + "&bucket_width=1d&group_by%5B%5D=model&limit="
          + MOST_BUCKETS;
    }

    @Override
    void authorize(HttpRequest.Builder request, String key) {
      request.header("x-api-key", key).header("anthropic-version", "2023-06-01");
    }

    @Override
    Instant start(ReportFields bucket) {
      return bucket.time("starting_at");
    }

    @Override
    Instant end(ReportFields bucket) {
      return bucket.time("ending_at");
    }

    @Override
    Counts counts(ReportFields result) {
      BigInteger read = result.count("cache_read_input_tokens", false);
      BigInteger written = result.sum("cache_creation");
      BigInteger input = result.count("uncached_input_tokens", true).add(read).add(written);
      return new Counts(null, input, read, result.count("output_tokens", true));
    }
  };

  /** Of the days on a page, the most that both give. */
  private static final int MOST_BUCKETS = 31;

  private final String url;
  private final String keyVariable;

  Provider(String url, String keyVariable) {
    this.url = url;
    this.keyVariable = keyVariable;
  }

  /** As it is named on the command line; null: by none of them. */
  static Provider named(String word) {
    for (Provider provider : values()) {
      if (provider.word().equals(word)) {
        return provider;
      }
    }
    return null;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where its report is, without a path. */
  String url() {
    return url;
  }

  /** The variable of the environment with the key that may read it. */
  String keyVariable() {
    return keyVariable;
  }

  /** Whether a host of an upstream is its own. */
  boolean serves(String host) {
    String own = url.substring(url.indexOf('.'));
    return host.toLowerCase(Locale.ROOT).endsWith(own);
  }

  /** Whether its report counts calls, too. */
  boolean countsCalls() {
    return this == OPENAI;
  }

  /** Dialects of calls that its report does not count. */
  List<String> leftOut() {
    return List.of(Dialect.OPENAI_EMBEDDINGS.configName(), Dialect.OPENAI_AUDIO.configName());
  }

  /** Path and query of the report; {@code page} null: the first. */
  String target(ReportSpan span, String page) {
    String next = page == null ? "" : "&page=" + URLEncoder.encode(page, StandardCharsets.UTF_8);
    return query(span) + next;
  }

  abstract String query(ReportSpan span);

  abstract void authorize(HttpRequest.Builder request, String key);

  /** When a bucket begins; null: it does not say so. */
  abstract Instant start(ReportFields bucket);

  abstract Instant end(ReportFields bucket);

  /** What a result counts; null where a count that it must have is not there. */
  abstract Counts counts(ReportFields result);
}
