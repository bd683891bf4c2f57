package dev.tailtap.admin;

import dev.tailtap.store.DatabaseAwayException;

/** Takes the answer to one request, in one of four ways. The port's loop. */
interface Responder {

  /** With what is known at once. */
  void reply(Reply reply);

  /** With what the database says, which blocks and so is asked by another thread. */
  void ask(Question question);

  /** With what becomes of the settings, which blocks too: one such question after the other. */
  void askSettings(Question question);

  /** With the live figures, for as long as the caller listens. */
  void stream();

  /** Asks somebody who may not answer soon, and makes a page of what is said. */
  @FunctionalInterface
  interface Question {
    Reply ask() throws DatabaseAwayException;
  }
}
