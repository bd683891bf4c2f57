package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A load tool that overlooks a wrong byte would praise a relay that is fast and wrong. */
class StreamCheckTest {
  private static final int STREAM = 7;
  private static final int EVENTS = 3;

  private final Script script = new Script(220);
  private final List<String> heard = new ArrayList<>();
  private final StreamCheck check =
      new StreamCheck(script, true, (due, sent) -> heard.add(due + " " + sent));

  @Test
  void aRightStreamIsRightAtEveryCut() {
    byte[] stream = stream(STREAM, 0, 1, 2);
    for (int cut = 0; cut <= stream.length; cut++) {
      heard.clear();
      check.begin(STREAM);
      check.payload(stream, 0, cut);
      check.payload(stream, cut, stream.length);
      assertTrue(check.complete(), "cut at " + cut);
      assertEquals(List.of("1000 2000", "1001 2001", "1002 2002"), heard);
    }
  }

  @Test
  void everyFlippedByteIsSeenButThoseOfTheTimes() {
    byte[] stream = stream(STREAM, 0, 1, 2);
    int unseen = 0;
    for (int i = 0; i < stream.length; i++) {
      stream[i] ^= 1;
      check.begin(STREAM);
      check.payload(stream, 0, stream.length);
      unseen += check.complete() ? 1 : 0;
      stream[i] ^= 1;
    }
    // Two times of 16 digits in each event: whatever they are, they are times.
    assertEquals(EVENTS * 32, unseen);
  }

  @Test
  void anEventThatIsLostTwiceThereOrOfAnotherStreamIsSeen() {
    assertFalse(complete(stream(STREAM, 0, 2)));
    assertFalse(complete(stream(STREAM, 0, 1, 1, 2)));
    assertFalse(complete(stream(STREAM, 1, 0, 2)));
    assertFalse(complete(stream(STREAM + 1, 0, 1, 2)));
    assertTrue(complete(stream(STREAM, 0, 1, 2)));
  }

  @Test
  void aStreamThatStopsEarlyOrGoesOnBehindItsEndIsNotComplete() {
    byte[] stream = stream(STREAM, 0, 1, 2);
    for (int length = 0; length < stream.length; length++) {
      check.begin(STREAM);
      check.payload(stream, 0, length);
      assertFalse(check.complete(), "with " + length + " bytes");
    }
    check.begin(STREAM);
    check.payload(stream, 0, stream.length);
    check.payload(stream, 0, 1);
    assertTrue(check.wrong());
  }

  @Test
  void theMarksAloneAreFoundInFramesOfOthersAtEveryCut() {
    byte[] stream = stream(STREAM, 0, 1, 2);
    for (int cut = 0; cut <= stream.length; cut++) {
      heard.clear();
      MarkScan scan = new MarkScan((due, sent) -> heard.add(due + " " + sent));
      scan.begin(STREAM);
      scan.payload(stream, 0, cut);
      scan.payload(stream, cut, stream.length);
      assertTrue(scan.complete(), "cut at " + cut);
      assertEquals(EVENTS, heard.size());
    }
    MarkScan scan = new MarkScan((due, sent) -> {});
    byte[] lossy = stream(STREAM, 0, 2);
    scan.begin(STREAM);
    scan.payload(lossy, 0, lossy.length);
    assertTrue(scan.wrong());
  }

  @Test
  void anAtSignOfTheGatewaysOwnIsNoMarkAndAMarkThatItChangedIsMissed() {
    byte[] frames =
        new String(stream(STREAM, 0, 1, 2), US_ASCII)
            .replace("\"model\":\"bench\"", "\"model\": \"@some/bench@0123456789abcdef\"")
            .getBytes(US_ASCII);
    MarkScan scan = new MarkScan((due, sent) -> {});
    for (int cut = 0; cut <= frames.length; cut++) {
      scan.begin(STREAM);
      scan.payload(frames, 0, cut);
      scan.payload(frames, cut, frames.length);
      assertTrue(scan.complete(), "cut at " + cut);
      assertEquals(EVENTS, scan.events());
    }
    byte[] changed =
        new String(stream(STREAM, 0, 1, 2), US_ASCII)
            .replaceFirst("@00", "@ 00")
            .getBytes(US_ASCII);
    scan.begin(STREAM);
    scan.payload(changed, 0, changed.length);
    assertTrue(scan.wrong());
  }

  @Test
  void aUsageThatNobodyAskedForIsSeen() {
    StreamCheck unasked = new StreamCheck(script, false, (due, sent) -> {});
    byte[] stream = stream(STREAM, 0, 1, 2);
    unasked.begin(STREAM);
    unasked.payload(stream, 0, stream.length);
    assertTrue(unasked.wrong());
    byte[] told = Script.ending(EVENTS, true);
    byte[] untold = Script.ending(EVENTS, false);
    unasked.begin(STREAM);
    unasked.payload(stream, 0, stream.length - told.length);
    unasked.payload(untold, 0, untold.length);
    assertTrue(unasked.complete());
  }

  private boolean complete(byte[] stream) {
    check.begin(STREAM);
    check.payload(stream, 0, stream.length);
    return check.complete();
  }

  private byte[] stream(int number, int... events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int event : events) {
      byte[] bytes = script.event();
      Script.mark(bytes, 0, number, event, 1000 + event, 2000 + event);
      out.writeBytes(bytes);
    }
    out.writeBytes(Script.ending(events.length, true));
    return out.toByteArray();
  }
}
