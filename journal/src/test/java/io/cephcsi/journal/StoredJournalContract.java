package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What can be read and mended of a journal that is damaged. */
abstract class StoredJournalContract extends JournalContract {
  private static final String UUID = "11111111-2222-4333-8444-555555555555";
  private static final String OBJECT = "csi.volume." + UUID;
  private static final String DIRECTORY = "csi.volumes.default";

  private StoredJournal journal() {
    return new StoredJournal(pool());
  }

  private StoredEntry entry() {
    return journal().entry(JournalKind.VOLUMES, UUID).orElseThrow();
  }

  @Test
  void names_areReadWhateverTheirValue() {
    put(pool(), DIRECTORY, Map.of("csi.volume.pvc-1", UUID));
    put(pool(), DIRECTORY, Map.of("csi.volume.pvc-2", "00000000000000ff/" + UUID));
    put(pool(), DIRECTORY, Map.of("csi.volume.pvc-3", "rubbish", "cephcsi.flatten.10", "true"));

    List<StoredName> names = journal().names(JournalKind.VOLUMES, DIRECTORY);

    assertThat(names).extracting(StoredName::name).containsExactly("pvc-1", "pvc-2", "pvc-3");
    assertThat(names).extracting(StoredName::readable).containsExactly(true, true, false);
    assertThat(names.get(1).poolId()).isEqualTo(OptionalLong.of(255));
    assertThat(names.get(1).uuid()).isEqualTo(UUID);
    assertThat(journal().names(JournalKind.SNAPSHOTS, DIRECTORY)).isEmpty();
  }

  @Test
  void name_isFoundOrFree() {
    put(pool(), DIRECTORY, Map.of("csi.volume.pvc-1", UUID));
    assertThat(journal().name(JournalKind.VOLUMES, DIRECTORY, "pvc-1"))
        .map(StoredName::uuid)
        .contains(UUID);
    assertThat(journal().name(JournalKind.VOLUMES, DIRECTORY, "pvc-2")).isEmpty();
  }

  @Test
  void purgeNotes_areThoseAlone() {
    put(pool(), DIRECTORY, Map.of("cephcsi.discarded." + UUID, "10 x", "cephcsi.flatten.1", "t"));
    assertThat(journal().purgeNotes(DIRECTORY))
        .isEqualTo(Map.of(StoredJournal.purgeKey(UUID), "10 x"));
  }

  @Test
  void entry_emptyOrMissing_areTold() {
    assertThat(journal().entry(JournalKind.VOLUMES, UUID)).isEmpty();
    pool().create(OBJECT, Map.of());
    assertThat(entry().keys()).isEmpty();
    assertThat(entry().imageName()).isEqualTo("csi-vol-" + UUID);
    assertThat(entry().changedAt()).isAfter(Instant.now().minusSeconds(60));
  }

  @Test
  void giveUp_finishedMeanwhile_isRefused() {
    put(pool(), OBJECT, Map.of("csi.volname", "pvc-1"));
    StoredEntry before = entry();
    put(pool(), OBJECT, Map.of("csi.imageid", "10"));
    assertThat(journal().giveUp(before)).isFalse();
    assertThat(journal().remove(OBJECT, before.keys())).isFalse();
    assertThat(omap(pool(), OBJECT)).containsKey("csi.imageid");
  }

  @Test
  void giveUp_thenRemove_leavesNothing() {
    put(pool(), OBJECT, Map.of("csi.volname", "pvc-1"));
    StoredEntry before = entry();
    assertThat(journal().giveUp(before)).isTrue();
    assertThat(entry().discarded()).isTrue();
    assertThat(journal().restore(OBJECT, before.keys())).isTrue();
    assertThat(entry().keys()).isEqualTo(before.keys());
    assertThat(journal().giveUp(before)).isTrue();
    assertThat(journal().remove(OBJECT, before.keys())).isTrue();
    assertThat(pools().objects()).isEmpty();
  }

  @Test
  void restore_changedOtherwise_isRefused() {
    put(pool(), OBJECT, Map.of("csi.volname", "pvc-1"));
    StoredEntry before = entry();
    assertThat(journal().giveUp(before)).isTrue();
    put(pool(), OBJECT, Map.of("csi.volume.owner", "someone"));
    assertThat(journal().restore(OBJECT, before.keys())).isFalse();
    assertThat(entry().discarded()).isTrue();
  }

  @Test
  void finish_takesTheMakerAway() {
    put(pool(), OBJECT, Map.of("csi.volname", "pvc-1", "cephcsi.maker", "m"));
    assertThat(journal().finish(entry(), "10")).isTrue();
    assertThat(omap(pool(), OBJECT)).isEqualTo(Map.of("csi.volname", "pvc-1", "csi.imageid", "10"));
  }

  @Test
  void make_fillsAnEmptyObjectAndNoOther() {
    Map<String, String> keys = StoredEntry.anew(JournalKind.VOLUMES, "pvc-1", "image", "10");
    pool().create(OBJECT, Map.of());
    assertThat(journal().make(OBJECT, keys)).isTrue();
    assertThat(entry().requestName()).isEqualTo("pvc-1");
    assertThat(journal().make(OBJECT, keys)).isFalse();
  }

  @Test
  void keys_areChangedOnlyIfTheyAreAsTheyWere() {
    assertThat(journal().putKey(DIRECTORY, "csi.volume.pvc-1", UUID)).isTrue();
    assertThat(journal().putKey(DIRECTORY, "csi.volume.pvc-1", "other")).isFalse();
    assertThat(journal().removeKey(DIRECTORY, "csi.volume.pvc-1", "other")).isFalse();
    assertThat(journal().removeKey(DIRECTORY, "csi.volume.pvc-1", UUID)).isTrue();
    put(pool(), DIRECTORY, Map.of("csi.volume.pvc-2", ""));
    assertThat(journal().removeKey(DIRECTORY, "csi.volume.pvc-2", "")).isTrue();
    assertThat(journal().names(JournalKind.VOLUMES, DIRECTORY)).isEmpty();
  }
}
