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
 * @param tenant a fingerprint of the caller's key, never the key; of a virtual key its tenant
 * @param attempt which try of its call it is
 * @param caller who calls, as far as it says so
 * @param relay the name of the relay that makes the row; null: it has none
 * @param traceId of the trace that it belongs to, 32 digits of lower-case hex; null: of none
 * @param virtualKey the id of the caller's virtual key; null: it shows none
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
    Try attempt,
    Caller caller,
    String relay,
    String traceId,
    String virtualKey) {

  /** Of a caller that says nothing of itself, by a relay without a name. */
  public OpenRecord(
      UUID id,
      Instant startedAt,
      String route,
      String upstream,
      String dialect,
      String method,
      String path,
      String tenant,
      Try attempt) {
    this(
        id,
        startedAt,
        route,
        upstream,
        dialect,
        method,
        path,
        tenant,
        attempt,
        Caller.UNSAID,
        null,
        null,
        null);
  }

  /** A copy of this beginning as another try. */
  public OpenRecord withAttempt(Try other) {
    return new OpenRecord(
        id,
        startedAt,
        route,
        upstream,
        dialect,
        method,
        path,
        tenant,
        other,
        caller,
        relay,
        traceId,
        virtualKey);
  }

  /** A copy of this beginning with its caller, and the relay's name. */
  public OpenRecord by(Caller who, String name) {
    return new OpenRecord(
        id,
        startedAt,
        route,
        upstream,
        dialect,
        method,
        path,
        tenant,
        attempt,
        who,
        name,
        traceId,
        virtualKey);
  }

  /** A copy of this beginning under another id. */
  public OpenRecord withId(UUID other) {
    return known(other, traceId);
  }

  private OpenRecord known(UUID byId, String byTrace) {
    return new OpenRecord(
        byId,
        startedAt,
        route,
        upstream,
        dialect,
        method,
        path,
        tenant,
        attempt,
        caller,
        relay,
        byTrace,
        virtualKey);
  }

  /** A copy of this beginning as a part of a trace; null: of none. */
  public OpenRecord inTrace(String trace) {
    return known(id, trace);
  }

  /** A copy of this beginning by a virtual key; null: by none. */
  public OpenRecord byKey(String id) {
    return new OpenRecord(
        this.id, startedAt, route, upstream, dialect, method, path, tenant, attempt, caller, relay,
        traceId, id);
  }
}
