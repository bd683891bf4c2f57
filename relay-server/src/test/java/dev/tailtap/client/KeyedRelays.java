package dev.tailtap.client;

import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Relays with keys of a file, the provider that each test has, and callers who show keys. */
final class KeyedRelays implements BeforeEachCallback, AfterEachCallback {
  static final String CHAT = "/v1/chat/completions";

  private IssuedKeys keys;
  private Provider provider;

  @Override
  public void beforeEach(ExtensionContext test) throws IOException {
    keys = new IssuedKeys();
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
  }

  @Override
  public void afterEach(ExtensionContext test) throws IOException {
    provider.close();
  }

  IssuedKeys keys() {
    return keys;
  }

  Provider provider() {
    return provider;
  }

  /** Before the provider, with a key of its own there. */
  RelayRig relay(String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "keys.file",
                keys.path(),
                "keys.refresh",
                "20ms",
                "upstream.test.key.first",
                "ours"));
    all.addAll(Arrays.asList(settings));
    return new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  static RawClient.Answer post(RelayRig rig, String target, String fields, String body)
      throws Exception {
    try (RawClient client = rig.client()) {
      String head = "POST " + target + " HTTP/1.1\r\nHost: relay\r\n" + fields;
      return client.send(head + "Content-Length: " + body.length() + "\r\n\r\n" + body).answer();
    }
  }

  static String bearer(String key) {
    return "Authorization: Bearer " + key + "\r\n";
  }

  /** The status, and the code of what the relay itself says. */
  static String said(RawClient.Answer answer) {
    String code = answer.text().replaceAll("(?s).*\"code\":\"(\\w+)\".*", "$1");
    return answer.status() == 200 ? "200" : answer.status() + " " + code;
  }

  static String asked(RelayRig rig, String key, String model) throws Exception {
    return said(post(rig, CHAT, bearer(key), "{\"model\":\"" + model + "\"}"));
  }
}
