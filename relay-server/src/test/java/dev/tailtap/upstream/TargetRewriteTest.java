package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetRewriteTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/openai/v1/chat            | /openai    | /v1/chat",
        "/openai/v1/chat?a=/openai  | /openai    | /v1/chat?a=/openai",
        "/openai                    | /openai    | /",
        "/openai/                   | /openai    | /",
        "/openai?a=1                | /openai    | /?a=1",
        "/openai/v1/x               | /openai/v1 | /x",
        "/openaix/v1                | /openai    | /openaix/v1",
        "/v1/openai                 | /openai    | /v1/openai",
        "/v1?x=/openai/v1           | /openai    | /v1?x=/openai/v1",
        "//openai/v1                | /openai    | /v1",
        "/%6Fpenai/v1/%41           | /openai    | /v1/%41",
        "/%256Fpenai/v1             | /openai    | /v1",
        "/openai;x=1/v1             | /openai    | /v1",
        "/openai%2Fv1/x             | /openai/v1 | /x",
        "/openai%2Fv1               | /openai    | /openai%2Fv1",
        "/openai//v1                | /openai    | //v1",
        "/v1/chat                   | ''         | /v1/chat",
        "*                          | /openai    | *",
      })
  void takesALeadingPathOff(String target, String prefix, String sent) {
    assertEquals(sent, TargetRewrite.withoutPrefix(target, prefix));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1?key=k                           | /v1",
        "/v1?key=k&alt=sse                   | /v1?alt=sse",
        "/v1?alt=sse&key=k                   | /v1?alt=sse",
        "/v1?a=1&key=k&b=%20&key=l&c         | /v1?a=1&b=%20&c",
        "/v1?%24key=k&%6bey=k&$key=k&ke%79=k | /v1",
        "/v1?access_token=t&x=key            | /v1?x=key",
        "/v1?api-key=k&subscription-key=k&b  | /v1?b",
        "/v1?key                             | /v1",
        "/v1?key=a=b&&x                      | /v1?&x",
        "/v1?keys=1&monkey=2&KEY=3&=key      | /v1?keys=1&monkey=2&=key",
        "/v1?Api-Key=k&%4BEY=k&x-amz-credential=k&X-Amz-Signature=k | /v1",
        "/v1?a=%zz&%zz=key                   | /v1?a=%zz&%zz=key",
        "/v1/key=k                           | /v1/key=k",
        "/v1?                                | /v1?",
      })
  void takesTheKeysOutOfTheQuery(String target, String sent) {
    assertEquals(sent, TargetRewrite.withoutCredentials(target));
  }

  @Test
  void copiesNothingWhereNothingIsTakenOut() {
    String target = "/v1/chat?alt=sse";
    assertSame(target, TargetRewrite.withoutCredentials(target));
    assertSame(target, TargetRewrite.withoutPrefix(target, ""));
    assertSame(target, TargetRewrite.withoutPrefix(target, "/other"));
  }

  @Test
  void looksNoFurtherThanAPrefixCanBeSpelled() {
    String target = "/".repeat(60_000) + "openai/v1";
    assertSame(target, TargetRewrite.withoutPrefix(target, "/openai"));
  }
}
