package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The socket on which a Ceph daemon answers an administrator. A question is JSON and a zero byte;
 * the answer is its length in four bytes, then JSON. The {@code ceph} tool takes half a second of
 * processor time for the same.
 */
record AdminSocket(Path path) {
  JsonNode ask(String command) throws IOException {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
        var answer = new DataInputStream(Channels.newInputStream(channel))) {
      channel.write(ByteBuffer.wrap((command + '\0').getBytes(StandardCharsets.UTF_8)));
      return new JsonMapper().readTree(answer.readNBytes(answer.readInt()));
    }
  }
}
