package dev.tailtap.redis;

import dev.tailtap.config.RedisAddress;
import dev.tailtap.stats.Label;
import java.util.function.Consumer;

/**
 * The first words on a connection, one after the other: who we are, which database, and a call that
 * changes nothing but is refused wherever a change would be (a replica, no memory, a snapshot that
 * failed). If the server does not know the functions, it is given them; if it knows no functions at
 * all, the script. Event loop only.
 */
final class Greeting {
  private final Pipe pipe;
  private final RedisAddress address;
  private final String source;
  private final Consumer<Script> welcome;
  private Script script;
  private boolean loaded;

  /**
   * Says nothing yet.
   *
   * @param welcome is told how to call from now on; a server that refuses has the pipe cut
   */
  Greeting(Pipe pipe, RedisAddress address, String source, Consumer<Script> welcome) {
    this.pipe = pipe;
    this.address = address;
    this.source = source;
    this.welcome = welcome;
  }

  /** Begins on a new connection. */
  void begin() {
    if (address.password() == null) {
      select();
    } else if (address.user() == null) {
      say(Resp.command("AUTH", address.password()), this::select);
    } else {
      say(Resp.command("AUTH", address.user(), address.password()), this::select);
    }
  }

  /** Begins again where only the functions are in question. */
  void tryCall() {
    script = script == null ? Script.library(source) : script;
    script.begin(pipe.out(), Script.Operation.RENEW, 0, 1);
    script.behindKeys(pipe.out(), Script.Operation.RENEW);
    Resp.bulk(pipe.out(), 1);
    pipe.ask(new Word(() -> welcome.accept(script), this::learn), Pipe.UNTIMED_NANOS);
  }

  private void select() {
    if (address.database() == 0) {
      tryCall();
    } else {
      say(Resp.command("SELECT", Integer.toString(address.database())), this::tryCall);
    }
  }

  private void learn(String error) {
    if (Faults.forgotten(error) && !loaded) {
      loaded = true;
      say(script.load(), this::tryCall);
    } else if (Faults.unknownCommand(error) && !loaded) {
      script = Script.evaluated(source);
      tryCall();
    } else {
      refused(error);
    }
  }

  private void say(byte[] command, Runnable next) {
    pipe.out().writeBytes(command);
    pipe.ask(new Word(next, this::refused), Pipe.UNTIMED_NANOS);
  }

  private void refused(String error) {
    pipe.cut(Faults.told(error));
  }

  /** One of the words. */
  private static final class Word extends Question {
    private final Runnable next;
    private final Consumer<String> refused;

    Word(Runnable next, Consumer<String> refused) {
      this.next = next;
      this.refused = refused;
    }

    @Override
    void answered(Reply reply) {
      next.run();
    }

    @Override
    void failed(Label why, String error) {
      if (error != null) {
        refused.accept(error);
      }
    }
  }
}
