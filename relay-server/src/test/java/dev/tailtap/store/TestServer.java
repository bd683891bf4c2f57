package dev.tailtap.store;

import dev.tailtap.embedded.EmbeddedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test that asks for a {@link TestDatabase} an empty one; one server for all of them.
 */
public final class TestServer implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == TestDatabase.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getRoot()
        .getStore(Namespace.create(TestServer.class))
        .getOrComputeIfAbsent("server", key -> new Running(), Running.class)
        .freshDatabase();
  }

  private static final class Running implements AutoCloseable {
    private static final int MOST_PROCESSES = 4;

    private final EmbeddedDatabase server = start();
    private final AtomicInteger databases = new AtomicInteger();

    /** Each process of the tests has one of its own, which is kept for the next run. */
    private static EmbeddedDatabase start() {
      for (int i = 1; true; i++) {
        String name = i == 1 ? "test-postgres" : "test-postgres-" + i;
        try {
          return EmbeddedDatabase.start(Path.of("target", name).toAbsolutePath());
        } catch (StoreStartException used) {
          if (i == MOST_PROCESSES) {
            throw used;
          }
        }
      }
    }

    TestDatabase freshDatabase() {
      String name = "test_" + databases.incrementAndGet();
      TestDatabase maintenance = database("postgres");
      try (Connection connection = maintenance.address().connect();
          Statement statement = connection.createStatement()) {
        statement.execute("drop database if exists " + name + " with (force)");
        statement.execute("create database " + name);
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
      return database(name);
    }

    private TestDatabase database(String name) {
      DatabaseAddress address = server.address();
      return new TestDatabase(
          address.url().replaceFirst("[^/]+$", name), address.user(), address.password());
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
