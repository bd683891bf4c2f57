package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.DURATION_OR_ZERO;
import static dev.tailtap.config.ValueType.PERCENTAGE;
import static dev.tailtap.config.ValueType.bufferSize;
import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.size;

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
 * @param heldBody bytes of a request body that is held to ask for usage, to know or exchange its
 *     model, or for its reference to state; a larger one streams
 * @param memory bytes held for others in all; 0: chosen from the JVM's limits
 * @param requestStall between two reads of a request body
 * @param requestTime for a whole request while it is read; zero: none
 * @param requestRate bytes of its body that lengthen that time by a second; 0: none do
 * @param writeStall for which a client takes nothing of its answer; zero: none
 * @param clientIdle between two requests on a connection
 * @param headTimeout from a request's first byte to the end of its head
 * @param tlsHandshake from the connection to the end of its TLS handshake
 * @param replayMemory bytes of request bodies held in all for another try; 0: none
 * @param retryBudget how many percent of all exchanges may be in a further try at an upstream that
 *     fails itself
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
    Duration tlsHandshake,
    long replayMemory,
    int retryBudget) {
  static final Setting<Integer> STREAMS =
      Setting.of(
          "limits.streams",
          count(1, 1_000_000),
          "10000",
          "Exchanges at the same time, over all clients");
  static final Setting<Integer> STREAMS_PER_ADDRESS =
      Setting.of(
          "limits.streams-per-address",
          count(0, 1_000_000),
          "8000",
          "Exchanges at the same time of one client address; 0: no limit");
  static final Setting<Integer> CONNECTIONS =
      Setting.of(
          "limits.connections",
          count(0, 1_000_000),
          "0",
          "Connections of clients at the same time; 0: no limit");
  static final Setting<Integer> CONNECTIONS_PER_ADDRESS =
      Setting.of(
          "limits.connections-per-address",
          count(0, 1_000_000),
          "0",
          "Connections at the same time of one client address; 0: no limit");
  static final Setting<Integer> REQUEST_HEAD =
      Setting.of(
          "limits.request-head",
          bufferSize(1 << 10, 1 << 20),
          "32KiB",
          "Bytes of a request's line, or of all its header fields");
  static final Setting<Integer> REQUEST_FIELDS =
      Setting.of(
          "limits.request-fields",
          count(1, 10_000),
          "100",
          "How many header fields a request may have");
  static final Setting<Long> REQUEST_BODY =
      Setting.of(
          "limits.request-body", size(0, 1L << 40), "0", "Bytes of a request's body; 0: no limit");
  static final Setting<Long> HELD_BODY =
      Setting.of(
          "limits.held-body",
          size(0, 1 << 30),
          "32MiB",
          "Bytes of a body that is held to read or exchange something in it");
  static final Setting<Long> MEMORY =
      Setting.of(
          "limits.memory",
          size(0, 1L << 50),
          "0",
          "Bytes held for all clients together; 0: chosen from the JVM's limits");
  static final Setting<Duration> REQUEST_STALL =
      Setting.of("limits.request-stall", DURATION, "30s", "How long a request's body may pause");
  static final Setting<Duration> REQUEST_TIME =
      Setting.of(
          "limits.request-time",
          DURATION_OR_ZERO,
          "60s",
          "How long a request's body may be on its way; 0: no limit");
  static final Setting<Long> REQUEST_RATE =
      Setting.of(
          "limits.request-rate",
          size(0, 1 << 30),
          "4KiB",
          "Bytes of a body that lengthen that time by a second; 0: none do");
  static final Setting<Duration> WRITE_STALL =
      Setting.of(
          "limits.write-stall",
          DURATION_OR_ZERO,
          "60s",
          "How long a client may take nothing of its waiting answer; 0: no limit");
  static final Setting<Duration> CLIENT_IDLE =
      Setting.of(
          "limits.client-idle",
          DURATION,
          "75s",
          "How long a connection may wait for its next request");
  static final Setting<Duration> HEAD_TIMEOUT =
      Setting.of(
          "limits.head-timeout",
          DURATION,
          "10s",
          "How long a request's head may take from its first byte");
  static final Setting<Duration> TLS_HANDSHAKE =
      Setting.of(
          "limits.tls-handshake",
          DURATION,
          "10s",
          "How long a client's connection may take to come to TLS");
  static final Setting<Long> REPLAY_MEMORY =
      Setting.of(
          "limits.replay-memory",
          size(0, 1L << 50),
          "128MiB",
          "Bytes of bodies held in all for another try; 0: none");
  static final Setting<Integer> RETRY_BUDGET =
      Setting.of(
          "limits.retry-budget",
          PERCENTAGE,
          "20%",
          "Share of all exchanges that may be in a further try at a failing upstream");

  static LimitsConfig of(Settings settings) {
    return new LimitsConfig(
        settings.get(STREAMS),
        settings.get(STREAMS_PER_ADDRESS),
        settings.get(CONNECTIONS),
        settings.get(CONNECTIONS_PER_ADDRESS),
        settings.get(REQUEST_HEAD),
        settings.get(REQUEST_FIELDS),
        settings.get(REQUEST_BODY),
        settings.get(HELD_BODY),
        settings.get(MEMORY),
        settings.get(REQUEST_STALL),
        settings.get(REQUEST_TIME),
        settings.get(REQUEST_RATE),
        settings.get(WRITE_STALL),
        settings.get(CLIENT_IDLE),
        settings.get(HEAD_TIMEOUT),
        settings.get(TLS_HANDSHAKE),
        settings.get(REPLAY_MEMORY),
        settings.get(RETRY_BUDGET));
  }
}
