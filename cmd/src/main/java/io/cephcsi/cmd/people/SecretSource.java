package io.cephcsi.cmd.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Keyring;
import io.cephcsi.cluster.SecretKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where a user and key come from; never a command line, which others can see. */
final class SecretSource {
  private static final String ENVIRONMENT = "env:";

  private SecretSource() {}

  /**
   * Reads it.
   *
   * @param user wanted; empty for the one that it names
   */
  static Credentials of(String source, String user) throws IOException {
    if (source.equals("-")) {
      return ofText(new String(System.in.readAllBytes(), StandardCharsets.UTF_8), user, "stdin");
    }
    if (source.startsWith(ENVIRONMENT)) {
      String name = source.substring(ENVIRONMENT.length());
      String text = System.getenv().getOrDefault(name, "");
      return ofText(text, user, "environment variable " + name);
    }
    Path path = Path.of(source);
    if (!Files.exists(path)) {
      // The text may be a key, which has no place in an answer either.
      throw new WrongUsage("--secret names no file or folder: give one, env:NAME or -");
    }
    return Files.isDirectory(path)
        ? ofFolder(path, user)
        : ofText(Files.readString(path), user, source);
  }

  private static Credentials ofFolder(Path folder, String user) throws IOException {
    Path userId = folder.resolve(SecretKey.USER_ID.key());
    Path userKey = folder.resolve(SecretKey.USER_KEY.key());
    if (!Files.isReadable(userKey)) {
      throw new WrongUsage(folder + " has no userKey: it needs userID and userKey");
    }
    String named = user.isEmpty() && Files.isReadable(userId) ? Files.readString(userId) : user;
    return ofText(Files.readString(userKey), named.strip(), folder.toString());
  }

  /** A keyring, JSON, or the key alone. */
  static Credentials ofText(String text, String user, String where) {
    List<Credentials> users = Keyring.users(text);
    if (!users.isEmpty()) {
      return users.stream()
          .filter(u -> user.isEmpty() || u.user().equals(user))
          .findFirst()
          .orElseThrow(() ->
              new WrongUsage(
                  "%s has no client.%s: choose one that it has by --user".formatted(where, user)));
    }
    Credentials read = text.strip().startsWith("{") ? json(text, user, where) : key(text, user);
    if (read.key().isEmpty()) {
      throw new WrongUsage(where + " has no key: give a keyring, JSON or the key alone");
    }
    return read;
  }

  private static Credentials key(String text, String user) {
    return new Credentials(user.isEmpty() ? "admin" : user, text.strip());
  }

  private static Credentials json(String text, String user, String where) {
    try {
      JsonNode node = Json.MAPPER.readTree(text);
      String named = user.isEmpty() ? node.path(SecretKey.USER_ID.key()).asText("admin") : user;
      return new Credentials(named, node.path(SecretKey.USER_KEY.key()).asText(""));
    } catch (JsonProcessingException e) {
      // Jackson's message may quote the key.
      throw new WrongUsage(
          where + " begins with { and is not JSON: correct it, or give a keyring or the key alone");
    }
  }
}
