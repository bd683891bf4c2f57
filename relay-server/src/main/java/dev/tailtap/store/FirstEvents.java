package dev.tailtap.store;

/**
 * How long answers took to begin: from the request's start to the first event, or the first byte of
 * what is no stream.
 *
 * @param calls that were looked at
 * @param p50 milliseconds; null: no call
 * @param p95 likewise
 */
public record FirstEvents(long calls, Long p50, Long p95) {}
