package dev.tailtap.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.store.CallGroup;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The evidence of a row leads to its likely cause. */
class CauseTest {
  @ParameterizedTest
  @CsvSource({
    "absent, client_gone, 200, asked=relay body=event-stream last=content, true, CLIENT_LEFT",
    "partial, client_gone, 200, asked=never body=event-stream last=usage, true, CLIENT_LEFT",
    "absent, unreachable, 0, asked=relay body=none last=none, false, NO_ANSWER",
    "absent, timed_out, 0, asked=relay body=none last=none, false, NO_ANSWER",
    "absent, upstream_reset, 200, asked=relay body=event-stream last=content, true, STREAM_CUT",
    "absent, upstream_invalid, 0, asked=relay body=none last=none, false, NO_ANSWER",
    "absent, upstream_reset, 200, asked=relay body=event-stream last=content, true, STREAM_CUT",
    "partial, timed_out, 200, asked=relay body=event-stream last=usage, true, STREAM_CUT",
    "partial, interrupted, 200, asked=relay body=event-stream last=usage, true, STREAM_CUT",
    "absent, upstream_error, 401, asked=never body=json last=error, false, REFUSED_CALL",
    "partial, upstream_error, 200, asked=relay body=event-stream last=error, true, ERROR_IN_STREAM",
    "unreadable, completed, 200, asked=relay body=json encoding=unknown last=none, false, ENCODING",
    "unreadable, completed, 200, asked=relay body=json last=usage, true, BAD_COUNTS",
    "absent, completed, 200, asked=never body=opaque last=none, false, NOT_AN_LLM_CALL",
    "absent, completed, 200, asked=relay body=event-stream last=other, false, DIALECT_MISMATCH",
    "absent, completed, 200, asked=declined body=event-stream last=done, true, DECLINED",
    "absent, completed, 200, asked=refused body=event-stream last=done, true, QUESTION_REFUSED",
    "absent, completed, 200, asked=no body=event-stream last=done, true, NOT_ASKED",
    "absent, completed, 200, asked=relay body=event-stream last=done, true, IGNORED",
    "absent, completed, 200, asked=client body=event-stream last=done, true, IGNORED",
    "absent, completed, 200, asked=never body=json last=content, true, SILENT",
    "absent, completed, 200, '', true, SILENT",
    "partial, completed, 200, asked=never body=event-stream last=done, true, EARLY_COUNTS",
  })
  void isFound(
      String state, String outcome, int status, String note, boolean answered, Cause cause) {
    assertEquals(cause, Cause.of(group("openai-chat", state, outcome, status, note, answered)));
  }

  @Test
  void ofAnUnknownPathIsThatItIsNoModelThatAnswers() {
    String note = "asked=never body=json last=other";
    assertEquals(
        Cause.NOT_AN_LLM_CALL, Cause.of(group("unknown", "absent", "completed", 200, note, false)));
    assertEquals(Cause.SILENT, Cause.of(group("unknown", "absent", "completed", 200, note, true)));
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void saysWhatToDoAboutTheUpstreamAtHand(Cause cause) {
    assertFalse(cause.words().isEmpty());
    assertFalse(cause.advice("east").isEmpty());
    assertFalse(cause.advice("east").contains("UPSTREAM"));
  }

  @Test
  void findingsCountEachStateOfAModelAndTellEachCauseOnce() {
    String done = "asked=no body=event-stream last=done";
    List<String> lines =
        Findings.of(
            List.of(
                group("openai-chat", "final", "completed", 200, "asked=client last=done", true),
                group("openai-chat", "absent", "completed", 200, done, true),
                group("openai-chat", "absent", "completed", 200, done, true)));
    assertEquals(
        """
        The last hour, by upstream and model:

        east m-1: 9 calls, 3 final, 0 partial, 6 absent, 0 unreadable, 0 repeated
          6 absent: nobody asked for usage, and this dialect reports it only when asked
             evidence: outcome=completed status=200 dialect=openai-chat asked=no body=event-stream last=done
             do: set upstream.east.usage=ask""",
        String.join("\n", lines));
    assertEquals(List.of("No calls in the last hour."), Findings.of(List.of()));
  }

  private static CallGroup group(
      String dialect, String state, String outcome, int status, String note, boolean answered) {
    return new CallGroup("east", "m-1", dialect, state, outcome, status, "", note, answered, 3);
  }
}
