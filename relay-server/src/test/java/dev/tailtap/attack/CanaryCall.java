package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One call of the {@link Canaries}, both ends of it: the client, and the provider's way to answer.
 * Each piece of the answer knows when it was sent, and what has to come is known to the byte.
 */
final class CanaryCall implements Part, MessageReader.Sink, Origin.Script {
  static final int STREAM_EVENTS = 100;
  private static final long BETWEEN_EVENTS = 20_000_000;

  private final int number;
  private final int events;
  private final Canaries canaries;
  private final MessageReader reader = MessageReader.responses(this);
  private final long askedAt = System.nanoTime();

  private final StringBuilder expected = new StringBuilder();
  private final int[] endOf;
  private final long[] sentAt;
  private int sent; // pieces
  private int arrived; // pieces
  private int arrivedBytes;
  private boolean headSeen;
  private boolean over;
  private Wire client;
  private boolean providerLeft;

  /**
   * Makes one.
   *
   * @param events 0: a short answer in one piece
   */
  CanaryCall(int number, int events, Canaries canaries) {
    this.number = number;
    this.events = events;
    this.canaries = canaries;
    endOf = new int[events + 2];
    sentAt = new long[events + 2];
  }

  int number() {
    return number;
  }

  int events() {
    return events;
  }

  static String text(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return new String(copy, StandardCharsets.ISO_8859_1);
  }

  // The client.

  @Override
  public void opened(Wire wire) {
    client = wire;
    String body =
        events == 0
            ? "{\"model\":\"canary\"}"
            : "{\"model\":\"canary\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    wire.write(
        "POST /canary/"
            + number
            + "/v1/chat/completions HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer "
            + canaries.key()
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  @Override
  public void received(Wire wire, ByteBuffer bytes) {
    reader.read(bytes);
    if (reader.broken()) {
      fail("got no HTTP");
    }
  }

  @Override
  public void head(Head head) {
    headSeen = true;
    canaries.waited("head", askedAt, System.nanoTime());
    if (head.status() != 200) {
      fail("got status " + head.status());
    }
  }

  @Override
  public void body(ByteBuffer payload) {
    int from = arrivedBytes;
    String came = text(payload);
    arrivedBytes += came.length();
    if (arrivedBytes > expected.length() || !expected.substring(from, arrivedBytes).equals(came)) {
      fail("got other bytes than were sent");
      return;
    }
    long now = System.nanoTime();
    while (arrived < sent && endOf[arrived] <= arrivedBytes) {
      canaries.waited(events == 0 ? "short answer" : "event", sentAt[arrived], now);
      arrived++;
    }
  }

  @Override
  public void whole(Head head) {
    boolean all = arrived == endOf.length && arrivedBytes == expected.length();
    end(all ? null : "ended with " + arrived + " pieces of " + endOf.length);
  }

  @Override
  public void drained(Wire wire) {}

  @Override
  public void ended(Wire wire) {
    if (wire == client || client == null) {
      end(headSeen ? "was cut after " + arrived + " pieces" : "was closed without an answer");
    } else {
      providerLeft = true;
    }
  }

  /** How long what has not come yet has been waited for. */
  void pending(long now) {
    if (!headSeen) {
      canaries.waited("head that has not come", askedAt, now);
    } else if (arrived < sent) {
      canaries.waited("event that has not come", sentAt[arrived], now);
    }
  }

  void fail(String why) {
    end(why);
  }

  private void end(String failure) {
    if (!over) {
      over = true;
      if (client != null) {
        client.close();
      }
      canaries.over(this, failure);
    }
  }

  // The provider.

  @Override
  public void head(Wire wire, Head request) {}

  @Override
  public void body(Wire wire, ByteBuffer payload) {}

  @Override
  public void whole(Wire wire, Head request) {
    if (sent > 0 || over) { // another try of it, or too late
      wire.reset();
    } else if (events == 0) {
      piece("{\"model\":\"canary\",");
      piece("\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}");
      wire.write(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
              + expected.length()
              + "\r\n\r\n"
              + expected);
    } else {
      wire.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
      next(wire);
    }
  }

  private void next(Wire wire) {
    if (providerLeft) {
      return;
    }
    if (sent < events) {
      String due = "\"number\":" + number + ",\"event\":" + sent + ",\"due\":" + System.nanoTime();
      chunk(wire, "{" + due + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"tail\"}}]}");
      wire.reactor().after(BETWEEN_EVENTS, () -> next(wire));
    } else {
      chunk(
          wire,
          "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}");
      chunk(wire, "[DONE]");
      wire.write("0\r\n\r\n");
    }
  }

  private void chunk(Wire wire, String data) {
    String event = "data: " + data + "\n\n";
    piece(event);
    wire.write(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
  }

  private void piece(String text) {
    expected.append(text);
    endOf[sent] = expected.length();
    sentAt[sent++] = System.nanoTime();
  }
}
