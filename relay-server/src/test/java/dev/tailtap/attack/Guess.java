package dev.tailtap.attack;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * A request that shows a key which there is not.
 *
 * @param why the word that it is counted by
 * @param shape what its answer has in the shape of its provider's errors
 */
record Guess(String request, String why, String shape) {
  /** In every key of these tests, good or not: it is hunted where no key may be. */
  static final String MARKER = "GUESSEDKEY";

  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int RANDOM = 32;
  private static final int CHECKSUM = 6;
  private static final int FIRST_BY_CHANCE = MARKER.length();

  /** Of so many guesses one is as long as a head may nearly be. */
  private static final int LONG_ONE_OF = 50;

  private static final int LONG = 20_000;

  /** The places where the libraries of the providers put a key. */
  private static final List<String> PLACES =
      List.of(
          "Authorization: Bearer %s",
          "Authorization: %s", "x-api-key: %s", "api-key: %s", "x-goog-api-key: %s", "?key=%s");

  private record Api(String path, String shape) {}

  private static final List<Api> APIS =
      List.of(
          new Api("/v1/chat/completions", "\"code\":\"invalid_api_key\""),
          new Api("/v1/messages", "\"type\":\"authentication_error\""),
          new Api("/v1beta/models/m:generateContent", "\"status\":\"UNAUTHENTICATED\""));

  /** A key in the right form, as the relay would issue it, but for the marker. */
  static String key(Random random) {
    StringBuilder digits = new StringBuilder(MARKER);
    while (digits.length() < RANDOM) {
      digits.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return "tt_" + digits + checksum(digits.toString());
  }

  /** The next one of many: each kind of guess in each place, of each API. */
  static Guess next(int number, List<String> issued, Random random) {
    Api api = APIS.get(number % APIS.size());
    String place = PLACES.get(number / APIS.size() % PLACES.size());
    String near = near(issued.get(random.nextInt(issued.size())), random);
    if (number % LONG_ONE_OF == 0) {
      return of(api, place, "tt_" + MARKER + "x".repeat(LONG), "malformed");
    }
    return switch (number / (APIS.size() * PLACES.size()) % 6) {
      case 0 -> of(api, place, key(random), "unknown");
      case 1 -> of(api, place, near.substring(0, near.length() - 1) + "!", "malformed");
      case 2 -> of(api, place, near, "malformed"); // the checksum is of another one
      case 3 -> of(api, place, checked(near), "unknown");
      case 4 -> of(api, place, "sk-" + MARKER + random.nextLong(), "missing");
      default -> {
        String other = "ocp-apim-subscription-key: " + key(random) + "\r\n";
        yield new Guess(request(api, place, key(random), other), "two", api.shape);
      }
    };
  }

  private static Guess of(Api api, String place, String key, String why) {
    return new Guess(request(api, place, key, ""), why, api.shape);
  }

  private static String request(Api api, String place, String key, String fields) {
    String shown = place.formatted(key);
    boolean query = shown.startsWith("?");
    return "POST /attack/1"
        + api.path
        + (query ? shown : "")
        + " HTTP/1.1\r\nHost: relay\r\n"
        + (query ? "" : shown + "\r\n")
        + fields
        + "Content-Length: 2\r\n\r\n{}";
  }

  /** A key in which one digit is another. */
  private static String near(String key, Random random) {
    int at = "tt_".length() + FIRST_BY_CHANCE + random.nextInt(RANDOM - FIRST_BY_CHANCE);
    char other = DIGITS.charAt((DIGITS.indexOf(key.charAt(at)) + 1) % DIGITS.length());
    return key.substring(0, at) + other + key.substring(at + 1);
  }

  /** The same digits with the checksum that belongs to them, as anybody can work it out. */
  private static String checked(String key) {
    String digits = key.substring("tt_".length(), "tt_".length() + RANDOM);
    return "tt_" + digits + checksum(digits);
  }

  private static String checksum(String digits) {
    CRC32 crc = new CRC32();
    crc.update(digits.getBytes(StandardCharsets.ISO_8859_1));
    StringBuilder text = new StringBuilder();
    for (long left = crc.getValue(); text.length() < CHECKSUM; left /= DIGITS.length()) {
      text.append(DIGITS.charAt((int) (left % DIGITS.length())));
    }
    return text.reverse().toString();
  }
}
