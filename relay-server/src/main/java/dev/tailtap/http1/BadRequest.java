package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/**
 * Stands in the decoder's output where a request, or the rest of its body, would have stood. It is
 * the last thing that a connection says: no byte behind it is read.
 *
 * @param method null where it could not be told
 * @param path without its query, as the client wrote it; null where it could not be told
 * @param headers null where they could not be read
 */
public record BadRequest(RequestFault fault, HttpMethod method, String path, HttpHeaders headers) {
  /** In the body of a request that was taken. */
  static BadRequest inBody(RequestFault fault) {
    return new BadRequest(fault, null, null, null);
  }

  /** In what a request should be, of whose target so much could be told. */
  static BadRequest of(RequestFault fault, HttpMethod method, String target, HttpHeaders headers) {
    int question = target == null ? -1 : target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    return new BadRequest(fault, method, path, headers);
  }
}
