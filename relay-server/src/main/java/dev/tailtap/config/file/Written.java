package dev.tailtap.config.file;

/**
 * A value as it was written.
 *
 * @param source where, for people: the file and its line, or the option of a command
 */
record Written(String text, String source) {}
