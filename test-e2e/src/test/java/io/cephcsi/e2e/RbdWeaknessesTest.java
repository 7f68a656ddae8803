package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What ceph-csi is known to do wrong with images, by the numbers that the tests' names have, each
 * with a test that holds this driver to do it right: faults (C), leaks (L), and waiting (W).
 */
class RbdWeaknessesTest {
  /** It makes no encrypted volume, and stages none as a plain one. */
  private static final String ENCRYPTION = "this driver does not encrypt";

  private static final String ADDONS = "this driver has no csi-addons";

  private static final String WEAKNESSES =
      """
      C1  namespaces of concurrent calls are mixed             controller/KnownWeaknessesTest#c1_callsOnTwoNamespacesAtOnce_areNotMixed
      C2  name with an empty object is lost for ever           controller/KnownWeaknessesTest#c2_nameThatLeadsToAnEmptyObject_isProvisioned
      C3  written through the wrong pool                       controller/KnownWeaknessesTest#c3_directoryInAnotherPool_isWrittenThereAndTheObjectWithTheImage
      C4  failed clone told as made                            controller/KnownWeaknessesTest#c4_cloneThatFails_isNeverToldAsMade
      C5  resumed clone without id and parent                  controller/KnownWeaknessesTest#c5_copyThatIsResumed_isAnsweredWithItsIdAndKeepsItsImagesId
      C6  second passphrase for one volume                     this driver does not encrypt
      C7  key gone before its image                            this driver does not encrypt
      C8  services without the volume's lock                   this driver has no csi-addons
      C9  snapshot while the volume grows                      controller/KnownWeaknessesTest#c9_snapshotOfAVolumeThatIsExpanded_isAborted
      C10 connections counted in a race                        io/cephcsi/ceph/ConnectionPoolIT#lend_byManyThreads_isOneConnection
      C11 look, then map, without a lock                       node/KnownWeaknessesTest#c11_twoNodesThatLookedBeforeEitherMapped_areNotBothGivenTheImage
      C12 images of a group left open                          controller/KnownWeaknessesTest#c12_groupOfVolumes_leavesNoneOfThemOpen
      C13 device used again whatever it is                     node/KnownWeaknessesTest#c13_deviceInAnotherMode_isNotUsedAgain
      C14 files below a path that is not mounted removed       node/KnownWeaknessesTest#c14_pathThatIsNotMounted_keepsItsFiles
      C15 any mount taken for the volume                       node/KnownWeaknessesTest#c15_somethingElseAtTheStagingPath_isNotTakenForTheVolume
      C16 depth of the wrong image                             controller/KnownWeaknessesTest#c16_restoreFromADeepSnapshot_flattensTheSnapshotAndNotTheVolume
      C17 namespace forgotten in the background                controller/KnownWeaknessesTest#c17_purgeAndFlattening_areInTheNamespace
      C18 no cluster mapping for snapshots and groups          controller/KnownWeaknessesTest#c18_snapshotsAndGroupsOfALostCluster_areFoundInItsMirror
      C19 group undone by the wrong name                       controller/KnownWeaknessesTest#c19_l8_deletedGroup_freesItsNameAndItsKey
      C20 two calls with one number                            io/cephcsi/csi/CallsTest#c20_callsAtOnce_haveNumbersOfTheirOwn
      C21 limit_bytes not kept                                 controller/KnownWeaknessesTest#c21_sizeThatIsRoundedUp_keepsTheLimit
      C22 context with the wrong pool                          controller/KnownWeaknessesTest#c22_contextOfAVolume_namesThePoolThatTopologyChose
      C23 Key Protect refuses half of the keys                 this driver does not encrypt
      C24 fscrypt with some KMS                                this driver does not encrypt
      C25 encrypted volume without type                        node/NodeTest#stage_encryptedVolume_isNotMadePlain
      C26 node dies without the kernel's rbd                   node/KnownWeaknessesTest#c26_kernelWithoutRbd_hindersNothingButItsOwnMappings
      C27 healer guesses, and does all at once                 node/HealerTest#lostProcess_ofAStagedVolume_getsAnother
      C28 tenants of Vault ignored                             this driver does not encrypt
      C29 image that is flattened told as missing              controller/KnownWeaknessesTest#c29_volumeThatIsBeingFlattened_isFoundAllTheSame
      C30 failed snapshot harms its source                     controller/KnownWeaknessesTest#c30_snapshotThatFails_leavesItsSourceAsItWas
      L1  objects of reservations that were cut off            controller/KnownWeaknessesTest#l1_crashAmidAReservation_leavesNoImageAndAtMostOneObjectThatIsFound
      L2  image whose metadata failed                          controller/KnownWeaknessesTest#l2_volumeWhoseMetadataFails_leavesNothing
      L3  snapshot's image in the trash                        controller/KnownWeaknessesTest#l3_snapshotWhoseMetadataFails_leavesNothing
      L4  intermediate image of a missing one                  controller/KnownWeaknessesTest#l4_deletionWithoutTheMainImage_stillFindsTheIntermediateOne
      L5  connections                                          controller/KnownWeaknessesTest#l5_everyCallAndItsBackground_giveTheirConnectionsBack
      L6  files of the KMS                                     this driver does not encrypt
      L7  lock of a key's rotation                             this driver does not encrypt
      L8  keys of groups                                       controller/KnownWeaknessesTest#c19_l8_deletedGroup_freesItsNameAndItsKey
      L9  cut of an interrupted copy on its source             controller/KnownWeaknessesTest#l9_sourceWithTheCutOfAnInterruptedCopy_isPurged
      W1  call that never ends                                 io/cephcsi/csi/CallsTest#w1_callThatHangs_isJoinedByTheRepeatedOneAndHindersNoOther
      W2  program that never ends                              io/cephcsi/csi/host/ChildProcessesTest#run_noEnd_isEndedWithItsChildren
      W3  waiting for an image in use                          node/KnownWeaknessesTest#w3_imageInUse_isRefusedWithoutWaiting
      W4  waiting for flattening told as a failure             controller/KnownWeaknessesTest#w4_snapshotThatIsTooDeep_isNotReadyUntilItIsFlat
      W5  mapping that times out                               node/KnownWeaknessesTest#w5_mappingThatTimesOut_leavesNothingAndIsDoneByTheNextCall
      W6  calls cut off by SIGTERM                             io/cephcsi/csi/CallsTest#drain_waitsForRunningCallsAndRefusesNewOnes
      """;

  private static final List<String> FOLDERS =
      List.of("rbd/src/test/java/io/cephcsi/rbd", "csi/src/test/java", "ceph/src/test/java");

  static Stream<String> held() {
    return WEAKNESSES.lines().filter(line -> !line.endsWith(ENCRYPTION) && !line.endsWith(ADDONS));
  }

  @Test
  void everyNumber_isThere() {
    assertThat(WEAKNESSES.lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactlyElementsOf(
            Stream.of(numbers("C", 30), numbers("L", 9), numbers("W", 6))
                .flatMap(numbers -> numbers)
                .toList());
  }

  private static Stream<String> numbers(String letter, int last) {
    return IntStream.rangeClosed(1, last).mapToObj(n -> letter + n);
  }

  @ParameterizedTest
  @MethodSource("held")
  void weakness_hasItsTest(String weakness) {
    String test = weakness.substring(weakness.lastIndexOf(' ') + 1);
    assertThat(NamedTest.in(FOLDERS, test)).matches(NamedTest::isThere, test);
  }
}
