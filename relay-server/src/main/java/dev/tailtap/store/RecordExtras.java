package dev.tailtap.store;

import static dev.tailtap.store.Packing.getLong;
import static dev.tailtap.store.Packing.getText;
import static dev.tailtap.store.Packing.putLong;
import static dev.tailtap.store.Packing.putText;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Caller;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.nio.ByteBuffer;

/**
 * The fields of a record that few calls have, as they lie in the journal: which of them are there,
 * a bit each, and then those in their order. So a record grows by what is known alone. A later
 * relay may add fields at the end; one that does not know them cannot read what follows them, so
 * nothing may.
 */
final class RecordExtras {
  /** The fields, in their order. */
  private enum Field {
    CACHE_WRITE_1H(true),
    AUDIO_PROMPT(true),
    AUDIO_COMPLETION(true),
    IMAGE_PROMPT(true),
    IMAGE_COMPLETION(true),
    SERVICE_TIER(false),
    GEO(false),
    SPEED(false),
    UNITS(false),
    PROVIDER_COST(false),
    PROVIDER_CURRENCY(false),
    SESSION(false),
    AGENT(false),
    CLIENT(false),
    CLIENT_RETRY(true),
    TAGS(false),
    PROVIDER_REQUEST_ID(false),
    RELAY(false),
    FIRST_EVENT_MS(true),
    STORED(true),
    TRACE_ID(false),
    VIRTUAL_KEY(false);

    private final boolean number;

    Field(boolean number) {
      this.number = number;
    }

    /** Its place, for which the journal of an older relay stands: new ones come last. */
    @SuppressWarnings("EnumOrdinal")
    private int place() {
      return ordinal();
    }
  }

  private static final Field[] FIELDS = Field.values();

  /** None of them. */
  static final RecordExtras NONE = new RecordExtras();

  private final Object[] values = new Object[FIELDS.length]; // Long or String; null: not there

  private RecordExtras() {}

  static RecordExtras of(OpenRecord call) {
    RecordExtras extras = new RecordExtras();
    extras.put(call);
    return extras;
  }

  static RecordExtras of(UsageRecord record) {
    RecordExtras extras = of(record.call());
    if (record.usage() != null) {
      extras.put(record.usage().billed());
    }
    extras.put(Field.PROVIDER_REQUEST_ID, record.response().providerRequestId());
    extras.put(Field.FIRST_EVENT_MS, record.response().firstEventMs());
    extras.put(Field.STORED, record.request().stored() ? 1L : null);
    return extras;
  }

  static RecordExtras read(ByteBuffer in) {
    RecordExtras extras = new RecordExtras();
    long there = getLong(in);
    for (Field field : FIELDS) {
      if ((there >> field.place() & 1) != 0) {
        extras.put(field, field.number ? (Object) getLong(in) : getText(in));
      }
    }
    return extras;
  }

  void write(ByteBuffer out) {
    long there = 0;
    for (Field field : FIELDS) {
      there |= values[field.place()] == null ? 0 : 1L << field.place();
    }
    putLong(out, there);
    for (Field field : FIELDS) {
      Object value = values[field.place()];
      if (value instanceof Long number) {
        putLong(out, number);
      } else if (value != null) {
        putText(out, (String) value);
      }
    }
  }

  /** The beginning of a call with these. */
  OpenRecord addTo(OpenRecord call) {
    Long retry = number(Field.CLIENT_RETRY);
    Caller caller =
        new Caller(
            text(Field.SESSION),
            text(Field.AGENT),
            text(Field.CLIENT),
            retry == null ? null : Math.toIntExact(retry),
            text(Field.TAGS));
    return call.by(caller, text(Field.RELAY))
        .inTrace(text(Field.TRACE_ID))
        .byKey(text(Field.VIRTUAL_KEY));
  }

  /** A record with these. */
  UsageRecord addTo(UsageRecord record) {
    UsageRecord.Request request = record.request();
    UsageRecord.Response response = record.response();
    return new UsageRecord(
        addTo(record.call()),
        new UsageRecord.Request(request.model(), request.bytes(), number(Field.STORED) != null),
        new UsageRecord.Response(
            response.status(),
            response.streamed(),
            response.bytes(),
            response.firstByteMs(),
            number(Field.FIRST_EVENT_MS),
            response.delivered(),
            text(Field.PROVIDER_REQUEST_ID)),
        record.usage() == null ? null : addTo(record.usage()),
        record.end());
  }

  private UsageReading addTo(UsageReading usage) {
    String cost = text(Field.PROVIDER_COST);
    return usage.withBilled(
        new Billed(
            number(Field.CACHE_WRITE_1H),
            number(Field.AUDIO_PROMPT),
            number(Field.AUDIO_COMPLETION),
            number(Field.IMAGE_PROMPT),
            number(Field.IMAGE_COMPLETION),
            text(Field.SERVICE_TIER),
            text(Field.GEO),
            text(Field.SPEED),
            text(Field.UNITS),
            cost == null ? null : new BigDecimal(cost),
            text(Field.PROVIDER_CURRENCY)));
  }

  private void put(OpenRecord call) {
    Caller caller = call.caller();
    Integer retry = caller.clientRetry();
    put(Field.SESSION, caller.session());
    put(Field.AGENT, caller.agent());
    put(Field.CLIENT, caller.client());
    put(Field.CLIENT_RETRY, retry == null ? null : Long.valueOf(retry));
    put(Field.TAGS, caller.tags());
    put(Field.RELAY, call.relay());
    put(Field.TRACE_ID, call.traceId());
    put(Field.VIRTUAL_KEY, call.virtualKey());
  }

  private void put(Billed billed) {
    BigDecimal cost = billed.providerCost();
    put(Field.CACHE_WRITE_1H, billed.cacheWrite1h());
    put(Field.AUDIO_PROMPT, billed.audioPrompt());
    put(Field.AUDIO_COMPLETION, billed.audioCompletion());
    put(Field.IMAGE_PROMPT, billed.imagePrompt());
    put(Field.IMAGE_COMPLETION, billed.imageCompletion());
    put(Field.SERVICE_TIER, billed.serviceTier());
    put(Field.GEO, billed.geo());
    put(Field.SPEED, billed.speed());
    put(Field.UNITS, billed.units());
    put(Field.PROVIDER_COST, cost == null ? null : cost.toString());
    put(Field.PROVIDER_CURRENCY, billed.providerCurrency());
  }

  private void put(Field field, Object value) {
    values[field.place()] = value;
  }

  private Long number(Field field) {
    return (Long) values[field.place()];
  }

  private String text(Field field) {
    return (String) values[field.place()];
  }
}
