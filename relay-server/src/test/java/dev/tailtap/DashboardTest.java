package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The dashboard in a browser. Each test leaves pictures of what it looked at in {@code
 * target/dashboard}.
 */
class DashboardTest extends DashboardRig {
  private static final int ENTER = 13;
  private static final int ESCAPE = 27;
  private static final int TAB = 9;

  /** It would leave a trace if anything took it for markup. */
  private static final String HOSTILE = "<img src=x onerror=window.pwned=1>\"'&amp;</td><script>";

  /** More of them, and slower, make a better picture. */
  private static final int MORE = Integer.getInteger("tailtap.dashboard.calls", 20);

  private static final Duration PACE =
      Duration.ofMillis(Integer.getInteger("tailtap.dashboard.pace", 0));

  private static final String PRICE =
      "insert into model_price (model, input, output, cache_read, source)"
          + " values ('%', 1.25, 10, 0.125, 'test')";

  /** The sums of this hour once more for each of 23 hours before, more of them in some. */
  private static final String HISTORY =
      """
      insert into TABLE select (jsonb_populate_record(h, (select jsonb_object_agg(key,
          case when key = 'hour' then to_jsonb(h.hour - n * interval '1 hour')
            when jsonb_typeof(value) = 'number' and key not in ('band', 'kinds') then to_jsonb(value::numeric * (40 + (n * 37) % 90))
            else value end) from jsonb_each(to_jsonb(h))))).*
        from TABLE h, generate_series(1, 23) n""";

