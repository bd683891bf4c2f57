package dev.tailtap.limits;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps budgets up with what is used: told of each call that ends here and of each row that is
 * committed, and of what the sums in the database say. Any thread may end calls; who stores rows
 * and who asks are one thread each, and exclude each other where {@link Question#snapshot} is told.
 */
public final class BudgetLedger {
  private static final int LONGEST = 200; // of a name in the sums

  private final Supplier<List<LimitRule>> rules;
  private final LongSupplier ticker;

  BudgetLedger(Supplier<List<LimitRule>> rules, LongSupplier ticker) {
    this.rules = rules;
    this.ticker = ticker;
  }

  /**
   * What the sums are asked: of each of these spans, by tenant and upstream.
   *
   * @param money whether what calls cost is asked, or their tokens
   */
  public record Span(BudgetPeriod period, boolean money) {}

  /** One sum of a span; the currency is null for tokens. */
  public record Sum(String tenant, String upstream, String currency, BigDecimal amount) {}

  /** Whether any call has to be told of. */
  public boolean any() {
    List<LimitRule> all = rules.get();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).budget() != null) {
        return true;
      }
    }
    return false;
  }

  /** A call of this relay has ended; before its record is handed to the store. */
  public void ended(UsageRecord call) {
    if (any()) {
      each(call, Budget::ended);
    }
  }

  /** Its row is committed. */
  public void stored(UsageRecord call) {
    each(call, Budget::stored);
  }

  private interface Teller {
    void tell(Budget budget, UsageRecord call, Facets facets, BucketKey key);
  }

  private void each(UsageRecord call, Teller teller) {
    Facets facets = new Facets();
    facets.set(
        name(call.call().tenant()), null, null, null, name(call.call().upstream()), null, -1);
    BucketKey key = new BucketKey();
    for (LimitRule rule : rules.get()) {
      if (rule.budget() != null) {
        teller.tell(rule.budget(), call, facets, key);
      }
    }
  }

  /** As names stand in the sums. */
  private static String name(String text) {
    String clean = text == null ? "" : CleanText.of(text);
    return clean.codePointCount(0, clean.length()) <= LONGEST
        ? clean
        : clean.substring(0, clean.offsetByCodePoints(0, LONGEST));
  }

  /** What is to be asked now, of all budgets at once. */
  public Question question() {
    return new Question(
        rules.get().stream().map(LimitRule::budget).filter(b -> b != null).toList());
  }

  /** One question and what becomes of it. */
  public final class Question {
    private final Map<Budget, Span> spans = new LinkedHashMap<>();
    private final long askedNanos = ticker.getAsLong();

    private Question(List<Budget> budgets) {
      budgets.forEach(budget -> spans.put(budget, new Span(budget.period(), budget.isMoney())));
    }

    /** Each once. */
    public List<Span> spans() {
      return spans.values().stream().distinct().toList();
    }

    /** The question sees what is committed by now; no row may be on its way there meanwhile. */
    public void snapshot() {
      spans.keySet().forEach(Budget::ask);
    }

    /** The answer, by span. */
    public void answered(Map<Span, List<Sum>> sums) {
      spans.forEach(
          (budget, span) -> {
            List<Budget.Used> used = new ArrayList<>();
            for (Sum sum : sums.get(span)) {
              used.add(new Budget.Used(sum.tenant, sum.upstream, sum.currency, sum.amount));
            }
            budget.answered(span.period(), used, askedNanos);
          });
    }
  }
}
