package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits, budgets and refused keys on the dashboard; pictures are left in target/dashboard. */
class DashboardLimitsTest extends DashboardRig {

  /** It would leave a trace if anything took it for markup. */
  private static final String HOSTILE = "<img src=x onerror=window.pwned=1>";

  @Test
  void limitsShowWhatIsUsedOfThemAndWhatTheyRefused() throws Exception {
    IssuedKeys keys = new IssuedKeys();
    String red = keys.issue("vk_red", "tenant=red-team");
    String blue = keys.issue("vk_blue", "tenant=blue-team");
    String strange = keys.issue("vk_strange", "tenant=" + HOSTILE);
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, keys)) {
      for (int i = 0; i < 4; i++) {
        post(rig, red);
      }
      assertEquals(200, post(rig, blue));
      assertEquals(200, post(rig, strange));
      assertEquals(429, post(rig, red));
      assertEquals(401, post(rig, IssuedKeys.unknown()));
      assertEquals(401, post(rig, "tt_mistyped"));
      browser.open("http://127.0.0.1:" + rig.relay().adminPort() + "/", WIDE, false);
      browser.await("document.querySelectorAll('#limits tbody tr').length > 6");
      browser.await("!document.body.innerText.includes('Asking')");
      String table = browser.text("#limits");
      assertTrue(table.contains("tenant red-team"), table);
      assertTrue(table.contains("used up"), table);
      assertTrue(table.matches("(?s).*[12] requests_limit.*"), table);
      assertTrue(table.contains("only warns"), table);
      assertTrue(table.contains("only warned: "), table);
      assertTrue(table.contains("beyond it, "), table);
      assertTrue(table.contains(", in "), table);
      assertTrue(table.contains(HOSTILE), table);
      assertEquals("undefined", browser.evaluate("window.pwned"));
      String message = browser.text("#limits-message");
      assertTrue(message.contains("What relays share is away"), message);
      assertEquals(
          "Refused for their virtual key since the start: 1 malformed, 1 unknown.",
          browser.text("#keys-message"));
      pictures("limits");
    }
  }

  @Test
  void withoutLimitsItSaysSo() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString())) {
      browser.open("http://127.0.0.1:" + rig.relay().adminPort() + "/", WIDE, false);
      browser.await("document.querySelector('#limits-message')?.innerText === 'No limit is set.'");
      assertEquals(
          "false", browser.evaluate("document.querySelector('#limits').checkVisibility()"));
      DashboardLook.isRight(browser);
    }
  }

  @Test
  void theTableIsReachedByTheKeyboardAndNamedForReaders() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString(), "limit.a.streams", "9")) {
      browser.open("http://127.0.0.1:" + rig.relay().adminPort() + "/", WIDE, false);
      browser.await("document.querySelectorAll('#limits tbody tr').length > 0");
      browser.evaluate("document.querySelector('#limits').parentElement.focus()");
      assertEquals(
          "region limits-title",
          browser.evaluate(
              "document.activeElement.getAttribute('role') + ' '"
                  + " + document.activeElement.getAttribute('aria-labelledby')"));
      assertEquals(
          "0",
          browser.evaluate(
              "[...document.querySelectorAll('#limits tbody tr')]"
                  + ".filter((row) => !row.querySelector('th[scope=row]').textContent.trim()).length"));
    }
  }

  private static void pictures(String name) throws IOException {
    for (boolean dark : new boolean[] {false, true}) {
      for (int width : new int[] {WIDE, PHONE}) {
        browser.look(width, dark);
        String file = name + (width == WIDE ? "-wide" : "-phone") + (dark ? "-dark" : "-light");
        browser.picture(PICTURES.resolve(file + ".png"));
        DashboardLook.isRight(browser);
      }
    }
  }

  private static RelayRig rig(DemoProvider provider, IssuedKeys keys) throws Exception {
    return new RelayRig(
        provider.url().toString(),
        "keys.file",
        keys.path(),
        "upstream.test.key.ours",
        "sk-ours",
        "limits.shared",
        "redis://127.0.0.1:" + FreePort.choose(),
        "limit.team.per",
        "tenant",
        "limit.team.requests",
        "4/h",
        "limit.team.requests-burst",
        "4",
        "limit.team.streams",
        "20",
        "limit.team.tokens",
        "2M/m",
        "limit.month.budget",
        "20k tokens/month",
        "limit.trial.tokens",
        "1/h",
        "limit.trial.tokens-burst",
        "1",
        "limit.trial.mode",
        "warn");
  }

  private static int post(RelayRig rig, String key) throws IOException {
    String body = "{\"model\":\"gpt-demo\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    try (RawClient client = rig.client()) {
      return client
          .send(
              "POST /v1/chat/completions HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer %s\r\n"
                      .formatted(key)
                  + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                      .formatted(body.length(), body))
          .answer()
          .status();
    }
  }
}
