package dev.tailtap.admin;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A whole answer of the admin port, before it is sent.
 *
 * @param fields of its head, beside those that every answer has
 */
@SuppressWarnings("ArrayRecordComponent") // Made, sent and dropped; nobody compares two of them.
record Reply(int status, String contentType, byte[] body, Map<String, String> fields) {

  Reply {
    fields = Map.copyOf(fields);
  }

  Reply(int status, String contentType, byte[] body) {
    this(status, contentType, body, Map.of());
  }

  /** The same with one more field in its head. */
  Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(fields);
    more.put(name, value);
    return new Reply(status, contentType, body, more);
  }

  static Reply text(int status, String text) {
    return new Reply(
        status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static Reply csv(String text) {
    return new Reply(200, "text/csv; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  static Reply json(int status, JsonReplies.Content content) {
    return new Reply(status, "application/json", JsonReplies.of(content));
  }

  /** A request that cannot be answered as it stands. */
  static Reply invalid(int status, String code, String message) {
    return error(status, "invalid_request_error", code, message);
  }

  /** Of a bug of ours. */
  static Reply failed() {
    return error(500, "server_error", "internal_error", "See the log of the relay");
  }

  /** In the shape that OpenAI's clients know. */
  static Reply error(int status, String type, String code, String message) {
    return json(
        status,
        out -> {
          out.writeStartObject().writeObjectPropertyStart("error");
          out.writeStringProperty("message", message);
          out.writeStringProperty("type", type);
          out.writeStringProperty("code", code);
          out.writeEndObject().writeEndObject();
        });
  }
}
