package dev.tailtap.client;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A relay whose route {@code /m} has the upstreams a and b, which do as the test says. */
final class FailoverRig implements AutoCloseable {
  static final String PATH = "/m/v1/chat/completions";
  static final String BODY = "{\"model\":\"m-1\",\"messages\":[]}";

  /** A whole answer of the second upstream, and in it its usage. */
  static final String ANSWER =
      "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[],"
          + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}";

  final Provider a;
  final Provider b;
  final RelayRig relay;

  /** By priority: b is asked only where a may not be. */
  FailoverRig(Provider.Script first, String... settings) throws Exception {
    this(first, FailoverRig::well, settings);
  }

  FailoverRig(Provider.Script first, Provider.Script second, String... settings) throws Exception {
    a = new Provider(first);
    b = new Provider(second);
    relay = new RelayRig(a.url(), all(b.url(), settings));
  }

  /** Two that do well: b, which has these models, and a, which has all others. */
  static FailoverRig byModel(String models) throws Exception {
    return new FailoverRig(
        FailoverRig::well,
        "route.m.upstreams",
        "test",
        "route.o.path",
        "/m",
        "route.o.models",
        models,
        "route.o.upstream",
        "b");
  }

  private static String[] all(String other, String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "relay.loops",
                "1",
                "usage.include",
                "leave",
                "upstream.b.url",
                other,
                "route.m.path",
                "/m",
                "route.m.upstreams",
                "test | b"));
    all.addAll(List.of(settings));
    return all.toArray(String[]::new);
  }

  static void well(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.whole(200, "application/json", ANSWER);
  }

  /** An answer of this status, with a small body. */
  static Provider.Script says(int status) {
    return (request, answer) -> answer.whole(status, "application/json", "{\"no\":" + status + "}");
  }

  RawClient.Answer post(String path, String body) throws Exception {
    try (RawClient client = relay.client()) {
      return client.post(path, body).answer();
    }
  }

  RawClient.Answer post() throws Exception {
    return post(PATH, BODY);
  }

  /** Upstream, status, number and whether the client got it, of each row. */
  List<String> rows(int count) throws Exception {
    List<String> rows = new ArrayList<>();
    for (Map<String, Object> row : relay.rowsUnder("/m", count)) {
      rows.add(
          "%s %s %s %s %s"
              .formatted(
                  row.get("upstream"),
                  row.get("attempt"),
                  row.get("http_status"),
                  row.get("outcome"),
                  row.get("delivered")));
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    relay.close();
    a.close();
    b.close();
  }
}
