package dev.tailtap.embedded;

import dev.tailtap.journal.OwnerOnly;
import dev.tailtap.store.StoreStartException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of the embedded database: the cluster, the binaries, and what must stay the same
 * over restarts (port, password). One relay owns it at a time; nobody but its user can read it.
 */
final class ClusterHome implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterHome.class);

  /** The major version of the binaries that the pom chooses. */
  static final String MAJOR = "18";

  private final Path dir;
  private final FileChannel lock;

  private ClusterHome(Path dir, FileChannel lock) {
    this.dir = dir;
    this.lock = lock;
  }

  /** Makes the directory if need be and claims it until {@link #close}. */
  static ClusterHome claim(Path dir) throws IOException {
    OwnerOnly.makeDirectories(dir);
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
    FileChannel lock =
        FileChannel.open(dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (lock.tryLock() != null) {
        return new ClusterHome(dir, lock);
      }
    } catch (OverlappingFileLockException ownedHere) {
      // The same answer as for another process.
    }
    lock.close();
    throw new StoreStartException(
        "another relay is using the embedded database in %s: stop it, or give this one another store.dir"
            .formatted(dir));
  }

  Path dir() {
    return dir;
  }

  Path cluster() {
    return dir.resolve("cluster");
  }

  Path binaries() {
    return dir.resolve("binaries");
  }

  Path passwordFile() {
    return dir.resolve("password");
  }

  /** The superuser's password: random, made once. */
  String password() throws IOException {
    if (!Files.exists(passwordFile())) {
      byte[] random = new byte[24];
      new SecureRandom().nextBytes(random);
      write("password", HexFormat.of().formatHex(random));
    }
    return Files.readString(passwordFile()).strip();
  }

  /** The port, chosen among the free ones the first time and then kept. */
  int port() throws IOException {
    Path file = dir.resolve("port");
    if (!Files.exists(file)) {
      try (ServerSocket free = listen(0)) {
        write("port", Integer.toString(free.getLocalPort()));
      }
    }
    return Integer.parseInt(Files.readString(file).strip());
  }

  void requirePortFree(int port) {
    try (ServerSocket probe = listen(port)) {
      probe.getLocalPort();
    } catch (IOException taken) {
      throw new StoreStartException(
          "port %d of the embedded database is taken by another program: stop that, or delete %s to have another port chosen"
              .formatted(port, dir.resolve("port")));
    }
  }

  /** Binaries of another major version cannot read the cluster, and must not try. */
  void requireSameVersion() throws IOException {
    Path file = cluster().resolve("PG_VERSION");
    String found = Files.exists(file) ? Files.readString(file).strip() : MAJOR;
    if (!found.equals(MAJOR)) {
      throw new StoreStartException(
          "%s was written by PostgreSQL %s and the relay carries %s: move it over with pg_upgrade or pg_dump, or set store.dir to a new directory"
              .formatted(cluster(), found, MAJOR));
    }
  }

  /** Mends what a kill in the middle of a first start left: half a cluster, half the binaries. */
  void repair() throws IOException {
    if (Files.exists(cluster()) && !Files.exists(dir.resolve("ready"))) {
      Path aside = dir.resolve("unfinished-" + System.currentTimeMillis());
      Files.move(cluster(), aside);
      LOG.warn("event=unfinished_cluster_set_aside path={}", aside);
    }
    if (!Files.exists(binaries())) {
      return;
    }
    try (DirectoryStream<Path> unpacked = Files.newDirectoryStream(binaries(), "PG-*")) {
      for (Path version : unpacked) {
        if (!Files.exists(version.resolve(".exists"))) {
          LOG.warn("event=half_unpacked_binaries_removed path={}", version);
          delete(version);
        }
      }
    }
  }

  /** From now on the cluster may hold rows and is never set aside. */
  void markReady() throws IOException {
    if (!Files.exists(dir.resolve("ready"))) {
      write("ready", "");
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException failure) {
      LOG.warn("event=lock_not_released path={}", dir, failure);
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
  }

  /** Whole or not at all, and never readable by others. */
  private void write(String name, String text) throws IOException {
    Path draft = Files.createTempFile(dir, name, ".tmp", OwnerOnly.file());
    Files.writeString(draft, text + "\n");
    Files.move(draft, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void delete(Path tree) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
