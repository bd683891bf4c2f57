package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.rig.Rule;
import java.util.EnumSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Buckets that are made while a reload changes the terms of all. */
@Rule(value = "A reload changes the terms of every bucket", source = "docs/LIMITS.md")
class BucketTableTest {
  private static final int ROUNDS = 300;
  private static final int BUCKETS = 200;

  @Test
  void aBucketThatIsMadeDuringAReloadHasTheNewTerms() throws Exception {
    BucketTable.Room room = new BucketTable.Room();
    room.limit(BUCKETS);
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < ROUNDS; round++) {
        BucketTable table = new BucketTable(terms(1), room, 0);
        AtomicInteger done = new AtomicInteger(1); // how many streams the last reload allows
        AtomicBoolean stop = new AtomicBoolean();
        Future<?> reloads =
            other.submit(
                () -> {
                  while (!stop.get()) {
                    int next = done.get() + 1;
                    table.use(terms(next), 0);
                    done.set(next);
                  }
                });
        for (int i = 0; i < BUCKETS; i++) {
          Bucket made = table.of(key(i), 0, () -> {});
          int least = done.get();
          assertTrue(made.terms().streams() >= least, () -> made.terms() + " after " + least);
        }
        stop.set(true);
        reloads.get();
        assertEquals(BUCKETS, table.size());
        table.forEach((key, bucket) -> assertEquals(done.get(), bucket.terms().streams()));
        table.close();
      }
    } finally {
      other.shutdownNow();
    }
  }

  private static Terms terms(int streams) {
    return new Terms(1, 10, 1, 10, 100, streams);
  }

  private static BucketKey key(int number) {
    BucketKey key = new BucketKey();
    Facets facets = new Facets();
    facets.set("t" + number, null, null, null, null, null, -1);
    key.set(facets, EnumSet.of(Facet.TENANT));
    return key;
  }
}
