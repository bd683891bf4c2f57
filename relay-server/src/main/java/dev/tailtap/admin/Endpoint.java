package dev.tailtap.admin;

import java.io.IOException;

/** One page of the admin port. */
@FunctionalInterface
interface Endpoint {

  /**
   * Answers a request that the port lets pass. On the port's loop, so without waiting for anything:
   * what may have to wait is a question.
   *
   * @param accept the request's field of that name; null if there was none
   * @param responder is called once, unless this throws
   */
  void answer(Query query, String accept, Responder responder)
      throws Query.BadParameter, IOException;
}
