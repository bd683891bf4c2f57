package dev.tailtap.trace;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongUnaryOperator;

/** The other end of OTLP/HTTP: each request is waited for, with a limit. Exporter thread. */
final class Collector {
  /** What an answer may take, connecting included. */
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_SECONDS = 60;
  private static final int MOST_READ = 64 * 1024;

  /** OTLP/HTTP: these, and no others, are worth another try. */
  private static final Set<Integer> FOR_NOW = Set.of(429, 502, 503, 504);

  private final URI endpoint;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();

  Collector(URI endpoint) {
    this.endpoint = endpoint;
  }

  /** What became of a request. */
  enum Result {
    TAKEN,
    REFUSED,
    /** It would take it later. */
    BUSY,
    UNREACHABLE
  }

  /**
   * An answer, or none.
   *
   * @param rejected spans that were not taken with the others
   * @param afterNanos how long it wants to be left alone
   * @param reason in the relay's words
   */
  record Answer(Result result, long rejected, long afterNanos, String reason) {
    boolean retry() {
      return result == Result.BUSY || result == Result.UNREACHABLE;
    }
  }

  /**
   * Sends spans.
   *
   * @param patience how many nanoseconds are left for what began at this nano time
   */
  Answer post(byte[] spans, LongUnaryOperator patience) {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(spans))
            .build();
    Bounded body = new Bounded();
    CompletableFuture<HttpResponse<Void>> sent =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArrayConsumer(body::add));
    try {
      return answer(await(sent, patience), body);
    } catch (TimeoutException late) {
      return unreachable("no answer in time");
    } catch (ExecutionException failed) {
      return unreachable(failed.getCause().getClass().getSimpleName());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return unreachable("interrupted");
    } finally {
      sent.cancel(true);
    }
  }

  private static <T> T await(CompletableFuture<T> sent, LongUnaryOperator patience)
      throws TimeoutException, ExecutionException, InterruptedException {
    long since = System.nanoTime();
    while (true) {
      long left = patience.applyAsLong(since);
      try {
        return sent.get(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (left <= LOOK_NANOS) {
          throw e;
        }
      }
    }
  }

  private static Answer answer(HttpResponse<Void> response, Bounded body) {
    int status = response.statusCode();
    String reason = "status " + status;
    if (status / 100 == 2) {
      return new Answer(Result.TAKEN, OtlpJson.rejected(body.bytes()), 0, reason);
    }
    if (!FOR_NOW.contains(status)) {
      return new Answer(Result.REFUSED, 0, 0, reason);
    }
    long after = response.headers().firstValue("Retry-After").map(Collector::seconds).orElse(0L);
    return new Answer(Result.BUSY, 0, TimeUnit.SECONDS.toNanos(after), reason);
  }

  private static Answer unreachable(String reason) {
    return new Answer(Result.UNREACHABLE, 0, 0, reason);
  }

  /** RFC 9110 section 10.2.3: seconds, or a date; 0 for neither. */
  private static long seconds(String after) {
    try {
      boolean number = after.matches("\\d{1,9}");
      long seconds =
          number
              ? Long.parseLong(after)
              : Duration.between(
                      Instant.now(),
                      ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
                  .toSeconds();
      return Math.max(0, Math.min(seconds, LONGEST_PAUSE_SECONDS));
    } catch (DateTimeParseException neither) {
      return 0;
    }
  }

  /** The beginning of a body; what is beyond is let go. */
  private static final class Bounded {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    synchronized void add(Optional<byte[]> part) {
      part.ifPresent(
          bytes -> kept.write(bytes, 0, Math.min(bytes.length, MOST_READ - kept.size())));
    }

    synchronized byte[] bytes() {
      return kept.toByteArray();
    }
  }
}
