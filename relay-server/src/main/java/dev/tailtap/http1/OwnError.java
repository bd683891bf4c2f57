package dev.tailtap.http1;

/**
 * What the relay itself has to say against a request, whatever the {@link ErrorShape} it is told
 * in.
 *
 * @param type whose fault it is, in the words of the OpenAI API
 * @param code stable, for programs
 * @param lasting whether the same request would be answered the same, however often it comes
 */
public record OwnError(int status, String type, String code, String message, boolean lasting) {}
