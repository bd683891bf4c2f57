package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.usage.UsageCase;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies of which counts went wrong somewhere, through the whole relay and over real sockets. */
class UsageCasesReplayTest {
  private static final Pattern UNIT = Pattern.compile("\"([a-z_]+)\": ([0-9]+)");

  @BeforeAll
  static void findCases() {
    assumeTrue(!UsageCase.all().isEmpty(), () -> "no cases at " + UsageCase.folder());
  }

  static Stream<UsageCase> wrong() {
    return UsageCase.all().stream().filter(UsageCase::isWrong);
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void passesTheBytesAndWritesTheRows(UsageCase one) throws Exception {
    Provider.Script answers =
        (request, answer) -> {
          String type = one.contentType() == null ? "" : "Content-Type: " + one.contentType();
          answer.send(
              "HTTP/1.1 200 OK\r\n"
                  + (type.isEmpty() ? "" : type + "\r\n")
                  + "Content-Length: "
                  + one.body().length
                  + "\r\n\r\n");
          answer.send(one.body());
        };
    try (Provider provider = new Provider(answers);
        RelayRig rig = new RelayRig(provider.url(), "usage.include", "leave");
        RawClient client = rig.client()) {
      for (int i = 0; i < one.calls(); i++) {
        boolean get = one.method().equals("GET");
        RawClient sent =
            get ? client.get(one.path()) : client.post(one.path(), "{\"model\":\"m\"}");
        assertArrayEquals(one.body(), sent.answer().body());
      }
      assertRows(one, rig.rows(one.calls()));
    }
  }

  private static void assertRows(UsageCase one, List<Map<String, Object>> rows) {
    Map<String, Object> seen = new TreeMap<>(rows.get(0));
    seen.put("sum_prompt", sum(rows, "prompt_tokens"));
    seen.put("sum_completion", sum(rows, "completion_tokens"));
    Object units = rows.get(0).get("units");
    Matcher unit = UNIT.matcher(units == null ? "" : units.toString());
    while (unit.find()) {
      seen.put(unit.group(1), Long.valueOf(unit.group(2)));
    }
    Map<String, Object> wanted = new TreeMap<>();
    one.expected().keySet().forEach(column -> wanted.put(column, seen.get(column)));
    assertEquals(one.expected(), wanted);
    for (String held : one.rawMustHold()) {
      assertTrue(rows.get(0).get("usage_raw").toString().contains(held), held);
    }
  }

  private static long sum(List<Map<String, Object>> rows, String column) {
    return rows.stream()
        .map(row -> (Long) row.get(column))
        .filter(count -> count != null)
        .mapToLong(Long::longValue)
        .sum();
  }
}
