package dev.tailtap.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Function;

/** Sets a statement's parameters, one after the other, to an array for each column of some rows. */
final class ArrayParameters {
  private final PreparedStatement statement;
  private int last;

  ArrayParameters(PreparedStatement statement) {
    this.statement = statement;
  }

  /**
   * Sets the next one.
   *
   * @param type of the elements, as PostgreSQL calls it; a value's text is what it takes
   */
  <R> ArrayParameters add(String type, Collection<R> rows, Function<? super R, ?> value)
      throws SQLException {
    Object[] values = rows.stream().map(value).toArray();
    statement.setArray(++last, statement.getConnection().createArrayOf(type, values));
    return this;
  }
}
