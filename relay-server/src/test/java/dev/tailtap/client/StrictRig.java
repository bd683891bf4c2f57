package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;

/** A relay that is sent requests byte by byte as a test spells them, and what becomes of each. */
final class StrictRig implements AutoCloseable {
  static final String GET = "GET /v1/x HTTP/1.1\r\n";
  static final String HOST = "Host: relay\r\n";
  static final String POST = "POST /v1/x HTTP/1.1\r\n" + HOST;
  static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
  static final String END = "0\r\n\r\n";

  /** What nobody may read behind a request that is refused. */
  static final String SMUGGLED = "GET /v1/smuggled HTTP/1.1\r\n" + HOST + "\r\n";

  private final Provider provider;
  private final RelayRig rig;

  StrictRig() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", request.body()));
    rig = new RelayRig(provider.url(), "limits.request-fields", "20");
  }

  Provider provider() {
    return provider;
  }

  RawClient client() throws IOException {
    return rig.client();
  }

  /** Each is answered so, nothing behind it is read, and the provider hears of none. */
  void refused(int status, String... requests) throws Exception {
    for (String request : requests) {
      try (RawClient client = client()) {
        RawClient.Answer answer = client.send(request + SMUGGLED).answer();
        assertEquals(status, answer.status(), request);
        assertEquals("close", answer.fields().get("connection"), request);
        assertTrue(client.awaitClose(), request);
      }
      assertFalse(provider.hasRequest(), request);
    }
  }

  int answer(String request) throws Exception {
    try (RawClient client = client()) {
      return client.send(request).answer().status();
    }
  }

  /** The body that reached the provider. */
  String passed(String request) throws Exception {
    assertEquals(200, answer(request), request);
    return provider.take().text();
  }

  @Override
  public void close() throws IOException {
    rig.close();
    provider.close();
  }
}
