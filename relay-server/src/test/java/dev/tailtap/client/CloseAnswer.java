package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.CONTENT;
import static dev.tailtap.client.ChatStream.DONE;
import static dev.tailtap.client.ChatStream.SSE;
import static dev.tailtap.client.ChatStream.USAGE;

import dev.tailtap.client.CloseCell.Framing;
import dev.tailtap.client.CloseCell.Moment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The bytes of a streamed answer in one framing, and where in them the moments of the matrix lie:
 * one event, a second with the usage, and the end mark.
 */
final class CloseAnswer {
  private static final List<String> EVENTS = List.of(CONTENT, USAGE, DONE);
  private static final int MID_FRAME = USAGE.indexOf("completion_tokens");

  private final Framing framing;
  private final String whole;

  CloseAnswer(Framing framing) {
    this.framing = framing;
    whole = upToEvent(3) + (chunked() ? "0\r\n\r\n" : "");
  }

  int length() {
    return whole.length();
  }

  byte[] part(int from, int to) {
    return whole.substring(from, to).getBytes(StandardCharsets.US_ASCII);
  }

  /** How many bytes have come at a moment. */
  int upTo(Moment moment) {
    return switch (moment) {
      case AFTER_THE_HEAD -> upToEvent(0).length();
      case MID_FRAME -> upToEvent(1).length() + sizeLine() + MID_FRAME;
      case BETWEEN_FRAMES -> upToEvent(2).length();
      case LAST_CHUNK -> whole.length() - (chunked() ? 2 : 1);
      case SETTLING -> whole.length();
      case CONNECTING, SHAKING_HANDS, SENDING_THE_REQUEST, WAITING_FOR_THE_HEAD -> 0;
    };
  }

  /** What of the body a client has by then. */
  String text(Moment moment) {
    boolean hidden = framing == Framing.HIDDEN_FRAME;
    return switch (moment) {
      case MID_FRAME -> CONTENT + (hidden ? "" : USAGE.substring(0, MID_FRAME));
      case BETWEEN_FRAMES -> CONTENT + (hidden ? "" : USAGE);
      case LAST_CHUNK ->
          text(Moment.SETTLING).substring(0, text(Moment.SETTLING).length() - (chunked() ? 0 : 1));
      case SETTLING -> text(Moment.BETWEEN_FRAMES) + DONE;
      case AFTER_THE_HEAD, CONNECTING, SHAKING_HANDS, SENDING_THE_REQUEST, WAITING_FOR_THE_HEAD ->
          "";
    };
  }

  private int sizeLine() {
    return chunked() ? Integer.toHexString(USAGE.length()).length() + 2 : 0;
  }

  private boolean chunked() {
    return framing != Framing.CONTENT_LENGTH && framing != Framing.UNTIL_CLOSE;
  }

  private String upToEvent(int events) {
    StringBuilder text = new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: " + SSE + "\r\n");
    if (chunked()) {
      text.append("Transfer-Encoding: chunked\r\n");
    } else if (framing == Framing.CONTENT_LENGTH) {
      text.append("Content-Length: ").append(String.join("", EVENTS).length()).append("\r\n");
    }
    text.append("\r\n");
    for (String event : EVENTS.subList(0, events)) {
      String size = Integer.toHexString(event.length());
      text.append(chunked() ? size + "\r\n" + event + "\r\n" : event);
    }
    return text.toString();
  }
}
