package dev.tailtap.usage;

import java.time.Instant;
import java.util.UUID;

/**
 * One finished upstream call: one row of {@code usage_record}, in the order of its columns. Made
 * once, on the event loop of the exchange, and never changed. Null is unknown.
 *
 * @param id UUIDv7, minted at admission
 * @param path without its query, which may hold a key
 * @param tenant a fingerprint of the caller's key, never the key
 * @param httpStatus what the upstream answered; 0: nothing
 * @param requestBytes of the body as the client sent it
 * @param responseBytes of the body as the upstream sent it, framing included
 * @param firstByteMs from admission to the first byte of the response body
 * @param latencyMs from admission to the end
 * @param error a short reason in the relay's own words, never a provider's or client's text
 */
public record UsageRecord(
    UUID id,
    Instant startedAt,
    Instant endedAt,
    String route,
    String upstream,
    String dialect,
    String method,
    String path,
    String tenant,
    String requestModel,
    boolean streamed,
    int httpStatus,
    Outcome outcome,
    UsageReading usage,
    long requestBytes,
    long responseBytes,
    Long firstByteMs,
    long latencyMs,
    String error) {}
