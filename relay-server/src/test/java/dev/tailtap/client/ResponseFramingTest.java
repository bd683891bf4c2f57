package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.http1.BodyFraming.Kind;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a response goes on, for each way to come, each client and each change. */
class ResponseFramingTest {
  @ParameterizedTest(name = "{0}, HTTP/1.0 {1}, changed {2}")
  @CsvSource({
    "NONE,        false, false, false, false, false",
    "NONE,        false, true,  false, false, false",
    "NONE,        true,  false, false, false, false",
    "NONE,        true,  true,  false, false, false",
    "LENGTH,      false, false, false, false, false",
    "LENGTH,      false, true,  true,  true,  false",
    "LENGTH,      true,  false, false, false, false",
    "LENGTH,      true,  true,  true,  false, true",
    "CHUNKED,     false, false, false, true,  false",
    "CHUNKED,     false, true,  true,  true,  false",
    "CHUNKED,     true,  false, true,  false, true",
    "CHUNKED,     true,  true,  true,  false, true",
    "UNTIL_CLOSE, false, false, false, false, true",
    "UNTIL_CLOSE, false, true,  true,  true,  false",
    "UNTIL_CLOSE, true,  false, false, false, true",
    "UNTIL_CLOSE, true,  true,  true,  false, true",
  })
  @Rule(
      value = "A body is framed anew only where it is changed or its client knows no chunks",
      source = "RFC 9112 section 6.3, RFC 9112 section 7.1")
  void framesAnewOnlyWhereItMust(
      Kind came,
      boolean http10,
      boolean changed,
      boolean reframed,
      boolean chunked,
      boolean untilClose) {
    assertEquals(
        new ResponseFraming(reframed, chunked, untilClose),
        ResponseFraming.of(came, http10, changed));
  }
}