  private static final String FIGURES = "document.querySelectorAll('#tiles li').length === 7";

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void answersWhatAnOperatorAsksInThatOrder() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, PACE);
        DemoProvider other = DemoProvider.open(0, PACE);
        RelayRig rig = rig(provider, other)) {
      FrailPostgres.execute(rig.config().store().url(), PRICE);
      int calls = make(rig, provider);
      rig.rows(calls);
      for (String table : List.of("usage_hour", "usage_price_hour")) {
        FrailPostgres.execute(rig.config().store().url(), HISTORY.replace("TABLE", table));
      }
      visit(rig, WIDE, false);
      browser.await(FIGURES + " && document.querySelectorAll('#calls tbody tr').length === 2");
      for (int i = 0; i < MORE; i++) {
        call(rig, "/v1/chat/completions", "gpt-demo", true);
      }
      browser.await("document.querySelector('#tiles').innerText.includes('p50; p95')");
      browser.await("document.querySelector('#tiles').innerText.includes('of " + MORE + " calls')");
      assertEquals(
          "May I sleep?|Now|Upstreams and keys|Limits and budgets|How right the counts are last 24 hours|Sums|Last calls",
          browser.evaluate(
              "[...document.querySelectorAll('main h2')].filter((h) => h.checkVisibility())"
                  + ".map((h) => h.innerText).join('|')"));
      assertEquals(
          "Yes. Calls are admitted, and their rows are written.", browser.text("#verdict"));
      String facts = browser.text("#facts");
      for (String fact :
          List.of("admitted", "Oldest unwritten row", "Journal room", "up", "all 2")) {
        assertTrue(facts.contains(fact), facts);
      }
      String tiles = browser.text("#tiles");
      assertTrue(tiles.contains(" today"), tiles);
      assertTrue(tiles.contains("USD"), tiles);
      String upstreams = browser.text("#upstreams");
      assertTrue(upstreams.contains("test") && upstreams.contains("blue-team"), upstreams);
      String quality = browser.text("#quality");
      assertTrue(quality.contains("said that it wants no usage"), quality);
      assertTrue(quality.contains("To do: have the client leave that out"), quality);
      assertTrue(browser.text("#sums").contains("gpt-demo"));
      picture("wide-light");
      DashboardLook.isRight(browser);
      browser.look(PHONE, true);
      picture("phone-dark");
      DashboardLook.isRight(browser);
      browser.look(WIDE, true);
      picture("wide-dark");
      browser.look(PHONE, false);
      picture("phone-light");
      DashboardLook.isRight(browser);
    }
  }

  @Test
  @Rule(value = "A name that a stranger chose is text on the page", source = "docs/ADMIN.md")
  void whatStrangersNameIsNoMarkup() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider)) {
      call(rig, "/v1/chat/completions", HOSTILE, false, "Session-Id", HOSTILE);
      call(rig, "/%3Cb%3Ex%3C/b%3E/v1/chat/completions", HOSTILE, false);
      rig.rows(2);
      visit(rig, WIDE, false);
      choose("problem", "");
      browser.await("document.querySelectorAll('#calls tbody tr').length === 2");
      browser.await("document.querySelectorAll('#quality tbody tr').length > 0");
      browser.await("document.querySelectorAll('#sums tbody tr').length > 0");
      for (String table : List.of("#calls", "#quality", "#sums")) {
        assertTrue(browser.text(table).contains(HOSTILE), browser.text(table));
      }
      browser.evaluate("document.querySelector('#calls button.id').click()");
      browser.await("document.querySelector('#row-dialog').open");
      assertTrue(browser.text("#row").contains("request_model\n" + HOSTILE), browser.text("#row"));
      picture("row");
      browser.press("Escape", ESCAPE);
      assertEquals(
          "0", browser.evaluate("document.querySelectorAll('img, main script, #calls b').length"));
      assertEquals("undefined", browser.evaluate("window.pwned"));
      browser.evaluate("document.querySelector('[name=model]').value = " + quoted(HOSTILE));
      browser.evaluate("document.querySelector('#calls-form').requestSubmit()");
      browser.await("document.querySelectorAll('#calls tbody tr').length === 2");
      DashboardLook.isRight(browser);
    }
  }

  @Test
  void withoutCallsItSaysSo() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider)) {
      visit(rig, WIDE, false);
      browser.await(FIGURES + " && document.querySelector('#calls-message').innerText");
      browser.await("!document.body.innerText.includes('Asking')");
      assertEquals("No calls in the last 24 hours.", browser.text("#quality-message"));
      assertEquals("No calls in this time.", browser.text("#sums-message"));
      assertEquals(
          "No call failed in the last 24 hours, with these filters.",
          browser.text("#calls-message"));
      picture("empty");
      DashboardLook.isRight(browser);
      int before = rig.rows(0).size();
      call(rig, "/v1/chat/completions", "gpt-demo", true);
      rig.rows(before + 1);
      choose("problem", "");
      browser.await("document.querySelectorAll('#calls tbody tr').length === 1");
      browser.await("!document.querySelector('#tiles').innerText.includes('minute\\n0\\n')");
    }
  }

  @Test
  void withTheDatabaseAwayItShowsWhatItKnows() throws Exception {
    try (FrailPostgres postgres = new FrailPostgres(Files.createDirectory(dir.resolve("pg")));
        DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = RelayRig.on(postgres.freshDatabase(), provider.url().toString())) {
      call(rig, "/v1/chat/completions", "gpt-demo", true);
      rig.rows(1);
      postgres.crash();
      call(rig, "/v1/chat/completions", "gpt-demo", true);
      visit(rig, WIDE, true);
      browser.await("document.querySelector('#verdict').innerText.includes('database is away')");
      browser.await(
          "document.querySelector('#calls-message').innerText.includes('database is away')");
      browser.await("!document.body.innerText.includes('Asking')");
      assertTrue(browser.text("#facts").contains("kept in the journal"), browser.text("#facts"));
      assertTrue(browser.text("#now-message").contains("The database is away"));
      picture("database-away");
      postgres.start();
      // A minute later for the page, so that it asks again for all that it shows.
      browser.evaluate("(() => { const now = Date.now; Date.now = () => now() + 60_000; })()");
      browser.await("document.querySelectorAll('#sums tbody tr').length === 1");
      browser.await("document.querySelector('#verdict').innerText.startsWith('Yes. ')");
      rig.relay().close();
      browser.await("document.querySelector('#verdict').innerText.startsWith('Nobody knows')");
      picture("relay-gone");
    }
  }

  @Test
  @Rule(value = "The token is kept in the tab's session and nowhere else", source = "docs/ADMIN.md")
  void theTokenIsAskedForOnceAndForgottenWithTheTab() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider, "admin.token", "s3cret")) {
      visit(rig, PHONE, false);
      browser.await("document.querySelector('#token-dialog').open");
      assertFalse(browser.text("main").contains("Streams now"));
      browser.type("#token", "wrong");
      browser.press("Enter", ENTER);
      browser.await("document.querySelector('#token-message').innerText");
      assertEquals("The relay does not take this token.", browser.text("#token-message"));
      picture("wrong-token");
      browser.type("#token", "s3cret");
      browser.press("Enter", ENTER);
      browser.await(FIGURES);
      assertFalse(browser.evaluate("document.querySelector('#token-dialog').open").equals("true"));
      browser.reload();
      browser.await(FIGURES);
      assertEquals(
          "0, , 1",
          browser.evaluate(
              "[localStorage.length, document.cookie, sessionStorage.length].join(', ')"));
      visit(rig, PHONE, true);
      browser.await("document.querySelector('#token-dialog').open");
      browser.press("Escape", ESCAPE);
      browser.await("document.querySelector('#unlock').checkVisibility()");
      picture("locked");
    }
  }

  @Test
  void theKeyboardReachesAllOfIt() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider)) {
      call(rig, "/v1/chat/completions", "gpt-demo", true);
      rig.rows(1);
      visit(rig, WIDE, false);
      browser.await(FIGURES);
      browser.press("Tab", TAB);
      assertEquals("Skip to the figures", browser.evaluate("document.activeElement.innerText"));
      choose("problem", "");
      browser.await("document.querySelector('#calls button.id')");
      browser.evaluate("document.querySelector('#calls button.id').focus()");
      browser.press("Enter", ENTER);
      browser.await("document.querySelector('#row-dialog').open");
      browser.press("Enter", ENTER); // the focus is on Close
      browser.await("!document.querySelector('#row-dialog').open");
      assertEquals("id", browser.evaluate("document.activeElement.className"));
      assertEquals(
          "0",
          browser.evaluate(
              "[...document.querySelectorAll('input, select')].filter((i) => !i.labels.length).length"
                  + " + [...document.querySelectorAll('table')].filter((t) => !t.caption).length"
                  + " + [...document.querySelectorAll('svg')].filter((s) => !s.getAttribute('aria-label')).length"));
    }
  }

  @Test
  void olderCallsAreAKeyAwayAndStayWhileNewOnesCome() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider)) {
      for (int i = 0; i < 25; i++) {
        call(rig, "/v1/chat/completions", "gpt-demo", false);
      }
      rig.rows(25);
      visit(rig, WIDE, false);
      browser.await(FIGURES);
      choose("problem", "");
      browser.await("document.querySelectorAll('#calls tbody tr').length === 20");
      assertEquals("true", browser.evaluate("document.querySelector('#calls-newer').disabled"));
      browser.evaluate("document.querySelector('#calls-older').focus()");
      browser.press("Enter", ENTER);
      browser.await("document.querySelectorAll('#calls tbody tr').length === 5");
      String ids =
          "[...document.querySelectorAll('#calls button.id')].map((b) => b.title).join(' ')";
      String older = browser.evaluate(ids);
      assertEquals("true", browser.evaluate("document.querySelector('#calls-older').disabled"));
      call(rig, "/v1/chat/completions", "gpt-demo", false);
      rig.rows(26);
      browser.await("document.querySelector('#sums').innerText.includes('26')");
      assertEquals(older, browser.evaluate(ids));
      browser.evaluate("document.querySelector('#calls-newer').focus()");
      browser.press("Enter", ENTER);
      browser.await("document.querySelectorAll('#calls tbody tr').length === 20");
      assertEquals("false", browser.evaluate("document.querySelector('#calls-older').disabled"));
      picture("older");
      DashboardLook.isRight(browser);
    }
  }

  @Test
  void theSumsAreKeptAsATable() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(provider, provider)) {
      call(rig, "/v1/chat/completions", "gpt-demo", false);
      rig.rows(1);
      visit(rig, WIDE, false);
      browser.await("document.querySelectorAll('#sums tbody tr').length === 1");
      browser.evaluate(
          "(() => { HTMLAnchorElement.prototype.click = function () { window.name = this.download; };"
              + " URL.createObjectURL = (table) => { table.text().then((text) => { window.kept = text; }); return '#'; }; })()");
      browser.evaluate("document.querySelector('#sums-save').click()");
      browser.await("window.kept || document.querySelector('#sums-message').innerText");
      String kept = browser.evaluate("window.kept");
      assertTrue(kept.startsWith("key,calls,calls_with_usage,"), kept);
      assertTrue(browser.evaluate("window.name").startsWith("tailtap-model-2"));
      assertTrue(kept.contains("gpt-demo"), kept);
    }
  }

  private static void picture(String name) throws IOException {
    browser.picture(PICTURES.resolve(name + ".png"));
  }

  private static void visit(RelayRig rig, int width, boolean dark) throws IOException {
    browser.open("http://127.0.0.1:" + rig.relay().adminPort() + "/", width, dark);
    browser.await("document.querySelector('#verdict')");
  }

  private static void choose(String name, String value) throws IOException {
    browser.evaluate(
        "document.querySelector('[name=" + name + "][value=\"" + value + "\"]').click()");
  }

  private static RelayRig rig(DemoProvider provider, DemoProvider other, String... settings)
      throws Exception {
    String[] both =
        new String[] {
          "upstream.spare.url", other.url().toString(),
          "upstream.spare.key.blue-team", "sk-blue",
          "route.spare.path", "/spare",
          "route.spare.strip", "/spare",
          "route.spare.upstream", "spare"
        };
    String[] all = java.util.Arrays.copyOf(both, both.length + settings.length);
    System.arraycopy(settings, 0, all, both.length, settings.length);
    return new RelayRig(provider.url().toString(), all);
  }

  /** Calls of several models, some of which fail and some of which nobody counts. */
  private int make(RelayRig rig, DemoProvider provider) throws Exception {
    int calls = 0;
    for (String model : List.of("gpt-demo", "gpt-demo-mini", "gpt-demo")) {
      for (String place : List.of("", "/spare")) {
        call(rig, place + "/v1/chat/completions", model, true);
        calls++;
      }
    }
    String declined =
        "{\"model\":\"gpt-demo-mini\",\"stream\":true,\"stream_options\":{\"include_usage\":false},"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    post(rig, "/v1/chat/completions", declined);
    provider.die();
    call(rig, "/v1/chat/completions", "gpt-demo", true);
    call(rig, "/v1/chat/completions", "gpt-demo", true);
    provider.recover();
    return calls + 3;
  }

  private void call(RelayRig rig, String path, String model, boolean streamed, String... fields)
      throws Exception {
    String body =
        "{\"model\":"
            + quoted(model)
            + ",\"stream\":"
            + streamed
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Say something\"}]}";
    post(rig, path, body, fields);
  }

  private void post(RelayRig rig, String path, String body, String... fields) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(rig.url() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < fields.length; i += 2) {
      request.header(fields[i], fields[i + 1]);
    }
    client.send(request.build(), BodyHandlers.discarding());
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
