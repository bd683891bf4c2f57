package dev.tailtap.store;

import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What an error means for the batch that met it. Decided by SQLSTATE alone; whatever is not known
 * to be the fault of a row or of the schema is taken as passing, because retrying loses nothing.
 */
public enum FailureKind {
  /** The database or the way to it; or in doubt whether a commit went through. */
  TRANSIENT,
  /** What one row holds. */
  ROW,
  /** No partition takes the row, not even the default one. */
  PARTITION,
  /** Tables, rights, the password, the database's name: every row would fail. */
  SCHEMA;

  /** From the first quotation mark of any language to the last. */
  private static final Pattern QUOTED = Pattern.compile("[\"«»„“”].*[\"«»„“”]", Pattern.DOTALL);

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The kind as the metric shows it. */
  String label() {
    return label;
  }

  static FailureKind of(Throwable failure) {
    if (failure instanceof SQLException sql) {
      String state = stateOf(sql);
      if ("23514".equals(state) && constraintOf(sql) == null) {
        return PARTITION;
      }
      return ofState(state);
    }
    // A record that cannot even be bound is as good as one that the database refuses.
    return failure instanceof RuntimeException ? ROW : TRANSIENT;
  }

  static FailureKind ofState(String state) {
    if (state == null || state.length() != 5) {
      return TRANSIENT;
    }
    return switch (state) {
      // 23505: not of the row's own key, which is no failure, but of one that somebody added.
      case "23502", "23503", "23505", "23514" -> ROW;
      // Codes of schema.sql itself, and of a database that does not exist.
      case "3D000", "TT001" -> SCHEMA;
      // A session that is another one than before, as behind a PgBouncer; its class is the
      // schema's.
      case "42P05" -> TRANSIENT;
      default ->
          switch (state.substring(0, 2)) {
            // 54: a value that exceeds what an index or a row can hold.
            case "22", "54" -> ROW;
            // 0A: COPY into a table whose policies hold for the relay, too (row-level security).
            case "42", "28", "3F", "0A" -> SCHEMA;
            default -> TRANSIENT;
          };
    };
  }

  /** The state of the error that the server sent, which a pool may have wrapped. */
  static String stateOf(SQLException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException sent) {
        return sent.getSQLState();
      }
    }
    return failure.getSQLState();
  }

  /**
   * The error in one line and without the row's values, which the server adds as a detail, and of
   * values that it cannot read (class 22) also quotes: {@code invalid input syntax for type
   * integer: "…"}.
   */
  public static String reasonOf(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException sent && sent.getServerErrorMessage() != null) {
        ServerErrorMessage said = sent.getServerErrorMessage();
        String hint = said.getHint() == null ? "" : ". " + said.getHint();
        boolean quotes = said.getSQLState() != null && said.getSQLState().startsWith("22");
        String message = said.getMessage();
        return oneLine((quotes ? QUOTED.matcher(message).replaceFirst("…") : message) + hint);
      }
    }
    Throwable first = failure;
    while (first instanceof SQLException && first.getCause() instanceof SQLException deeper) {
      first = deeper;
    }
    return oneLine(String.valueOf(first.getMessage()));
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").replace('"', '\'');
  }

  private static String constraintOf(SQLException failure) {
    if (failure instanceof PSQLException sent) {
      ServerErrorMessage message = sent.getServerErrorMessage();
      return message == null ? null : message.getConstraint();
    }
    return null;
  }
}
