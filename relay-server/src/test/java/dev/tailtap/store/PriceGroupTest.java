package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the relay and the database must see alike, for the sums to cost what their rows do. */
@ExtendWith(TestServer.class)
final class PriceGroupTest {
  private static final HourGroup GROUP =
      new HourGroup(Instant.parse("2026-10-01T10:00:00Z"), "tenant", "upstream", "model");

  @Test
  void knowsTheBandsOfTheDatabase(TestDatabase database) throws Exception {
    try (Connection connection = prepared(database);
        Statement statement = connection.createStatement();
        ResultSet sizes =
            statement.executeQuery(
                """
                select n, tailtap_band(n) from (
                  select size + step as n from generate_series(1, 2100000) size, generate_series(-1, 1) step
                  where tailtap_band(size) = size
                  union select unnest(array[null, 0, -1, 9223372036854775807]::bigint[])) sizes
                """)) {
      TreeSet<Long> bands = new TreeSet<>();
      while (sizes.next()) {
        long size = sizes.getLong(1);
        Long prompt = sizes.wasNull() ? null : size;
        bands.add(sizes.getLong(2));
        assertEquals(sizes.getLong(2), PriceGroup.band(prompt), "of " + prompt);
      }
      assertEquals(43, bands.size());
    }
  }

  @Test
  void namesModesAsTheDatabaseDoes(TestDatabase database) throws Exception {
    try (Connection connection = prepared(database);
        PreparedStatement mode = connection.prepareStatement("select tailtap_mode(?)")) {
      for (String said :
          new String[] {
            null,
            "",
            "default",
            "Standard",
            "AUTO",
            "ON_DEMAND",
            "global",
            "not_available",
            "on_demand_priority",
            "On_Demand_Flex",
            "Batch",
            "eu-WEST-1",
            "x".repeat(100),
            "\uD83D\uDE00".repeat(70),
            "defaulted"
          }) {
        mode.setString(1, said);
        try (ResultSet named = mode.executeQuery()) {
          named.next();
          assertEquals(named.getString(1), PriceGroup.mode(said), "of " + said);
        }
      }
    }
  }

  @Test
  void tellsGroupsApartByAllThatAPriceHangsOn() {
    PriceGroup usual = group("default", null, null, 10L, 5L, null, null);
    TreeSet<String> keys = new TreeSet<>(List.of(usual.key()));
    for (PriceGroup other :
        List.of(
            group("flex", null, null, 10L, 5L, null, null),
            group(null, "flex", null, 10L, 5L, null, null),
            group(null, null, "flex", 10L, 5L, null, null),
            group(null, null, null, 200_001L, 5L, null, null),
            group(null, null, null, 10L, null, null, null),
            group(null, null, null, 10L, 5L, "{\"web_searches\":1}", null),
            group(null, null, null, 10L, 5L, null, "USD"),
            usual.other())) {
      keys.add(other.key());
    }
    assertEquals(9, keys.size());
    assertEquals(usual, group("Standard", "global", "auto", 4000L, 9L, "{\"pages\":0}", null));
  }

  @Test
  void knowsATotalThatSaysNothingOfItsParts() {
    Tokens total = new Tokens(null, null, 7L, null, null, null);
    assertEquals(1024, PriceGroup.of(GROUP, reading(total, Billed.NONE), Map.of()).kinds());
  }

  @Test
  void sumsCountsOfBothSignsThatNoLongHolds() {
    CountSum sum = new CountSum();
    CountSum other = new CountSum();
    for (int times = 0; times < 3; times++) {
      sum.add(Long.MAX_VALUE);
      other.add(Long.MIN_VALUE);
    }
    sum.add((Long) null);
    assertEquals("27670116110564327421", sum.toString());
    assertEquals("-27670116110564327424", other.toString());
    sum.add(other);
    assertEquals("-3", sum.toString());
  }

  private static PriceGroup group(
      String tier, String geo, String speed, Long prompt, Long output, String units, String cur) {
    Billed billed =
        new Billed(
            null,
            null,
            null,
            null,
            null,
            tier,
            geo,
            speed,
            units,
            cur == null ? null : BigDecimal.ONE,
            cur);
    Tokens tokens = new Tokens(prompt, output, null, null, null, null);
    return PriceGroup.of(GROUP, reading(tokens, billed), new Units().of(units));
  }

  private static UsageReading reading(Tokens tokens, Billed billed) {
    return new UsageReading(
        UsageState.FINAL, "m", null, null, tokens, billed, null, 1, "last=usage");
  }

  private static Connection prepared(TestDatabase database) throws Exception {
    Connection connection = database.connect();
    Schema.apply(connection);
    return connection;
  }
}
