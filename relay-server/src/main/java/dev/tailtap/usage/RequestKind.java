package dev.tailtap.usage;

import java.util.Locale;
import java.util.Set;

/** As what a request body is read, by its field {@code Content-Type}. */
enum RequestKind {
  JSON,
  /** By its parts. */
  MULTIPART,
  /** As JSON or as a form: servers differ. */
  EITHER,
  /** As nothing: its type says two, or its text is none that JSON's bytes can be found in. */
  NONE;

  /** In which all that matters in JSON is ASCII. */
  private static final Set<String> CHARSETS =
      Set.of("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252");

  /**
   * Of a body.
   *
   * @param contentType null: it says none, and those who read one without read JSON
   */
  static RequestKind of(String contentType) {
    if (contentType == null || contentType.isBlank()) {
      return JSON;
    }
    String type = FieldParameter.value(contentType);
    if (type.indexOf(',') >= 0 || !isAscii(contentType)) {
      return NONE;
    }
    if (MultipartModel.reads(contentType)) {
      return MULTIPART;
    }
    boolean json = type.equals("application/json") || type.equals("text/json");
    return json || type.endsWith("+json") ? JSON : EITHER;
  }

  /** RFC 8259 section 8.1 has UTF-8 alone; some servers go by the parameter all the same. */
  private static boolean isAscii(String contentType) {
    if (!contentType.toLowerCase(Locale.ROOT).contains("charset")) {
      return true;
    }
    String charset = FieldParameter.of(contentType, "charset");
    return charset != null && CHARSETS.contains(charset.toLowerCase(Locale.ROOT));
  }
}
