package dev.tailtap.usage;

/**
 * A place in a provider's documents where something stands that a record wants.
 *
 * @param path names joined by dots from the root of the document, {@code []} for each element of a
 *     list: {@code choices[].finish_reason}
 */
record Place(Role role, String path) {

  /** What stands in a place. */
  enum Role {
    /** An object of counts; the last one that is not all zero wins as a whole. */
    USAGE,
    /** An object of counts that later ones override field by field. */
    LAYER,
    /** One count among other things; those of a document form a usage object. */
    COUNT,
    /** The same, where of several documents the larger count is true. */
    PEAK,
    ID,
    MODEL,
    FINISH,
    /** The kind of the document, such as {@code message_delta}. */
    TYPE,
    ERROR,
    /** A text that only error documents have in this place. */
    COMPLAINT
  }

  static Place usage(String path) {
    return new Place(Role.USAGE, path);
  }

  static Place layer(String path) {
    return new Place(Role.LAYER, path);
  }

  static Place count(String path) {
    return new Place(Role.COUNT, path);
  }

  static Place peak(String path) {
    return new Place(Role.PEAK, path);
  }

  static Place id(String path) {
    return new Place(Role.ID, path);
  }

  static Place model(String path) {
    return new Place(Role.MODEL, path);
  }

  static Place finish(String path) {
    return new Place(Role.FINISH, path);
  }

  static Place type(String path) {
    return new Place(Role.TYPE, path);
  }

  static Place error(String path) {
    return new Place(Role.ERROR, path);
  }

  static Place complaint(String path) {
    return new Place(Role.COMPLAINT, path);
  }
}
