package dev.tailtap.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.usage.Dialect;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a request's head says to an upstream. */
class RequestHeadTest {
  @TempDir private Path dir;
  private String target = "/v1/x?q=1";
  private String strip = "";
  private List<String> theirs = List.of(); // other fields in which the client shows a key

  @Test
  void saysWhatTheClientSaidAndWhatTheUpstreamIsToHear() throws Exception {
    assertEquals(
        "POST /base/v1/x?q=1 HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nX-One: 2\r\n"
            + "authorization: Bearer ours\r\naccept-encoding: identity\r\nvia: 1.1 here\r\n"
            + "content-length: 7\r\n\r\n",
        head(
            Map.of("upstream.a.header.authorization", "Bearer ours"),
            -1,
            new BodyFraming(BodyFraming.Kind.LENGTH, 7)));
  }

  @Test
  void asksForNoEncodingOfItsOwnWhereTheSettingsDo() throws Exception {
    assertEquals(
        "POST /base/v1/x?q=1 HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nX-One: 2\r\n"
            + "Authorization: Bearer theirs\r\nAccept-Encoding: gzip\r\nvia: 1.1 here\r\n"
            + "max-forwards: 2\r\ntransfer-encoding: chunked\r\n\r\n",
        head(Map.of("upstream.a.header.Accept-Encoding", "gzip"), 2, BodyFraming.CHUNKED));
  }

  @Test
  void saysNothingOfABodyThatThereIsNot() throws Exception {
    String all = head(Map.of(), -1, BodyFraming.NONE);
    assertEquals("via: 1.1 here\r\n\r\n", all.substring(all.indexOf("via")));
  }

  @Test
  void showsAKeyOfThePoolAndNothingOfWhatTheClientShows() throws Exception {
    strip = "/v1";
    theirs = List.of("X-API-Key", "Api-Key", "X-Goog-Api-Key", "Ocp-Apim-Subscription-Key");
    target = "/v1/x?key=theirs&q=1&%24key=theirs";
    assertEquals(
        "POST /base/x?q=1 HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nX-One: 2\r\n"
            + "X-Own: o\r\naccept-encoding: identity\r\nauthorization: Bearer k-1\r\n"
            + "via: 1.1 here\r\n\r\n",
        head(
            Map.of("upstream.a.key.one", "k-1", "upstream.a.header.X-Own", "o"),
            -1,
            BodyFraming.NONE));
  }

  @Test
  void showsTheKeyInTheFieldThatTheSettingsName() throws Exception {
    String all =
        head(
            Map.of("upstream.a.key.one", "k-1", "upstream.a.auth", "x-api-key"),
            -1,
            BodyFraming.NONE);
    assertEquals(
        "POST /base/v1/x?q=1 HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nX-One: 2\r\n"
            + "accept-encoding: identity\r\nx-api-key: k-1\r\nvia: 1.1 here\r\n\r\n",
        all);
  }

  @Test
  void showsNoKeyWhereTheSettingsSaySo() throws Exception {
    target = "/v1/x?key=theirs";
    assertEquals(
        "POST /base/v1/x HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nX-One: 2\r\n"
            + "accept-encoding: identity\r\nvia: 1.1 here\r\n\r\n",
        head(Map.of("upstream.a.auth", "none"), -1, BodyFraming.NONE));
  }

  @Test
  void leavesTheClientsKeysWhereThereIsNoPool() throws Exception {
    target = "/v1/x?key=theirs";
    theirs = List.of("X-Goog-Api-Key");
    String all = head(Map.of(), -1, BodyFraming.NONE);
    assertTrue(all.startsWith("POST /base/v1/x?key=theirs HTTP/1.1\r\n"), all);
    assertTrue(all.contains("\r\nAuthorization: Bearer theirs\r\nX-Goog-Api-Key: theirs\r\n"), all);
  }

  private String head(Map<String, String> settings, long maxForwards, BodyFraming body)
      throws Exception {
    Map<String, String> entries = new HashMap<>(settings);
    entries.putAll(
        Map.of(
            "upstream.a.url", "http://a.test/base/",
            "route.r.path", "/",
            "route.r.upstream", "a"));
    Path file = Files.createFile(dir.resolve("relay.properties"));
    RelayConfig config = ConfigFile.load(file, entries, Map.of(), List.of());
    Upstream upstream =
        new Upstream(config.upstreams().get("a"), new Tls(new Stats()), new UpstreamHealth());
    HttpHeaders fields = new DefaultHttpHeaders();
    fields.add("X-One", "1");
    fields.add("Keep-Alive", "5");
    fields.add("X-One", "2");
    fields.add("Authorization", "Bearer theirs");
    theirs.forEach(place -> fields.add(place, "theirs"));
    RequestHead head =
        new RequestHead(
            HttpMethod.POST,
            target,
            strip,
            fields,
            Set.of("keep-alive"),
            "1.1 here",
            maxForwards,
            body,
            upstream.keys().get(0),
            upstream.auth(Dialect.OPENAI_CHAT),
            false,
            null);
    ByteBuf bytes = head.http1(UnpooledByteBufAllocator.DEFAULT, upstream);
    try {
      return bytes.toString(ISO_8859_1);
    } finally {
      bytes.release();
    }
  }
}
