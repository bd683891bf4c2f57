package dev.tailtap.store;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.rig.FreshDatabases;
import dev.tailtap.rig.RamDisk;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test that asks for a {@link TestDatabase} an empty one. One embedded server for all
 * classes of a process, which dies with it: its data are in memory.
 */
public final class TestServer implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == TestDatabase.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return Running.SERVER.freshDatabase();
  }

  /** The files of the server. */
  public static Path cluster() {
    return Running.SERVER.dir.resolve("cluster");
  }

  private static final class Running {
    private static final Running SERVER = start();

    private final FreshDatabases databases = new FreshDatabases();
    private final Path dir;
    private final EmbeddedDatabase server;

    private Running(Path dir) {
      this.dir = dir;
      server = EmbeddedDatabase.start(dir);
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "test-server"));
    }

    private static Running start() {
      try {
        Path dir = RamDisk.directory();
        TestPostgres.lendBinaries(dir);
        Running running = new Running(dir);
        TestDatabase maintenance = running.database("postgres");
        maintenance.execute("alter system set max_wal_size = '128MB'");
        maintenance.execute("select pg_reload_conf()");
        return running;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    private void stop() {
      server.close();
      try {
        RamDisk.remove(dir);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    TestDatabase freshDatabase() {
      try (Connection maintenance = database("postgres").address().connect()) {
        return database(databases.make(maintenance));
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    }

    private TestDatabase database(String name) {
      DatabaseAddress address = server.address();
      return new TestDatabase(
          address.url().replaceFirst("[^/]+$", name), address.user(), address.password());
    }
  }
}
