package dev.tailtap.store;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * The kinds of tokens that have prices of their own, as {@code usage_cost} parts a row's counts: no
 * token is in two of them, none of them is below 0.
 */
@SuppressWarnings("ImmutableEnumChecker") // The functions capture nothing.
enum PricedPart {
  INPUT(1, PricedPart::input),
  CACHE_READ(2, usage -> atLeastZero(usage.tokens().cached())),
  CACHE_WRITE(
      4, usage -> less(atLeastZero(usage.tokens().cacheWrite()), usage.billed().cacheWrite1h())),
  CACHE_WRITE_1H(8, usage -> atLeastZero(usage.billed().cacheWrite1h())),
  AUDIO_IN(16, usage -> atLeastZero(usage.billed().audioPrompt())),
  IMAGE_IN(32, usage -> atLeastZero(usage.billed().imagePrompt())),
  OUTPUT(64, PricedPart::output),
  REASONING(128, usage -> atLeastZero(usage.tokens().reasoning())),
  AUDIO_OUT(256, usage -> atLeastZero(usage.billed().audioCompletion())),
  IMAGE_OUT(512, usage -> atLeastZero(usage.billed().imageCompletion()));

  private final String column = name().toLowerCase(Locale.ROOT);
  private final int bit;
  private final ToLongFunction<UsageReading> tokens;

  PricedPart(int bit, ToLongFunction<UsageReading> tokens) {
    this.bit = bit;
    this.tokens = tokens;
  }

  /** Its name in the database. */
  String column() {
    return column;
  }

  /** Its bit in {@code kinds}. */
  int bit() {
    return bit;
  }

  /** How many of them a row has. */
  long of(UsageReading usage) {
    return tokens.applyAsLong(usage);
  }

  private static long input(UsageReading usage) {
    Tokens tokens = usage.tokens();
    Billed billed = usage.billed();
    long fresh = less(atLeastZero(tokens.prompt()), tokens.cached());
    long written = Math.max(atLeastZero(tokens.cacheWrite()), atLeastZero(billed.cacheWrite1h()));
    return less(less(less(fresh, written), billed.audioPrompt()), billed.imagePrompt());
  }

  private static long output(UsageReading usage) {
    Billed billed = usage.billed();
    long said = less(atLeastZero(usage.tokens().completion()), usage.tokens().reasoning());
    return less(less(said, billed.audioCompletion()), billed.imageCompletion());
  }

  private static long less(long whole, Long part) {
    return Math.max(0, whole - atLeastZero(part));
  }

  private static long atLeastZero(Long count) {
    return count == null ? 0 : Math.max(0, count);
  }
}
