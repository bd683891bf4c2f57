package dev.tailtap.config;

import static dev.tailtap.config.ValueType.FIELD_NAME;
import static dev.tailtap.config.ValueType.FIELD_SOURCE;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a row and its caller know each other by.
 *
 * @param idHeader the field of an answer that names its row; empty: none does
 * @param tags names of what is kept of a request's head, and the fields that it is taken from
 */
public record RowConfig(String idHeader, Map<String, String> tags) {
  /** As many as a row has room for. */
  public static final int MOST_TAGS = 8;

  static final Setting<String> ID_HEADER =
      Setting.of(
          "relay.id-header",
          FIELD_NAME,
          "x-tailtap-id",
          "The field of an answer that names its row; empty: none does");
  public static final Setting<String> TAG =
      Setting.each("tag.TAG", FIELD_SOURCE, "A field of requests that rows keep, under this name");

  public RowConfig {
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  static RowConfig of(Settings settings) {
    return new RowConfig(settings.get(ID_HEADER), settings.each(TAG, ""));
  }
}
