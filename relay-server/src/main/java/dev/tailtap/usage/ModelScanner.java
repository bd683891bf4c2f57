package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;

/** Reads a request body of one format along, for the model that it asks for. Event loop only. */
interface ModelScanner {
  /** Takes the next part's readable bytes; moves no index, keeps nothing of it. */
  void feed(ByteBuf part);

  /** The model that was named last; null: none, so far. */
  String model();

  /** Whether a model was named, and read to its end. */
  boolean modelKnown();

  /** Whether it names a model twice, so that two readers need not agree on which. */
  boolean modelTwice();

  /** Whether it reads nothing more, whatever comes. */
  boolean isOver();

  /** That was all of the body. */
  default void end() {}

  /**
   * Whether what came is whole and in the form that it was read as, so that no reader of it finds
   * another model.
   */
  boolean isWhole();
}
