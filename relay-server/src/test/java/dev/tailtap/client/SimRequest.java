package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Random;

/** A request that a client of the simulation sends, and what an upstream should see of its body. */
final class SimRequest {
  /** How the relay may put its question in, in front of what the client wrote. */
  static final String QUESTION = "\"stream_options\":{\"include_usage\":true},";

  final int number;
  final boolean head;
  final boolean http10;
  final boolean keepAlive;
  final boolean hopeless; // it breaks its framing on the way
  final byte[] wire;
  final String body;
  final String model;
  final boolean stateful; // by its path
  final int caller;
  boolean answered; // its client has the head of an upstream's answer

  private SimRequest(int number, boolean several, Random random) {
    this.number = number;
    model = several && random.nextInt(4) == 0 ? "m-2" : "m";
    stateful = several && random.nextInt(12) == 0;
    caller = several ? random.nextInt(3) : -1;
    http10 = random.nextInt(8) == 0;
    keepAlive = !http10 && random.nextInt(5) > 0;
    int kind = random.nextInt(8);
    head = kind == 0;
    boolean get = kind == 1;
    boolean put = kind == 2;
    boolean chunked = !head && !get && !http10 && random.nextBoolean();
    body = head || get ? "" : text(random);
    hopeless = chunked && random.nextInt(20) == 0;
    StringBuilder out = new StringBuilder();
    out.append(head ? "HEAD" : get ? "GET" : put ? "PUT" : "POST");
    out.append(stateful ? " /files/" : " /c/")
        .append(number)
        .append(http10 ? " HTTP/1.0" : " HTTP/1.1")
        .append("\r\n");
    out.append("Host: relay\r\nContent-Type: application/json\r\n");
    if (several) {
      out.append("X-Caller: ").append(caller);
      out.append("\r\nAuthorization: Bearer client-").append(caller).append("\r\n");
    }
    if (!keepAlive && !http10) {
      out.append("Connection: close\r\n");
    }
    if (!body.isEmpty() && !http10 && random.nextInt(6) == 0) {
      out.append("Expect: 100-continue\r\n");
    }
    if (chunked) {
      out.append("Transfer-Encoding: chunked\r\n\r\n").append(chunks(body, random, hopeless));
    } else if (head || get) {
      out.append("\r\n");
    } else {
      out.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
    }
    wire = out.toString().getBytes(ISO_8859_1);
  }

  static SimRequest draw(int number, boolean several, Random random) {
    return new SimRequest(number, several, random);
  }

  private String text(Random random) {
    int words = random.nextInt(4) == 0 ? random.nextInt(1200) : random.nextInt(60);
    StringBuilder text = new StringBuilder();
    text.append("{\"model\":\"").append(model).append("\",\"stream\":true,\"messages\":\"");
    for (int i = 0; i < words; i++) {
      text.append(number).append('.').append(i).append(' ');
    }
    return text.append("\"}").toString();
  }

  /** Frames a text; each draw has cuts of its own, and now and then an extension and a trailer. */
  static String chunks(String text, Random random, boolean broken) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    int most = 1 + random.nextInt(random.nextBoolean() ? 40 : 4000);
    while (at < text.length()) {
      int length = Math.min(text.length() - at, 1 + random.nextInt(most));
      out.append(random.nextInt(12) == 0 ? "0" : "").append(Integer.toHexString(length));
      out.append(random.nextInt(12) == 0 ? ";a=b" : "").append("\r\n");
      out.append(text, at, at + length).append("\r\n");
      at += length;
      if (broken && random.nextInt(4) == 0) {
        return out.append("zz\r\n").toString();
      }
    }
    if (broken) {
      return out.append("zz\r\n").toString();
    }
    out.append("0\r\n").append(random.nextInt(4) == 0 ? "X-Trailer: t\r\n" : "").append("\r\n");
    return out.toString();
  }

  /**
   * Whether an upstream may have got this much of the body.
   *
   * @param sentModel the name of the model there; null: what the client said
   */
  boolean mayBecome(String seen, boolean whole, String sentModel) {
    String sent =
        sentModel == null ? body : body.replace("\"" + model + "\"", "\"" + sentModel + "\"");
    String plain = seen.replace(QUESTION, "");
    String asked = "{" + QUESTION + sent.substring(Math.min(1, sent.length()));
    return whole ? plain.equals(sent) : sent.startsWith(plain) || asked.startsWith(seen);
  }

  /** Whether it names a model that a route of its own may be for. */
  boolean namesOther() {
    return model.equals("m-2") && !body.isEmpty();
  }

  byte[] piece(int from, int to) {
    return Arrays.copyOfRange(wire, from, Math.min(to, wire.length));
  }
}
