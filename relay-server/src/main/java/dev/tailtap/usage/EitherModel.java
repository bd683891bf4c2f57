package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;

/**
 * The model of a body whose type is neither JSON's nor a multipart form's: some servers read
 * whatever comes as JSON, others as a form that is written as a query. Read in both ways, and where
 * it names one in both it names two. One per request; event loop only.
 */
final class EitherModel implements ModelScanner {
  private final RequestScanner json;
  private final FormModel form = new FormModel();
  private boolean ended;

  EitherModel(RequestScanner json) {
    this.json = json;
  }

  @Override
  public void feed(ByteBuf part) {
    json.feed(part);
    form.feed(part);
  }

  @Override
  public void end() {
    form.end();
    ended = true;
  }

  @Override
  public String model() {
    return json.modelKnown() ? json.model() : form.model();
  }

  /** That of a form only at its end, since what follows may show that it is none. */
  @Override
  public boolean modelKnown() {
    return json.modelKnown() || (ended && form.modelKnown());
  }

  @Override
  public boolean modelTwice() {
    return json.modelTwice() || form.modelTwice() || (json.modelSeen() && form.modelSeen());
  }

  @Override
  public boolean isOver() {
    return json.isOver() && form.isOver();
  }

  @Override
  public boolean isWhole() {
    return json.isWhole() || (!json.modelSeen() && form.isWhole());
  }
}
