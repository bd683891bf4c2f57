package dev.tailtap.redis;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/**
 * The counters' Lua (counters.lua), and how it is called: as functions of a library, which Redis
 * has since version 7 and Valkey always, or as one script by its digest. The names of library and
 * functions have a digest of the source in them, so that relays of two versions beside each other
 * call each its own. Immutable.
 */
final class Script {
  private static final int SHOWN_DIGITS = 8;

  private final byte[] load;
  private final Map<Operation, byte[]> calls;
  private final Map<Operation, byte[]> behindKeys; // empty words: nothing stands there
  private final int words; // of a call, without keys and arguments

  /** What the server is asked to do. */
  enum Operation {
    ADMIT,
    SETTLE,
    RENEW;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Script(
      byte[] load, Map<Operation, byte[]> calls, Map<Operation, byte[]> behindKeys, int words) {
    this.load = load;
    this.calls = calls;
    this.behindKeys = behindKeys;
    this.words = words;
  }

  /** The Lua that both ways have in common. */
  static String source() {
    try (InputStream in = Script.class.getResourceAsStream("counters.lua")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("counters.lua cannot be read", e);
    }
  }

  /** As functions. */
  static Script library(String source) {
    String mark = digest(source).substring(0, SHOWN_DIGITS);
    StringBuilder text = new StringBuilder("#!lua name=tailtap_" + mark + "\n").append(source);
    Map<Operation, byte[]> calls = new EnumMap<>(Operation.class);
    Map<Operation, byte[]> behind = new EnumMap<>(Operation.class);
    for (Operation each : Operation.values()) {
      String name = "tailtap_" + each.word() + "_" + mark;
      text.append("redis.register_function('").append(name).append("', ").append(each.word());
      text.append(")\n");
      calls.put(each, Resp.words("FCALL", name));
      behind.put(each, new byte[0]);
    }
    byte[] load = Resp.command("FUNCTION", "LOAD", "REPLACE", text.toString());
    return new Script(load, calls, behind, 3);
  }

  /** As a script, whose first argument says what it is to do. */
  static Script evaluated(String source) {
    StringBuilder text = new StringBuilder(source).append("local operations = {");
    for (Operation each : Operation.values()) {
      text.append(each.word()).append(" = ").append(each.word()).append(", ");
    }
    text.append("}\nreturn operations[table.remove(ARGV, 1)](KEYS, ARGV)\n");
    Map<Operation, byte[]> calls = new EnumMap<>(Operation.class);
    Map<Operation, byte[]> behind = new EnumMap<>(Operation.class);
    for (Operation each : Operation.values()) {
      calls.put(each, Resp.words("EVALSHA", digest(text.toString())));
      behind.put(each, Resp.words(each.word()));
    }
    return new Script(Resp.command("SCRIPT", "LOAD", text.toString()), calls, behind, 4);
  }

  /** The command by which the server learns it. */
  byte[] load() {
    return load;
  }

  /** Begins a call; so many keys are to follow, then {@link #behindKeys}, then the arguments. */
  void begin(ByteBuf out, Operation operation, int keys, int arguments) {
    Resp.array(out, words + keys + arguments);
    out.writeBytes(calls.get(operation));
    Resp.bulk(out, keys);
  }

  void behindKeys(ByteBuf out, Operation operation) {
    out.writeBytes(behindKeys.get(operation));
  }

  private static String digest(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
