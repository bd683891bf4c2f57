package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Random;

/** Random request bodies that are made of what matters in one, now and then damaged. */
final class RequestBodies {
  private static final String[] NAMES = {
    "\"model\"",
    "\"stream\"",
    "\"stream_options\"",
    "\"include_usage\"",
    "\"messages\"",
    "\"input\"",
    "\"input\"",
    "\"encrypted_content\"",
    "\"encrypted\\u005fcontent\"",
    "\"previous_response_id\"",
    "\"conversation\"",
    "\"cachedConten\\u0074\"",
    "\"\"",
    "\"strea\\u006d\"",
    "\"m\\u006Fdel\"",
    "\"stream\\u005foptions\"",
    "\"stream_options_\"",
    "\"\\/stream\"",
    "\"mod\u00e9l \\ud83d\\ude00 漢\"",
    "\"a name of which nobody knows the end, nor why it should be as long as it is, \\\" and on\""
  };
  private static final String[] BLANKS = {"", "", "", " ", "\n", "\r\n\t  "};
  private static final String[] SCALARS = {
    "true", "true", "true", "false", "null", "0", "-1", "12.50", "1E400", "-0.1e-7", "123456789012"
  };
  private static final String[] TEXTS = {
    "m-1",
    "",
    "\\\"}",
    "\\\\",
    "]{[",
    "é漢😀",
    "encrypted_content",
    "\\u0000\\ud800",
    "\\n\\n\\n\\n",
    "\\/"
  };

  private final Random random;

  RequestBodies(long seed) {
    random = new Random(seed);
  }

  /** The next body. */
  byte[] next() {
    StringBuilder body = new StringBuilder(random.nextInt(8) == 0 ? "\uFEFF" : "");
    blank(body);
    object(body, 0);
    blank(body);
    byte[] bytes = body.toString().getBytes(UTF_8);
    if (random.nextInt(3) == 0) {
      byte[] spice = "\"{}[]:,\\\n \0u0eE-.tfn\u007f".getBytes(UTF_8);
      bytes[random.nextInt(bytes.length)] = spice[random.nextInt(spice.length)];
    }
    return bytes;
  }

  private void object(StringBuilder body, int depth) {
    body.append('{');
    boolean streams = depth == 0 && random.nextInt(3) > 0;
    body.append(streams ? "\"stream\":true" : "");
    int members = random.nextInt(5);
    for (int i = 0; i < members; i++) {
      blank(body.append(i == 0 && !streams ? "" : ","));
      body.append(NAMES[random.nextInt(NAMES.length)]);
      blank(body);
      blank(body.append(':'));
      value(body, depth);
      blank(body);
    }
    body.append('}');
  }

  private void value(StringBuilder body, int depth) {
    int kind = depth > 3 ? random.nextInt(4) : random.nextInt(8);
    switch (kind) {
      case 0, 1, 2 -> body.append(SCALARS[random.nextInt(SCALARS.length)]);
      case 3 -> string(body);
      case 4, 5, 6 -> object(body, depth + 1);
      default -> {
        body.append('[');
        int elements = random.nextInt(3);
        for (int i = 0; i < elements; i++) {
          body.append(i == 0 ? "" : ",");
          value(body, depth + 1);
        }
        body.append(']');
      }
    }
  }

  private void string(StringBuilder body) {
    body.append('"');
    int parts = random.nextInt(20) == 0 ? 400 : random.nextInt(4);
    for (int i = 0; i < parts; i++) {
      body.append(TEXTS[random.nextInt(TEXTS.length)]);
    }
    body.append('"');
  }

  private void blank(StringBuilder body) {
    body.append(BLANKS[random.nextInt(BLANKS.length)]);
  }
}
