package dev.tailtap;

import dev.tailtap.journal.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;

/**
 * The key of the tenants' fingerprints: made once, kept in a file that only its owner reads. While
 * it stays, a caller keeps its fingerprint.
 */
final class TenantSecret {
  private static final int BYTES = 32;

  private TenantSecret() {}

  /**
   * Reads the file, or makes it.
   *
   * @param file in journal.dir
   * @throws IOException says what to do; nothing was overwritten
   */
  static byte[] of(Path file) throws IOException {
    byte[] secret;
    try {
      if (!Files.exists(file)) {
        make(file);
      }
      secret = Files.readAllBytes(file);
    } catch (IOException failure) {
      String why = failure instanceof AccessDeniedException ? "no permission" : failure.toString();
      throw new IOException(
          "journal.dir=%s cannot be used, %s can be neither read nor made (%s): give the relay's user the right to, or set journal.dir to another directory"
              .formatted(file.getParent(), file.getFileName(), why),
          failure);
    }
    if (secret.length != BYTES) {
      throw new IOException(
          file
              + " is damaged: it must hold "
              + BYTES
              + " bytes; restore it, or remove it and let"
              + " every tenant have a new fingerprint");
    }
    return secret;
  }

  /** Under another name first, so that a crash leaves no half of it. */
  private static void make(Path file) throws IOException {
    byte[] secret = new byte[BYTES];
    new SecureRandom().nextBytes(secret);
    Path dir = file.toAbsolutePath().getParent();
    OwnerOnly.makeDirectories(dir);
    Path fresh = Files.createTempFile(dir, "tenant", ".new", OwnerOnly.file());
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(secret));
      channel.force(true); // else a power cut may leave the name without the bytes
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
