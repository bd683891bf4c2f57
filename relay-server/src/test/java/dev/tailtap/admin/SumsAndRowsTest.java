package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of the database for {@code /stats} and {@code /records}. */
final class SumsAndRowsTest {
  private AdminPort port;

  @BeforeEach
  void open() throws IOException {
    port = new AdminPort("");
  }

  @AfterEach
  void close() {
    port.close();
  }

  @Test
  void statsAreOfWhatIsAskedForAlone() throws Exception {
    port.get("/stats?upstream=a&model=b&tenant=c");
    assertEquals(
        "stats 1970-01-01T00:00:00Z 9999-01-01T00:00:00Z daya,b,c", port.reads.questions().get(0));
  }

  @Test
  void aPartOfAnHourWithoutItsRowsIsRefused() throws Exception {
    port.reads.lose(Instant.parse("2026-01-01T05:00:00Z"));
    RawClient.Answer response = port.get("/stats?from=2026-01-01T05:30:00Z&format=csv");
    assertEquals(400, response.status());
    assertTrue(response.text().contains("whole hours"), response.text());
    assertTrue(response.text().contains("2026-01-01T05:00:00Z"), response.text());
  }

  @Test
  void recordsAreFilteredByAllThatIsAsked() throws Exception {
    port.get(
        "/records?limit=5&from=2026-01-01&to=2026-01-02&problem=failed&outcome=timed_out&status=504"
            + "&upstream=u&model=m&tenant=t&session=s&tag=team:a:b"
            + "&before=1767225600000001_00000000-0000-0001-0000-000000000002");
    assertEquals(
        "records 5 null where started_at <= '2026-01-01T00:00:00.000001Z'::timestamptz and (started_at, id) < ('2026-01-01T00:00:00.000001Z'::timestamptz, '00000000-0000-0001-0000-000000000002'::uuid)"
            + " and started_at >= '2026-01-01T00:00:00Z'::timestamptz and started_at < '2026-01-02T00:00:00Z'::timestamptz"
            + " and outcome not in ('completed', 'client_gone') and outcome = 'timed_out' and http_status = 504"
            + " and upstream = ? and ? in (request_model, response_model, sent_model) and tenant = ? and session = ?"
            + " and tags ->> ? = ?u,m,t,s,team,a:b",
        port.reads.questions().get(0));
  }

  @Test
  void recordsAreAlsoATableForASpreadsheet() throws Exception {
    RawClient.Answer response = port.get("/records?format=csv");
    assertEquals(
        "started_at,streamed,prompt_tokens,error,session\r\n2026-01-01T00:00:00Z,true,7,,'=1+1\r\n",
        response.text());
    assertEquals(
        "1767225600000001_00000000-0000-0001-0000-000000000002",
        response.fields().get("tailtap-next"));
  }
}
