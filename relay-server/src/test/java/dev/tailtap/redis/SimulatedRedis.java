package dev.tailtap.redis;

import dev.tailtap.config.RedisAddress;
import dev.tailtap.redis.CountersModel.Shape;
import dev.tailtap.redis.CountersModel.Verdict;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.rig.HandLoop;
import dev.tailtap.rig.HandTime;
import dev.tailtap.stats.Stats;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.DefaultNameResolver;
import io.netty.util.concurrent.EventExecutor;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A server of shared buckets without a socket, in which {@link CountersModel} does what the Lua of
 * a real one does: the relays' own client speaks to it. It freezes, dies, forgets, refuses to
 * write, is far away and has a clock that jumps, when the test says so.
 */
public final class SimulatedRedis {
  private static final double START_MICROS = 30e12; // since 2026

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(false, true);
  private final HandTime time;
  private final Random random;
  private final boolean knowsFunctions; // else it is one of version 5 or 6
  private final List<SimulatedWire> wires = new ArrayList<>();
  private final SimulatedAccounts accounts;
  private final List<Long> gaps = new ArrayList<>(); // data lost, or nothing written
  private CountersModel model = new CountersModel();
  private boolean loaded; // the functions, or the script
  private Mood mood = Mood.WELL;
  private double clockOffset;

  /** What it does with what comes. */
  public enum Mood {
    WELL,
    FROZEN,
    /** It is a replica, and refuses to write. */
    REPLICA,
    DEAD
  }

  /** One that is well and empty. */
  public SimulatedRedis(HandTime time, Random random) {
    this.time = time;
    this.random = random;
    knowsFunctions = random.nextInt(4) > 0;
    accounts = new SimulatedAccounts(time);
  }

  /** What is between one relay and the server; of one life of the relay. */
  public final class Door {
    private final int number;
    private long farUntil; // nothing arrives before
    private long slowNanos = 1_000_000;
    private final List<Long> breaks = new ArrayList<>(); // when connections ended

    Door(int number) {
      this.number = number;
    }

    /** The relay's own client. */
    public SharedCounters open(HandLoop loop, Stats stats, Duration patience, int relays) {
      ChannelFactory<Channel> channels = this::dial;
      Bootstrap sockets = new Bootstrap().channelFactory(channels).disableResolver();
      Link.Target target =
          new Link.Target(
              RedisAddress.of("redis://127.0.0.1"),
              new Literals(),
              null,
              sockets,
              "-- simulated",
              patience,
              random::nextDouble);
      return new SharedCounters(loop, target, relays, stats);
    }

    private Channel dial() {
      HandChannel channel = new HandChannel(alloc, new InetSocketAddress(6379), false);
      SimulatedWire wire = new SimulatedWire(SimulatedRedis.this, this, time, channel);
      wires.add(wire);
      time.in(latencyNanos(), () -> accept(channel));
      return channel;
    }

    private void accept(HandChannel channel) {
      if (channel.dialling() && mood == Mood.DEAD) {
        channel.refuse(new ConnectException());
      } else if (channel.dialling()) {
        channel.connect();
        channel.take(Integer.MAX_VALUE);
      }
    }

    void broken() {
      breaks.add(time.nanos());
    }

    /** Whether a connection held, and the server with its data, all the while. */
    public boolean held(long from, long to) {
      return breaks.stream().noneMatch(at -> from <= at && at <= to)
          && gaps.stream().noneMatch(at -> from <= at && at <= to);
    }

    long latencyNanos() {
      long usual = 50_000L + random.nextInt(1_000_000);
      long slow = (long) (random.nextDouble() * slowNanos);
      return Math.max(usual + slow, farUntil - time.nanos());
    }

    /** From now on answers take up to so long more. */
    public void slow(long nanos) {
      slowNanos = nanos;
    }

    /** For so long nothing comes through. */
    public void far(long nanos) {
      farUntil = time.nanos() + nanos;
    }

    /** Its connections are lost. */
    public void cut() {
      for (SimulatedWire wire : List.copyOf(wires)) {
        if (wire.door() == this) {
          wire.cut();
        }
      }
    }

    /** The relay is no more: what it holds of buffers is let go. */
    public void close() {
      for (SimulatedWire wire : List.copyOf(wires)) {
        if (wire.door() == this) {
          wire.cut();
          wire.channel.close();
        }
      }
    }
  }

  /** For a relay that starts. */
  public Door door(int number) {
    return new Door(number);
  }

  Random random() {
    return random;
  }

  void forget(SimulatedWire wire) {
    wires.remove(wire);
  }

  /** Bytes of buffers that no client of it has released. */
  public long bufferBytes() {
    return alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory();
  }

  /** What each call was charged here. */
  public SimulatedAccounts accounts() {
    return accounts;
  }

  public Mood mood() {
    return mood;
  }

  /**
   * Who is frozen does, once it is well, what has come meanwhile; who is dead has no connection.
   */
  public void be(Mood next) {
    if (next == Mood.REPLICA || mood == Mood.REPLICA) {
      gaps.add(time.nanos());
    }
    mood = next;
    for (SimulatedWire wire : List.copyOf(wires)) {
      if (next == Mood.DEAD) {
        wire.cut();
      } else {
        attend(wire);
      }
    }
  }

  /** Loses its data, its functions included. */
  public void lose() {
    model = new CountersModel();
    loaded = false;
    gaps.add(time.nanos());
    accounts.lose();
  }

