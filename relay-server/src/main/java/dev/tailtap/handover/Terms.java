package dev.tailtap.handover;

import java.util.ArrayList;
import java.util.List;

/**
 * What two relays must agree about before one hands over to the other, as the settings say it.
 *
 * @param relay where clients connect
 * @param admin where the admin port listens
 * @param journal the directory that both share, absolute
 */
public record Terms(String relay, String admin, String journal) {
  static final String RELAY = "relay";
  static final String ADMIN = "admin";

  private static final String VERSION = "tailtap-handover 1";
  private static final int PARTS = 4;

  String line() {
    return String.join("\t", VERSION, relay, admin, journal);
  }

  /** Null if another version, or something else, wrote it. */
  static Terms of(String line) {
    String[] parts = line.split("\t", -1);
    boolean known = parts.length == PARTS && parts[0].equals(VERSION);
    return known ? new Terms(parts[1], parts[2], parts[3]) : null;
  }

  /** Why the other one cannot take over; null: it can. */
  String refusal(Terms theirs) {
    if (theirs == null) {
      return "the two do not speak the same version: stop the one that runs, and start the other";
    }
    if (!journal.equals(theirs.journal)) {
      return "the relay that runs has journal.dir="
          + journal
          + ", which a hand-over cannot change: stop it, and start the other";
    }
    return null;
  }

  /** The sockets that both have, by their names. */
  List<String> common(Terms theirs) {
    List<String> names = new ArrayList<>();
    if (relay.equals(theirs.relay)) {
      names.add(RELAY);
    }
    if (admin.equals(theirs.admin)) {
      names.add(ADMIN);
    }
    return names;
  }
}
