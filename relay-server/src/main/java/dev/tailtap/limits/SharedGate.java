package dev.tailtap.limits;

import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.redis.Asker;
import dev.tailtap.redis.Grant;
import dev.tailtap.redis.LoopCounters;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks the buckets that several relays share: all that a call needs in one round trip, and one more
 * for each limit that it is beyond and that only warns. The buckets of this process are kept up
 * with what is admitted, so that they can hold its part as soon as the others are away. Budgets are
 * asked here, since the sums are of all relays. One event loop.
 */
final class SharedGate implements Limiting {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final LocalGate local;
  private final Supplier<List<LimitRule>> rules;
  private final Supplier<Away> away;
  private final LoopCounters counters;
  private final BucketKey key = new BucketKey();
  private final String idPrefix = Long.toString(RANDOM.nextLong(), Character.MAX_RADIX) + '.';
  private long ids;

  SharedGate(
      LocalGate local,
      Supplier<List<LimitRule>> rules,
      Supplier<Away> away,
      LoopCounters counters) {
    this.local = local;
    this.rules = rules;
    this.away = away;
    this.counters = counters;
  }

  @Override
  public boolean any() {
    return local.any();
  }

  @Override
  public boolean needsModel(String route) {
    return local.needsModel(route);
  }

  @Override
  public boolean needsMaxTokens(String route) {
    return local.needsMaxTokens(route);
  }

  @Override
  public Reservation open() {
    return local.open();
  }

  @Override
  public void admit(Reservation wanted, Applicant applicant) {
    Question question = new Question(wanted, applicant);
    Denial why = question.gather();
    if (why == null) {
      question.ask();
    } else {
      question.deny(why);
    }
  }

  /** One call until its answer. */
  private final class Question implements Asker {
    private final Reservation wanted;
    private final Applicant applicant;
    private final List<LimitRule> under = new ArrayList<>(2); // but those that only warned of it
    private Share share;

    Question(Reservation wanted, Applicant applicant) {
      this.wanted = wanted;
      this.applicant = applicant;
    }

    /** Finds its limits; why it is refused without asking, null: it is not. */
    private Denial gather() {
      List<LimitRule> all = rules.get();
      String named = wanted.facets().limit();
      boolean known = named == null;
      for (LimitRule rule : all) {
        known = known || rule.name().equals(named);
        if (rule.matches(wanted.facets())) {
          Denial spent = rule.overBudget(wanted, key);
          if (spent != null) {
            return spent;
          }
          under.add(rule);
        }
      }
      return known ? null : new Denial(Refusal.LIMIT_UNKNOWN, 1, named, null);
    }

    private void ask() {
      share = new Share(counters);
      for (LimitRule rule : under) {
        share.add(rule.claims(wanted, key));
      }
      if (share.isEmpty()) {
        under.forEach(rule -> rule.keepUp(wanted, key));
        applicant.admitted(wanted);
      } else {
        share.ask(idPrefix + ++ids, (double) wanted.facets().maxTokens(), this);
      }
    }

    @Override
    public void admitted(Grant grant) {
      wanted.under(share.of(grant));
      answer(unshared());
    }

    @Override
    public void refused(int claim, long retryMicros) {
      String limit = share.limit(claim);
      LimitRule refusing = under.stream().filter(rule -> rule.name().equals(limit)).findAny().get();
      long waitNanos = TimeUnit.MICROSECONDS.toNanos(retryMicros);
      Denial why = refusing.beyond(wanted, key, share.kind(claim), waitNanos);
      if (why == null) {
        under.remove(refusing);
        ask();
      } else {
        deny(why);
      }
    }

    @Override
    public void away(Grant grant) {
      wanted.under(share.of(grant));
      answer(
          switch (away.get()) {
            case LOCAL -> local();
            case OPEN -> unshared();
            case CLOSED -> closed();
          });
    }

    /** Keeps up with those that were asked, and asks those that there was no room for. */
    private Denial unshared() {
      for (LimitRule rule : under) {
        if (share.has(rule.name())) {
          rule.keepUp(wanted, key);
        } else {
          Denial why = rule.claimRates(wanted, key);
          if (why != null) {
            return why;
          }
        }
      }
      return null;
    }

    private Denial local() {
      for (LimitRule rule : under) {
        Denial why = rule.claimRates(wanted, key);
        if (why != null) {
          return why;
        }
      }
      return null;
    }

    private Denial closed() {
      for (LimitRule rule : under) {
        Denial why = share.has(rule.name()) ? rule.unasked(wanted) : null;
        if (why != null) {
          return why;
        }
      }
      return unshared();
    }

    private void answer(Denial why) {
      if (why == null) {
        applicant.admitted(wanted);
      } else {
        deny(why);
      }
    }

    private void deny(Denial why) {
      wanted.close(); // what the others gave is given back
      applicant.denied(why);
    }
  }
}
