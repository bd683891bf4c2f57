package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.AsciiString;

/**
 * Reads a request along, as a {@link Tap} does its response: the model that it asks for, whether it
 * streams, whether it refers to a provider's state, and what may be exchanged in it. By its path,
 * type and coding it is JSON, a form, what may be either, or an encoded one of these. Bounded
 * memory; never throws. One per request, to be closed at its end; event loop only.
 */
public final class RequestTap implements AutoCloseable {
  private final String pathModel; // null: the path names none
  private final RequestScanner json; // null: it is none
  private final ModelScanner scanner;
  private final boolean encoded;
  private final DecodedRequest decoded; // null: it comes as it is, or its coding is not known

  /**
   * Of a request that begins.
   *
   * @param path its normal form; null: it has none
   * @param contentType the field of that name; null: it has none
   * @param encoding the field {@code Content-Encoding}, all of them in one; null: it has none
   * @param searches whether it matters what {@link #stateful} says
   */
  public RequestTap(
      String path,
      String contentType,
      CharSequence encoding,
      boolean searches,
      ByteBufAllocator alloc) {
    RequestKind kind = RequestKind.of(contentType);
    boolean either = kind == RequestKind.EITHER;
    pathModel = PathModel.of(path);
    json = either || kind == RequestKind.JSON ? new RequestScanner(searches) : null;
    scanner =
        json == null
            ? new MultipartModel(kind == RequestKind.MULTIPART ? contentType : "")
            : either ? new EitherModel(json) : json;
    encoded = isEncoded(encoding);
    decoded = encoded ? DecodedRequest.of(encoding, alloc, scanner) : null;
  }

  private static boolean isEncoded(CharSequence encoding) {
    return encoding != null
        && encoding.length() > 0
        && !AsciiString.contentEqualsIgnoreCase(AsciiString.trim(encoding), "identity");
  }

  /** Takes the next part's readable bytes; moves no index, keeps nothing of it. */
  public void feed(ByteBuf part) {
    if (decoded != null) {
      decoded.feed(part);
    } else if (!encoded) {
      scanner.feed(part);
    }
  }

  /** That was all of the body. */
  public void end() {
    scanner.end();
  }

  /**
   * Whether nobody can find another model in what came, if that is all: the path names it, or the
   * body is whole and in the form that it was read as.
   */
  public boolean isSure() {
    return pathModel != null || (!isUnread() && scanner.isWhole());
  }

  /**
   * The model asked for: by the path where it names one, since its provider goes by that, else by
   * the body; null: none, so far. Of names longer than 256 characters the beginning.
   */
  public String model() {
    return pathModel == null ? scanner.model() : pathModel;
  }

  /**
   * Whether no more of the body is needed to say which model is asked for, or that none is. It may
   * still name another: see {@link #modelTwice}.
   */
  public boolean modelKnown() {
    return pathModel != null || scanner.modelKnown() || isOver();
  }

  /** Whether what came so far names a model twice, so that two readers need not agree on which. */
  public boolean modelTwice() {
    return scanner.modelTwice();
  }

  /** Whether what came so far can be answered only where an earlier request went. */
  public boolean stateful() {
    return json != null && json.stateful();
  }

  /** What the body has said so far; null: it is of a coding that is not known. */
  public RequestReading reading() {
    if (isUnread()) {
      return null;
    }
    if (json != null && (json.modelKnown() || !scanner.modelKnown())) {
      return json.reading();
    }
    return scanner.modelKnown()
        ? new RequestReading(scanner.model(), null, null, null)
        : RequestReading.NONE;
  }

  /** Whether anything can be exchanged in its body: it is JSON and comes as it is. */
  public boolean exchanges() {
    return isPlainJson();
  }

  /** Where the wish for usage goes into what was fed, if that is all; null: it may not be asked. */
  public RequestScanner.Splice usageSplice() {
    return isPlainJson() ? json.splice() : null;
  }

  /** Exchanges the model in the body; null if the body does not say it, or not as plain JSON. */
  public RequestScanner.Splice modelSplice(String other) {
    return isPlainJson() && pathModel == null ? json.modelSplice(other) : null;
  }

  /** Bytes that a codec holds for it, most of them outside the heap. */
  public long heldBytes() {
    return decoded == null ? 0 : decoded.heldBytes();
  }

  @Override
  public void close() {
    if (decoded != null) {
      decoded.close();
    }
  }

  private boolean isPlainJson() {
    return json != null && !encoded;
  }

  private boolean isUnread() {
    return encoded && decoded == null;
  }

  private boolean isOver() {
    return isUnread() || scanner.isOver() || (decoded != null && decoded.isOver());
  }
}
