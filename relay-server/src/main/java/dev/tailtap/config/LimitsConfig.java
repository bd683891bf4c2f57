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
 * @param requestBody bytes of a request body; 0: no limit
 * @param heldBody bytes of a request body that is held whole to ask for usage; a larger one streams
 * @param memory bytes held for others in all; 0: chosen from the JVM's limits
 * @param requestStall between two reads of a request body
 * @param requestTime for a whole request while it is read; zero: none
 * @param requestRate bytes of its body that lengthen that time by a second; 0: none do
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
    long heldBody,
    long memory,
    Duration requestStall,
    Duration requestTime,
    long requestRate,
    Duration writeStall,
    Duration clientIdle,
    Duration headTimeout,
    Duration tlsHandshake) {}
