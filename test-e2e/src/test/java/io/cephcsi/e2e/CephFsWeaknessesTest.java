package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * As {@link RbdWeaknessesTest}, of what ceph-csi is known to do wrong with subvolumes. Numbers that
 * are missing are those of its charts, of the services for keys and of images.
 */
class CephFsWeaknessesTest {
  private static final Set<Integer> NUMBERS_OF_OTHERS = Set.of(43, 46);

  /** What ends a line without a test. */
  private static final List<String> NOT_THERE =
      List.of("this driver does not encrypt", "this driver has no csi-addons");

  private static final String WEAKNESSES =
      """
      W1  state of a clone that cannot be asked for            SnapshotTest#restore_stateCannotBeAsked_isNotTakenForMissing_W1
      W2  codes of a missing source                            SnapshotTest#idOfAVolumeForASnapshot_andTheReverse_isNotFoundAndDeletesNothing
      W3  missing encrypted subvolume taken for there          this driver does not encrypt
      W4  owner of a snapshot under an empty key               SnapshotTest#create_writesWhatCephCsiWrites_andTheOwnerWhereItBelongs_W4
      W5  namespaces of concurrent calls are mixed             SnapshotTest#radosNamespaceOfTheCluster_hasAllOfTheJournal_W5
      W6  namespace by a flag without effect                   SnapshotTest#radosNamespaceOfTheCluster_hasAllOfTheJournal_W5
      W7  clone in the wrong group or filesystem               SnapshotTest#restore_intoAnotherFileSystem_isRefused_W7
      W8  existing volume of another size                      CreateVolumeTest#answer_existingVolumeOfAnotherSize_isRefused_W8
      W9  canceled clone taken for complete                    SnapshotTest#restore_brokenClone_isCleanedAndBegunAnew_W9
      W10 group stuck without its volumes, no way to ask       GroupSnapshotTest#delete_volumesAreGone_leavesNothing
      W11 snapshot fails where Ceph has no metadata            CreateVolumeTest#answer_managerWithoutMetadata_makesTheVolumeWithoutIt_W11
      W12 trackers that cannot be read or written              SnapshotTest#poolFullOrReadOnlyAtAnyWrite_isToldAndLeavesNothing
      W13 lock of an encrypted directory left                  this driver does not encrypt
      W14 call that never ends                                 ControllerTest#call_managerHangs_namesTheFileSystemAndWhatToSee
      W15 connections never given back                         ConnectionPoolIT#connection_idle_isEndedAndMadeAgain
      W16 copies of passphrases left                           this driver does not encrypt
      W17 snapshot of a static volume ignored                  NodeTest#stage_staticVolumeOfASnapshot_showsTheOneThatMatches
      W18 shown snapshot of a deleted volume                   NodeTest#stage_volumeThatShowsASnapshot_bindsItReadOnly
      W19 requests that are not looked at                      SnapshotTest#create_wrongRequest_isRefused_W19
      W20 filesystems asked for by each call                   CreateVolumeTest#answer_fileSystemMadeAnew_isFoundAgain_W20
      W21 health of another pod's path                         NodeHealthTest#metadataServerSilent_isToldWithWhatTheMonitorsSay
      W22 files below a path that is not mounted removed       NodeTest#unpublish_dataBelow_isNeverDeleted
      W23 secrets on the node                                  NodeTest#stage_givesTheKeyByAFileInMemoryAlone
      W24 mounts of evicted clients                            NodeTest#stage_clientGone_isMountedAgain
      W25 another mounter without a word                       NodeTest#stage_wishThatCannotBeMet_isRefusedWithTheReason
      W26 ceph-fuse ends with the driver                       CephFsNodeIT#driverKilled_mountLivesOnAndIsTakenOver
      W27 near reads by the flag alone                         NodeTest#stage_nearReadsByTheFlagAlone_work
      W28 shown snapshot is not read-only                      NodeTest#stage_volumeThatShowsASnapshot_bindsItReadOnly
      W29 node needs an admin                                  NodeTest#stage_whereTheContextTellsAll_asksTheClusterNothing
      W42 fence of one filesystem's first server               this driver has no csi-addons
      W44 ids of a mirrored cluster                            ControllerTest#mirrored_volumeOfAClusterThatIsNotConfigured_isFoundInItsMirror_W44
      W45 objects of reservations that were cut off            CreateVolumeTest#answer_stoppedAtAnyWrite_isOneVolumeWhenAskedAgain_W45
      W47 key in a file on disk                                NodeTest#stage_givesTheKeyByAFileInMemoryAlone
      W48 secrets in logged commands                           CephFsNodeIT#key_isInNoCommandLineAndNoFile
      W49 two controllers on one name                          TwoControllersTest#group_answeredOnceIsNeverTakenBack
      """;

  private static final List<String> FOLDERS =
      List.of(
          "cephfs/src/test/java/io/cephcsi/cephfs/controller",
          "cephfs/src/test/java/io/cephcsi/cephfs/node",
          "ceph/src/test/java/io/cephcsi/ceph",
          "test-e2e/src/test/java/io/cephcsi/e2e");

  static Stream<String> held() {
    return WEAKNESSES.lines().filter(line -> NOT_THERE.stream().noneMatch(line::endsWith));
  }

  @Test
  void everyNumber_isThere() {
    var numbers = IntStream.concat(IntStream.rangeClosed(1, 29), IntStream.rangeClosed(42, 49));
    assertThat(WEAKNESSES.lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactlyElementsOf(
            numbers.filter(n -> !NUMBERS_OF_OTHERS.contains(n)).mapToObj(n -> "W" + n).toList());
  }

  @ParameterizedTest
  @MethodSource("held")
  void weakness_hasItsTest(String weakness) {
    String test = weakness.substring(weakness.lastIndexOf(' ') + 1);
    assertThat(NamedTest.in(FOLDERS, test)).matches(NamedTest::isThere, test);
  }
}
