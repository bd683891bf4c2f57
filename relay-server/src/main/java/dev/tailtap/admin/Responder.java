package dev.tailtap.admin;

import dev.tailtap.store.DatabaseAwayException;

/** Takes the answer to one request, in one of three ways. The port's loop. */
interface Responder {

  /** With what is known at once. */
  void reply(Reply reply);

  /** With what the database says, which blocks and so is asked by another thread. */
  void ask(Question question);

  /** With the live figures, for as long as the caller listens. */
  void stream();

  /** Asks the database and makes a page of what it says. */
  @FunctionalInterface
  interface Question {
    Reply ask() throws DatabaseAwayException;
  }
}
