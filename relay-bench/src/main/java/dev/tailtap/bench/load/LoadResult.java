package dev.tailtap.bench.load;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * What came of one load. Times are in nanoseconds.
 *
 * @param windowNs how long was measured
 * @param windowEvents events that reached their clients in it; answers in one piece count as one
 * @param windowBytes of bodies in it: of uploads at the provider, of answers at the clients
 * @param cpu of the processes under test in it, by their own clock of ticks
 * @param scheduledNs the same by the scheduler's clock, which is finer and misses ended threads
 * @param driverNs CPU time of the driver itself in it
 * @param sent events over the whole load
 * @param received the same, counted by the clients
 * @param completed streams that came whole and right, to their {@code [DONE]}
 * @param aborted streams that their client left
 * @param failed streams that broke off, came wrong, or never ended
 * @param tokens completion tokens that the completed streams reported
 * @param firehoseEvents of the stream without a pace
 * @param firstByte from a request's last byte sent to the body's first byte received
 * @param delay from an event's writing to its arrival
 * @param dueDelay from when it was due to its arrival: coordinated omission is in it
 * @param call from a request's first byte to its answer's last one
 * @param handshakes of TLS, over the whole load
 * @param mistakes the first few, in words; spaces are underscores
 */
public record LoadResult(
    long windowNs,
    long windowEvents,
    long windowBytes,
    Proc.Cpu cpu,
    long scheduledNs,
    long driverNs,
    long sent,
    long received,
    long completed,
    long aborted,
    long failed,
    long tokens,
    long firehoseEvents,
    Histogram firstByte,
    Histogram delay,
    Histogram dueDelay,
    Histogram call,
    Handshakes handshakes,
    String mistakes) {

  /** CPU time in the window by the finer clock, unless threads ended meanwhile. */
  public long cpuNs() {
    return Math.abs(scheduledNs - cpu.totalNs()) <= 40_000_000 ? scheduledNs : cpu.totalNs();
  }

  /** Events that were sent to clients that stayed and that never came. */
  public long lost() {
    return aborted > 0 ? 0 : Math.max(0, sent - received);
  }

  /** Whether every byte and every stream was right. */
  public boolean clean() {
    return failed == 0 && mistakes.isEmpty() && lost() == 0 && completed + aborted > 0;
  }

  String toLine() {
    Map<String, Object> words = new LinkedHashMap<>();
    words.put("window-ns", windowNs);
    words.put("window-events", windowEvents);
    words.put("window-bytes", windowBytes);
    words.put("user-ns", cpu.userNs());
    words.put("system-ns", cpu.systemNs());
    words.put("scheduled-ns", scheduledNs);
    words.put("driver-ns", driverNs);
    words.put("sent", sent);
    words.put("received", received);
    words.put("completed", completed);
    words.put("aborted", aborted);
    words.put("failed", failed);
    words.put("tokens", tokens);
    words.put("firehose-events", firehoseEvents);
    words.put("first-byte", packed(firstByte));
    words.put("delay", packed(delay));
    words.put("due-delay", packed(dueDelay));
    words.put("call", packed(call));
    words.put("client-handshakes", handshakes.client());
    words.put("client-whole", handshakes.clientWhole());
    words.put("provider-handshakes", handshakes.provider());
    words.put("provider-whole", handshakes.providerWhole());
    words.put("mistakes", mistakes.replace(' ', '_'));
    return Words.line(words);
  }

  public static LoadResult ofLine(String line) {
    Words words = Words.of(line);
    return new LoadResult(
        words.number("window-ns"),
        words.number("window-events"),
        words.number("window-bytes"),
        new Proc.Cpu(words.number("user-ns"), words.number("system-ns")),
        words.number("scheduled-ns"),
        words.number("driver-ns"),
        words.number("sent"),
        words.number("received"),
        words.number("completed"),
        words.number("aborted"),
        words.number("failed"),
        words.number("tokens"),
        words.number("firehose-events"),
        unpacked(words.text("first-byte")),
        unpacked(words.text("delay")),
        unpacked(words.text("due-delay")),
        unpacked(words.text("call")),
        new Handshakes(
            words.number("client-handshakes"),
            words.number("client-whole"),
            words.number("provider-handshakes"),
            words.number("provider-whole")),
        words.text("mistakes"));
  }

  /** For times from 1 µs to a minute, three digits of each. */
  public static Histogram histogram() {
    return new Histogram(1_000, 60_000_000_000L, 3);
  }

  private static String packed(Histogram histogram) {
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int length = histogram.encodeIntoCompressedByteBuffer(buffer);
    byte[] bytes = new byte[length];
    buffer.flip();
    buffer.get(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static Histogram unpacked(String text) {
    try {
      return Histogram.decodeFromCompressedByteBuffer(
          ByteBuffer.wrap(Base64.getUrlDecoder().decode(text)), 60_000_000_000L);
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("not a histogram", e);
    }
  }
}
