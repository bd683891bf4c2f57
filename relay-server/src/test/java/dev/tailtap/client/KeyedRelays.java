package dev.tailtap.client;

import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Relays with keys of a file, and callers who show them. */
final class KeyedRelays {
  static final String CHAT = "/v1/chat/completions";

  private KeyedRelays() {}

  /** Before the provider, with a key of its own there. */
  static RelayRig relay(Provider provider, IssuedKeys keys, String... settings) throws Exception {
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
