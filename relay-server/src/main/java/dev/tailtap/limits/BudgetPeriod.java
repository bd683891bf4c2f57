package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig.Period;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;

/**
 * One day, week or month of a zone's calendar, whose length hangs on when its clocks are changed.
 *
 * @param from its beginning
 * @param to the beginning of the next
 */
public record BudgetPeriod(Instant from, Instant to) {
  /** The one that a time is in. */
  static BudgetPeriod of(Period kind, ZoneId zone, Instant at) {
    LocalDate day = at.atZone(zone).toLocalDate();
    LocalDate first =
        switch (kind) {
          case DAY -> day;
          case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
          case MONTH -> day.withDayOfMonth(1);
        };
    LocalDate next =
        switch (kind) {
          case DAY -> first.plusDays(1);
          case WEEK -> first.plusWeeks(1);
          case MONTH -> first.plusMonths(1);
        };
    return new BudgetPeriod(
        first.atStartOfDay(zone).toInstant(), next.atStartOfDay(zone).toInstant());
  }

  boolean has(Instant at) {
    return !at.isBefore(from) && at.isBefore(to);
  }
}
