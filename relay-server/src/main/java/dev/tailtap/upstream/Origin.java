package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where a connection leads, and as whom: two connections of equal origins are interchangeable,
 * whichever upstream they were opened for. The scheme and the authority (RFC 9110 section 4.3), and
 * with TLS the files that say whom we trust and what we show.
 *
 * @param host in lower case
 * @param trust null: what the JDK trusts
 * @param certificate null, as the key is: we show none
 */
record Origin(boolean tls, String host, int port, Path trust, Path certificate, Path key) {
  static Origin of(UpstreamConfig config) {
    boolean tls = config.tls();
    return new Origin(
        tls,
        config.url().getHost().toLowerCase(Locale.ROOT),
        config.port(),
        tls ? config.tlsTrust() : null,
        tls ? config.tlsCertificate() : null,
        tls ? config.tlsKey() : null);
  }
}
