package dev.tailtap.store;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;

/**
 * What the rows of a group in {@code usage_hour} have in common; an absent text is empty. No caller
 * makes groups at will: what was refused has none of its own.
 *
 * @param hour its beginning, UTC
 * @param model what the provider says it ran, else what was asked for
 */
record HourGroup(Instant hour, String tenant, String upstream, String model) {
  /** The tenant and the model of the groups that an hour has no place for. */
  static final String OTHER = "~other";

  static final Comparator<HourGroup> BY_NAME =
      Comparator.comparing(HourGroup::hour)
          .thenComparing(HourGroup::tenant)
          .thenComparing(HourGroup::upstream)
          .thenComparing(HourGroup::model);

  private static final int LONGEST = 200;

  /** The group of a row as it stands in the table. */
  static HourGroup of(UsageRecord row) {
    int status = row.response().status();
    boolean refused = (status == 0 || status >= 400) && !row.usage().tokens().isKnown();
    String said = row.usage().responseModel();
    String model = said == null || said.isEmpty() ? row.request().model() : said;
    return new HourGroup(
        Micros.instant(Micros.of(row.startedAt())).truncatedTo(ChronoUnit.HOURS),
        refused && (status == 401 || status == 403) ? "" : name(row.call().tenant()),
        name(row.call().upstream()),
        refused ? "" : name(model));
  }

  /** A text as names of groups are: clean, never null, of 200 characters at most. */
  static String name(String text) {
    return text == null ? "" : first(CleanText.of(text), LONGEST);
  }

  /** As many characters of a text, as PostgreSQL counts them. */
  static String first(String text, int characters) {
    return text.length() <= characters || text.codePointCount(0, text.length()) <= characters
        ? text
        : text.substring(0, text.offsetByCodePoints(0, characters));
  }

  /** The one that has the rows of this if there is no place for it. */
  HourGroup other() {
    return new HourGroup(hour, OTHER, upstream, OTHER);
  }
}
