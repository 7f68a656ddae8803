package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilesystemsTest {
  @TempDir Path directory;
  private final List<String> commands = new ArrayList<>();
  private final Filesystems told = new Filesystems(this::run);
  private Commands.Outcome outcome = new Commands.Outcome(0, "", "");

  private Commands.Outcome run(List<String> command, byte[] input, Duration deadline) {
    commands.add(String.join(" ", command));
    return outcome;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DEVNAME=/dev/x;TYPE=ext4             | ext4",
        "TYPE=LVM2_member                     | LVM2_member",
        "DEVNAME=/dev/x;PTTYPE=gpt            | partitions or unknown data",
        "''                                   | partitions or unknown data",
      })
  void on_blkidsWords_areTakenAsData(String out, String expected) {
    outcome = new Commands.Outcome(0, out.replace(';', '\n'), "");

    assertThat(told.on(Path.of("/dev/x"))).contains(expected);
  }

  @Test
  void on_exitTwo_isNothingOnlyIfTheDeviceCanBeRead() throws Exception {
    outcome = new Commands.Outcome(2, "", "");

    assertThat(told.on(device(8 << 20))).isEmpty();
    assertThatThrownBy(() -> told.on(directory.resolve("gone")))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void on_severalSignatures_isAFailureAndNotNothing() {
    outcome = new Commands.Outcome(8, "", "ambivalent result");

    assertThatThrownBy(() -> told.on(Path.of("/dev/x")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("ambivalent");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ext4 | ''       | mkfs.ext4 -m0 -Enodiscard,lazy_itable_init=1,lazy_journal_init=1",
        "xfs  | ''       | mkfs.xfs -K -m reflink=0",
        "ext4 | -N;1000  | mkfs.ext4 -N 1000",
        "xfs  | -L;a     | mkfs.xfs -L a -m reflink=0",
      })
  void make_options(String filesystem, String options, String expected) throws Exception {
    Path device = device(1 << 20);

    told.make(filesystem, device, options.isEmpty() ? List.of() : List.of(options.split(";")));

    assertThat(commands).endsWith(expected + " " + device);
  }

  /** The node that mounts the volume next may have an older kernel than the one that makes it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5.13.0 | 6.1.0  | -m reflink=0",
        "6.13.0 | 6.1.0  | -m reflink=0 -i nrext64=0",
        "6.13.0 | 5.15.0 | -m reflink=0 -i nrext64=0",
        "6.13.0 | 5.4.0  | -m reflink=0,bigtime=0,inobtcount=0 -i nrext64=0",
      })
  void make_xfs_asOldKernelsMountIt(String tools, String kernel, String expected) throws Exception {
    outcome = new Commands.Outcome(0, "mkfs.xfs version " + tools, "");
    Path device = device(1 << 20);

    new Filesystems(this::run, KernelVersion.of(kernel)).make("xfs", device, List.of());

    assertThat(commands).endsWith("mkfs.xfs -K " + expected + " " + device);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 8, 16})
  void check_nothingLeftToMend_goesOn(int exit) {
    outcome = new Commands.Outcome(exit, "", "");

    assertThatCode(() -> told.check(Path.of("/dev/x"))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 12})
  void check_damageLeft_isTold(int exit) {
    outcome = new Commands.Outcome(exit, "", "UNEXPECTED INCONSISTENCY");

    assertThatThrownBy(() -> told.check(Path.of("/dev/x")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("UNEXPECTED");
  }

  @Test
  void failure_muchOutput_keepsItsEnd() {
    outcome = new Commands.Outcome(1, "", "x".repeat(60_000) + " the reason");

    assertThatThrownBy(() -> told.make("ext4", Path.of("/dev/x"), List.of()))
        .hasMessageEndingWith(" the reason")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1200));
  }

  /** Of classes that have them already: mkfs.xfs refuses what is said twice. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-i;nrext64=1              | -m reflink=0,bigtime=0,inobtcount=0",
        "-m;bigtime=1,reflink=1    | -m inobtcount=0 -i nrext64=0",
        "-c;options=/etc/mkfs.conf | ''",
      })
  void make_xfs_optionsOfTheClass_areNotRepeated(String given, String added) throws Exception {
    outcome = new Commands.Outcome(0, "mkfs.xfs version 6.13.0", "");
    Path device = device(1 << 20);
    var old = new Filesystems(this::run, KernelVersion.of("5.4.0"));

    old.make("xfs", device, List.of(given.split(";")));

    assertThat(commands)
        .endsWith(("mkfs.xfs " + given.replace(';', ' ') + " " + added).strip() + " " + device);
  }

  /** A device may answer again after blkid has met its failure. */
  @Test
  void on_exitTwoWithASuperblock_isAFailureAndNotNothing() throws Exception {
    Path device = device(64 << 20);
    new Filesystems(new ChildProcesses()).make("ext4", device, List.of());
    outcome = new Commands.Outcome(2, "", "");

    assertThatThrownBy(() -> told.on(device))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("there is a superblock");
  }

  /** A node was reset while mkfs.xfs ran: the kernel will never mount what is there. */
  @Test
  void realTools_xfsThatWasNotMadeToItsEnd_isNothingAndMadeAnew() throws Exception {
    var real = new Filesystems(new ChildProcesses());
    Path device = device(320L << 20);
    real.make("xfs", device, List.of());
    var _ =
        new ChildProcesses()
            .require( // which also renews the superblock's checksum
                List.of(
                    "xfs_db", "-x", "-c", "sb 0", "-c", "write inprogress 1", device.toString()),
                Duration.ofSeconds(20));
    assertThat(real.on(device)).isEmpty();

    real.make("xfs", device, List.of());

    assertThat(real.on(device)).contains("xfs");
  }

  @ParameterizedTest
  @CsvSource({"ext4, 64", "xfs, 320"})
  void realTools_madeFilesystem_isSeenAndItsSizeKnown(String filesystem, int mebibytes)
      throws Exception {
    var real = new Filesystems(new ChildProcesses());
    long bytes = (long) mebibytes << 20;
    Path device = device(bytes);
    assertThat(real.on(device)).isEmpty();

    real.make(filesystem, device, List.of());

    assertThat(real.on(device)).contains(filesystem);
    assertThat(real.smallerThan(bytes, device)).isFalse();
    assertThat(real.smallerThan(bytes + (1 << 20), device)).isTrue();
    real.check(device);
  }

  @Test
  void realTools_partitions_areData() throws Exception {
    var real = new Filesystems(new ChildProcesses());
    Path device = device(8 << 20);
    byte[] start = new byte[512];
    start[446 + 4] = (byte) 0x83; // one Linux partition of 8192 sectors from 2048
    start[446 + 9] = 8;
    start[446 + 13] = 32;
    start[510] = 0x55;
    start[511] = (byte) 0xaa;
    try (var file = Files.newByteChannel(device, StandardOpenOption.WRITE)) {
      var _ = file.write(ByteBuffer.wrap(start));
    }

    assertThat(real.on(device)).contains("partitions or unknown data");
  }

  @Test
  void usage_ofThisMachine_addsUp() {
    Usage usage = new Filesystems(new ChildProcesses()).usage(directory);

    assertThat(usage.totalBytes()).isGreaterThanOrEqualTo(usage.usedBytes()).isPositive();
    assertThat(usage.availableBytes()).isLessThanOrEqualTo(usage.totalBytes());
  }

  private Path device(long bytes) throws Exception {
    Path file = directory.resolve("device");
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(bytes);
    }
    return file;
  }
}
