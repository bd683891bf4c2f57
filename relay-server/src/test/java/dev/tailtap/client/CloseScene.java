package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.ASKED;
import static dev.tailtap.client.ChatStream.NOT_ASKED;

import dev.tailtap.client.CloseCell.Framing;
import dev.tailtap.client.CloseCell.Leaver;
import dev.tailtap.client.CloseCell.Moment;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One exchange that is brought to the moment of its cell and held there: its client and its side of
 * the provider, in the test's hands. Up to that moment the provider sends all in one packet, so
 * that a client that has the head knows that the relay has the rest.
 */
final class CloseScene implements AutoCloseable {
  private enum Step {
    AWAIT_END,
    CLOSE,
    RESET,
    GO_ON
  }

  /** What the client saw; a status of 0: nothing. */
  record Seen(int status, boolean whole, String text, Map<String, String> fields) {}

  private final CloseCell cell;
  private final CloseRig rig;
  private final String path;
  private final String request;
  private final RawClient client;
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CompletableFuture<Step> step = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private RawClient.Answer head; // null until it was read
  private Socket muted; // null but in a handshake
  private boolean over; // by the test's thread

  CloseScene(CloseCell cell, CloseRig rig, int number) throws IOException {
    this.cell = cell;
    this.rig = rig;
    path = "/" + upstream(cell) + "/" + number + "/v1/chat/completions";
    request = request(cell.framing(), path);
    client = rig.relay().client();
  }

  CloseCell cell() {
    return cell;
  }

  boolean connecting() {
    return cell.moment() == Moment.CONNECTING && !over && !path.startsWith("/gone");
  }

  boolean underWay(String prefix) {
    return path.startsWith(prefix) && !over;
  }

  void reach() throws Exception {
    boolean half = cell.moment() == Moment.SENDING_THE_REQUEST;
    client.send(half ? request.substring(0, half()) : request);
    if (connecting()) {
      rig.backlog().await(rig.connecting());
    } else if (cell.moment() == Moment.SHAKING_HANDS) {
      muted = rig.mute().take();
    } else if (cell.answered()) {
      head = client.head();
    } else if (cell.connected()) {
      await(reached);
    } else if (half) {
      String gauge = "tailtap_streams_active{upstream=\"plain-ask\"} ";
      rig.relay().awaitMetric(gauge + (double) rig.underWay("/plain-ask/"));
    }
  }

  /** The client goes, in order or not. */
  void clientLeaves() throws IOException {
    over = true;
    step.complete(Step.AWAIT_END);
    if (cell.leaver() == Leaver.CLIENT_CLOSES) {
      client.leave();
    } else {
      client.reset();
    }
  }

  /** The same, while the provider goes on when it is told to. */
  void clientLeavesEarly() throws IOException {
    over = true;
    if (cell.leaver() == Leaver.CLIENT_CLOSES) {
      client.leave();
    } else {
      client.reset();
    }
  }

  /** The provider goes, in order or not. */
  void upstreamLeaves() throws IOException {
    boolean reset = cell.leaver() == Leaver.UPSTREAM_RESETS;
    if (muted == null) {
      step.complete(reset ? Step.RESET : Step.CLOSE);
    } else if (reset) {
      Sockets.reset(muted);
    } else {
      muted.close();
    }
  }

  /** Both sides do what is left to do. */
  void goOn() throws IOException {
    over = true;
    step.complete(Step.GO_ON);
    if (cell.moment() == Moment.SENDING_THE_REQUEST) {
      client.send(request.substring(half()));
    }
  }

  /** The provider waits for its connection to end. */
  void hold() {
    over = true;
    step.complete(Step.AWAIT_END);
  }

  /** Whether the relay lets the upstream go. */
  boolean upstreamEnded() throws Exception {
    if (cell.moment() == Moment.CONNECTING) {
      rig.backlog().await(rig.connecting());
      return true;
    }
    if (muted != null) {
      return Sockets.ends(muted);
    }
    return !cell.connected() || ended.get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  /** Reads what there is to the end of the answer, or of the connection. */
  Seen seen() throws IOException {
    RawClient.Answer answer;
    try {
      answer = head == null ? client.answer() : client.rest(head);
    } catch (IOException nothing) {
      return new Seen(0, false, "", Map.of());
    }
    return new Seen(answer.status(), answer.whole(), answer.text(), answer.fields());
  }

  /** Whether the relay closes the client's connection. */
  boolean clientEnded() throws IOException {
    return Sockets.ends(client.socket());
  }

  /** The only row of this exchange. */
  Map<String, Object> row() throws Exception {
    String prefix = path.substring(0, path.indexOf("/v1/") + 1);
    List<Map<String, Object>> rows = rig.relay().rowsUnder(prefix, 1);
    if (rows.size() != 1) {
      throw new AssertionError("there are " + rows.size() + " rows: " + rows);
    }
    return rows.get(0);
  }

  void head(Provider.Answer answer) throws IOException, InterruptedException {
    if (cell.moment() == Moment.SENDING_THE_REQUEST) {
      act(answer);
    }
  }

  void answer(Provider.Answer answer) throws IOException, InterruptedException {
    CloseAnswer whole = new CloseAnswer(cell.framing());
    int sent = cell.answered() ? whole.upTo(cell.moment()) : 0;
    answer.send(whole.part(0, sent));
    if (cell.answered() || cell.moment() == Moment.WAITING_FOR_THE_HEAD) {
      act(answer);
    }
    if (answer.closed()) {
      return;
    }
    answer.send(whole.part(sent, whole.length()));
    if (cell.framing() == Framing.UNTIL_CLOSE) {
      answer.close();
    }
  }

  /** What the client's text is after an answer up to the moment of the cell, or a whole one. */
  String text(boolean whole) {
    return new CloseAnswer(cell.framing()).text(whole ? Moment.SETTLING : cell.moment());
  }

  @Override
  public void close() throws IOException {
    step.complete(Step.CLOSE);
    client.close();
    if (muted != null) {
      muted.close();
    }
  }

  private void act(Provider.Answer answer) throws IOException, InterruptedException {
    reached.countDown();
    switch (step.join()) {
      case CLOSE -> answer.close();
      case RESET -> answer.reset();
      case AWAIT_END -> {
        ended.complete(answer.awaitEnd());
        answer.close();
      }
      case GO_ON -> {}
    }
  }

  private int half() {
    return request.length() - 20; // in the body, whatever its framing
  }

  private static String upstream(CloseCell cell) {
    String name =
        switch (cell.moment()) {
          case CONNECTING -> cell.upstreamLeaves() ? "gone" : "full";
          case SHAKING_HANDS -> "tls";
          default -> "plain";
        };
    return cell.framing() == Framing.HIDDEN_FRAME ? name + "-ask" : name;
  }

  /** A whole request in such a framing. */
  static String request(Framing framing, String path) {
    boolean chunked = framing == Framing.CHUNKED;
    String body = framing == Framing.HIDDEN_FRAME ? NOT_ASKED : ASKED;
    String size = chunked ? Integer.toHexString(body.length()) : Integer.toString(body.length());
    return "POST "
        + path
        + (framing == Framing.HTTP_1_0 ? " HTTP/1.0" : " HTTP/1.1")
        + "\r\nHost: relay\r\n"
        + (chunked
            ? "Transfer-Encoding: chunked\r\n\r\n" + size
            : "Content-Length: " + size + "\r\n")
        + "\r\n"
        + body
        + (chunked ? "\r\n0\r\n\r\n" : "");
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(Patience.SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the provider was not called");
    }
  }
}
