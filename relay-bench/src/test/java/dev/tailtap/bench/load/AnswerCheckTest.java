package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Answers in one piece: a wrong byte of them is seen, wherever it is. */
class AnswerCheckTest {
  private static final int CALL = 0x1234abcd;

  @Test
  void everyFlippedByteAndEveryAnswerToAnotherCallIsSeen() {
    Answer answer = Answer.json();
    AnswerCheck check = new AnswerCheck(answer);
    byte[] body = sent(answer, CALL);
    assertTrue(complete(check, body));
    assertEquals(Answer.TOKENS, check.events());
    for (int i = 0; i < body.length; i++) {
      body[i] ^= 1;
      assertFalse(complete(check, body), "byte " + i);
      body[i] ^= 1;
    }
    assertFalse(complete(check, sent(answer, CALL + 1)));
  }

  @Test
  void oneThatIsCutOrGoesOnIsNotComplete() {
    Answer answer = Answer.json();
    AnswerCheck check = new AnswerCheck(answer);
    byte[] body = sent(answer, CALL);
    assertFalse(complete(check, Arrays.copyOf(body, body.length - 1)));
    assertFalse(complete(check, Arrays.copyOf(body, body.length + 1)));
    assertTrue(check.wrong());
  }

  @Test
  void aSmallAnswerHasAbout400BytesAndAPackedOneUnpacksToWhatItSays() throws Exception {
    String small = new String(sent(Answer.json(), 1), US_ASCII);
    assertEquals(400, small.length(), 30);
    assertTrue(small.contains("\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9,"));
    byte[] packed = sent(Answer.packed(100_000), 1);
    byte[] text = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    assertTrue(text.length > 100_000 && packed.length < text.length / 2, "" + packed.length);
    assertTrue(new String(text, US_ASCII).contains("\"completion_tokens\":9,"));
  }

  @Test
  void aDownloadIsTheFillerAtEveryPlaceAndNothingElse() {
    Filler filler = new Filler();
    int length = 200_000;
    byte[] body = new byte[length];
    for (int at = 0; at < length; ) {
      ByteBuf piece = filler.piece(at, length - at);
      int n = piece.readableBytes();
      piece.getBytes(piece.readerIndex(), body, at, n);
      at += n;
    }
    FillerCheck check = new FillerCheck(filler, length);
    assertTrue(complete(check, body));
    for (int at : new int[] {0, 65_520, 65_521, 65_522, 131_072, length - 1}) {
      body[at] ^= 1;
      assertFalse(complete(check, body), "byte " + at);
      body[at] ^= 1;
    }
    byte[] moved = body.clone();
    System.arraycopy(body, 32 * 1024, moved, 0, length - 32 * 1024);
    assertFalse(complete(check, moved));
    assertFalse(complete(check, Arrays.copyOf(body, length - 1)));
  }

  private static boolean complete(EventSink check, byte[] body) {
    check.begin(CALL);
    int cut = body.length / 3;
    check.payload(body, 0, cut);
    check.payload(body, cut, body.length);
    return check.complete();
  }

  /** The body as it is sent. */
  private static byte[] sent(Answer answer, int call) {
    ByteBuf out = answer.write(UnpooledByteBufAllocator.DEFAULT, call);
    byte[] body = new byte[answer.body().length];
    out.getBytes(out.readableBytes() - body.length, body);
    out.release();
    return body;
  }
}
