package io.cephcsi.rbd.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cluster.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The control protocol of qemu's programs, QMP: JSON lines over a unix socket. */
final class StorageControl {
  private static final int PATIENCE_SECONDS = 10;

  private StorageControl() {}

  /**
   * Asks for one command to be carried out, and waits for the answer.
   *
   * @throws IOException when it is refused, or no answer comes within ten seconds
   */
  static void ask(Path socket, String command, ObjectNode arguments) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("qmp-deadline").factory())) {
      // Reading cannot be given a deadline, but it ends when the channel is closed.
      var deadline = watch.schedule(() -> close(channel), PATIENCE_SECONDS, TimeUnit.SECONDS);
      var reader =
          new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8.newDecoder(), -1));
      var _ = reader.readLine(); // the greeting
      send(channel, reader, "qmp_capabilities", Json.MAPPER.createObjectNode());
      send(channel, reader, command, arguments);
      var _ = deadline.cancel(false);
    }
  }

  private static void send(
      SocketChannel channel, BufferedReader reader, String command, ObjectNode arguments)
      throws IOException {
    ObjectNode question = Json.MAPPER.createObjectNode().put("execute", command);
    question.set("arguments", arguments);
    var bytes = ByteBuffer.wrap((question + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      var _ = channel.write(bytes);
    }
    while (true) {
      String line = reader.readLine();
      if (line == null) {
        throw new IOException("the storage daemon ended during " + command);
      }
      JsonNode answer = Json.MAPPER.readTree(line);
      if (answer.has("error")) {
        throw new IOException(command + ": " + answer.path("error").path("desc").asText());
      }
      if (answer.has("return")) {
        return; // anything else is an event
      }
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // closed is closed
    }
  }
}
