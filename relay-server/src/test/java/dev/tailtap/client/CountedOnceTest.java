package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.TestPostgres;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A response that is asked for again is billed once, and so is its usage counted. */
class CountedOnceTest {
  private static final String RESPONSES = "/v1/responses";
  private static final String CHATS = "/v1/chat/completions";
  private static final String JSON = "application/json";
  private static final String CHAT =
      "{\"id\":\"chatcmpl-1\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":6,\"total_tokens\":7}}";
  private static final String DONE = response("resp_1", "\"completed\"", 7);
  private static final String QUEUED =
      "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"queued\",\"usage\":null}";

  @Test
  void retrievingWhatWasCountedRepeatsIt() throws Exception {
    assertStates(
        List.of("final", "repeated", "repeated"),
        scene -> post(scene, RESPONSES, DONE),
        scene -> get(scene, RESPONSES + "/resp_1", DONE),
        scene -> get(scene, RESPONSES + "/resp_1?stream=true", DONE));
  }

  @Test
  void aBackgroundResponseCountsAtTheFirstRetrievalThatHasItsUsage() throws Exception {
    assertStates(
        List.of("absent", "absent", "final", "repeated"),
        scene -> post(scene, RESPONSES, QUEUED),
        scene -> get(scene, RESPONSES + "/resp_1", QUEUED),
        scene -> get(scene, RESPONSES + "/resp_1", DONE),
        scene -> get(scene, RESPONSES + "/resp_1", DONE));
  }

  @Test
  void cancellingByIdRepeatsIt() throws Exception {
    assertStates(
        List.of("final", "repeated"),
        scene -> post(scene, RESPONSES, DONE),
        scene -> post(scene, RESPONSES + "/resp_1/cancel", DONE));
  }

  @Test
  void aStoredChatIsCountedWithItsPost() throws Exception {
    assertStates(
        List.of("final", "repeated"),
        scene -> exchange(scene, client -> client.post(CHATS, "{\"store\":true}"), CHAT),
        scene -> get(scene, CHATS + "/chatcmpl-1", CHAT));
  }

