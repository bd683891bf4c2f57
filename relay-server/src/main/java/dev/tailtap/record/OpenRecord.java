package dev.tailtap.record;

import java.time.Instant;
import java.util.UUID;

/**
 * An upstream call that has begun, with what is known of it before its first byte leaves. Should
 * the relay die, its row is made of this.
 *
 * @param id UUIDv7, minted at admission
 * @param dialect of the answer, by its name in the settings
 * @param path without its query, which may hold a key
 * @param tenant a fingerprint of the caller's key, never the key
 * @param attempt which try of its call it is
 */
public record OpenRecord(
    UUID id,
    Instant startedAt,
    String route,
    String upstream,
    String dialect,
    String method,
    String path,
    String tenant,
    Try attempt) {

  /** A copy of this beginning as another try. */
  public OpenRecord withAttempt(Try other) {
    return new OpenRecord(id, startedAt, route, upstream, dialect, method, path, tenant, other);
  }

  /** A copy of this beginning under another id. */
  public OpenRecord withId(UUID other) {
    return new OpenRecord(
        other, startedAt, route, upstream, dialect, method, path, tenant, attempt);
  }
}
