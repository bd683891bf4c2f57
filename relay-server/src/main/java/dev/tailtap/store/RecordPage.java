package dev.tailtap.store;

import java.time.Instant;
import java.util.List;

/**
 * Rows, newest first.
 *
 * @param next where those before them begin; null: there are none
 * @param lookedBackTo all rows from this time on were looked at and no older one, for want of time;
 *     null: it was not for want of time that there are no more
 */
public record RecordPage(List<StoredRecord> records, RecordCursor next, Instant lookedBackTo) {}
