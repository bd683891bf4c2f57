package dev.tailtap.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.FailingOver;
import dev.tailtap.rig.OtherProxy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a client gets, and who was asked, where the first of two origins fails: through nginx, Envoy
 * and the relay, each told to go on after the same.
 */
class FailoverBesideOthersTest {
  private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

  /** How the first of the two fails. */
  private enum Failure {
    WELL(200),
    REFUSED(0),
    RESET(0),
    CLOSED(0),
    BUSY(503),
    SLOW(429),
    BROKEN(500),
    MISSING(404);

    private final int status;

    Failure(int status) {
      this.status = status;
    }

    private void answer(Provider.Request request, Provider.Answer answer) throws IOException {
      switch (this) {
        case RESET -> answer.reset();
        case CLOSED, REFUSED -> answer.close();
        case WELL, BUSY, SLOW, BROKEN, MISSING -> answer.whole(status, "text/plain", "first");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nginx, WELL",
    "nginx, REFUSED",
    "nginx, RESET",
    "nginx, CLOSED",
    "nginx, BUSY",
    "nginx, SLOW",
    "nginx, BROKEN",
    "nginx, MISSING",
    "envoy, WELL",
    "envoy, REFUSED",
    "envoy, RESET",
    "envoy, CLOSED",
    "envoy, BUSY",
    "envoy, SLOW",
    "envoy, BROKEN",
    "envoy, MISSING"
  })
  void endsAsThroughAnother(String other, Failure failure) throws Exception {
    assumeTrue(OtherProxy.installed(other), "skipped: " + other + " missing");
    try (Provider first = new Provider(failure::answer);
        Provider second =
            new Provider((request, answer) -> answer.whole(200, "text/plain", request.text()));
        ClosedPort closed = new ClosedPort()) {
      String url = failure == Failure.REFUSED ? closed.url() : first.url();
      String through;
      try (FailingOver proxy = new FailingOver(other, URI.create(url).getPort(), second.port())) {
        through = ask(proxy.port(), first, second);
      }
      try (RelayRig relay =
          new RelayRig(
              url,
              "upstream.second.url",
              second.url(),
              "route.two.path",
              "/v1",
              "route.two.upstreams",
              "test | second",
              "route.two.retry-on",
              "unsent,reset,429,503")) {
        assertEquals(through, ask(relay.relay().port(), first, second));
      }
    }
  }

  /** The status, the body, and how often each was asked. */
  private static String ask(int port, Provider first, Provider second) throws Exception {
    try (RawClient client = new RawClient(port)) {
      RawClient.Answer answer = client.post("/v1/chat/completions", BODY).answer();
      return answer.status() + " " + answer.text() + " " + asked(first) + " " + asked(second);
    }
  }

  private static int asked(Provider provider) throws InterruptedException {
    int times = 0;
    while (provider.hasRequest()) {
      provider.take();
      times++;
    }
    return times;
  }
}
