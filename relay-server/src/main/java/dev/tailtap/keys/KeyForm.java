package dev.tailtap.keys;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * How a virtual key is written: {@code tt_}, 32 digits of base 62 by chance, 190 bits of it, and
 * the CRC-32 of those as 6 digits more. So a typo is told without a look-up, and programs that look
 * for leaked secrets can find keys. Stateless.
 */
public final class KeyForm {
  /** What every key begins with, and no provider's does. */
  public static final String PREFIX = "tt_";

  static final int RANDOM = 32;
  static final int LENGTH = PREFIX.length() + RANDOM + 6;
  static final String SHA_256 = "sha256:";

  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private KeyForm() {}

  /** A new key, which is to be shown once and kept nowhere. */
  public static String issue(SecureRandom random) {
    StringBuilder key = new StringBuilder(PREFIX);
    for (int i = 0; i < RANDOM; i++) {
      key.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    byte[] bytes = key.toString().getBytes(ISO_8859_1);
    long crc = crc(bytes, new CRC32());
    for (int i = LENGTH - key.length(); i > 0; i--) {
      key.append(digit(crc, i - 1));
    }
    return key.toString();
  }

  /** A name for a new key: 51 bits by chance, and no secret. */
  public static String id(SecureRandom random) {
    StringBuilder id = new StringBuilder("vk_");
    for (int i = 0; i < 10; i++) {
      id.append(Character.forDigit(random.nextInt(36), 36));
    }
    return id.toString();
  }

  /** What is kept of a key: {@code sha256:} and 64 digits of lower-case hex. */
  public static String hash(String key) {
    return SHA_256 + HexFormat.of().formatHex(sha256().digest(key.getBytes(ISO_8859_1)));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  /**
   * Reads a text that may be a key.
   *
   * @param into gets its bytes, as many as {@link #LENGTH}
   * @return false: it is none
   */
  static boolean read(String text, byte[] into, CRC32 crc) {
    if (text.length() != LENGTH || !text.startsWith(PREFIX)) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(i);
      if (i >= PREFIX.length() && !isDigit(c)) {
        return false;
      }
      into[i] = (byte) c;
    }
    long expected = crc(into, crc);
    boolean same = true;
    for (int i = PREFIX.length() + RANDOM; i < LENGTH; i++) {
      same &= into[i] == digit(expected, LENGTH - 1 - i);
    }
    return same;
  }

  /**
   * A text in which each key, and whatever is nearly one, is cut down to what tells nothing; the
   * same text if there is none, which is nearly always.
   */
  public static String hidden(String text) {
    int at = text == null ? -1 : text.indexOf(PREFIX);
    if (at < 0) {
      return text;
    }
    StringBuilder hidden = null;
    int from = 0; // what is before is in there
    while (at >= 0) {
      int end = at + PREFIX.length();
      while (end < text.length() && isDigit(text.charAt(end))) {
        end++;
      }
      if (text.startsWith("_", end) && text.startsWith(PREFIX, end - 2)) {
        end -= 2; // they are the beginning of the next one
      }
      if (end - at - PREFIX.length() >= RANDOM) {
        hidden = hidden == null ? new StringBuilder() : hidden;
        hidden.append(text, from, at).append(PREFIX).append("***");
        from = end;
      }
      at = text.indexOf(PREFIX, end);
    }
    return hidden == null ? text : hidden.append(text, from, text.length()).toString();
  }

  private static boolean isDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  private static long crc(byte[] key, CRC32 crc) {
    crc.reset();
    crc.update(key, PREFIX.length(), RANDOM);
    return crc.getValue();
  }

  /** The digit that stands before so many others. */
  private static char digit(long number, int others) {
    long rest = number;
    for (int i = 0; i < others; i++) {
      rest /= DIGITS.length();
    }
    return DIGITS.charAt((int) (rest % DIGITS.length()));
  }
}
