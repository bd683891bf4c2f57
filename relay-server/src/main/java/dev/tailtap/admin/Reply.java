package dev.tailtap.admin;

import java.nio.charset.StandardCharsets;

/** A whole answer of the admin port, before it is sent. */
@SuppressWarnings("ArrayRecordComponent") // Made, sent and dropped; nobody compares two of them.
record Reply(int status, String contentType, byte[] body) {

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
