package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The acceptance scenarios of CephFS by number, each with the test that holds it, so that none is
 * forgotten and no test that holds one goes away unnoticed.
 */
class CephFsScenariosTest {
  private static final int LAST = 41;

  /** What only Kubernetes itself does; the charts have tests of their own. */
  private static final String KUBERNETES = "needs Kubernetes";

  private static final String SCENARIOS =
      """
      C1  deployment becomes ready, class and secret of the chart        needs Kubernetes
      C2  mountOptions reach the mount                                   NodeTest#stage_options_areMergedInOrderAndOnce
      C3  fuseMountOptions reach the mount                               NodeTest#stage_byFuse_runsADaemonOfItsOwnSession
      C4  kernelMountOptions reach the mount                             NodeTest#stage_options_areMergedInOrderAndOnce
      C5  generic ephemeral volume                                       needs Kubernetes
      C6  one pod at a time                                              NodeTest#publish_singleWriter_isRefusedAtASecondPath
      C7  static volume with fsName                                      NodeTest#stage_staticVolume_mountsTheDirectoryAsTheUser
      C8  static volume without fsName                                   NodeTest#stage_staticVolume_mountsTheDirectoryAsTheUser
      C9  pool                                                           CreateVolumeTest#answer_dataPool_isTheSubvolumes
      C10 encrypted volume: not made                                     CreateVolumeTest#answer_wrongRequest_isRefusedAndLeavesNothing
      C11 metadata of the claim                                          CreateVolumeTest#answer_metadataOn_setsIt
      C12 volumeNamePrefix                                               CreateVolumeTest#answer_namePrefix_isTheSubvolumes
      C13 mounter fuse                                                   CephFsNodeIT#data_isThereForTheNextPod
      C14 mounter fuse with options                                      NodeTest#stage_byFuse_runsADaemonOfItsOwnSession
      C15 ceph-fuse killed                                               CephFsNodeIT#cephFuseKilled_isToldAndTheNextPodHasTheVolume
      C16 volume and pod                                                 CephFsNodeIT#data_isThereForTheNextPod
      C17 a pod that is not root writes                                  CephFsNodeIT#podThatIsNotRoot_canWrite
      C18 subvolumePath is what getpath says                             CephFsCompatibilityIT#creationStopped_isServedAndDeleted
      C19 data survives the pod                                          CephFsNodeIT#data_isThereForTheNextPod
      C20 unmounted behind kubelet's back                                CephFsNodeIT#unmountedBehindTheBack_isTakenAwayCleanly
      C21 subvolume gone, volume deleted                                 ControllerTest#delete_subvolumeGoneByHand_isFine
      C22 two clusterIDs with groups of their own                        SnapshotTest#restore_intoAnotherGroup_isMadeThere_W7
      C23 grown while mounted                                            CephFsCopiesIT#expandedVolume_isSeenByItsPod
      C24 read-only pod                                                  CephFsNodeIT#readOnlyPod_cannotWrite
      C25 metadata of the snapshot                                       SnapshotTest#create_metadataOn_setsIt
      C26 clone, parent deleted first                                    CephFsCopiesIT#copiesOfAVolume_atTheSameTime_outliveIt
      C27 snapshot and subvolume gone, both deleted                      SnapshotTest#deleteSnapshot_goneByHand_isFine
      C28 volume with snapshots deleted, then restored                   SnapshotTest#deleteVolume_withSnapshots_keepsThemAndTheyCanBeRestored
      C29 parallel snapshots and restores                                CephFsCopiesIT#snapshotsAndRestores_atTheSameTime
      C30 encrypted volume that shows a snapshot: not made               CreateVolumeTest#answer_wrongRequest_isRefusedAndLeavesNothing
      C31 volume that shows a snapshot, which is deleted first           CephFsCopiesIT#shownSnapshot_outlivesItsDeletionAndThatOfItsVolume
      C32 backingSnapshot false                                          SnapshotTest#show_backingSnapshotFalse_isACopy
      C33 writable clone of a volume that shows a snapshot               CephFsCopiesIT#shownSnapshot_outlivesItsDeletionAndThatOfItsVolume
      C34 encrypted clone: not made                                      CreateVolumeTest#answer_wrongRequest_isRefusedAndLeavesNothing
      C35 parallel clones, parent deleted first                          CephFsCopiesIT#copiesOfAVolume_atTheSameTime_outliveIt
      C36 read-only clone in several pods                                CephFsCopiesIT#shownSnapshot_outlivesItsDeletionAndThatOfItsVolume
      C37 restore to a larger size                                       SnapshotTest#restore_larger_isGrown
      C38 clone to a larger size                                         SnapshotTest#copy_larger_isGrown
      C39 500 MB                                                         CreateVolumeTest#answer_size_isRoundedAsCephCsiDoesWithinTheLimit
      C40 group snapshot of three volumes, each restored, all deleted    CephFsGroupSnapshotIT#group_whileAllVolumesAreWritten_isOneMoment
      C41 journal in radosNamespace                                      SnapshotTest#radosNamespaceOfTheCluster_hasAllOfTheJournal_W5
      """;

  /** Where tests of CephFS are. */
  private static final List<String> FOLDERS =
      List.of(
          "cephfs/src/test/java/io/cephcsi/cephfs/controller",
          "cephfs/src/test/java/io/cephcsi/cephfs/node",
          "test-e2e/src/test/java/io/cephcsi/e2e");

  static Stream<String> held() {
    return SCENARIOS.lines().filter(line -> !line.endsWith(KUBERNETES));
  }

  @Test
  void everyNumber_isThere() {
    assertThat(SCENARIOS.lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, LAST).mapToObj(n -> "C" + n).toList());
  }

  @ParameterizedTest
  @MethodSource("held")
  void scenario_hasItsTest(String scenario) {
    String test = scenario.substring(scenario.lastIndexOf(' ') + 1);
    assertThat(NamedTest.in(FOLDERS, test)).matches(NamedTest::isThere, test);
  }
}
