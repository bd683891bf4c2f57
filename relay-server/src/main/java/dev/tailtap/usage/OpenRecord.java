package dev.tailtap.usage;

import java.time.Instant;
import java.util.UUID;

/**
 * An upstream call that has begun, with what is known of it before its first byte leaves: the first
 * columns of its {@link UsageRecord}. Should the relay die, its row is made of this.
 */
public record OpenRecord(
    UUID id,
    Instant startedAt,
    String route,
    String upstream,
    String dialect,
    String method,
    String path,
    String tenant) {}
