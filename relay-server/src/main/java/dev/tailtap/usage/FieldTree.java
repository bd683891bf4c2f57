package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The places of one dialect as a tree that a reader can walk along a document, and the keys by
 * which an event shows that it may hold one of them. Immutable; shared by all streams of the
 * dialect.
 */
final class FieldTree {
  private final Node root = new Node("");
  private final Needles needles;
  private final Node[] usages;

  FieldTree(List<FieldPath> places) {
    Map<String, Integer> keys = new LinkedHashMap<>();
    for (FieldPath place : places) {
      root.grow(place);
      int tells = tells(place);
      if (tells > 0) {
        keys.merge(lastName(place.path()), tells, (one, other) -> one | other);
      }
    }
    needles = new Needles(keys);
    List<Node> gathered = new ArrayList<>();
    root.gather(gathered);
    usages = gathered.toArray(new Node[0]);
  }

  Node root() {
    return root;
  }

  /** Finds the events that are worth reading. */
  Needles needles() {
    return needles;
  }

  private static int tells(FieldPath place) {
    return switch (place.role()) {
      case USAGE, COUNT, SUM -> Needles.USAGE;
      case LAYER, PEAK, FINISH, ERROR, EACH -> Needles.MORE;
      case ID, MODEL, TYPE, COMPLAINT, ITEM, ACTION -> 0;
      case BESIDE -> Beside.named(lastName(place.path())).isNeedle() ? Needles.MORE : 0;
    };
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('.') + 1).replace("[]", "");
  }

  /** A node of a usage object that has this name, wherever it stands; null: none. */
  Node usageNamed(byte[] key, int length) {
    for (Node usage : usages) {
      byte[] name = usage.name;
      if (name.length == length && Arrays.equals(name, 0, length, key, 0, length)) {
        return usage;
      }
    }
    return null;
  }

  /** A step on the way to one or more places. */
  static final class Node {
    private final byte[] name;
    private Node[] children = {};
    private Node element;
    private FieldPath.Role role;
    private Beside beside;
    private Tally tally;

    private Node(String name) {
      this.name = name.getBytes(US_ASCII);
    }

    /** What stands here; null: nothing that is wanted, or places further down. */
    FieldPath.Role role() {
      return role;
    }

    /** What of all that stands beside usage; null: nothing. */
    Beside beside() {
      return beside;
    }

    /** What each text here is one of; null: of nothing. */
    Tally tally() {
      return tally;
    }

    byte[] name() {
      return name;
    }

    boolean hasChildren() {
      return children.length > 0;
    }

    /** The node of a list's elements; null: no place is inside the list. */
    Node element() {
      return element;
    }

    Node child(byte[] key, int length) {
      for (Node child : children) {
        if (child.name.length == length && Arrays.equals(child.name, 0, length, key, 0, length)) {
          return child;
        }
      }
      return null;
    }

    /** Adds the nodes of usage objects at or below this one. */
    private void gather(List<Node> usages) {
      if (element != null) {
        element.gather(usages);
      }
      for (Node child : children) {
        if (child.role == FieldPath.Role.USAGE || child.role == FieldPath.Role.LAYER) {
          usages.add(child);
        }
        child.gather(usages);
      }
    }

    private void grow(FieldPath place) {
      Node node = this;
      for (String step : place.path().split("\\.", -1)) {
        boolean list = step.endsWith("[]");
        node = node.childNamed(list ? step.substring(0, step.length() - 2) : step);
        if (list) {
          if (node.element == null) {
            node.element = new Node("");
          }
          node = node.element;
        }
      }
      node.role = place.role();
      switch (place.role()) {
        case BESIDE -> node.beside = Beside.named(lastName(place.path()));
        case EACH -> node.tally = Tally.ofList(lastName(place.path()).getBytes(US_ASCII));
        default -> {}
      }
    }

    private Node childNamed(String key) {
      byte[] bytes = key.getBytes(US_ASCII);
      Node found = child(bytes, bytes.length);
      if (found != null) {
        return found;
      }
      List<Node> grown = new ArrayList<>(List.of(children));
      Node child = new Node(key);
      grown.add(child);
      children = grown.toArray(new Node[0]);
      return child;
    }
  }
}
