package dev.tailtap.loop;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an exception of the network means, in a few words for a log line. Of the exception's own
 * text only phrases of the system's and TLS's catalogues are taken: it may show bytes that came.
 */
public final class ShortCause {
  private static final List<String> PHRASES =
      List.of(
          "Connection refused",
          "Connection reset",
          "Connection timed out",
          "No route to host",
          "Network is unreachable",
          "Network unreachable",
          "Host is unreachable",
          "Host is down",
          "Broken pipe",
          "Too many open files",
          "Cannot assign requested address",
          "Operation not permitted",
          "Permission denied");
  private static final Pattern ALERT =
      Pattern.compile("(?:fatal alert: |ALERT_|TLS alert )([A-Za-z_]{3,40})");
  private static final Pattern NOT_PLAIN = Pattern.compile("[^A-Za-z0-9 .,:;*_()/+-]");
  private static final int LONGEST = 120;

  private ShortCause() {}

  /** Of a failure. */
  public static String of(Throwable failure) {
    String known = ofKind(failure);
    if (known != null) {
      return known;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String text = cause.getMessage() == null ? "" : cause.getMessage();
      for (String phrase : PHRASES) {
        if (text.contains(phrase)) {
          return phrase;
        }
      }
      Matcher alert = ALERT.matcher(text);
      if (alert.find()) {
        return "TLS alert " + alert.group(1).toLowerCase(Locale.ROOT);
      }
    }
    return failure.getClass().getSimpleName();
  }

  /** Whether the other side broke the connection off without an end. */
  public static boolean isReset(Throwable failure) {
    return "Connection reset".equals(of(failure));
  }

  /** Whether one of a kind is among a failure, which may be null, and its causes. */
  public static boolean has(Class<? extends Throwable> kind, Throwable failure) {
    return find(kind, failure) != null;
  }

  private static String ofKind(Throwable failure) {
    CertificateException certificate = find(CertificateException.class, failure);
    if (certificate != null) {
      return ofCertificate(certificate);
    }
    if (has(DnsNameResolverTimeoutException.class, failure)) {
      return "the name servers do not answer";
    }
    if (has(UnknownHostException.class, failure)) {
      return "unknown name";
    }
    if (has(ConnectTimeoutException.class, failure)) {
      return "no connection in time";
    }
    if (has(SslHandshakeTimeoutException.class, failure)) {
      return "no TLS handshake in time";
    }
    if (has(NotSslRecordException.class, failure)) {
      return "it does not speak TLS";
    }
    return has(ClosedChannelException.class, failure) ? "closed in the TLS handshake" : null;
  }

  /** The innermost reason: what is outside of it says only that there is one. */
  private static String ofCertificate(Throwable certificate) {
    String text = null;
    for (Throwable cause = certificate; cause != null; cause = cause.getCause()) {
      text = cause.getMessage() == null ? text : cause.getMessage();
    }
    if (text == null) {
      return "the certificate is refused";
    }
    String plain = NOT_PLAIN.matcher(text).replaceAll(" ");
    return "certificate: " + plain.substring(0, Math.min(LONGEST, plain.length()));
  }

  /**
   * The first of a kind among a failure, which may be null, and its causes; null: there is none.
   */
  public static <T extends Throwable> T find(Class<T> kind, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return kind.cast(cause);
      }
    }
    return null;
  }
}