  /** Its clock is set. */
  public void jump(double micros) {
    clockOffset += micros;
  }

  /** The time by its clock, in microseconds. */
  public double now() {
    return START_MICROS + Math.floor(time.nanos() / 1e3) + clockOffset;
  }

  /** How much of a bucket's time is in use, in microseconds. */
  public double used(String key) {
    return model.used(now(), key);
  }

  /** When each lease of a bucket ends, those included that have; by call. */
  public Map<String, Double> leases(String key) {
    return model.leases(key);
  }

  /** Does what has come on a connection, if it does anything. */
  void attend(SimulatedWire wire) {
    if (mood == Mood.FROZEN || mood == Mood.DEAD) {
      return;
    }
    StringBuilder answers = new StringBuilder();
    for (List<String> next = wire.next(); next != null; next = wire.next()) {
      answers.append(answer(next, wire.door().number));
    }
    wire.answer(answers.toString());
  }

  private String answer(List<String> command, int door) {
    boolean function = command.get(0).equals("FCALL") || command.get(0).equals("FUNCTION");
    if (function && !knowsFunctions) {
      return "-ERR unknown command '" + command.get(0) + "'\r\n";
    }
    boolean call = command.get(0).equals("FCALL") || command.get(0).equals("EVALSHA");
    if (call && !loaded) {
      return function
          ? "-ERR Function not found\r\n"
          : "-NOSCRIPT No matching script. Please use EVAL.\r\n";
    }
    if (mood == Mood.REPLICA) {
      return "-READONLY You can't write against a read only replica.\r\n";
    }
    if (!call) {
      loaded = true;
      return "+OK\r\n";
    }
    int many = Integer.parseInt(command.get(2));
    List<String> keys = command.subList(3, 3 + many);
    List<String> args = command.subList(3 + many, command.size());
    // tailtap_OPERATION_DIGEST
    String name = function ? command.get(1) : "tailtap_" + args.get(0) + "_";
    String operation = name.substring(name.indexOf('_') + 1, name.lastIndexOf('_'));
    List<String> rest = function ? args : args.subList(1, args.size());
    return switch (operation) {
      case "admit" -> admit(keys, rest, door);
      case "settle" -> settle(keys, rest, door);
      case "renew" -> renew(keys, rest, door);
      default -> throw new AssertionError(operation);
    };
  }

  private String admit(List<String> keys, List<String> args, int door) {
    String id = SimulatedAccounts.id(door, args.get(1));
    Shape[] shapes = new Shape[keys.size()];
    for (int i = 0; i < shapes.length; i++) {
      double each = Double.parseDouble(args.get(3 * i + 4));
      double size = Double.parseDouble(args.get(3 * i + 5));
      char kind = args.get(3 * i + 3).charAt(0);
      shapes[i] = new Shape(keys.get(i), kind, each, kind == 's' ? each : size, 0);
    }
    Verdict verdict = model.admit(now(), id, Double.parseDouble(args.get(2)), shapes);
    if (verdict.refusing() >= 0) {
      return numbers(verdict.refusing() + 1, verdict.retry());
    }
    long[] answer = new long[1 + 2 * shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      double reserved = shapes[i].kind() == 's' ? 0 : verdict.reserved()[i];
      accounts.admit(id, keys.get(i), shapes[i].kind() == 'r' ? shapes[i].each() : reserved);
      answer[1 + 2 * i] = (long) reserved;
      answer[2 + 2 * i] = (long) verdict.left()[i];
    }
    return numbers(answer);
  }

  private String settle(List<String> keys, List<String> args, int door) {
    boolean together = args.get(0).isEmpty(); // what ended while this was away, of many calls
    String id = together ? null : SimulatedAccounts.id(door, args.get(0));
    long cut = 0;
    for (int i = 0; i < keys.size(); i++) {
      char kind = args.get(5 * i + 1).charAt(0);
      double each = Double.parseDouble(args.get(5 * i + 2));
      double most = Double.parseDouble(args.get(5 * i + 3));
      double reserved = Double.parseDouble(args.get(5 * i + 4));
      double cost = Double.parseDouble(args.get(5 * i + 5));
      if (kind == 's') {
        model.end(keys.get(i), id);
        accounts.settle(id, keys.get(i), 0);
      } else {
        double more = kind == 'r' ? (cost - reserved) * each : cost * each - reserved;
        Shape shape = new Shape(keys.get(i), kind, each, 0, most);
        double charged = model.charge(now(), shape, more, kind == 'm', cost);
        cut += charged < more ? 1 : 0;
        if (together) {
          accounts.settleTogether(door, keys.get(i), more);
        } else {
          accounts.settle(id, keys.get(i), more);
        }
      }
    }
    return ":" + cut + "\r\n";
  }

  private String renew(List<String> keys, List<String> args, int door) {
    for (int i = 0; i < keys.size(); i++) {
      String id = SimulatedAccounts.id(door, args.get(i + 1));
      model.renew(now(), keys.get(i), id);
      accounts.renew(id);
    }
    return ":" + keys.size() + "\r\n";
  }

  /** Addresses that need no look-up. */
  private static final class Literals extends AddressResolverGroup<InetSocketAddress> {
    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
      return new DefaultNameResolver(executor).asAddressResolver();
    }
  }

  private static String numbers(long... numbers) {
    StringBuilder text = new StringBuilder("*" + numbers.length + "\r\n");
    for (long number : numbers) {
      text.append(':').append(number).append("\r\n");
    }
    return text.toString();
  }
}
