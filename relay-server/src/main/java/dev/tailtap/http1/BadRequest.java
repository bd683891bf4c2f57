package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpMethod;

/**
 * Stands in the decoder's output where a request, or the rest of its body, would have stood. It is
 * the last thing that a connection says: no byte behind it is read.
 *
 * @param method null where it could not be told
 */
public record BadRequest(RequestFault fault, HttpMethod method) {}
