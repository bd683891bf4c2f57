package dev.tailtap.exchange;

import dev.tailtap.usage.RequestReading;
import dev.tailtap.usage.RequestTap;
import io.netty.buffer.ByteBuf;

/**
 * What a request body says, as far as it has come: read along by a tap, and what of it may not be
 * once the request goes somewhere by it. Event loop only.
 */
final class BodyReading {
  private RequestTap tap; // null: there is nothing (more) to be read
  private RequestReading last; // once there is no more; null: of nothing readable
  private boolean complete;
  private boolean oneModel; // it may name, since by that it goes where it goes
  private boolean sureModel; // nor may anybody find another in it

  /** By a tap, which is closed with it; null: there is nothing to be read. */
  BodyReading(RequestTap tap) {
    this.tap = tap;
  }

  /** Whether there is something to be read. */
  boolean isOpen() {
    return tap != null;
  }

  /** Looks at the next part; false: it is one that may not come. */
  boolean accepts(ByteBuf part, boolean end) {
    complete = end;
    if (tap != null) {
      tap.feed(part);
      if (end) {
        tap.end();
      }
    }
    return !(oneModel && namesTwoModels()) && !(sureModel && isDoubtful());
  }

  /**
   * From now on a second model is a fault.
   *
   * @param sure whether it is one as well that the body may have one, since it is not in its form
   */
  void demandOneModel(boolean sure) {
    oneModel = true;
    sureModel = sure;
  }

  /** What the body says; null if it says nothing readable, or not yet. */
  RequestReading reading() {
    return tap == null ? last : tap.reading();
  }

  /** The model that is asked for; null: none is named. */
  String model() {
    return tap == null ? null : tap.model();
  }

  /** Whether no more of it is needed to say which model is asked for. */
  boolean modelKnown() {
    return tap == null || tap.modelKnown();
  }

  /** Whether it names two models, so that its provider may run another than we read. */
  boolean namesTwoModels() {
    return tap != null && tap.modelTwice();
  }

  /** Whether it is certain which model it names, or that it names none, if that is all of it. */
  boolean isSure() {
    return tap == null || tap.isSure();
  }

  /** Whether it has come as a whole, and a reader may find another model in it than we do. */
  boolean isDoubtful() {
    return complete && !isSure();
  }

  /** Whether it says that it goes on from something that one provider keeps. */
  boolean stateful() {
    return tap != null && tap.stateful();
  }

  /** What a codec holds for it, in bytes. */
  long heldBytes() {
    return tap == null ? 0 : tap.heldBytes();
  }

  /** Nothing more is read. */
  void close() {
    if (tap != null) {
      last = tap.reading();
      tap.close();
      tap = null;
    }
  }
}
