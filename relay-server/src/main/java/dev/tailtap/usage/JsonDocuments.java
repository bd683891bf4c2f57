package dev.tailtap.usage;

/**
 * A body of JSON documents: one, several in a list, or one per line. By the line a malformed one
 * costs only itself. Confined to one event loop.
 */
final class JsonDocuments implements Documents {
  private final FieldTree tree;
  private final UsageMerge merge;
  private final Scratch scratch;
  private final boolean byLine;
  private final UsageScanner scanner;

  JsonDocuments(FieldTree tree, UsageMerge merge, Scratch scratch, boolean byLine) {
    this.tree = tree;
    this.merge = merge;
    this.scratch = scratch;
    this.byLine = byLine;
    this.scanner = scratch.borrow(tree, merge);
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    if (!byLine) {
      scanner.feed(text, from, to);
      return;
    }
    int i = from;
    while (i < to) {
      int end = Newlines.next(text, i, to);
      scanner.feed(text, i, end);
      if (end < to && !scanner.isIdle()) {
        scanner.end();
        scanner.begin(tree, merge);
      }
      i = end + 1;
    }
  }

  @Override
  public void end() {
    scanner.end();
    scratch.giveBack(scanner);
  }

  @Override
  public long heldBytes() {
    return scanner.heldBytes();
  }

  @Override
  public long count() {
    return merge.documents();
  }
}
