package dev.tailtap.record;

import java.math.BigDecimal;
import java.util.stream.Stream;

/**
 * What a response is billed by beside its {@link Tokens}. Null is unknown.
 *
 * @param cacheWrite1h the part of what was written to a cache that is kept there for an hour
 * @param audioPrompt the part of the prompt that was sound
 * @param audioCompletion the part of the completion that was sound
 * @param imagePrompt the part of the prompt that was images
 * @param imageCompletion the part of the completion that was images
 * @param serviceTier as it was served, not as it was asked for
 * @param geo where it was served, if the price hangs on that
 * @param speed the mode that it was served in, if the price hangs on that
 * @param units other things that are billed, by fixed names, as a flat JSON object of numbers
 * @param providerCost what the provider says that it costs
 * @param providerCurrency of that, by ISO 4217; never without it
 */
public record Billed(
    Long cacheWrite1h,
    Long audioPrompt,
    Long audioCompletion,
    Long imagePrompt,
    Long imageCompletion,
    String serviceTier,
    String geo,
    String speed,
    String units,
    BigDecimal providerCost,
    String providerCurrency) {

  /** Nothing reported. */
  public static final Billed NONE =
      new Billed(null, null, null, null, null, null, null, null, null, null, null);

  /** Whether any of it is more than nothing; units are named only where some were used. */
  boolean isAboveZero() {
    boolean priced = providerCost != null && providerCost.signum() > 0;
    return priced
        || units != null
        || Stream.of(cacheWrite1h, audioPrompt, audioCompletion, imagePrompt, imageCompletion)
            .anyMatch(count -> count != null && count > 0);
  }

  /** How it was served alone, without what is counted. */
  Billed uncounted() {
    return new Billed(null, null, null, null, null, serviceTier, geo, speed, null, null, null);
  }
}
