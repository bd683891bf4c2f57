package dev.tailtap.limits;

import dev.tailtap.record.UsageRecord;
import java.util.function.LongSupplier;

/**
 * A limit's part of a call that others have admitted: what there was is taken of its bucket, and
 * what it cost beyond that is no debt here. Any thread.
 */
final class Drained implements Reservation.Part {
  private final Reservation.Part rule;
  private final BucketTable buckets;
  private final LongSupplier ticker;

  Drained(Reservation.Part rule, BucketTable buckets, LongSupplier ticker) {
    this.rule = rule;
    this.buckets = buckets;
    this.ticker = ticker;
  }

  @Override
  public String name() {
    return rule.name();
  }

  @Override
  public double cost(UsageRecord of) {
    return rule.cost(of);
  }

  @Override
  public boolean partial(UsageRecord of) {
    return rule.partial(of);
  }

  /** But for the request, of which there may have been less than a whole one to take. */
  @Override
  public void giveBack(Bucket bucket, double reserved) {
    if (bucket.terms().countsTokens()) {
      bucket.giveTokens(reserved);
    }
    bucket.leave();
  }

  @Override
  public void settle(Bucket bucket, double reserved, double cost) {
    if (bucket.terms().countsTokens()) {
      bucket.learn(cost);
      buckets.rest().learn(cost);
      bucket.settleDrained(reserved, cost, ticker.getAsLong());
    }
    bucket.leave();
  }

  @Override
  public void settleUnknown(Bucket bucket, double reserved, boolean owes) {
    rule.settleUnknown(bucket, reserved, owes);
  }

  @Override
  public LimitFields fields(Bucket bucket) {
    return rule.fields(bucket);
  }
}
