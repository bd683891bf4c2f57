package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.StoreConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.keys.KeyFile;
import dev.tailtap.keys.KeyHome;
import dev.tailtap.prices.InvoiceCommand;
import dev.tailtap.prices.PricesCommand;
import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.KeyBook;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The commands about money and keys, in the database of a configuration. Of an embedded one that no
 * relay runs, the server is started for the time of the command.
 */
record Accounts(RelayConfig config, PrintStream out, PrintStream err) {
  private interface Work {
    boolean in(DatabaseAddress address) throws IOException, SQLException;
  }

  /** Something that is done where the keys of callers are kept. */
  interface KeyWork {
    boolean in(KeyHome home) throws IOException;
  }

  boolean prices(PricesCommand command) throws IOException {
    Map<String, URI> urls = new LinkedHashMap<>();
    for (UpstreamConfig upstream : config.upstreams().values()) {
      urls.put(upstream.name(), upstream.url());
    }
    return with(address -> command.run(address, urls, Clock.systemUTC(), out, err));
  }

  boolean invoice(InvoiceCommand command) throws IOException {
    return with(address -> command.run(address, Clock.systemUTC(), out, err));
  }

  boolean keys(KeyWork work) throws IOException {
    Path file = config.keys().file();
    if (file != null) {
      return work.in(new KeyFile(file));
    }
    return with(
        address -> {
          try (KeyBook book = new KeyBook(address)) {
            return work.in(book);
          }
        });
  }

  private boolean with(Work work) throws IOException {
    StoreConfig store = config.store();
    try {
      if (!store.embedded()) {
        return work.in(new DatabaseAddress(store.url(), store.user(), store.password()));
      }
      Path dir = store.dir().toAbsolutePath();
      DatabaseAddress running = EmbeddedDatabase.running(dir);
      if (running != null) {
        return work.in(running);
      }
      try (EmbeddedDatabase started = EmbeddedDatabase.start(dir)) {
        return work.in(started.address());
      }
    } catch (SQLException failure) {
      throw new IOException("the database: " + failure.getMessage(), failure);
    }
  }
}
