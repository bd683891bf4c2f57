package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig;
import dev.tailtap.config.Setting;
import dev.tailtap.config.SharedConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.tls.PemFile;
import dev.tailtap.tls.PemFile.UnusableException;
import dev.tailtap.tls.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The checks of the TLS files: what cannot be used is an error, what should not be used a warning.
 * It reads the files as the relay does when it starts, so that both find the same.
 */
final class TlsFileChecks {
  private final List<Pair> pairs = new ArrayList<>();
  private final List<Named> trusts = new ArrayList<>();
  private final List<String> plainWithTls = new ArrayList<>(); // with what they are not

  TlsFileChecks(RelayConfig config) {
    ServerConfig server = config.server();
    pairs.add(
        new Pair(
            new Named(ServerConfig.TLS_CERTIFICATE.template(), server.tlsCertificate()),
            new Named(ServerConfig.TLS_KEY.template(), server.tlsKey())));
    SharedConfig shared = config.quota().shared();
    Named sharedTrust = new Named(SharedConfig.TRUST.template(), shared.trust());
    trusts.add(sharedTrust);
    if (shared.trust() != null && (shared.server() == null || !shared.server().tls())) {
      plainWithTls.add(sharedTrust.shown() + ": is of no use, as limits.shared is not rediss://");
    }
    config.upstreams().values().forEach(this::gather);
  }

  void check(List<String> errors) {
    pairs.forEach(pair -> pair.check(errors));
    trusts.forEach(trust -> trust.check(() -> PemFile.certificates(trust.file()), errors));
    errors.addAll(plainWithTls);
  }

  List<String> warnings(Instant now) {
    List<String> warnings = new ArrayList<>();
    for (Pair pair : pairs) {
      if (pair.complete()) {
        pair.warn(now, warnings);
      }
    }
    trusts.forEach(trust -> warnOfTrust(trust, now, warnings));
    return warnings;
  }

  /** Warns of trusted certificates that are out of date, by which no upstream is trusted. */
  private static void warnOfTrust(Named trust, Instant now, List<String> warnings) {
    if (trust.file() == null) {
      return;
    }
    try {
      for (X509Certificate trusted : PemFile.certificates(trust.file())) {
        String who = trust.shown() + ": " + trusted.getSubjectX500Principal();
        warnOfDates(who, trusted, now, warnings);
      }
    } catch (UnusableException unknown) {
      // an error elsewhere
    }
  }

  private static void warnOfDates(
      String who, X509Certificate certificate, Instant now, List<String> warnings) {
    Instant end = certificate.getNotAfter().toInstant();
    Instant begin = certificate.getNotBefore().toInstant();
    if (end.isBefore(now)) {
      warnings.add(who + ": expired at " + end);
    } else if (begin.isAfter(now)) {
      warnings.add(who + ": is not valid before " + begin);
    }
  }

  private void gather(UpstreamConfig upstream) {
    Named certificate = named(UpstreamConfig.TLS_CERTIFICATE, upstream, upstream.tlsCertificate());
    Named key = named(UpstreamConfig.TLS_KEY, upstream, upstream.tlsKey());
    Named trust = named(UpstreamConfig.TLS_TRUST, upstream, upstream.tlsTrust());
    pairs.add(new Pair(certificate, key));
    trusts.add(trust);
    for (Named file : List.of(certificate, key, trust)) {
      if (file.file() != null && upstream.url() != null && !upstream.tls()) {
        plainWithTls.add(file.shown() + ": is of no use, as the URL is not https://");
      }
    }
  }

  private static Named named(Setting<Path> setting, UpstreamConfig upstream, Path file) {
    return new Named(setting.key(upstream.name()), file);
  }

  /** Reads one file, or two that belong together. */
  @FunctionalInterface
  private interface Reading {
    void read() throws UnusableException;
  }

  /** A file and the key of the settings that names it; null: it is not set. */
  private record Named(String key, Path file) {
    String shown() {
      return key + "=" + file;
    }

    boolean check(Reading reading, List<String> errors) {
      if (file == null) {
        return false;
      }
      try {
        reading.read();
        return true;
      } catch (UnusableException e) {
        errors.add(shown() + ": " + e.getMessage());
        return false;
      }
    }
  }

  /** A certificate and its key, which are set together or not at all. */
  private record Pair(Named certificate, Named key) {
    boolean complete() {
      return certificate.file() != null && key.file() != null;
    }

    void check(List<String> errors) {
      boolean certificateGood =
          certificate.check(() -> PemFile.certificates(certificate.file()), errors);
      boolean keyGood = key.check(() -> PemFile.key(key.file()), errors);
      if (certificateGood && keyGood) {
        key.check(() -> TlsIdentity.read(certificate.file(), key.file()), errors);
      }
      if ((certificate.file() == null) != (key.file() == null)) {
        String missing = (key.file() == null ? key : certificate).key();
        String together = certificate.key() + " and " + key.key() + " go together";
        errors.add(missing + ": must be set too; " + together);
      }
    }

    void warn(Instant now, List<String> warnings) {
      try {
        X509Certificate own = PemFile.certificates(certificate.file()).get(0);
        warnOfDates(certificate.shown(), own, now, warnings);
        if (Files.getPosixFilePermissions(key.file()).contains(PosixFilePermission.OTHERS_READ)) {
          warnings.add(key.shown() + ": can be read by every user of this machine");
        }
      } catch (UnusableException | IOException | UnsupportedOperationException unknown) {
        // an error elsewhere, or a file system without such permissions
      }
    }
  }
}
