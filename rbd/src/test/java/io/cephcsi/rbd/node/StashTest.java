package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StashTest {
  @TempDir Path staging;

  @Test
  void write_isGosTextToTheByte() throws Exception {
    Stash.of(new ImageSpec("p<é>", "ns", "csi-vol-1"), "a&b").write(staging);

    assertThat(Files.readString(file()))
        .isEqualTo(
            "{\"Version\":3,\"pool\":\"p\\u003cé\\u003e\",\"radosNamespace\":\"ns\",\"image\":\"csi-vol-1\","
                + "\"unmapOptions\":\"a\\u0026b\",\"accessType\":false,\"encrypted\":false,"
                + "\"device\":\"\",\"logDir\":\"\",\"logFileStrategy\":\"\"}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(staging.toFile().list()).containsExactly("image-meta.json");
  }

  @Test
  void read_whatWasWritten_isTheSame() throws Exception {
    Stash stash = Stash.of(new ImageSpec("p<é>", "ns", "csi-vol-1"), "force");

    stash.write(staging);
    stash.write(staging);

    assertThat(Stash.read(staging)).contains(stash);
  }

  @Test
  void read_otherCaseUnknownAndMissingKeys_asGoDoes() throws Exception {
    Files.writeString(
        file(),
        "{\"VERSION\":2,\"Pool\":\"p\",\"image\":\"i\",\"accessType\":true,\"device\":\"/dev/nbd0\",\"new\":1}");

    Stash stash = Stash.read(staging).orElseThrow();

    assertThat(stash.spec()).isEqualTo(new ImageSpec("p", "", "i"));
    assertThat(stash.nbd()).isTrue();
    assertThat(stash.device()).isEqualTo("/dev/nbd0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "7"})
  void read_broken_isRefusedWithTheFilesName(String text) throws Exception {
    Files.writeString(file(), text);

    assertThatThrownBy(() -> Stash.read(staging))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(file().toString());
  }

  @Test
  void remove_twice_isOnce() throws Exception {
    Stash.of(new ImageSpec("p", "", "i"), "").write(staging);

    Stash.remove(staging);
    Stash.remove(staging);

    assertThat(Stash.read(staging)).isEmpty();
  }

  private Path file() {
    return staging.resolve("image-meta.json");
  }
}
