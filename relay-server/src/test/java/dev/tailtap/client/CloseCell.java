package dev.tailtap.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One cell of the close matrix: who leaves, when, and how the exchange is framed. */
record CloseCell(Leaver leaver, Moment moment, Framing framing) {
  enum Leaver {
    CLIENT_CLOSES,
    CLIENT_RESETS,
    UPSTREAM_CLOSES,
    UPSTREAM_RESETS,
    RELAY_DRAINS,
    DRAIN_RUNS_OUT
  }

  /** In the order in which an exchange comes to them. */
  enum Moment {
    CONNECTING,
    SHAKING_HANDS,
    SENDING_THE_REQUEST,
    WAITING_FOR_THE_HEAD,
    AFTER_THE_HEAD,
    MID_FRAME,
    BETWEEN_FRAMES,
    LAST_CHUNK,
    SETTLING
  }

  /** Of the answer; before it comes, of the request. */
  enum Framing {
    CHUNKED,
    CONTENT_LENGTH,
    UNTIL_CLOSE,
    /** Framed anew, since the relay asked for usage: the request is collected first. */
    HIDDEN_FRAME,
    /** Framed anew, since the client knows no chunks. */
    HTTP_1_0
  }

  /** All cells of a leaver at moments from here to there that can be. */
  static List<CloseCell> of(Leaver leaver, Moment from, Moment to) {
    List<CloseCell> cells = new ArrayList<>();
    for (Moment moment : Moment.values()) {
      for (Framing framing : Framing.values()) {
        CloseCell cell = new CloseCell(leaver, moment, framing);
        boolean asked = moment.compareTo(from) >= 0 && moment.compareTo(to) <= 0;
        if (asked && cell.possible()) {
          cells.add(cell);
        }
      }
    }
    return cells;
  }

  boolean clientLeaves() {
    return leaver == Leaver.CLIENT_CLOSES || leaver == Leaver.CLIENT_RESETS;
  }

  boolean upstreamLeaves() {
    return leaver == Leaver.UPSTREAM_CLOSES || leaver == Leaver.UPSTREAM_RESETS;
  }

  /** Whether the head of the answer has come. */
  boolean answered() {
    return moment.compareTo(Moment.AFTER_THE_HEAD) >= 0;
  }

  /** How the usage is found if the answer breaks off: it stands in the second event. */
  String cutUsage() {
    return switch (moment) {
      case CONNECTING, SHAKING_HANDS, SENDING_THE_REQUEST, WAITING_FOR_THE_HEAD, AFTER_THE_HEAD ->
          "absent";
      case MID_FRAME -> "unreadable";
      case BETWEEN_FRAMES -> "partial";
      case LAST_CHUNK, SETTLING -> "final"; // the provider's end mark has come
    };
  }

  /** Whether the upstream has an established connection. */
  boolean connected() {
    return moment != Moment.CONNECTING
        && !(moment == Moment.SENDING_THE_REQUEST && framing == Framing.HIDDEN_FRAME);
  }

  private boolean possible() {
    if (framing == Framing.UNTIL_CLOSE && (!answered() || moment == Moment.LAST_CHUNK)) {
      return false;
    }
    if (upstreamLeaves() && !connected()) {
      return moment == Moment.CONNECTING && leaver == Leaver.UPSTREAM_RESETS;
    }
    return !(leaver == Leaver.RELAY_DRAINS && moment == Moment.SHAKING_HANDS);
  }

  @Override
  public String toString() {
    return words(leaver) + ": " + words(moment) + ", " + words(framing);
  }

  private static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
