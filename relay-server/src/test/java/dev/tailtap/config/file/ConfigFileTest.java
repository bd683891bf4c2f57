package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  private static final List<String> DIALECTS = List.of("openai-chat", "anthropic");
  private static final String WORKING =
      """
      upstream.one.url=https://one.example
      route.all.path=/
      route.all.upstream=one
      """;

  @TempDir Path dir;

  @Test
  void whatIsNotSetHasItsDefault() throws Exception {
    RelayConfig config = load(WORKING);
    assertEquals(8080, config.server().listen().getPort());
    assertEquals(10_000, config.limits().streams());
    assertEquals(Duration.ofMillis(200), config.store().batchWait());
    assertEquals(Duration.ZERO, config.upstreams().get("one").totalTimeout());
    assertTrue(config.upstreams().get("one").askForUsage());
    assertTrue(config.store().embedded());
  }

  @Test
  void anUpstreamFollowsTheGeneralUsageUnlessItSaysOtherwise() throws Exception {
    String two = "upstream.two.url=http://two.example:81/base/\nupstream.two.usage=ask\n";
    RelayConfig config = load(WORKING + "usage.include=leave\n" + two);
    assertFalse(config.upstreams().get("one").askForUsage());
    assertTrue(config.upstreams().get("two").askForUsage());
    assertEquals(URI.create("http://two.example:81/base"), config.upstreams().get("two").url());
    assertEquals(List.of("one", "two"), List.copyOf(config.upstreams().keySet()));
  }

  @Test
  void routesComeLongestFirst() throws Exception {
    String more = "route.b.path=/v1/messages\nroute.b.upstream=one\n";
    assertEquals("/v1/messages", load(WORKING + more).routes().get(0).path());
  }

  @Test
  void anOverrideWinsOverTheFile() throws Exception {
    RelayConfig config =
        ConfigFile.load(
            file(WORKING + "relay.listen=127.0.0.1:1\n"),
            Map.of("relay.listen", "[::1]:0"),
            Map.of(),
            DIALECTS);
    assertEquals(0, config.server().listen().getPort());
  }

  @Test
  void aVariableTakesItsPlaceInAValue() throws Exception {
    RelayConfig config =
        ConfigFile.load(
            file(WORKING + "upstream.one.header.Authorization=Bearer ${KEY}\n"),
            Map.of(),
            Map.of("KEY", "sk-$1\\"),
            DIALECTS);
    String expected = "Bearer sk-$1\\";
    assertEquals(expected, config.upstreams().get("one").headers().get("Authorization"));
  }

  @Test
  void threeMistakesGiveThreeErrorsAtOnce() {
    assertErrors(
        WORKING + "relay.lsten=127.0.0.1:1\nlimits.streams=many\nstore.password=${NOT_THERE}\n",
        "relay.lsten: is no setting; did you mean relay.listen?",
        "limits.streams=many: must be a whole number from 1 to 1000000",
        "store.password: the environment variable NOT_THERE is not set");
  }

  @Test
  void aMissingFileIsTheOnlyError() {
    Path missing = dir.resolve("none.properties");
    ConfigException refused =
        assertThrows(
            ConfigException.class, () -> ConfigFile.load(missing, Map.of(), Map.of(), DIALECTS));
    assertEquals(List.of(missing + ": no such file"), refused.errors());
  }

  @Test
  void aFileThatIsNotTextIsRefused() throws IOException {
    Path file = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThrows(ConfigException.class, () -> ConfigFile.load(file, Map.of(), Map.of(), DIALECTS));
  }

  @Test
  void aKeySetTwiceIsRefused() {
    assertErrors(
        WORKING + "relay.loops=1\nrelay.loops : 2\n", "relay.loops: is set twice; keep one");
  }

  @Test
  void anEmptyFileLacksAnUpstreamAndARoute() {
    assertErrors(
        "",
        "upstream.NAME.url: at least one upstream is needed",
        "route.NAME.path: at least one route is needed");
  }

  @Test
  void aMisspelledKeyIsNotReportedAsMissingToo() {
    assertErrors(
        WORKING.replace("one.url", "one.ulr"),
        "upstream.one.ulr: is no setting; did you mean upstream.one.url?");
  }

  @Test
  void whatARouteNamesMustExist() {
    assertErrors(
        WORKING.replace("upstream=one", "upstream=oen"),
        "route.all.upstream=oen: must be one of the upstreams, one; did you mean one?");
  }

  @Test
  void aDialectMustBeKnown() {
    assertErrors(
        WORKING + "upstream.one.dialect=antropic\n",
        "upstream.one.dialect=antropic: must be auto or one of openai-chat, anthropic;"
            + " did you mean anthropic?");
  }

  @Test
  void twoRoutesMayNotShareAPath() {
    assertErrors(
        WORKING + "route.b.path=/\nroute.b.upstream=one\n",
        "route.b.path=/: is already the path of route all");
  }

  @Test
  void anOpenAdminPortWantsAToken() {
    assertErrors(
        WORKING + "admin.listen=0.0.0.0:9090\n",
        "admin.token: must be set while admin.listen is no loopback address");
  }

  @Test
  void aCertificateWantsItsKeyAndBothMustBeReadable() {
    assertErrors(
        WORKING + "relay.tls.certificate=/no/such.pem\n",
        "relay.tls.certificate=/no/such.pem: must be a file that can be read",
        "relay.tls.key: must be set too; relay.tls.certificate and relay.tls.key go together");
  }

  @Test
  void aNameIsPlain() {
    assertErrors(
        WORKING.replace("one", "One").replace("upstream=One", "upstream=one"),
        "upstream.One.url: a name consists of a-z, 0-9 and -",
        "route.all.upstream=one: must be one of the upstreams, One; did you mean One?");
  }

  private RelayConfig load(String text) throws ConfigException, IOException {
    return ConfigFile.load(file(text), Map.of(), Map.of(), DIALECTS);
  }

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("relay.properties"), text);
  }

  private void assertErrors(String text, String... expected) {
    ConfigException refused = assertThrows(ConfigException.class, () -> load(text));
    assertEquals(List.of(expected), refused.errors());
  }
}
