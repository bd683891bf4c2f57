package dev.tailtap.config;

import java.net.InetSocketAddress;

/**
 * The second port: health, metrics, figures.
 *
 * @param token what callers must present as a bearer token; empty: nothing is asked
 */
public record AdminConfig(InetSocketAddress listen, String token) {

  @Override
  public String toString() {
    return "AdminConfig[listen=" + listen + ", token=" + (token.isEmpty() ? "" : "***") + "]";
  }
}
