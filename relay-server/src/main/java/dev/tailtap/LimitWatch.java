package dev.tailtap;

import dev.tailtap.admin.LimitsPage;
import dev.tailtap.limits.LimitState;
import dev.tailtap.limits.Limits;

/** Shows the admin port what the limits hold that are set by name. */
record LimitWatch(Limits limits) implements LimitsPage.Source {
  @Override
  public LimitsPage of(String name, int most) {
    return new LimitsPage(
        shared(), limits.states(name, most).stream().map(LimitWatch::limit).toList());
  }

  private LimitsPage.Shared shared() {
    if (!limits.areShared()) {
      return LimitsPage.Shared.NONE;
    }
    return limits.areSharedUp() ? LimitsPage.Shared.UP : LimitsPage.Shared.AWAY;
  }

  private static LimitsPage.Limit limit(LimitState state) {
    return new LimitsPage.Limit(
        state.name(),
        state.warns(),
        state.buckets(),
        state.fullest().stream().map(LimitWatch::bucket).toList());
  }

  private static LimitsPage.Bucket bucket(LimitState.Held held) {
    return new LimitsPage.Bucket(
        held.of(),
        part(held.requests()),
        part(held.tokens()),
        part(held.streams()),
        held.budget() == null ? null : budget(held.budget()),
        held.meanTokens(),
        held.refused());
  }

  private static LimitsPage.Part part(LimitState.Part part) {
    return part == null ? null : new LimitsPage.Part(part.used(), part.size());
  }

  private static LimitsPage.Budget budget(LimitState.Spending spent) {
    return new LimitsPage.Budget(
        spent.part().used(),
        spent.part().size(),
        spent.unit(),
        spent.warns(),
        spent.period().from(),
        spent.period().to(),
        spent.ageSeconds());
  }
}
