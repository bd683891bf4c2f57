package dev.tailtap.admin;

import dev.tailtap.record.Outcome;
import dev.tailtap.record.UsageState;
import dev.tailtap.store.RecordCursor;
import dev.tailtap.store.RecordFilter;
import dev.tailtap.store.RecordPage;
import dev.tailtap.store.StoredRecord;
import java.util.StringJoiner;
import tools.jackson.core.JsonGenerator;

/** Rows, newest first, as JSON or as CSV. */
final class RecordsPage {
  private static final int MOST = 1_000;
  private static final int USUAL = 100;

  private RecordsPage() {}

  /** What is asked for. */
  static RecordFilter filter(Query query) throws Query.BadParameter {
    query.allow(
        "limit",
        "usage_state",
        "problem",
        "outcome",
        "status",
        "from",
        "to",
        "upstream",
        "model",
        "tenant",
        "session",
        "tag",
        "before",
        "id",
        "format");
    int status = query.count("status", 999, 0);
    return new RecordFilter(
        query.count("limit", MOST, USUAL),
        before(query),
        query.oneOf("usage_state", UsageState.values(), UsageState::column, null),
        query.oneOf("problem", RecordFilter.Problem.values(), RecordFilter.Problem::word, null),
        query.oneOf("outcome", Outcome.values(), Outcome::column, null),
        status == 0 ? null : status,
        query.time("from", null),
        query.time("to", null),
        new RecordFilter.Names(
            query.text("upstream"),
            query.text("model"),
            query.text("tenant"),
            query.text("session"),
            tag(query)));
  }

  private static RecordCursor before(Query query) throws Query.BadParameter {
    String text = query.text("before");
    RecordCursor place = text == null ? null : RecordCursor.parse(text);
    if (text != null && place == null) {
      throw new Query.BadParameter("before must be what an answer calls next");
    }
    return place;
  }

  private static String tag(Query query) throws Query.BadParameter {
    String tag = query.text("tag");
    if (tag != null && tag.indexOf(':') < 1) {
      throw new Query.BadParameter("tag must be a name and its value, with a colon between");
    }
    return tag;
  }

  static void json(JsonGenerator out, RecordPage page) {
    out.writeStartObject().writeArrayPropertyStart("records");
    for (StoredRecord row : page.records()) {
      out.writeStartObject();
      row.columns().forEach((column, value) -> JsonReplies.column(out.writeName(column), value));
      out.writeEndObject();
    }
    out.writeEndArray();
    JsonReplies.column(out.writeName("next"), page.next());
    JsonReplies.column(out.writeName("looked_back_to"), page.lookedBackTo());
    out.writeEndObject();
  }

  /** By RFC 4180; where it goes on stands in the head, as a link. */
  static Reply csv(RecordPage page) {
    StringBuilder text = new StringBuilder();
    if (!page.records().isEmpty()) {
      line(text, page.records().get(0).columns().keySet());
    }
    for (StoredRecord row : page.records()) {
      line(text, row.columns().values());
    }
    Reply reply = Reply.csv(text.toString());
    if (page.next() != null) {
      reply = reply.with("Tailtap-Next", page.next().toString());
    }
    return page.lookedBackTo() == null
        ? reply
        : reply.with("Tailtap-Looked-Back-To", page.lookedBackTo().toString());
  }

  private static void line(StringBuilder text, Iterable<?> cells) {
    StringJoiner line = new StringJoiner(",", "", "\r\n");
    for (Object cell : cells) {
      line.add(cell(cell));
    }
    text.append(line);
  }

  /** A count is none of a stranger's words, and its sign no formula. */
  private static String cell(Object value) {
    return value == null
        ? ""
        : value instanceof Number ? value.toString() : Csv.cell(value.toString());
  }
}
