package dev.tailtap.usage;

/**
 * A place in a provider's documents where something stands that a record wants.
 *
 * @param path names joined by dots from the root of the document, {@code []} for each element of a
 *     list: {@code choices[].finish_reason}
 */
record FieldPath(Role role, String path) {

  /** What stands in a place. */
  enum Role {
    /** An object of counts; the last one that is not all zero wins as a whole. */
    USAGE,
    /** An object of counts that later ones override field by field. */
    LAYER,
    /** One count among other things; those of a document form a usage object. */
    COUNT,
    /** A count in each element of a list; their sum is one {@link #COUNT}. */
    SUM,
    /** One count among other things, of which the largest of all documents is true. */
    PEAK,
    /** A {@link Beside}: an object, a text or a number. */
    BESIDE,
    /** Each text here is one of a {@link Tally}. */
    EACH,
    /** The type of an item, which may be one of a {@link Tally}. */
    ITEM,
    /** What such an item did. */
    ACTION,
    ID,
    MODEL,
    FINISH,
    /** The kind of the document, such as {@code message_delta}. */
    TYPE,
    ERROR,
    /** A text that only error documents have in this place. */
    COMPLAINT
  }

  static FieldPath usage(String path) {
    return new FieldPath(Role.USAGE, path);
  }

  static FieldPath layer(String path) {
    return new FieldPath(Role.LAYER, path);
  }

  static FieldPath count(String path) {
    return new FieldPath(Role.COUNT, path);
  }

  static FieldPath sum(String path) {
    return new FieldPath(Role.SUM, path);
  }

  static FieldPath beside(String path) {
    return new FieldPath(Role.BESIDE, path);
  }

  static FieldPath each(String path) {
    return new FieldPath(Role.EACH, path);
  }

  static FieldPath item(String path) {
    return new FieldPath(Role.ITEM, path);
  }

  static FieldPath action(String path) {
    return new FieldPath(Role.ACTION, path);
  }

  static FieldPath peak(String path) {
    return new FieldPath(Role.PEAK, path);
  }

  static FieldPath id(String path) {
    return new FieldPath(Role.ID, path);
  }

  static FieldPath model(String path) {
    return new FieldPath(Role.MODEL, path);
  }

  static FieldPath finish(String path) {
    return new FieldPath(Role.FINISH, path);
  }

  static FieldPath type(String path) {
    return new FieldPath(Role.TYPE, path);
  }

  static FieldPath error(String path) {
    return new FieldPath(Role.ERROR, path);
  }

  static FieldPath complaint(String path) {
    return new FieldPath(Role.COMPLAINT, path);
  }
}
