package dev.tailtap.config;

import java.time.Duration;

/**
 * What clients may take.
 *
 * @param streams exchanges at the same time
 * @param requestHead bytes of a request line or of all header fields
 * @param requestBody bytes of a request body
 * @param requestStall between two reads of a request body
 * @param clientIdle between two requests on a connection
 * @param headTimeout from a request's first byte to the end of its head
 * @param tlsHandshake from the connection to the end of its TLS handshake
 */
public record LimitsConfig(
    int streams,
    int requestHead,
    long requestBody,
    Duration requestStall,
    Duration clientIdle,
    Duration headTimeout,
    Duration tlsHandshake) {}
