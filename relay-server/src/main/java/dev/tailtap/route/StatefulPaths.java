package dev.tailtap.route;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;

/**
 * Requests by whose path they are about something that one provider's account keeps: files,
 * batches, threads, stored responses, cached contents. Another upstream would answer 404, or work
 * on something else.
 */
public final class StatefulPaths {
  /** Segments as the API references of OpenAI, Anthropic and Gemini have them. */
  private static final List<String> KEPT =
      List.of(
          "files",
          "uploads",
          "batches",
          "fine_tuning",
          "assistants",
          "threads",
          "vector_stores",
          "conversations",
          "containers",
          "evals",
          "cachedContents");

  private StatefulPaths() {}

  /** Whether a request for a path in its normal form is one. */
  public static boolean keeps(HttpMethod method, String path) {
    if (path == null) {
      return false;
    }
    for (String segment : KEPT) {
      if (hasSegment(path, segment)) {
        return true;
      }
    }
    return isAboutOne(method, path, "responses") || isAboutOne(method, path, "interactions");
  }

  /** {@code POST …/responses} makes one; everything else is about one that is there. */
  private static boolean isAboutOne(HttpMethod method, String path, String kind) {
    boolean makes = HttpMethod.POST.equals(method) && path.endsWith("/" + kind);
    return hasSegment(path, kind) && !makes;
  }

  private static boolean hasSegment(String path, String segment) {
    int at = path.indexOf(segment);
    while (at >= 0) {
      int end = at + segment.length();
      boolean begins = at > 0 && path.charAt(at - 1) == '/';
      boolean ends = end == path.length() || path.charAt(end) == '/' || path.charAt(end) == ':';
      if (begins && ends) {
        return true;
      }
      at = path.indexOf(segment, end);
    }
    return false;
  }
}
