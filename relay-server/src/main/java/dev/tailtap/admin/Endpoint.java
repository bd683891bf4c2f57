package dev.tailtap.admin;

import dev.tailtap.store.DatabaseAwayException;
import java.io.IOException;

/** One page of the admin port. */
@FunctionalInterface
interface Endpoint {

  /**
   * Answers a request that the port lets pass.
   *
   * @param accept the request's field of that name; null if there was none
   */
  Reply answer(Query query, String accept)
      throws Query.BadParameter, DatabaseAwayException, IOException;
}
