package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What calls cost before their rows are there, beside what the views say of such rows. */
@ExtendWith(TestServer.class)
class LocalPricesTest {
  @Test
  void costsWhatTheRowsWillCost(TestDatabase database) throws Exception {
    try (Database reading = new Database(database.address(), 1);
        Connection connection = database.connect()) {
      Schema.apply(connection);
      connection.commit();
      for (String price : PricedCalls.PRICES) {
        database.execute(price);
      }
      LocalPrices prices = new LocalPrices(reading);
      prices.refresh();
      int unpriced = 0;
      for (UsageRecord call : new PricedCalls(new Random(23)).generate(3_000)) {
        BigDecimal cost = PricedCalls.cost(call);
        long expected =
            cost == null
                ? -1
                : cost.movePointRight(9).setScale(0, RoundingMode.HALF_UP).longValueExact();
        assertEquals(expected, prices.nanos(call, "USD"), call::toString);
        assertEquals(-1, prices.nanos(call, "EUR"));
        unpriced += cost == null ? 1 : 0;
      }
      assertTrue(unpriced > 20, "calls without a price were among them");
    }
  }
}
