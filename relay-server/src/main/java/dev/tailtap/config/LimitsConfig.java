package dev.tailtap.config;

import java.time.Duration;

/**
 * What clients may take.
 *
 * <p>An address is one of IPv4, or a network of IPv6 (/64). Counts of 0: no limit.
 *
 * @param streams exchanges at the same time
 * @param streamsPerAddress the same of one client address
 * @param connections of clients at the same time
 * @param connectionsPerAddress the same of one client address
 * @param requestHead bytes of a request line or of all header fields
 * @param requestFields number of header fields
 * @param requestBody bytes of a request body
 * @param requestStall between two reads of a request body
 * @param writeStall for which a client takes nothing of its answer; zero: none
 * @param clientIdle between two requests on a connection
 * @param headTimeout from a request's first byte to the end of its head
 * @param tlsHandshake from the connection to the end of its TLS handshake
 */
public record LimitsConfig(
    int streams,
    int streamsPerAddress,
    int connections,
    int connectionsPerAddress,
    int requestHead,
    int requestFields,
    long requestBody,
    Duration requestStall,
    Duration writeStall,
    Duration clientIdle,
    Duration headTimeout,
    Duration tlsHandshake) {}
