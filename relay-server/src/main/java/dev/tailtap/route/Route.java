package dev.tailtap.route;

import dev.tailtap.upstream.Upstream;
import java.util.Iterator;
import java.util.List;

/**
 * Where requests below a path go. Immutable.
 *
 * @param path a prefix of theirs, in its normal form
 */
public record Route(String name, String path, List<Upstream> upstreams) {
  /** Copies the list. */
  public Route {
    upstreams = List.copyOf(upstreams);
  }

  /** The upstreams that one request may go to, the best first; each is to be tried once. */
  public Iterator<Upstream> candidates() {
    return upstreams.iterator();
  }

  /** Whole segments only: {@code /v1} leads {@code /v1/chat} and not {@code /v1beta}. */
  boolean leads(String requestPath) {
    if (!requestPath.startsWith(path)) {
      return false;
    }
    if (path.endsWith("/") || requestPath.length() == path.length()) {
      return true;
    }
    char next = requestPath.charAt(path.length());
    return next == '/' || next == ':';
  }
}
