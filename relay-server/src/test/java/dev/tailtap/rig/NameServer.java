package dev.tailtap.rig;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A name server on a raw socket (RFC 1035), which takes every name for the same. It says what the
 * test tells it, may say nothing, and keeps the questions, so that they can be answered late.
 */
public final class NameServer implements AutoCloseable {
  private static final int HEADER = 12;
  private static final short ADDRESS = 1; // the type A
  private static final short INTERNET = 1;
  private static final short ANSWERS = (short) 0x8180; // recursion wanted and to be had
  private static final int NO_SUCH_NAME = 3;

  /** What it says. */
  public enum Manner {
    ANSWERING,
    MUTE,
    DENYING
  }

  /** Who asked, and the header and the question as they came. */
  private record Question(SocketAddress from, byte[] message) {}

  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
  private final BlockingQueue<Question> questions = new LinkedBlockingQueue<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final List<String> addresses;
  private volatile Manner manner;

  /**
   * Listens on a port of its own.
   *
   * @param addresses of IPv4, in the order in which they are given
   */
  public NameServer(Manner manner, String... addresses) throws IOException {
    this.manner = manner;
    this.addresses = List.of(addresses);
    Thread thread = new Thread(this::listen, "name server");
    thread.setDaemon(true);
    thread.start();
  }

  /** As the relay's settings name it. */
  public String address() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  /** From the next question on. */
  public void turn(Manner next) {
    manner = next;
  }

  /** Waits until it was asked at least once, and takes nothing. */
  public void awaitQuestion() throws InterruptedException {
    if (!asked.await(Patience.SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("nobody asked the name server");
    }
  }

  /** Answers all that were not taken, and those to come. */
  public void answerAll() throws IOException {
    manner = Manner.ANSWERING;
    List<Question> late = new ArrayList<>();
    questions.drainTo(late);
    for (Question question : late) {
      byte[] message = reply(question.message(), manner);
      socket.send(new DatagramPacket(message, message.length, question.from()));
    }
  }

  @Override
  public void close() {
    socket.close();
  }

  private void listen() {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
        socket.receive(packet);
        byte[] message = Arrays.copyOf(packet.getData(), endOfQuestion(packet.getData()));
        questions.add(new Question(packet.getSocketAddress(), message));
        asked.countDown();
        if (manner != Manner.MUTE) {
          byte[] reply = reply(message, manner);
          socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private static int endOfQuestion(byte[] message) {
    int at = HEADER;
    while (message[at] != 0) {
      at += message[at] + 1;
    }
    return at + 5;
  }

  /** The question again, and behind it a record for each address that is of the wanted type. */
  private byte[] reply(byte[] question, Manner how) throws IOException {
    boolean wanted = question[question.length - 3] == ADDRESS && how == Manner.ANSWERING;
    List<String> said = wanted ? addresses : List.of();
    ByteBuffer reply = ByteBuffer.allocate(question.length + 16 * said.size()).put(question);
    reply.putShort(2, (short) (ANSWERS | (how == Manner.DENYING ? NO_SUCH_NAME : 0)));
    reply.putShort(6, (short) said.size()).putShort(8, (short) 0).putShort(10, (short) 0);
    for (String address : said) {
      reply.putShort((short) (0xC000 | HEADER)).putShort(ADDRESS).putShort(INTERNET).putInt(60);
      reply.putShort((short) 4).put(InetAddress.getByName(address).getAddress());
    }
    return reply.array();
  }
}
