package dev.tailtap;

import dev.tailtap.keys.KeyEntry;
import dev.tailtap.keys.KeyForm;
import dev.tailtap.keys.KeyHome;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code ./relay key issue|list|revoke|rotate}. A key is all that standard output gets of a command
 * that makes one; what else there is to say goes to standard error.
 */
record KeyCommands(
    List<String> words,
    Map<String, String> options,
    Clock clock,
    PrintStream out,
    PrintStream err) {
  private static final Pattern TIME = Pattern.compile("(\\d{1,6})([smhd])");
  private static final Pattern BETWEEN_NAMES = Pattern.compile("[\\s,]+");

  /**
   * Does it.
   *
   * @return false: there is no such key
   * @throws IllegalArgumentException if an option means nothing; nothing was done
   */
  boolean run(Command command, KeyHome home) throws IOException {
    return switch (command) {
      case KEY_ISSUE -> issue(home);
      case KEY_LIST -> list(home);
      case KEY_REVOKE -> revoke(home);
      case KEY_ROTATE -> rotate(home);
      default -> throw new IllegalArgumentException(command + " is not about keys");
    };
  }

  private boolean issue(KeyHome home) throws IOException {
    if (!options.containsKey("tenant")) {
      throw new IllegalArgumentException("--tenant: must be said");
    }
    SecureRandom random = new SecureRandom();
    String key = KeyForm.issue(random);
    KeyEntry entry =
        new KeyEntry(
            KeyForm.id(random),
            KeyForm.hash(key),
            options.get("tenant"),
            options.getOrDefault("name", ""),
            names("routes"),
            names("models"),
            names("upstreams"),
            options.get("limit"),
            options.containsKey("expires") ? end(options.get("expires")) : null,
            false,
            tags());
    home.add(entry);
    tell(key, entry);
    return true;
  }

  private boolean list(KeyHome home) throws IOException {
    for (KeyEntry key : home.all()) {
      out.println(text(key));
    }
    return true;
  }

  private boolean revoke(KeyHome home) throws IOException {
    KeyEntry key = find(home);
    if (key != null) {
      home.put(key.revoked());
      err.println("relay: " + text(key.revoked()));
      err.println("relay: relays know it within keys.refresh; what runs by it goes on");
    }
    return key != null;
  }

  private boolean rotate(KeyHome home) throws IOException {
    Duration overlap = time("overlap", options.getOrDefault("overlap", "0s"));
    KeyEntry former = find(home);
    if (former == null) {
      return false;
    }
    if (!isGood(former)) {
      err.println("relay: " + text(former) + ": is not good any more; issue another");
      return false;
    }
    SecureRandom random = new SecureRandom();
    String key = KeyForm.issue(random);
    KeyEntry next = former.successor(KeyForm.id(random), KeyForm.hash(key));
    KeyEntry ending = former.until(now().plus(overlap));
    home.replace(ending, next);
    err.println("relay: " + text(ending));
    tell(key, next);
    return true;
  }

  private void tell(String key, KeyEntry entry) {
    err.println("relay: " + text(entry));
    err.println("relay: the key is shown this once; relays know it within keys.refresh");
    out.println(key);
    out.flush();
  }

  /** Null: there is none, which is said. */
  private KeyEntry find(KeyHome home) throws IOException {
    String id = words.get(0);
    for (KeyEntry key : home.all()) {
      if (key.id().equals(id)) {
        return key;
      }
    }
    boolean secret = id.startsWith(KeyForm.PREFIX);
    err.println(
        "relay: " + (secret ? "that is a key, and its ID is wanted" : id + ": no such key"));
    return null;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  private boolean isGood(KeyEntry key) {
    return !key.disabled() && (key.expires() == null || clock.instant().isBefore(key.expires()));
  }

  /** All of it but the hash, on one line. */
  private String text(KeyEntry key) {
    StringBuilder line = new StringBuilder(key.id());
    put(line, "state", isGood(key) ? "good" : key.disabled() ? "revoked" : "expired");
    put(line, "tenant", key.tenant());
    put(line, "name", key.name());
    put(line, "routes", String.join(",", key.routes()));
    put(line, "models", String.join(",", key.models()));
    put(line, "upstreams", String.join(",", key.upstreams()));
    put(line, "limit", key.limit() == null ? "" : key.limit());
    put(line, "expires", key.expires() == null ? "" : key.expires().toString());
    key.tags().forEach((tag, value) -> put(line, "tag." + tag, value));
    return line.toString();
  }

  private static void put(StringBuilder line, String name, String value) {
    if (!value.isEmpty()) {
      boolean plain = value.indexOf(' ') < 0;
      line.append("  ").append(name).append('=');
      line.append(plain ? value : '"' + value + '"');
    }
  }

  private List<String> names(String option) {
    List<String> names =
        BETWEEN_NAMES
            .splitAsStream(options.getOrDefault(option, ""))
            .filter(name -> !name.isEmpty())
            .toList();
    if (options.containsKey(option) && names.isEmpty()) {
      throw new IllegalArgumentException("--" + option + ": must name some; without it, all are");
    }
    return names;
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String tag : options.getOrDefault("tag", "").lines().toList()) {
      int equals = tag.indexOf('=');
      if (equals > 0) {
        tags.put(tag.substring(0, equals), tag.substring(equals + 1));
      } else {
        throw new IllegalArgumentException("--tag: must be NAME=TEXT");
      }
    }
    return tags;
  }

  private Instant end(String text) {
    if (TIME.matcher(text).matches()) {
      return now().plus(time("expires", text));
    }
    try {
      return text.contains("T")
          ? Instant.parse(text)
          : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "--expires " + text + ": must be a time as 90d or 12h, or a day as 2027-01-31", e);
    }
  }

  private static Duration time(String option, String text) {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "--" + option + " " + text + ": must be a time, as 24h or 7d");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }
}
