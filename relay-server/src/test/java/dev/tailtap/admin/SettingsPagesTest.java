package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages of the settings: what they say, and who may change something. */
class SettingsPagesTest {
  private static final String SINCE = "2026-01-02T03:04:05Z";

  @Test
  void aReloadIsPostedAndAnsweredAsJson() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      RawClient.Answer answer = post(port, "/reload");
      assertEquals(200, answer.status());
      assertEquals(
          "{\"result\":\"applied\",\"since\":\""
              + SINCE
              + "\",\"changed\":[\"limits.streams\"],\"needs_restart\":[{\"key\":\"relay.loops\","
              + "\"active\":\"0\",\"file\":\"4\",\"needs_restart\":true}],\"errors\":[],"
              + "\"warnings\":[\"route.a.upstreams: is odd\"]}\n",
          answer.text());
      assertEquals(List.of("POST"), port.settings.asked);
    }
  }

  @Test
  void orAsLinesForATerminal() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      assertEquals(
          "warning: route.a.upstreams: is odd\nchanged: limits.streams\n"
              + "needs a restart: relay.loops, which stays 0 and is 4 in the file\n"
              + "applied: the settings in use are those of "
              + SINCE
              + ", read from relay.properties\n",
          post(port, "/reload?format=text").text());
    }
  }

  @Test
  void mistakesAreAllToldWithAStatusOfTheirOwn() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      port.settings.next =
          new LiveSettings.Reloaded(
              LiveSettings.Result.REFUSED,
              "relay.properties",
              FakeSettings.SINCE,
              List.of(),
              List.of(),
              List.of("one", "two"),
              List.of());
      RawClient.Answer json = post(port, "/reload");
      assertEquals(422, json.status());
      assertTrue(json.text().contains("\"result\":\"refused\""), json.text());
      assertTrue(json.text().contains("\"errors\":[\"one\",\"two\"]"), json.text());
      RawClient.Answer text = post(port, "/reload?format=text");
      assertEquals(422, text.status());
      assertTrue(text.text().startsWith("error: one\nerror: two\nrefused: "), text.text());
    }
  }

  @Test
  void theSettingsInUseSayWhereTheyAreFromAndWhatDiffers() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      assertEquals(
          "{\"file\":\"relay.properties\",\"since\":\""
              + SINCE
              + "\",\"keys\":{\"loaded\":false,\"count\":0}"
              + ",\"settings\":{\"relay.loops\":{\"value\":\"0\",\"source\":\"default\"},"
              + "\"admin.token\":{\"value\":\"***\",\"source\":\"relay.properties:3\"}},"
              + "\"differs\":[{\"key\":\"relay.loops\",\"active\":\"0\",\"file\":\"4\","
              + "\"needs_restart\":true},{\"key\":\"route.b.path\",\"active\":null,"
              + "\"file\":\"/b\",\"needs_restart\":false}],"
              + "\"errors\":[\"limits.streams=many: must be a whole number\"]}\n",
          port.get("/config").text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "PUT", "OPTIONS"})
  void nothingButAPostReloads(String method) throws Exception {
    try (AdminPort port = new AdminPort("");
        RawClient client = port.client()) {
      client.send(AdminPort.request(method, "/reload"));
      RawClient.Answer answer = method.equals("HEAD") ? client.head() : client.answer();
      assertEquals(405, answer.status());
      assertEquals("POST", answer.fields().get("allow"));
      assertEquals(List.of(), port.settings.asked);
    }
  }

  @Test
  void noOtherPageIsPosted() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      RawClient.Answer answer = post(port, "/config");
      assertEquals(405, answer.status());
      assertEquals("GET, HEAD", answer.fields().get("allow"));
    }
  }

  /** A form may be sent from anywhere, and is a navigation as a link is. */
  @Test
  void noPageOfAnotherOriginReloads() throws Exception {
    try (AdminPort port = new AdminPort("")) {
      String[] form = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"};
      assertEquals(403, post(port, "/reload", form).status());
      assertEquals(403, post(port, "/reload", "Origin: http://evil.example").status());
      assertEquals(421, post(port, "/reload", "Host: evil.example").status());
      assertEquals(200, port.get("/config", form).status());
      assertEquals(List.of(), port.settings.asked);
    }
  }

  @Test
  void theTokenIsAskedFor() throws Exception {
    try (AdminPort port = new AdminPort("secret")) {
      assertEquals(401, post(port, "/reload").status());
      assertEquals(401, port.get("/config").status());
      assertEquals(200, post(port, "/reload", "Authorization: Bearer secret").status());
      assertEquals(1, port.settings.asked.size());
    }
  }

  private static RawClient.Answer post(AdminPort port, String path, String... fields)
      throws IOException {
    try (RawClient client = port.client()) {
      return client.send(AdminPort.request("POST", path, fields)).answer();
    }
  }
}