  /** As some servers say of what has only begun. */
  @Test
  void whatHasUsedNothingYetLeavesTheCountToALaterRetrieval() throws Exception {
    String begun = QUEUED.replace("null", "{\"input_tokens\":0,\"output_tokens\":0}");
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayRig rig = new RelayRig(provider.url())) {
      Scene scene = new Scene(provider, rig);
      post(scene, RESPONSES, begun);
      get(scene, RESPONSES + "/resp_1", begun);
      rig.rows(2);
      get(scene, RESPONSES + "/resp_1", DONE);
      rig.rows(3);
      get(scene, RESPONSES + "/resp_1", DONE);
      rig.rows(4);
      assertEquals(
          "[{total=7, repeated=1}]",
          rig.query(
                  "select sum(total_tokens)::int as total,"
                      + " count(*) filter (where usage_state = 'repeated')::int as repeated"
                      + " from usage_record")
              .toString());
    }
  }

  @Test
  void whatIsBilledBesideTokensCountsOnceToo() throws Exception {
    String done = "{\"id\":\"p1\",\"status\":\"succeeded\",\"metrics\":{\"predict_time\":3.25}}";
    assertUnits(
        List.of("final", "repeated", "repeated"),
        scene -> post(scene, "/v1/predictions", done),
        scene -> get(scene, "/v1/predictions/p1", done),
        scene -> get(scene, "/v1/predictions/p1", done));
  }

  /** Each answer of DashScope has an id of its own. */
  @Test
  void aTaskCountsByItsPath() throws Exception {
    String done =
        "{\"request_id\":\"%s\",\"output\":{\"task_id\":\"t-1\"},\"usage\":{\"image_count\":4}}";
    assertUnits(
        List.of("final", "repeated"),
        scene -> get(scene, "/api/v1/tasks/t-1", done.formatted("a")),
        scene -> get(scene, "/api/v1/tasks/t-1", done.formatted("b")));
  }

  /** Two that carry one id are two: nobody was asked for the first again. */
  @Test
  void everyPostCounts() throws Exception {
    assertStates(
        List.of("final", "final"),
        scene -> post(scene, RESPONSES, DONE),
        scene -> post(scene, RESPONSES, DONE));
  }

  /** Servers of one's own number their answers, or call them all the same. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "v", "completion", ""})
  void anIdThatIsAPieceOfThePathByChanceRetrievesNothing(String id) throws Exception {
    String chat = CHAT.replace("chatcmpl-1", id);
    assertStates(
        List.of("final", "final"),
        scene -> post(scene, CHATS, chat),
        scene -> post(scene, CHATS, chat));
  }

  @Test
  void aBatchCountsByItsPathWhereItHasNoId() throws Exception {
    String line =
        "{\"result\":{\"message\":{}},\"usage\":{\"input_tokens\":1,\"output_tokens\":6}}\n";
    assertStates(
        List.of("final", "repeated"),
        scene -> get(scene, "/v1/files/f-1/content", line),
        scene -> get(scene, "/v1/files/f-1/content", line));
  }

  @Test
  void anIdOfAnyLengthHasItsPlace() throws Exception {
    String id = "r".repeat(5_000);
    String long1 = response(id + "1", "\"completed\"", 7);
    String long2 = response(id + "2", "\"completed\"", 7);
    assertStates(
        List.of("final", "final", "repeated"),
        scene -> get(scene, RESPONSES + "/a", long1),
        scene -> get(scene, RESPONSES + "/b", long2),
        scene -> get(scene, RESPONSES + "/b", long2));
  }

  /** Whichever relay is asked, before and after the other. */
  @Test
  void twoRelaysOfOneDatabaseCountItOnce() throws Exception {
    String database = TestPostgres.freshDatabase();
    try (Provider provider = new Provider((request, answer) -> answer.whole(200, JSON, DONE));
        RelayRig one = RelayRig.on(database, provider.url());
        RelayRig other = RelayRig.on(database, provider.url())) {
      for (int i = 0; i < 20; i++) {
        RelayRig rig = i % 2 == 0 ? one : other;
        try (RawClient client = rig.client().get(RESPONSES + "/resp_1")) {
          assertEquals(200, client.answer().status());
        }
      }
      one.rows(20);
      assertEquals(
          "[{calls=20, with_usage=1, total=7, rows=1}]",
          one.query(
                  "select sum(calls)::int as calls, sum(calls_with_usage)::int as with_usage,"
                      + " sum(total_tokens)::int as total, (select count(*)::int from usage_record"
                      + " where total_tokens is not null) as rows from usage_hour")
              .toString());
    }
  }

  private interface Step {
    void run(Scene scene) throws Exception;
  }

  private record Scene(Provider provider, RelayRig rig) {}

  private interface Request {
    RawClient send(RawClient client) throws Exception;
  }

  /** Each step makes a row of that state; those that repeat have no counts, and the text of one. */
  private static void assertStates(List<String> states, Step... steps) throws Exception {
    for (Map<String, Object> row : rows(states, steps)) {
      boolean counts = row.get("usage_state").equals("final");
      assertEquals(counts ? (Object) 7L : null, row.get("total_tokens"));
      if (!row.get("usage_state").equals("absent")) {
        assertNotNull(row.get("usage_raw"));
      }
    }
  }

  /** Likewise of what is billed by units alone. */
  private static void assertUnits(List<String> states, Step... steps) throws Exception {
    for (Map<String, Object> row : rows(states, steps)) {
      assertEquals(row.get("usage_state").equals("final"), row.get("units") != null);
    }
  }

  private static List<Map<String, Object>> rows(List<String> states, Step... steps)
      throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayRig rig = new RelayRig(provider.url())) {
      for (int i = 0; i < steps.length; i++) {
        steps[i].run(new Scene(provider, rig));
        rig.rows(i + 1);
      }
      List<Map<String, Object>> rows = rig.rows(steps.length);
      assertEquals(states, rows.stream().map(row -> row.get("usage_state")).toList());
      return rows;
    }
  }

  private static void post(Scene scene, String path, String answered) throws Exception {
    exchange(scene, client -> client.post(path, "{\"model\":\"m\"}"), answered);
  }

  private static void get(Scene scene, String path, String answered) throws Exception {
    exchange(scene, client -> client.get(path), answered);
  }

  private static void exchange(Scene scene, Request request, String answered) throws Exception {
    scene.provider().answerWith((asked, answer) -> answer.whole(200, JSON, answered));
    try (RawClient client = request.send(scene.rig().client())) {
      assertEquals(200, client.answer().status());
    }
  }

  private static String response(String id, String status, int total) {
    return "{\"id\":\"%s\",\"object\":\"response\",\"status\":%s,\"usage\":{\"input_tokens\":1,\"output_tokens\":6,\"total_tokens\":%d}}"
        .formatted(id, status, total);
  }
}
