package dev.tailtap.admin;

import dev.tailtap.config.AdminConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who may ask: without a token, whoever names this machine in a way that no stranger can choose;
 * with one, whoever shows it. No page of another origin may, whatever it shows. Immutable.
 */
final class AdminGuard {
  private static final Set<String> UNGUARDED = Set.of("/healthz", "/readyz");
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+]");
  private static final Pattern PORT = Pattern.compile(":\\d*$");

  private final byte[] credentials; // empty: nothing is asked
  private final String listenHost;
  private final List<String> hosts;

  AdminGuard(AdminConfig config) {
    credentials = config.token().isEmpty() ? new byte[0] : bytes("Bearer " + config.token());
    listenHost = config.listen().getHostString().toLowerCase(Locale.ROOT);
    hosts = config.hosts();
  }

  /**
   * Why a request is not answered; null: it is.
   *
   * @param reads whether it changes nothing
   */
  Reply refusal(URI target, boolean reads, HttpHeaders fields) {
    if (fields.getAll(HttpHeaderNames.HOST).size() > 1) {
      return Reply.invalid(400, "bad_request", "A request has one Host field"); // RFC 9112 3.2
    }
    if (UNGUARDED.contains(target.getPath())) {
      return null;
    }
    if (credentials.length == 0 && !namesThisMachine(target, fields)) {
      return Reply.invalid(421, "wrong_host", "Ask by address, or as localhost");
    }
    if (!isDashboard(target, fields) && !isAuthorized(fields)) {
      return Reply.error(
              401,
              "authentication_error",
              "invalid_token",
              "Send Authorization: Bearer, with the token of admin.token")
          .with("WWW-Authenticate", "Bearer");
    }
    return isOfAnotherOrigin(reads, fields)
        ? Reply.invalid(403, "wrong_origin", "A page of another origin may not ask")
        : null;
  }

  /**
   * Whether the request names this machine in a way that no stranger can choose. A web page may let
   * a name of its own lead here, and read in the browser of whoever opens it (DNS rebinding); it
   * cannot make the browser say an address or localhost instead. An absolute target counts more
   * than the field (RFC 9112 section 3.2.2).
   */
  private boolean namesThisMachine(URI target, HttpHeaders fields) {
    String host = target.getRawAuthority();
    if (host == null) {
      host = fields.get(HttpHeaderNames.HOST, "localhost");
    }
    String name = PORT.matcher(host).replaceFirst("").toLowerCase(Locale.ROOT);
    return name.equals("localhost")
        || name.equals(listenHost)
        || hosts.contains(name)
        || ADDRESS.matcher(name).matches();
  }

  /** A browser has no token to send before a page has asked for it. */
  private static boolean isDashboard(URI target, HttpHeaders fields) {
    String path = target.getPath();
    return path != null
        && (path.startsWith(DashboardFiles.FOLDER)
            || (path.equals("/") && DashboardFiles.takesPage(fields.get(HttpHeaderNames.ACCEPT))));
  }

  /** In a time that does not tell how much of it is right. */
  private boolean isAuthorized(HttpHeaders fields) {
    String sent = fields.get(HttpHeaderNames.AUTHORIZATION);
    return credentials.length == 0
        || (sent != null && MessageDigest.isEqual(credentials, bytes(sent)));
  }

  /**
   * Whether a browser sends this for a page from elsewhere. Following a link is no harm, because
   * nobody else reads what comes; sending a form would change something. Browsers say so in
   * Sec-Fetch-Site; Origin is for older ones.
   */
  private static boolean isOfAnotherOrigin(boolean reads, HttpHeaders fields) {
    String site = fields.get("Sec-Fetch-Site");
    if (site != null) {
      boolean ours = site.equals("same-origin") || site.equals("none");
      return !ours && !(reads && "navigate".equals(fields.get("Sec-Fetch-Mode")));
    }
    String origin = fields.get(HttpHeaderNames.ORIGIN);
    return origin != null
        && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(fields.get("Host"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
