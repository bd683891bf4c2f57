package dev.tailtap.admin;

import dev.tailtap.store.UsageCosts;
import dev.tailtap.store.UsageStats;
import dev.tailtap.store.UsageTotals;
import java.math.BigDecimal;
import java.util.StringJoiner;
import tools.jackson.core.JsonGenerator;

/** The sums of a time span and what they cost, as JSON or as CSV. */
record StatsPage(UsageStats stats) {
  private static final String HEADER =
      "key,calls,calls_with_usage,prompt_tokens,completion_tokens,total_tokens,delivered,cost,currency,unpriced_calls\r\n";

  /** Why there are no sums; null: there are. */
  String refusal() {
    return stats.gone().isEmpty()
        ? null
        : "from and to must be whole hours here: not all rows of the hour from "
            + stats.gone().get(0)
            + " are there any more, so that a part of it cannot be summed";
  }

  void json(JsonGenerator out) {
    out.writeStartObject().writeObjectPropertyStart("totals");
    sums(out, stats.totals().totals());
    cost(out, stats.costs().total());
    out.writeEndObject().writeArrayPropertyStart("groups");
    for (UsageTotals.Group group : stats.totals().groups()) {
      out.writeStartObject().writeStringProperty("key", group.key());
      sums(out, group.sums());
      cost(out, stats.costs().of(group.key()));
      out.writeEndObject();
    }
    out.writeEndArray().writeEndObject();
  }

  /** By RFC 4180, with a header and the groups; the totals are not among them. */
  String csv() {
    StringBuilder text = new StringBuilder(HEADER);
    for (UsageTotals.Group group : stats.totals().groups()) {
      UsageTotals.Sums sums = group.sums();
      UsageCosts.Cost cost = stats.costs().of(group.key());
      StringJoiner line = new StringJoiner(",", "", "\r\n");
      line.add(Csv.cell(group.key())).add(Long.toString(sums.calls()));
      line.add(Long.toString(sums.callsWithUsage())).add(Long.toString(sums.tokens().prompt()));
      line.add(Long.toString(sums.tokens().completion()));
      line.add(Long.toString(sums.tokens().total())).add(Long.toString(sums.delivered()));
      line.add(cost.amounts().size() == 1 ? plain(cost.amounts().get(0).cost()) : "");
      line.add(Csv.cell(currencies(cost))).add(Long.toString(cost.unpricedCalls()));
      text.append(line);
    }
    return text.toString();
  }

  private static void sums(JsonGenerator out, UsageTotals.Sums sums) {
    out.writeNumberProperty("calls", sums.calls());
    out.writeNumberProperty("calls_with_usage", sums.callsWithUsage());
    out.writeNumberProperty("prompt_tokens", sums.tokens().prompt());
    out.writeNumberProperty("completion_tokens", sums.tokens().completion());
    out.writeNumberProperty("total_tokens", sums.tokens().total());
    out.writeNumberProperty("delivered", sums.delivered());
  }

  /** Amounts of several currencies are no sum: then cost is null, and costs has each. */
  private static void cost(JsonGenerator out, UsageCosts.Cost cost) {
    if (cost.amounts().size() == 1) {
      out.writeName("cost").writeNumber(plain(cost.amounts().get(0).cost()));
      out.writeStringProperty("currency", cost.amounts().get(0).currency());
    } else {
      out.writeNullProperty("cost");
      out.writeNullProperty("currency");
    }
    if (cost.amounts().size() > 1) {
      out.writeObjectPropertyStart("costs");
      cost.amounts()
          .forEach(amount -> out.writeName(amount.currency()).writeNumber(plain(amount.cost())));
      out.writeEndObject();
    }
    out.writeNumberProperty("unpriced_calls", cost.unpricedCalls());
  }

  /** All digits that count, and no exponent. */
  private static String plain(BigDecimal amount) {
    BigDecimal bare = amount.stripTrailingZeros();
    return (bare.scale() < 0 ? bare.setScale(0) : bare).toPlainString();
  }

  private static String currencies(UsageCosts.Cost cost) {
    StringJoiner currencies = new StringJoiner("+");
    cost.amounts().forEach(amount -> currencies.add(amount.currency()));
    return currencies.toString();
  }
}
