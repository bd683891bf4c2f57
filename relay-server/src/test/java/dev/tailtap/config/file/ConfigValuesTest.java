package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigValuesTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "relay.listen,8080",
    "relay.listen,host:99999",
    "relay.loops,-1",
    "relay.loops,99999999999999999999",
    "relay.transport,kqueue",
    "relay.trust,10.0.0.1/8",
    "relay.trust,'10.0.0.0/8,balancer.example'",
    "relay.proxy-protocol,v2",
    "relay.drain-timeout,30",
    "relay.drain-timeout,30 s",
    "relay.drain-timeout,25h",
    "upstream.one.connect-timeout,0",
    "upstream.one.url,ftp://one.example",
    "upstream.one.url,https://",
    "upstream.one.url,https://one.example?key=1",
    "upstream.one.url,https://one.example#part",
    "upstream.one.url,https://one.example:0",
    "upstream.one.usage,yes",
    "route.all.path,v1",
    "route.all.path,/v1/",
    "route.all.path,/v1/../x",
    "limits.request-head,1",
    "limits.request-body,8mb",
    "limits.request-body,9999999999TiB",
    "usage.settle,later",
    "store.url,jdbc:mysql://host/db",
    "store.pool-size,0",
    "journal.dir,''",
  })
  void aBadValueIsRefusedWithItsKeyAndWhatIsAllowed(String key, String value) {
    List<String> errors = errorsOf(Map.of(key, value));
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(errors.get(0).startsWith(key + "="), errors::toString);
    assertTrue(errors.get(0).contains(": must be "), errors::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "a b", "ä"})
  void aHeaderFieldOfTheRelaysOwnOrWithABadNameIsRefused(String field) {
    assertEquals(1, errorsOf(Map.of("upstream.one.header." + field, "x")).size());
  }

  @ParameterizedTest
  @CsvSource({
    "admin.token,two words-hunter2",
    "upstream.one.header.Authorization,hunter2\\r\\nX-Other: y",
    "upstream.one.url,https://me:hunter2@one.example",
    "upstream.one.url,https://one.example?key=hunter2",
    "store.url,jdbc:mysql://host/db?password=hunter2",
    "store.password,${hunter2 is no name}",
    "relay.listen,${SECRET}",
  })
  void noMessageShowsASecret(String key, String value) {
    List<String> errors = errorsOf(Map.of(key, value.replace("\\r\\n", "\r\n")));
    assertEquals(1, errors.size(), errors::toString);
    assertFalse(errors.get(0).contains("hunter2"), errors::toString);
  }

  @Test
  void everySettingIsFoundByItsOwnKey() {
    Catalogue catalogue = Catalogue.ofRelay();
    for (Setting<?> setting : catalogue.settings()) {
      assertEquals(setting, catalogue.of(setting.key("name")).orElseThrow());
    }
  }

  @Test
  void aProxyProtocolOfNobodyIsRefused() {
    assertEquals(
        List.of("relay.trust: must name the balancers while relay.proxy-protocol is on"),
        errorsOf(Map.of("relay.proxy-protocol", "on")));
    assertEquals(1, errorsOf(Map.of("relay.proxy-protocol", "on", "relay.trust", "x")).size());
  }

  @Test
  void trustInEverybodyIsWarnedOf() throws Exception {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("upstream.one.url", "https://one.example");
    all.put("route.all.path", "/");
    all.put("route.all.upstream", "one");
    Path empty = Files.writeString(dir.resolve("empty"), "");
    for (String trust : List.of("", "10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8 ::/0")) {
      all.put("relay.trust", trust);
      List<String> warnings =
          ConfigFile.warnings(ConfigFile.load(empty, all, Map.of(), List.of()), Instant.now());
      assertEquals(trust.endsWith("/0") ? 1 : 0, warnings.size(), warnings::toString);
    }
  }

  @Test
  void aMistakeThatSeveralUpstreamsFollowIsNamedOnce() {
    assertEquals(
        List.of("usage.include=yes: must be ask or leave"),
        errorsOf(Map.of("usage.include", "yes", "upstream.two.url", "https://two.example")));
  }

  private List<String> errorsOf(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("upstream.one.url", "https://one.example");
    all.put("route.all.path", "/");
    all.put("route.all.upstream", "one");
    all.putAll(settings);
    return assertThrows(
            ConfigException.class,
            () ->
                ConfigFile.load(
                    Files.writeString(dir.resolve("empty"), ""),
                    all,
                    Map.of("SECRET", "hunter2"),
                    List.of()))
        .errors();
  }
}
