package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tailtap.exchange.SimRow;
import java.util.Arrays;
import java.util.Random;

/** What an upstream of the simulation answers to one request, and how it goes wrong with that. */
final class SimAnswer {
  private static final int[] FAILURES = {429, 429, 503, 529, 500, 502, 401, 408};

  /** How it ends. */
  enum End {
    WHOLE,
    CUT,
    RESET,
    SILENCE,
    GARBAGE
  }

  final int number;
  final SimRequest request;
  final SimRow row;
  final boolean asked;
  private final boolean several; // upstreams of a route, whose failures are of more kinds
  final boolean early; // before the request is whole
  final int status;
  final End end;
  final String payload;
  final String usageEvent; // of the payload; empty: it has none
  final boolean untilClose;
  final boolean closes;
  final byte[] wire;
  final int stop; // index in the wire where it goes wrong, or the length
  int sent;

  SimAnswer(
      int number,
      SimRequest request,
      SimRow row,
      boolean asked,
      boolean whole,
      boolean several,
      Random random) {
    this.number = number;
    this.request = request;
    this.row = row;
    this.several = several;
    this.asked = asked;
    early = random.nextInt(6) == 0;
    status = status(asked, random);
    boolean stream = status == 200 && random.nextInt(4) > 0;
    boolean reports = asked || (whole && random.nextBoolean()); // who has not read all may be asked
    usageEvent = stream && !request.head && reports ? usage() : "";
    payload = status == 204 || request.head ? "" : stream ? events(random) : document(random);
    int framing = random.nextInt(5);
    boolean bodiless = status == 204 || request.head;
    untilClose = framing == 0 && !bodiless;
    boolean chunked = framing < 4 && !untilClose;
    closes = untilClose || random.nextInt(8) == 0;
    StringBuilder out = new StringBuilder();
    for (int i = random.nextInt(12) == 0 ? 1 + random.nextInt(40) : 0; i > 0; i--) {
      out.append(random.nextBoolean() ? "HTTP/1.1 100 Continue\r\n\r\n" : early(number));
    }
    int interims = out.length();
    out.append("HTTP/1.1 ").append(status).append(" Said\r\nX-Answer: ").append(number);
    out.append("\r\nContent-Type: ").append(stream ? "text/event-stream" : "application/json");
    out.append(closes ? "\r\nConnection: close" : "");
    out.append(several && status >= 429 ? retryAfter(random) : "");
    if (bodiless) {
      out.append(status == 204 ? "" : "\r\nContent-Length: 7").append("\r\n\r\n");
    } else if (untilClose) {
      out.append("\r\n\r\n").append(payload);
    } else if (chunked) {
      out.append("\r\nTransfer-Encoding: chunked\r\n\r\n");
      out.append(SimRequest.chunks(payload, random, false));
    } else {
      out.append("\r\nContent-Length: ").append(payload.length()).append("\r\n\r\n");
      out.append(payload);
    }
    end = end(untilClose, random);
    if (end == End.GARBAGE) {
      int at =
          chunked && !bodiless && random.nextBoolean() ? out.indexOf("\r\n\r\n", interims) : -1;
      out.replace(at < 0 ? interims : at + 4, at < 0 ? interims + 4 : at + 5, "?!");
    }
    wire = out.toString().getBytes(ISO_8859_1);
    stop = end == End.WHOLE || end == End.GARBAGE ? wire.length : random.nextInt(wire.length);
  }

  private static String early(int number) {
    return "HTTP/1.1 103 Early Hints\r\nX-Hint: " + number + "\r\n\r\n";
  }

  private int status(boolean asked, Random random) {
    if (asked && random.nextInt(5) == 0) {
      return random.nextBoolean() ? 400 : 422;
    }
    if (several && random.nextInt(5) < 3) {
      return FAILURES[random.nextInt(FAILURES.length)];
    }
    int drawn = random.nextInt(12);
    return drawn == 0 ? 503 : drawn == 1 ? 204 : drawn == 2 ? 400 : 200;
  }

  private static String retryAfter(Random random) {
    int drawn = random.nextInt(8);
    return drawn < 4 ? "" : "\r\nRetry-After: " + (drawn == 4 ? 3600 : drawn - 4);
  }

  /** Where its close is its end, none could tell a cut from that. */
  private End end(boolean untilClose, Random random) {
    if (several && status >= 400 && random.nextInt(8) == 0) {
      return End.SILENCE;
    }
    return switch (random.nextInt(16)) {
      case 0 -> untilClose ? End.RESET : End.CUT;
      case 1 -> End.RESET;
      case 2 -> End.SILENCE;
      case 3 -> End.GARBAGE;
      default -> End.WHOLE;
    };
  }

  private String usage() {
    int tokens = 1000 + number;
    return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":"
        + tokens
        + ",\"completion_tokens\":2,\"total_tokens\":"
        + (tokens + 2)
        + "}}\n\n";
  }

  private String events(Random random) {
    StringBuilder text = new StringBuilder(several ? opening(random) : "");
    int events = random.nextInt(5) == 0 ? random.nextInt(300) : random.nextInt(20);
    for (int i = 0; i < events; i++) {
      text.append("data: {\"choices\":[{\"delta\":{\"content\":\"");
      text.append(number).append('.').append(i);
      text.append(" ".repeat(random.nextInt(10) == 0 ? 900 : random.nextInt(30)));
      text.append("\"}}]}\n\n");
    }
    text.append("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    if (random.nextInt(12) == 0) {
      text.append("data: {\"error\":{\"message\":\"overloaded\"}}\n\n");
    }
    return text.append(usageEvent).append("data: [DONE]\n\n").toString();
  }

  private static String opening(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
      case 1 -> ": hello\n\n";
      case 2 -> "event: ping\r\ndata: {\"type\":\"ping\"}\r\n\r\n";
      default -> "";
    };
  }

  private String document(Random random) {
    if (several && random.nextInt(12) == 0) {
      return "{\"choices\":[],\"pad\":\"" + "x".repeat(70_000) + "\"}"; // more than is held
    }
    String pad = (number + " ").repeat(random.nextInt(3) == 0 ? 8000 : random.nextInt(200));
    return "{\"choices\":[],\"pad\":\"" + pad + "\"}";
  }

  /** What its client is to get of the payload. */
  String forClient() {
    return asked ? payload.replace(usageEvent, "") : payload;
  }

  /** Whether the upstream has done all that it does. */
  boolean said() {
    return sent >= stop;
  }

  /** The next bytes of it; the last ones come apart now and then. */
  byte[] next(Random random, int most) {
    int to = Math.min(stop, sent + 1 + random.nextInt(most));
    if (to == stop && to - sent > 6 && random.nextBoolean()) {
      to -= 1 + random.nextInt(6);
    }
    byte[] piece = Arrays.copyOfRange(wire, sent, to);
    sent = to;
    return piece;
  }
}
