package dev.tailtap.trace;

import tools.jackson.core.JsonGenerator;

/** A span that has ended, before it is written. Immutable. */
interface Span {
  /** Writes it as one object of OTLP's JSON. Exporter thread. */
  void write(JsonGenerator out);
}
