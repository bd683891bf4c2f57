package dev.tailtap.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.Billed;
import dev.tailtap.record.CleanText;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the rows of a group in {@code usage_price_hour} have in common: all that a price can depend
 * on, and which kinds of counts are there at all, so that it is priced as a whole or not at all.
 *
 * @param of its group in {@code usage_hour}
 * @param serviceTier like geo and speed as prices name it, empty for the usual one
 * @param band the smallest prompt of its size
 * @param kinds the bits of the {@link PricedPart}s that are there
 * @param unitNames of the units that were used
 * @param statedCurrency empty: the provider states no cost
 */
record PriceGroup(
    HourGroup of,
    String serviceTier,
    String geo,
    String speed,
    long band,
    int kinds,
    String unitNames,
    String statedCurrency) {

  /** Not by all that a group is: enough to tell most of them apart. */
  static final Comparator<PriceGroup> BY_NAME =
      Comparator.<PriceGroup, HourGroup>comparing(group -> group.of, HourGroup.BY_NAME)
          .thenComparing(PriceGroup::serviceTier)
          .thenComparing(PriceGroup::band)
          .thenComparing(PriceGroup::kinds);

  /** The kind of a total that says nothing of its parts, and has no price. */
  private static final int TOTAL_ALONE = 1024;

  private static final int LONGEST = 64;

  /** The sizes at which providers change their prices, as {@code tailtap_band} has them. */
  private static final long[] BANDS = {
    8192, 8193, 16000, 16001, 16384, 16385, 32000, 32001, 32768, 32769, 64000, 64001, 65536, 65537,
    100000, 100001, 128000, 128001, 131072, 131073, 200000, 200001, 256000, 256001, 262144, 262145,
    272000, 272001, 400000, 400001, 500000, 500001, 512000, 512001, 524288, 524289, 1000000,
    1000001, 1048576, 1048577, 2000000, 2000001
  };

  /** Whether there is anything that has a price or should have one. */
  static boolean isPriced(UsageReading usage) {
    return usage.tokens().total() != null
        || hasParts(usage)
        || usage.billed().providerCost() != null;
  }

  private static boolean hasParts(UsageReading usage) {
    Tokens tokens = usage.tokens();
    Billed billed = usage.billed();
    return Stream.of(
            tokens.prompt(),
            tokens.completion(),
            tokens.cached(),
            tokens.cacheWrite(),
            tokens.reasoning(),
            billed.cacheWrite1h(),
            billed.audioPrompt(),
            billed.audioCompletion(),
            billed.imagePrompt(),
            billed.imageCompletion(),
            billed.units())
        .anyMatch(Objects::nonNull);
  }

  /** The group of a row. */
  static PriceGroup of(HourGroup group, UsageReading usage, Map<String, BigDecimal> used) {
    Billed billed = usage.billed();
    return new PriceGroup(
        group,
        mode(billed.serviceTier()),
        mode(billed.geo()),
        mode(billed.speed()),
        band(usage.tokens().prompt()),
        kinds(usage),
        Units.names(used),
        currency(billed));
  }

  /** The one that has the rows of this if there is no place for it; it has no price. */
  PriceGroup other() {
    return new PriceGroup(of, HourGroup.OTHER, "", "", 0, 0, "", "");
  }

  /** Its key beside the hour, as a bytea is written: a hash, for the names may be long. */
  String key() {
    String names =
        Stream.of(
                of.tenant(),
                of.upstream(),
                of.model(),
                serviceTier,
                geo,
                speed,
                band,
                kinds,
                unitNames,
                statedCurrency)
            .map(name -> name.toString().length() + ":" + name)
            .collect(Collectors.joining());
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(names.getBytes(UTF_8));
      return "\\x" + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  /** As {@code tailtap_band}. */
  static long band(Long prompt) {
    if (prompt == null) {
      return 0;
    }
    int at = Arrays.binarySearch(BANDS, prompt);
    int below = at >= 0 ? at : -at - 2;
    return below < 0 ? 0 : BANDS[below];
  }

  /** As {@code tailtap_mode}, but for letters outside ASCII, which the views lower. */
  static String mode(String said) {
    String name = said == null ? "" : HourGroup.first(CleanText.of(said), LONGEST);
    if (name.chars().allMatch(c -> c < 128)) {
      name = name.toLowerCase(Locale.ROOT);
    }
    return switch (name) {
      case "default", "standard", "auto", "on_demand", "global", "not_available" -> "";
      case "on_demand_priority" -> "priority";
      case "on_demand_flex" -> "flex";
      default -> name;
    };
  }

  /** Whether there is a total that says nothing of its parts. */
  static boolean isTotalAlone(UsageReading usage) {
    return usage.tokens().total() != null && !hasParts(usage);
  }

  private static int kinds(UsageReading usage) {
    int kinds = 0;
    for (PricedPart part : PricedPart.values()) {
      kinds |= part.of(usage) > 0 ? part.bit() : 0;
    }
    Long total = usage.tokens().total();
    return total != null && total > 0 && !hasParts(usage) ? kinds | TOTAL_ALONE : kinds;
  }

  private static String currency(Billed billed) {
    if (billed.providerCost() == null) {
      return "";
    }
    String said = billed.providerCurrency();
    return said == null ? "USD" : HourGroup.first(CleanText.of(said), LONGEST);
  }
}
