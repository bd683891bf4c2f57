package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;

/** Reads what a client got, by RFC 9112 and with none of the relay's own code. */
final class SimResponses {
  /** One response, as far as it has come. */
  static final class Response {
    int status;
    int answer = -1; // of the upstream; -1: the relay's own
    String code = ""; // of the relay's own
    boolean untilClose;
    boolean bodiless;
    boolean complete; // by its framing
    boolean close;
    final StringBuilder payload = new StringBuilder();
  }

  final List<Response> responses = new ArrayList<>();
  private final List<SimRequest> requests;
  private int at; // where the response begins that is not complete
  private int read;

  SimResponses(List<SimRequest> requests) {
    this.requests = requests;
  }

  /** Looks at all that came. */
  void look(byte[] taken, boolean endedInOrder) {
    if (taken.length > read) {
      read = taken.length;
      String text = new String(taken, ISO_8859_1);
      while (at < text.length() && next(text)) {}
    }
    Response last = responses.isEmpty() ? null : responses.get(responses.size() - 1);
    if (last != null && last.untilClose && endedInOrder) {
      last.complete = true;
    }
  }

  /** How many are complete. */
  int complete() {
    int size = responses.size();
    return size > 0 && !responses.get(size - 1).complete ? size - 1 : size;
  }

  /** Whether a whole one was read, and there may be another. */
  private boolean next(String text) {
    int end = text.indexOf("\r\n\r\n", at);
    if (end < 0) {
      return false;
    }
    String head = text.substring(at, end);
    require(head.startsWith("HTTP/1.1 "), "no response begins with: " + cut(head));
    int status = Integer.parseInt(head.substring(9, 12));
    if (status < 200) {
      at = end + 4;
      return true;
    }
    int ordinal = complete();
    require(ordinal < requests.size(), "a response to no request: " + cut(head));
    Response response = new Response();
    if (responses.size() > ordinal) {
      responses.remove(ordinal);
    }
    responses.add(response);
    response.status = status;
    String answer = field(head, "X-Answer");
    response.answer = answer == null ? -1 : Integer.parseInt(answer);
    response.close = "close".equalsIgnoreCase(field(head, "Connection"));
    String length = field(head, "Content-Length");
    boolean chunked = "chunked".equalsIgnoreCase(field(head, "Transfer-Encoding"));
    response.bodiless = requests.get(ordinal).head || status == 204;
    int to = body(response, text, end + 4, length, chunked);
    int code = response.payload.indexOf("\"code\":\"") + 8;
    if (response.complete && response.answer < 0 && code >= 8) {
      response.code = response.payload.substring(code, response.payload.indexOf("\"", code));
    }
    if (response.complete) {
      at = to;
    }
    return response.complete;
  }

  private int body(Response response, String text, int from, String length, boolean chunked) {
    if (response.bodiless) {
      response.complete = true;
      return from;
    }
    if (chunked) {
      return chunks(response, text, from);
    }
    if (length == null) {
      response.untilClose = true;
      response.payload.append(text, from, text.length());
      return text.length();
    }
    int to = from + Integer.parseInt(length);
    response.payload.append(text, from, Math.min(to, text.length()));
    response.complete = to <= text.length();
    return to;
  }

  static int chunks(Response response, String text, int from) {
    int at = from;
    while (true) {
      int line = text.indexOf("\r\n", at);
      if (line < 0) {
        return at;
      }
      String size = text.substring(at, line);
      require(size.matches("[0-9a-f]+"), "no size of a chunk: " + cut(size));
      int length = Integer.parseInt(size, 16);
      int end = line + 2 + length;
      response.payload.append(text, line + 2, Math.min(end, text.length()));
      if (end + 2 > text.length()) {
        return at;
      }
      require(text.startsWith("\r\n", end), "no end of a chunk after " + cut(size));
      at = end + 2;
      if (length == 0) {
        response.complete = true;
        return at;
      }
    }
  }

  static String field(String head, String name) {
    for (String line : head.split("\r\n", -1)) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return null;
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(80, text.length()));
  }

  private static void require(boolean holds, String broken) {
    if (!holds) {
      throw new AssertionError(broken);
    }
  }
}
