package dev.tailtap.http1;

import java.util.Locale;

/**
 * The shapes in which the APIs say that something went wrong, which their clients' libraries know
 * how to read. The texts are constants of ours, which JSON needs no escape for: no byte of a
 * client's or provider's message is repeated in them.
 */
public enum ErrorShape {
  /** Also of all who speak its dialect: the type and the code are ours. */
  OPENAI {
    @Override
    String body(OwnError error) {
      return "{\"error\":{\"message\":\""
          + error.message()
          + "\",\"type\":\""
          + error.type()
          + "\",\"code\":\""
          + error.code()
          + "\"}}\n";
    }
  },
  /** By the status, as the reference of the API lists them under "Errors"; the code is ours. */
  ANTHROPIC {
    @Override
    String body(OwnError error) {
      return "{\"type\":\"error\",\"error\":{\"type\":\""
          + anthropicType(error.status())
          + "\",\"message\":\""
          + error.message()
          + "\",\"details\":{\"error_code\":\""
          + error.code()
          + "\"}}}\n";
    }
  },
  /** By the status, as google.rpc.Code has the mapping; the reason is ours (AIP-193). */
  GEMINI {
    @Override
    String body(OwnError error) {
      return "{\"error\":{\"code\":"
          + error.status()
          + ",\"message\":\""
          + error.message()
          + "\",\"status\":\""
          + googleStatus(error.status())
          + "\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\""
          + error.code().toUpperCase(Locale.ROOT)
          + "\",\"domain\":\"tailtap\"}]}}\n";
    }
  };

  abstract String body(OwnError error);

  private static String anthropicType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 402 -> "billing_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  private static String googleStatus(int status) {
    return switch (status) {
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 408, 504 -> "DEADLINE_EXCEEDED";
      case 402, 426 -> "FAILED_PRECONDITION";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 501, 505 -> "UNIMPLEMENTED";
      case 502, 503, 529 -> "UNAVAILABLE";
      default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    };
  }
}
