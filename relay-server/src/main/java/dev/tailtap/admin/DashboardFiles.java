package dev.tailtap.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The dashboard as the jar carries it: a page, its styles and its scripts. They hold no figures, so
 * whoever may reach the port may have them, and the page asks for the token itself. Immutable.
 */
final class DashboardFiles {
  /** Where all but the page itself are. */
  static final String FOLDER = "/dashboard/";

  private static final String PAGE = "index.html";
  private static final List<String> FILES =
      List.of(
          "forms.css",
          "palette.css",
          "style.css",
          "icon.svg",
          "app.js",
          "calls.js",
          "chart.js",
          "dom.js",
          "format.js",
          "limits.js",
          "live.js",
          "now.js",
          "quality.js",
          "session.js",
          "sleep.js",
          "sums.js",
          "upstreams.js");

  /**
   * Nothing but what comes from here, no markup from a string, in nobody's frame. By trusted-types
   * a browser refuses to take a text for markup wherever a script tried.
   */
  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private final Reply page = reply(PAGE);
  private final Map<String, Reply> byPath = new LinkedHashMap<>();

  DashboardFiles() {
    FILES.forEach(name -> byPath.put(FOLDER + name, reply(name)));
  }

  /** What the path {@code /} shows a browser. */
  Reply page() {
    return page;
  }

  /** The others by their paths. */
  Map<String, Reply> byPath() {
    return byPath;
  }

  /** Whether a caller takes a page, as a browser that goes somewhere does. */
  static boolean takesPage(String accept) {
    return accept != null && accept.contains("text/html");
  }

  private static Reply reply(String name) {
    try (InputStream file = DashboardFiles.class.getResourceAsStream("dashboard/" + name)) {
      if (file == null) {
        throw new IllegalStateException("The jar is damaged: it has no dashboard/" + name);
      }
      return new Reply(200, type(name), file.readAllBytes())
          .with("Content-Security-Policy", POLICY)
          .with("X-Frame-Options", "DENY")
          .with("Referrer-Policy", "no-referrer");
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }

  private static String type(String name) {
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "text/javascript; charset=utf-8";
    };
  }
}
