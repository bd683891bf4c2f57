package dev.tailtap.trace;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.GenAiNames;
import tools.jackson.core.JsonGenerator;

/**
 * One try at an upstream, made from its row (OpenTelemetry's conventions for HTTP clients and for
 * generative AI, the latter in development).
 */
record TrySpan(UsageRecord row, RelayConfig config, int flags) implements Span {
  @Override
  public void write(JsonGenerator out) {
    Try attempt = row.call().attempt();
    SpanJson span = new SpanJson(out);
    long parent = SpanId.ofCall(attempt.call());
    span.begin(row.call().traceId(), SpanId.ofTry(row.id()), parent, flags, false);
    span.what(name(), SpanJson.CLIENT, row.startedAt(), row.end().at());
    genAi(span);
    http(span);
    span.text("tailtap.id", row.id().toString());
    span.text("tailtap.call", attempt.call().toString());
    span.text("tailtap.upstream", row.call().upstream());
    span.text("tailtap.outcome", row.end().outcome().column());
    span.text("tailtap.usage_state", row.usage().state().column());
    span.text("tailtap.error", row.end().error());
    span.end(error());
  }

  private void genAi(SpanJson span) {
    Dialect dialect = dialect();
    if (dialect != Dialect.UNKNOWN) {
      span.text("gen_ai.operation.name", GenAiNames.operation(dialect));
      span.text("gen_ai.provider.name", GenAiNames.provider(dialect));
    }
    span.text("gen_ai.request.model", model());
    span.text("gen_ai.response.model", row.usage().responseModel());
    span.text("gen_ai.response.id", row.usage().responseId());
    span.texts("gen_ai.response.finish_reasons", row.usage().finishReason());
    Tokens tokens = row.usage().tokens();
    span.number("gen_ai.usage.input_tokens", tokens.prompt());
    span.number("gen_ai.usage.output_tokens", tokens.completion());
    span.number("gen_ai.usage.cache_read.input_tokens", tokens.cached());
    span.number("gen_ai.usage.cache_creation.input_tokens", tokens.cacheWrite());
  }

  private void http(SpanJson span) {
    span.text("http.request.method", row.call().method());
    int status = row.response().status();
    span.number("http.response.status_code", status == 0 ? null : (long) status);
    int number = row.call().attempt().number();
    span.number("http.request.resend_count", number == 1 ? null : (long) number - 1);
    UpstreamConfig upstream = config.upstreams().get(row.call().upstream());
    if (upstream != null) {
      span.text("server.address", upstream.url().getHost());
      span.number("server.port", (long) upstream.port());
    }
  }

  private String name() {
    Dialect dialect = dialect();
    String model = model();
    if (dialect == Dialect.UNKNOWN) {
      return row.call().method();
    }
    return GenAiNames.operation(dialect) + (model == null ? "" : " " + model);
  }

  private Dialect dialect() {
    Dialect known = Dialect.named(row.call().dialect());
    return known == null ? Dialect.UNKNOWN : known;
  }

  private String model() {
    String sent = row.call().attempt().sentModel();
    return sent == null ? row.request().model() : sent;
  }

  /** The status where that says it, else the relay's word without what follows a colon. */
  private String error() {
    Outcome outcome = row.end().outcome();
    if (outcome == Outcome.COMPLETED || outcome == Outcome.CLIENT_GONE) {
      return null;
    }
    if (row.response().status() >= 400) {
      return Integer.toString(row.response().status());
    }
    String error = row.end().error();
    int colon = error == null ? -1 : error.indexOf(':');
    return error == null ? outcome.column() : colon < 0 ? error : error.substring(0, colon);
  }
}
